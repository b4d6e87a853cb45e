"""Back-fill: what sources delivered on chosen days, one partition a day."""

import warnings
from collections.abc import Iterator
from time import monotonic

import dagster as dg

from cardinal.ingestion.report import IngestReport
from cardinal.ingestion.run import ingest
from cardinal.settings import Settings, load_settings
from orchestration.lib.dbt_project import team
from orchestration.lib.metadata import Said, describe, since
from orchestration.lib.progress import show_progress
from orchestration.lib.steps import RETRIES
from orchestration.lib.untaken import CHECK, check_taken, tell

# Dagster calls its policy of back-fills a beta; everybody who runs a command needn't be told.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`", category=dg.BetaWarning)

OWNER = "data_platform"
# A partition is a day on which sources delivered: the files of the inbox in folders delivered=YYYY-MM-DD. The models
# need none: they read what arrived since they were last built, whatever day it is of.
DAYS = dg.DailyPartitionsDefinition(start_date="2015-01-01", end_offset=1)


@dg.asset(
    partitions_def=DAYS,
    check_specs=[dg.AssetCheckSpec(CHECK, asset="deliveries")],
    # The lake knows each row by when it learned of it, so earlier days are taken first: all chosen days in one run.
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name=OWNER,
    owners=[team(OWNER)],
    kinds={"parquet"},
    retry_policy=RETRIES,
)
def deliveries(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """What was delivered on a day, of all sources, taken into the lake."""
    settings, started = load_settings(), monotonic()
    days = set(context.partition_keys)
    with show_progress(context, "Ingesting") as progress:
        report = ingest(settings, progress, lambda drop: drop.delivered is not None and str(drop.delivered) in days)
    tell(context, report)
    for day in days:
        context.add_asset_metadata(_describe(settings, report, day, since(started)), partition_key=day)
    yield dg.MaterializeResult(check_results=[check_taken(context.asset_key, report.rejected_files)])


def _describe(settings: Settings, report: IngestReport, day: str, seconds: float) -> dict[str, Said]:
    folder = f"/delivered={day}/"
    batches = [batch for batch in report.batches if folder in batch.file]
    return describe(
        rows=sum(batch.rows_out for batch in batches),
        window=f"delivered {day}",
        seconds=seconds,
        link=settings.inbox,
        **{
            "rows rejected": sum(batch.rejects for batch in batches),
            "files": len(batches),
            "files refused": sum(folder in problem.file for problem in report.rejected_files),
        },
    )
