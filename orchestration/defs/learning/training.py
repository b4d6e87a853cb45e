"""The models that score, one asset a task: a step each, so that one that fails keeps no other from learning."""

from functools import partial
from typing import Any

from cardinal.settings import Settings
from ml.registry import REPORT
from ml.task import Task
from ml.tasks import TASKS
from ml.training import train_task
from orchestration.lib.learning import learned, window_of
from orchestration.lib.task_marts import learned_from


def _train(task: Task, settings: Settings) -> dict[str, Any]:
    trained = train_task(settings, task.name)
    return {
        "rows": sum(trained.rows.values()),
        "window": window_of(trained.window),
        "link": trained.folder / REPORT,
        "version": trained.version,
        "is champion": trained.is_champion,
        **{name: figure.value for name, figure in trained.metrics.items()},
    }


MODELS = [
    learned(task.name, learned_from(task), f"What is learned of: {task.question}", task.owner, partial(_train, task))
    for task in TASKS.values()
]
