"""Uplift: a model for each kind of campaign, and what they say of people."""

from functools import partial
from typing import Any

from cardinal.settings import Settings
from ml import registry
from ml.uplift import TABLE, learn_uplift, score_uplift
from ml.uplift_tasks import UPLIFT_TASKS, UpliftTask
from orchestration.lib.learning import Delivered, delivered, learned, model_key, window_of
from orchestration.lib.task_marts import learned_from, mart_keys

# Of whom campaigns were kept free, how messages were taken, and what is held.
READ = mart_keys({"fct_campaign_members", "ftr_customer__messages", "customer_products"})


def _learn(task: UpliftTask, settings: Settings) -> dict[str, Any]:
    model = learn_uplift(settings, task.kind)
    return {
        "rows": sum(model.rows.values()),
        "window": window_of(model.window),
        "link": settings.registry / task.name / model.version / registry.REPORT,
        "version": model.version,
        "learner": model.learner,
        "qini": model.qini[model.learner].value,
        "is champion": model.is_champion,
    }


def _score(task: UpliftTask, settings: Settings) -> Delivered:
    if registry.champion(settings, task.name) is None:
        return True, 0, "nothing scores yet"
    (scored,) = score_uplift(settings, [task.kind])
    return True, scored.rows, f"as of {scored.as_of_date} by {scored.version}: {scored.rows:,} rows"


UPLIFT_MODELS = [
    learned(
        task.name,
        [*learned_from(task), *READ],
        f"By how much a {task.kind} campaign changes whether, or how much, somebody {task.question}",
        task.owner,
        partial(_learn, task),
    )
    for task in UPLIFT_TASKS.values()
]
uplifts = delivered(
    TABLE,
    [*mart_keys({"ftr_customer__monthly"}), *READ, *(model_key(task.name) for task in UPLIFT_TASKS.values())],
    {f"scored_{task.name}": partial(_score, task) for task in UPLIFT_TASKS.values()},
)
