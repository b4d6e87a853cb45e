"""A dbt project of a few models that marks its builds with Cardinal's own macros: the real one takes too long."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cardinal.build import open_database
from cardinal.publishing.build_state import BuildState, read_state, read_tables
from cardinal.settings import PROJECT_DIR, Settings
from tests.dbt_process import run_dbt

MACROS = ("publishing", "project/query_value.sql", "project/reset_csv_table.sql")
FILES = {
    "dbt_project.yml": """
name: small
profile: small
flags: {send_anonymous_usage_stats: false}
vars: {amount: 1}
on-run-start: ["{{ begin_build() }}"]
on-run-end: ["{{ end_build(results) }}"]
models:
  small:
    +materialized: table
    marts: {+database: serving, +schema: marts}
""",
    "profiles.yml": """
small:
  target: local
  outputs:
    local:
      type: duckdb
      path: "{{ env_var('CARDINAL_HOME') }}/warehouse.duckdb"
      threads: 2
      attach:
        - {path: "{{ env_var('CARDINAL_HOME') }}/serving_build.duckdb", alias: serving}
        - {path: "{{ env_var('CARDINAL_HOME') }}/restricted_build.duckdb", alias: restricted}
""",
    "macros/generate_schema_name.sql": "{% macro generate_schema_name(name, node) %}"
    "{{ name or target.schema }}{% endmacro %}",
    "models/base.sql": "select 'p1' as person_id, {{ var('amount') }} as amount, 'Ann' as full_name",
    "models/marts/amounts.sql": "select person_id, amount from {{ ref('base') }}",
    "models/marts/names.sql": "{{ config(database='restricted') }} select person_id, full_name from {{ ref('base') }}",
    "models/marts/totals.sql": "select 'all' as label, sum(amount) as amount from {{ ref('amounts') }}",
    "models/schema.yml": """
models:
  - name: base
    columns: [{name: person_id, data_tests: [not_null]}]
  - name: amounts
    columns:
      - name: person_id
        data_tests: [unique, not_null]
      - name: amount
        data_tests: [{accepted_values: {arguments: {values: [1, 2, 5], quote: false}}}]
  - name: names
    columns: [{name: person_id, data_tests: [unique]}]
  - name: totals
    columns:
      - name: amount
        data_tests: [{accepted_values: {arguments: {values: [1, 5], quote: false}, config: {severity: warn}}}]
unit_tests:
  - name: totals_sum
    model: totals
    given: [{input: ref('amounts'), rows: [{amount: 1}, {amount: 2}]}]
    expect: {rows: [{amount: 3}]}
""",
}


@dataclass(frozen=True)
class SmallProject:
    """The project and its home."""

    folder: Path

    @property
    def settings(self) -> Settings:
        return Settings(home=self.folder / "home", project_dir=self.folder)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "CARDINAL_HOME": str(self.settings.home),
            "DBT_TARGET_PATH": str(self.folder / "target"),
        }

    def start(self, *arguments: str, continues: bool = False) -> subprocess.Popen[str]:
        """Begin a run of dbt that can be killed."""
        environment = {**self.environment(), "CARDINAL_CONTINUES_BUILD": "true" if continues else ""}
        return subprocess.Popen(
            [sys.executable, "-m", "dbt.cli.main", "--no-use-colors", *arguments],
            cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def dbt(self, *arguments: str, succeeds: bool = True, continues: bool = False) -> str:
        """Run dbt to its end; returns what it said."""
        environment = {**self.environment(), "CARDINAL_CONTINUES_BUILD": "true" if continues else ""}
        result = run_dbt(*arguments, folder=self.folder, environment=environment)
        assert (result.returncode == 0) == succeeds, result.stdout
        return result.stdout

    def states(self) -> set[tuple[str, str | None]]:
        """How both files say the build stands, with the reason."""
        return {(state.state, state.detail) for state in self._read_states()}

    def build_ids(self) -> set[str]:
        return {state.build_id for state in self._read_states()}

    def tables(self) -> dict[str, dict[tuple[str, str], tuple[str, ...]]]:
        """The tables with their keys that each file lists."""
        found = {}
        for name, file in self.settings.mart_files.items():
            with open_database(file) as connection:
                found[name] = read_tables(connection)
        return found

    def _read_states(self) -> list[BuildState]:
        states = []
        for file in self.settings.mart_files.values():
            with open_database(file) as connection:
                state = read_state(connection)
                assert state is not None
                states.append(state)
        return states


def make_small_project(folder: Path) -> SmallProject:
    """Write the project into an empty folder."""
    project = SmallProject(folder)
    project.settings.home.mkdir()
    for name, text in FILES.items():
        project.write(name, text)
    for name in MACROS:
        source, target = PROJECT_DIR / "macros" / name, folder / "macros" / name
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    return project
