"""What the champions say, delivered to the lake as the source `ml`: an asset for each table of it."""

from collections.abc import Iterator
from functools import partial
from time import monotonic

import dagster as dg

from cardinal.ingestion.ledger import read_ledger
from cardinal.ingestion.report import TableReport
from cardinal.settings import Settings, load_settings
from ml import registry
from ml.delivery import CHAMPIONS, SOURCE, take_in
from ml.scoring import DRIFT, OUTCOMES, score_tasks, table_of
from ml.task import Task
from ml.tasks import TASKS
from orchestration.defs.learning.values import forecasts
from orchestration.lib.dbt_project import team
from orchestration.lib.failures import without_values
from orchestration.lib.freshness import NIGHTLY
from orchestration.lib.learning import CONTRACTS, Delivered, delivered, model_key
from orchestration.lib.metadata import describe, since
from orchestration.lib.steps import RETRIES
from orchestration.lib.task_marts import scored_from


def _score(task: Task, settings: Settings) -> Delivered:
    """Score a task that has a champion; these come from `retrain`."""
    if registry.champion(settings, task.name) is None:
        # If it was undone, that has to be said.
        take_in(settings)
        return True, 0, "nothing scores yet"
    scored = score_tasks(settings, [task.name])[0]
    return True, scored.rows, f"as of {scored.as_of_date} by {scored.version}: {scored.rows:,} rows"


SCORES = [
    delivered(
        table,
        [*scored_from(tasks), *(model_key(task.name) for task in tasks)],
        {f"scored_{task.name}": partial(_score, task) for task in tasks},
    )
    for table in sorted({table_of(task) for task in TASKS.values()})
    for tasks in [[task for task in TASKS.values() if table_of(task) == table]]
]
# Whether models still hold. Several steps deliver to these, and an asset has one at most: it says what they left.
WATCHED = (DRIFT, OUTCOMES, CHAMPIONS)


@dg.multi_asset(
    name="watched",
    specs=[
        dg.AssetSpec(
            [SOURCE, table],
            deps=[*(asset.key for asset in SCORES), *([forecasts.key] if table == DRIFT else [])],
            description=CONTRACTS[SOURCE, table].description,
            group_name=CONTRACTS[SOURCE, table].owner,
            owners=[team(CONTRACTS[SOURCE, table].owner)],
            kinds={"parquet"},
            freshness_policy=NIGHTLY,
        )
        for table in WATCHED
    ],
    can_subset=True,
    retry_policy=RETRIES,
)
def watched(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Say what lies in the tables that scoring fills beside its scores."""
    settings, started = load_settings(), monotonic()
    with without_values(context):
        filled = {table.table: table for table in read_ledger(settings) if table.source == SOURCE}
    for key in context.selected_asset_keys:
        name = key.path[-1]
        table = filled.get(name) or TableReport(SOURCE, name)
        yield dg.MaterializeResult(
            asset_key=key,
            metadata=describe(
                rows=table.rows_out,
                window=f"as of {table.last_arrival:%Y-%m-%d}" if table.last_arrival else "nothing scored yet",
                seconds=since(started),
                link=settings.lake / SOURCE / name,
            ),
        )
