"""The published snapshot, behind the second gate, and the PostgreSQL database that shows it too."""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import dagster as dg

from cardinal.build import open_database
from cardinal.publishing.build_state import PassingError, PublishingError, read_build, read_tables
from cardinal.publishing.postgres import publish_to_postgres
from cardinal.publishing.snapshot import Snapshot, current_snapshot, publish_snapshot
from cardinal.quality.decisions import QualityError
from cardinal.quality.gate import inspect_published
from cardinal.quality.report import GateReport
from cardinal.settings import Settings, load_settings
from orchestration.lib.dbt_project import built_nodes, load_manifest, team
from orchestration.lib.failures import without_values
from orchestration.lib.findings import as_evaluation, check_metadata, severity_of
from orchestration.lib.freshness import NIGHTLY
from orchestration.lib.metadata import describe, since
from orchestration.lib.progress import show_progress
from orchestration.lib.steps import RETRIES, WRITER

OWNER = "data_platform"
SNAPSHOT = dg.AssetKey(["published", "snapshot"])
GATE = "published"
MARTS = [key for key, node in built_nodes(load_manifest()).items() if node["database"] in ("serving", "restricted")]


@dg.asset(
    key=SNAPSHOT,
    deps=MARTS,
    check_specs=[dg.AssetCheckSpec(GATE, asset=SNAPSHOT, blocking=True)],
    freshness_policy=NIGHTLY,
    group_name=OWNER,
    owners=[team(OWNER)],
    kinds={"duckdb"},
    pool=WRITER,
    retry_policy=RETRIES,
)
def snapshot(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckEvaluation]:
    """The files of marts that readers read: of a build that passed, its tests and this gate."""
    settings, started = load_settings(), monotonic()
    reports: list[GateReport] = []

    try:
        with show_progress(context, "Publishing") as progress:
            shown = publish_snapshot(settings, progress, inspect_published(settings, reports))
    except QualityError as error:
        yield as_evaluation(_say_gate(settings, reports[0]), SNAPSHOT)
        raise dg.Failure(str(error), allow_retries=False) from error
    except PassingError:
        raise
    except PublishingError as error:
        build = read_build(settings)
        # Another run may be between its two steps of dbt; what failed stays so.
        is_under_way = build is not None and build.state.state in ("partial", "building")
        raise dg.Failure(str(error), allow_retries=is_under_way) from error
    files = [shown.file(name) for name in settings.mart_files]
    with without_values(context):
        rows = sum(map(_count_rows, files))
    yield dg.MaterializeResult(
        metadata=describe(
            rows=rows,
            window=_build_of(shown),
            seconds=since(started),
            link=settings.published,
            tables=len(MARTS),
            bytes=sum(file.stat().st_size for file in files),
            **{"is new": shown.is_new},
        ),
        check_results=[_say_gate(settings, *reports)],
    )


def _count_rows(file: Path) -> int:
    with open_database(file) as connection:
        counts = [
            connection.execute(f'select count(*) from "{schema}"."{table}"').fetchall()[0][0]
            for schema, table in read_tables(connection)
        ]
    return sum(counts)


def _build_of(shown: Snapshot) -> str:
    return f"build {shown.build.build_id} of {shown.build.started_at:%Y-%m-%d %H:%M} UTC"


def _say_gate(settings: Settings, report: GateReport | None = None) -> dg.AssetCheckResult:
    if report is None:
        # Published before, and through the gate then.
        return dg.AssetCheckResult(check_name=GATE, passed=True, metadata={"window": "published already"})
    findings = list(report.findings)
    return dg.AssetCheckResult(
        asset_key=SNAPSHOT,
        check_name=GATE,
        passed=report.passed,
        severity=severity_of(findings),
        metadata=check_metadata(settings, report, findings),
    )


@dg.asset(
    key_prefix="published",
    deps=[SNAPSHOT],
    freshness_policy=NIGHTLY,
    group_name=OWNER,
    owners=[team(OWNER)],
    kinds={"postgres"},
    pool=WRITER,
    retry_policy=RETRIES,
)
def postgres(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """The snapshot that readers see, in the database of CARDINAL_POSTGRES_URL too; nothing where none is set."""
    settings, started = load_settings(), monotonic()
    url = settings.postgres_url()
    if url is None:
        nothing = describe(rows=0, window="no database is set", seconds=since(started), link=settings.published)
        return dg.MaterializeResult(metadata=nothing)
    try:
        # Not the build, which may be another one by now and hasn't passed the gate.
        shown = current_snapshot(settings)
    except PublishingError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    with show_progress(context, "Loading PostgreSQL") as progress:
        published = publish_to_postgres(url, shown, progress)
        rows = _count_rows(shown.file("serving"))
    return dg.MaterializeResult(
        metadata=describe(
            rows=rows,
            window=_build_of(shown),
            seconds=since(started),
            link=shown.folder,
            tables=published.tables,
            notes="; ".join(published.notes),
            **{"is new": published.is_new},
        )
    )
