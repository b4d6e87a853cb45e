"""The tables of the lake: one asset for each contracted table that sources deliver."""

from collections.abc import Iterator
from time import monotonic

import dagster as dg

from cardinal.contracts import load_contracts
from cardinal.ingestion.report import IngestReport, TableReport
from cardinal.ingestion.run import ingest
from cardinal.settings import PROJECT_DIR, Settings, load_settings
from orchestration.lib.dbt_project import team
from orchestration.lib.freshness import NIGHTLY
from orchestration.lib.metadata import Said, describe, since
from orchestration.lib.progress import show_progress
from orchestration.lib.steps import RETRIES
from orchestration.lib.untaken import CHECK, check_taken, tell

# What the models of ml/ write comes from scoring, not from the inbox.
OWN = "ml"
TABLES = {
    dg.AssetKey(table): contract for table, contract in load_contracts(PROJECT_DIR).items() if contract.source != OWN
}


@dg.multi_asset(
    name="ingest",
    specs=[
        dg.AssetSpec(
            key,
            description=contract.description,
            group_name=contract.owner,
            owners=[team(contract.owner)],
            kinds={"parquet"},
            freshness_policy=NIGHTLY,
        )
        for key, contract in TABLES.items()
    ],
    check_specs=[dg.AssetCheckSpec(CHECK, asset=key) for key in TABLES],
    can_subset=True,
    retry_policy=RETRIES,
)
def lake(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Take what the inbox holds of the chosen tables into the lake. Nothing new is a result too."""
    settings, started = load_settings(), monotonic()
    chosen = {tuple(key.path) for key in context.selected_asset_keys}
    with show_progress(context, "Ingesting") as progress:
        report = ingest(settings, progress, lambda drop: (drop.source, drop.table) in chosen)
    tell(context, report)
    taken = {(table.source, table.table): table for table in report.tables()}
    for key in context.selected_asset_keys:
        source, table = key.path
        table_report = taken.get((source, table)) or TableReport(source, table)
        refused = [problem for problem in report.rejected_files if problem.file.startswith(f"{source}/{table}/")]
        is_checked = dg.AssetCheckKey(key, CHECK) in context.selected_asset_check_keys
        yield dg.MaterializeResult(
            asset_key=key,
            metadata=_describe(settings, report, table_report, len(refused), since(started)),
            check_results=[check_taken(key, refused)] if is_checked else [],
        )


def _describe(
    settings: Settings, report: IngestReport, table: TableReport, refused: int, seconds: float
) -> dict[str, Said]:
    name = f"{table.source}/{table.table}/"
    days = [batch.ingested_at.date() for batch in report.batches if batch.file.startswith(name)]
    return describe(
        rows=table.rows_out,
        window=f"arrived {min(days)} to {max(days)}" if days else "nothing new",
        seconds=seconds,
        link=settings.lake / table.source / table.table,
        **{"rows rejected": table.rejects, "files": table.batches, "files refused": refused},
    )
