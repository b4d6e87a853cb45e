"""What lies in a home, read without changing anything; of the lake itself the ledger tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cardinal.build import open_build, open_database
from cardinal.publishing.build_state import BuildState, read_state
from cardinal.publishing.snapshot import read_current
from cardinal.settings import Settings

# What a reader of the build looks for first, in this order.
NOTABLE_TABLES = (
    "marts.customer_360",
    "marts.person_records",
    "marts.customer_identifiers",
    "marts.fct_transactions",
    "marts.customer_monthly",
    "marts.dim_products",
)


@dataclass(frozen=True)
class Inbox:
    """The files that sources have dropped."""

    files: int
    size: int


def survey_inbox(settings: Settings) -> Inbox:
    """Count the files in the inbox."""
    sizes = [path.stat().st_size for path in settings.inbox.rglob("*") if path.is_file()]
    return Inbox(files=len(sizes), size=sum(sizes))


def is_warehouse_stale(settings: Settings) -> bool:
    """Whether the lake has a batch that the last run of dbt did not see, or there is no warehouse."""
    if not settings.warehouse.exists():
        return True
    with open_database(settings.warehouse) as connection:
        listed = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'lake' and table_name = 'files'"
        ).fetchone()
        if listed is None:
            return True
        seen = {Path(file).parts[-4:] for (file,) in connection.execute("select file from lake.files").fetchall()}
    return any(path.parts[-4:] not in seen for path in _batches(settings.lake))


def count_notable_rows(settings: Settings) -> dict[str, int]:
    """Return the rows of the build's best-known tables, those that exist."""
    if not settings.warehouse.exists():
        return {}
    with open_build(settings) as connection:
        found = connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        existing = {name for (name,) in found}
        counts = {}
        for name in NOTABLE_TABLES:
            if name in existing:
                row = connection.execute(f"select count(*) from {name}").fetchone()
                counts[name] = int(row[0]) if row else 0
    return counts


@dataclass(frozen=True)
class Published:
    """The snapshot that readers see, and whether it is what dbt built last."""

    built_at: datetime
    is_newest: bool


def survey_published(settings: Settings) -> Published | None:
    """Look at what is published; None before the first publication."""
    folder = read_current(settings)
    if folder is None:
        return None
    shown, built = (_read_state(file) for file in (folder / "serving.duckdb", settings.mart_files["serving"]))
    assert shown is not None  # noqa: S101 - nothing else is ever published
    return Published(shown.started_at, built is None or built.build_id == shown.build_id)


def _read_state(file: Path) -> BuildState | None:
    if not file.exists():
        return None
    with open_database(file) as connection:
        return read_state(connection)


def has_bank(settings: Settings) -> bool:
    """Whether this home holds any bank's data already."""
    return survey_inbox(settings).files > 0 or bool(_batches(settings.lake))


def _batches(lake: Path) -> list[Path]:
    """Return the files with rows; `_contract.parquet` only makes a table exist."""
    return [path for path in lake.glob("[a-z]*/[a-z]*/ingest_date=*/*.parquet") if not path.name.startswith("_")]
