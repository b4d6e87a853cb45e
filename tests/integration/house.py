"""A Cardinal home in a temporary folder, and what tests ask of its warehouse."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

from cardinal.build import open_build
from cardinal.ingestion.run import ingest
from cardinal.settings import PROJECT_DIR, Settings
from tests.dbt_process import run_dbt

SCHEMAS = ("staging", "intermediate", "marts", "segments", "seeds")


@dataclass(frozen=True)
class House:
    """A home and the dbt project that builds in it."""

    home: Path
    country: str = "TH"
    currency: str = "THB"
    timezone: str = "Asia/Bangkok"
    project_dir: Path = PROJECT_DIR

    @property
    def settings(self) -> Settings:
        return Settings(self.home, self.country, self.currency, self.timezone, self.project_dir)

    @property
    def target(self) -> Path:
        return self.home / "target"

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "CARDINAL_HOME": str(self.home),
            "CARDINAL_COUNTRY": self.country,
            "CARDINAL_CURRENCY": self.currency,
            "CARDINAL_TIMEZONE": self.timezone,
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.home / "logs"),
            # What dbt says on the screen is enough; the second log is a tenth of its time.
            "DBT_LOG_LEVEL_FILE": "none",
        }

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run dbt as a person would from the repository root; the caller judges the result."""
        return run_dbt(*arguments, folder=self.project_dir, environment=self.environment())

    def build(self, *arguments: str) -> None:
        """Run `dbt build` and fail the test with dbt's own words if it fails."""
        result = self.dbt("build", *arguments)
        assert result.returncode == 0, result.stdout[-6000:]

    def build_and_test(self, *arguments: str) -> None:
        """Build with the tests of data; unit tests of rules don't look at a home, and run once in the session's one."""
        self.build("--exclude-resource-type", "unit_test", *arguments)

    def ingest_build_and_publish(self) -> None:
        """Go the whole way from the inbox to readers, as the commands do."""
        report = ingest(self.settings)
        assert not report.rejected_files
        assert not any(batch.rejects for batch in report.batches if batch.file.startswith("activation/"))
        self.build_and_test()
        done = subprocess.run(
            [sys.executable, "-m", "cardinal", "publish"],
            cwd=self.project_dir, env=self.environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def run(self, *arguments: str) -> None:
        """Build seeds and models without dbt's tests, for builds whose tables are compared with a tested one."""
        self.build("--exclude-resource-type", "test", "unit_test", *arguments)

    def drop(self, source: str, table: str, delivered: str, text: str) -> None:
        """Put a file into the inbox."""
        folder = self.settings.inbox / source / table / f"delivered={delivered}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "by_hand.csv").write_text(text, encoding="utf-8")

    def query(self, sql: str) -> list[tuple]:
        with open_build(self.settings) as connection:
            return connection.execute(sql).fetchall()

    def published(self, sql: str, name: str = "serving") -> list[tuple]:
        """Ask a published file, in an instance of DuckDB of its own, as another program would."""
        with duckdb.connect() as connection:
            connection.execute(f"attach '{self.settings.published / name}.duckdb' as {name} (read_only); use {name}")
            return connection.execute(sql).fetchall()

    def table_hashes(self, schemas: tuple[str, ...] = SCHEMAS) -> dict[str, tuple]:
        """Row count and an order-free hash of every row of every table."""
        with open_build(self.settings) as connection:
            tables = connection.execute(
                "select table_schema, table_name from information_schema.tables"
                f" where table_schema in {schemas} and table_type = 'BASE TABLE' order by all"
            ).fetchall()
            hashes = {}
            for schema, table in tables:
                rows = connection.execute(f'select count(*), sum(hash(t)::hugeint) from "{schema}"."{table}" as t')
                hashes[f"{schema}.{table}"] = rows.fetchall()[0]
        return hashes

    def pending_arrivals(self) -> dict[str, int]:
        """Rows that each model that reads by arrival read in the last run, by the SQL that dbt compiled for it."""
        manifest = json.loads((self.target / "manifest.json").read_text())
        compiled = self.target / "compiled" / "cardinal"
        counts = {}
        with open_build(self.settings) as connection:
            for node in manifest["nodes"].values():
                by_arrival = node["config"].get("incremental_strategy") != "touched_groups"
                if node["resource_type"] == "model" and node["config"]["materialized"] == "incremental" and by_arrival:
                    sql = (compiled / node["original_file_path"]).read_text()
                    held = connection.execute(f"select count(*) from {node['schema']}.{node['name']}").fetchall()[0][0]
                    assert not held or re.search(r"_ingested_at > timestamp", sql), (
                        node["name"] + " read the whole lake"
                    )
                    rows = connection.execute(f"select count(*) from ({sql}) as rows_read").fetchall()
                    counts[node["name"]] = rows[0][0]
        return counts
