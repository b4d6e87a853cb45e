"""The models that score, one asset a task: a step each, so that one that fails keeps no other from learning."""

from time import monotonic

import dagster as dg

from cardinal.settings import load_settings
from ml.registry import REPORT
from ml.task import Task, TaskError
from ml.tasks import TASKS
from ml.training import train_task
from orchestration.lib.dbt_project import team
from orchestration.lib.freshness import WEEKLY
from orchestration.lib.metadata import describe, since
from orchestration.lib.progress import show_progress
from orchestration.lib.steps import RETRIES, WRITER
from orchestration.lib.task_marts import learned_from

# Of everything that `retrain` makes.
PREFIX = "models"


def model_key(name: str) -> dg.AssetKey:
    """Return the asset that what is learned under a name is."""
    return dg.AssetKey([PREFIX, name])


def model_of(task: Task) -> dg.AssetsDefinition:
    """Return the asset that a task's model is."""

    @dg.asset(
        key=model_key(task.name),
        deps=learned_from(task),
        description=f"What is learned of: {task.question}",
        group_name=task.owner,
        owners=[team(task.owner)],
        kinds={"scikitlearn"},
        freshness_policy=WEEKLY,
        pool=WRITER,
        retry_policy=RETRIES,
    )
    def model(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        started = monotonic()
        try:
            with show_progress(context, f"Learning {task.name}") as progress:
                progress("", 0, 1)
                trained = train_task(load_settings(), task.name)
                progress("", 1, 1)
        except TaskError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        first = min(begin for begin, _ in trained.window.values())
        last = max(end for _, end in trained.window.values())
        figures = {name: figure.value for name, figure in trained.metrics.items()}
        return dg.MaterializeResult(
            metadata=describe(
                rows=sum(trained.rows.values()),
                window=f"months {first} to {last}",
                seconds=since(started),
                link=trained.folder / REPORT,
                version=trained.version,
                **{"is champion": trained.is_champion, **figures},
            )
        )

    return model


MODELS = [model_of(task) for task in TASKS.values()]
