"""Files of marts as dbt leaves them, small, and telling of each row which build it comes from."""

from __future__ import annotations

from pathlib import Path

import duckdb

from cardinal.build import quoted
from cardinal.settings import Settings

# Every table says which build it is of, in every row; the rows of one build sum to nothing.
TABLES = {
    "serving": {
        "marts.amounts": "select cast({number} as integer) as build_no, range as amount_id,"
        " case range % 2 when 0 then range else 1 - range end as amount from range({rows})",
        "marts.counts": "select cast({number} as integer) as build_no, 'p' || range as person_id from range({rows})",
        "segments.segment_membership": "select cast({number} as integer) as build_no, 'p' || range as person_id"
        " from range({rows} // 2)",
    },
    "restricted": {
        "marts.names": "select cast({number} as integer) as build_no, 'p' || range as person_id, 'Ann' as full_name"
        " from range({rows})",
    },
}
KEYS = {"marts.amounts": ["amount_id"], "marts.counts": ["person_id"], "marts.names": ["person_id"]}


def build_id(number: int) -> str:
    """Name a build by its number."""
    return f"build-{number:04}"


def write_build(settings: Settings, number: int, state: str = "passed", rows: int = 100, detail: str = "") -> None:
    """Build both files, as the hooks and models of dbt would, one transaction a table."""
    settings.home.mkdir(parents=True, exist_ok=True)
    for name, file in settings.mart_files.items():
        with duckdb.connect() as connection:
            connection.execute(f"attach '{quoted(file)}' as {name} (storage_version 'v1.0.0')")
            mark(connection, name, number, "building")
            for table, query in TABLES[name].items():
                connection.execute(f"create schema if not exists {name}.{table.split('.')[0]}")
                connection.execute(
                    f"create or replace table {name}.{table} as {query.format(number=number, rows=rows)}"
                )
            list_tables(connection, name, list(TABLES[name]))
            mark(connection, name, number, state, detail)


def mark(connection: duckdb.DuckDBPyConnection, name: str, number: int, state: str, detail: str = "") -> None:
    """Write the one row of cardinal.build."""
    connection.execute(f"create schema if not exists {name}.cardinal")
    connection.execute(
        f"create or replace table {name}.cardinal.build as select '{build_id(number)}' as build_id, '{state}' as state,"
        f" nullif('{detail}', '') as detail, timestamp '2026-11-01' + interval ({number}) hour as started_at,"
        f" now()::timestamp as finished_at"
    )


def list_tables(connection: duckdb.DuckDBPyConnection, name: str, tables: list[str]) -> None:
    """Write cardinal.tables."""
    rows = ", ".join(
        f"('{table.split('.')[0]}', '{table.split('.')[1]}', {KEYS.get(table, [])}::varchar[])" for table in tables
    )
    connection.execute(
        f"create or replace table {name}.cardinal.tables as"
        f" from (values {rows}) as listed(schema_name, table_name, key_columns)"
    )


def read(file: Path, query: str) -> list[tuple]:
    """Ask a published file, in an instance of DuckDB of its own, as another program would."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{quoted(file)}' as published (read_only); use published")
        return connection.execute(query).fetchall()


def published_builds(settings: Settings) -> set[str]:
    """Which builds the tables of the published files say they are of."""
    builds = set()
    for name, tables in TABLES.items():
        file = settings.published / f"{name}.duckdb"
        builds |= {build for (build,) in read(file, "select build_id from cardinal.build")}
        for table in tables:
            builds |= {build_id(number) for (number,) in read(file, f"select distinct build_no from {table}")}
    return builds


def no_progress(description: str, done: int, total: int) -> None:
    """Tell nobody."""
