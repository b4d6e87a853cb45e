"""A bank with three small tables, so that these tests don't depend on what the real contracts say."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from cardinal.ingestion.run import IngestReport, ingest
from cardinal.settings import PROJECT_DIR, Settings

CONTRACTS = """
sources:
  - name: shop
    config: {meta: {owner: tests}}
    tables:
      - name: payments
        config: {meta: {key: [payment_id], event_time: paid_at}}
        columns:
          - {name: payment_id, data_type: varchar, config: {meta: {pii: pseudonymous, required: true}}}
          - {name: paid_at, data_type: timestamp, config: {meta: {pii: none, required: true}}}
          - {name: posted_date, data_type: date, config: {meta: {pii: none}}}
          - {name: amount, data_type: "decimal(18,2)", config: {meta: {pii: personal, required: true}}}
          - {name: item_count, data_type: bigint, config: {meta: {pii: none}}}
          - {name: is_refund, data_type: boolean, config: {meta: {pii: none}}}
          - {name: channel, data_type: varchar, config: {meta: {pii: none, accepted: [web, branch]}}}
          - {name: note, data_type: varchar, config: {meta: {pii: personal}}}
          - {name: change_type, data_type: varchar, config: {meta: {pii: none, accepted: [insert, update, delete]}}}
      - name: people
        config: {meta: {key: [person_no], event_time: updated_at}}
        columns:
          - {name: person_no, data_type: varchar, config: {meta: {pii: pseudonymous, required: true}}}
          - {name: national_id, data_type: varchar, config: {meta: {pii: secret, protect: national_id}}}
          - {name: full_name, data_type: varchar, config: {meta: {pii: personal}}}
          - {name: updated_at, data_type: timestamp, config: {meta: {pii: none, required: true}}}
          - {name: change_type, data_type: varchar, config: {meta: {pii: none, accepted: [insert, update, delete]}}}
      - name: clicks
        config: {meta: {key: [click_id], event_time: clicked_at}}
        columns:
          - name: click_id
            data_type: varchar
            config: {meta: {pii: pseudonymous, required: true, card_number_check: false}}
          - {name: clicked_at, data_type: timestamp, config: {meta: {pii: none, required: true}}}
"""


class SmallBank:
    """One home with its contracts, and what a test does with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        project = folder / "project"
        contracts = project / "models" / "staging" / "shop" / "_shop__sources.yml"
        if not contracts.exists():
            contracts.parent.mkdir(parents=True)
            contracts.write_text(CONTRACTS, encoding="utf-8")
            shutil.copytree(PROJECT_DIR / "macros", project / "macros")
        self.contracts = contracts
        self.settings = Settings(home=folder / "home", project_dir=project)

    def drop(self, name: str, content: str | bytes) -> Path:
        """Put a file into the inbox under shop/."""
        path = self.settings.inbox / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ingest(self, progress: Callable[[str, int, int], None] | None = None) -> IngestReport:
        """Run ingestion."""
        return ingest(self.settings, progress)

    def rows(self, table: str, columns: str = "*", area: str = "") -> list[tuple[Any, ...]]:
        """Read a table of the lake (or of one of its side areas) in order of arrival."""
        pattern = self.settings.lake / area / "shop" / table / "*" / "*.parquet"
        query = f"select {columns} from read_parquet('{pattern}', union_by_name = true) order by _ingested_at, _row"
        return duckdb.sql(query).fetchall()

    def rejects(self, table: str, columns: str = "_row, column_name, reason") -> list[tuple[Any, ...]]:
        """Read the rejected rows of a table."""
        return self.rows(table, columns, "_rejects")

    def lake_files(self) -> dict[str, bytes]:
        """Every file of the lake with its bytes."""
        lake = self.settings.lake
        return {path.relative_to(lake).as_posix(): path.read_bytes() for path in lake.rglob("*") if path.is_file()}
