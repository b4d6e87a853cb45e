"""The value of the next twelve months: the model that forecasts it, and what it says of each customer."""

from typing import Any

from cardinal.settings import Settings
from ml import registry
from ml.tasks.value import TASK
from ml.value_forecast import TABLE, forecast_values, learn_values
from orchestration.lib.learning import Delivered, delivered, learned, model_key, window_of
from orchestration.lib.task_marts import learned_from, mart_keys


def _learn(settings: Settings) -> dict[str, Any]:
    model = learn_values(settings)
    return {
        "rows": sum(model.rows.values()),
        "window": window_of(model.window),
        "link": settings.registry / TASK.name / model.version,
        "version": model.version,
        "coverage": model.coverage.value,
        "rank correlation gained": model.gains[model.rival].value,
        "is champion": model.is_champion,
    }


def _forecast(settings: Settings) -> Delivered:
    if registry.champion(settings, TASK.name) is None:
        return True, 0, "nothing forecasts yet"
    done = forecast_values(settings)
    return True, done.people, f"as of {done.as_of_date} by {done.version}: {done.people:,} customers"


value_model = learned(TASK.name, learned_from(TASK), f"What is learned of: {TASK.question}", TASK.owner, _learn)
forecasts = delivered(TABLE, [*mart_keys({TASK.mart}), model_key(TASK.name)], {"forecast": _forecast})
