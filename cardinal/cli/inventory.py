"""What lies in a home, read without changing anything; of the lake itself the ledger tells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cardinal.build import open_build
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
    """Whether a batch reached the lake after the warehouse was last written, or there is no warehouse."""
    if not settings.warehouse.exists():
        return True
    built = settings.warehouse.stat().st_mtime
    return any(path.stat().st_mtime > built for path in _batches(settings.lake))


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


def has_bank(settings: Settings) -> bool:
    """Whether this home holds any bank's data already."""
    return survey_inbox(settings).files > 0 or bool(_batches(settings.lake))


def _batches(lake: Path) -> list[Path]:
    """Return the files with rows; `_contract.parquet` only makes a table exist."""
    return [path for path in lake.glob("[a-z]*/[a-z]*/ingest_date=*/*.parquet") if not path.name.startswith("_")]
