"""What the champions say, delivered to the lake as the source `ml`: an asset for each table of it."""

from collections.abc import Iterator, Sequence
from time import monotonic

import dagster as dg

from cardinal.contracts import load_contracts
from cardinal.settings import PROJECT_DIR, Settings, load_settings
from ml import registry
from ml.delivery import SOURCE
from ml.scoring import score_tasks, table_of
from ml.task import Task, TaskError
from ml.tasks import TASKS
from orchestration.defs.learning.training import model_key
from orchestration.lib.dbt_project import team
from orchestration.lib.freshness import NIGHTLY
from orchestration.lib.metadata import describe, since
from orchestration.lib.progress import show_progress
from orchestration.lib.steps import RETRIES, WRITER
from orchestration.lib.task_marts import scored_from

CONTRACTS = load_contracts(PROJECT_DIR)


def scores_in(table: str, tasks: Sequence[Task]) -> dg.AssetsDefinition:
    """Return the asset that a table is to which these tasks deliver."""
    contract, key = CONTRACTS[SOURCE, table], dg.AssetKey([SOURCE, table])

    @dg.asset(
        key=key,
        deps=[*scored_from(tasks), *(model_key(task.name) for task in tasks)],
        check_specs=[dg.AssetCheckSpec(_check(task), asset=key) for task in tasks],
        description=contract.description,
        group_name=contract.owner,
        owners=[team(contract.owner)],
        kinds={"scikitlearn", "parquet"},
        freshness_policy=NIGHTLY,
        pool=WRITER,
        retry_policy=RETRIES,
    )
    def scores(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        settings, started, rows = load_settings(), monotonic(), 0
        checks: list[dg.AssetCheckResult] = []
        windows: list[str] = []
        with show_progress(context, "Scoring") as progress:
            for done, task in enumerate(tasks):
                progress(task.name, done, len(tasks))
                is_scored, count, said = _score(settings, task.name)
                rows += count
                windows.append(f"{task.name} {said}")
                checks.append(dg.AssetCheckResult(check_name=_check(task), passed=is_scored, metadata={"window": said}))
            progress("done", len(tasks), len(tasks))
        link = settings.lake / SOURCE / table
        yield dg.MaterializeResult(
            metadata=describe(rows=rows, window="; ".join(windows), seconds=since(started), link=link),
            check_results=checks,
        )

    return scores


def _check(task: Task) -> str:
    return f"scored_{task.name}"


def _score(settings: Settings, name: str) -> tuple[bool, int, str]:
    """Score a task; return whether nothing hindered it, the rows, and what to say of it.

    No champion, no score: the models come from `retrain`. A task that can't score fails its check, and its scores of
    before stay, with their date: it keeps nobody from a customer 360 that is of today in everything else.
    """
    if registry.champion(settings, name) is None:
        return True, 0, "nothing scores yet"
    try:
        scored = score_tasks(settings, [name])[0]
    except TaskError as error:
        return False, 0, str(error)
    return True, scored.rows, f"as of {scored.as_of_date} by {scored.version}: {scored.rows:,} rows"


SCORES = [
    scores_in(table, [task for task in TASKS.values() if table_of(task) == table])
    for table in sorted({table_of(task) for task in TASKS.values()})
]
