"""What anonymous visitors did long ago, removed from inbox, lake and everything that was made of it."""

from datetime import UTC, datetime
from time import monotonic

import dagster as dg

from cardinal.privacy.rebuilding import RebuildError, build_anew
from cardinal.privacy.retention import retain
from cardinal.publishing.snapshot import publish_snapshot
from cardinal.quality.decisions import QualityError
from cardinal.quality.gate import inspect_published
from cardinal.settings import load_settings
from orchestration.lib.dbt_project import team
from orchestration.lib.failures import without_values
from orchestration.lib.freshness import MONTHLY
from orchestration.lib.metadata import describe, since
from orchestration.lib.progress import show_progress
from orchestration.lib.steps import RETRIES, WRITER

OWNER = "data_protection"


@dg.asset(
    key_prefix="retained",
    freshness_policy=MONTHLY,
    group_name=OWNER,
    owners=[team(OWNER)],
    kinds={"duckdb"},
    pool=WRITER,
    retry_policy=RETRIES,
)
def anonymous_ids(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Rows of visitors whom nobody ever knew go once they are as old as `anonymous_retention_days` of dbt_project.yml.

    If there are any, the warehouse is built from nothing and published; PostgreSQL follows with the next run of daily.
    """
    settings, started = load_settings(), monotonic()

    def rebuild() -> None:
        with show_progress(context, "Building") as progress:
            build_anew(settings, progress)
        with show_progress(context, "Publishing") as progress:
            publish_snapshot(settings, progress, inspect_published(settings, []))

    try:
        with without_values(context):
            expired = retain(settings, datetime.now(UTC).date(), rebuild)
    except (RebuildError, QualityError) as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    return dg.MaterializeResult(
        metadata=describe(
            rows=sum(expired.rows.values()),
            window=f"before {expired.before}",
            seconds=since(started),
            link=settings.lake,
            **expired.rows,
        )
    )
