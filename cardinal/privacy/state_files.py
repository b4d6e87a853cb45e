"""Files of state outside the build: what was sent where, what is waiting, who is at which step. DuckDB and Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cardinal.build import quoted
from cardinal.privacy.recognition import as_text, find_rows
from cardinal.settings import Settings

if TYPE_CHECKING:
    import duckdb

# What is looked at by itself, can be made anew, or is no state at all.
ELSEWHERE = ("inbox", "lake", "published", "privacy", "secrets", "truth")


def state_files(settings: Settings, *endings: str) -> Iterator[Path]:
    """Return the files of these endings that hold state, in their order; nothing that the build makes anew."""
    built = {settings.warehouse, *settings.mart_files.values()}
    for path in sorted(settings.home.rglob("*")):
        is_state = path.suffix in endings and path.is_file() and path not in built
        if is_state and path.relative_to(settings.home).parts[0] not in ELSEWHERE:
            yield path


def tables_of(connection: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, list[str]]]:
    """Return the tables of an attached file with their columns."""
    rows = connection.execute(
        "select '\"' || schema_name || '\".\"' || table_name || '\"', list(column_name order by column_index)"
        " from duckdb_columns() where database_name = $database and not internal"
        " and table_name in (select table_name from duckdb_tables() where database_name = $database)"
        " group by schema_name, table_name order by schema_name, table_name",
        {"database": database},
    ).fetchall()
    return [(f"{database}.{table}", columns) for table, columns in rows]


def rows_about(
    connection: duckdb.DuckDBPyConnection, settings: Settings, paths: Iterable[Path], hashes: str
) -> Iterator[tuple[str, list[str], list[tuple[object, ...]]]]:
    """Return place, columns and rows of files in which a value of the hashes stands. None may be open elsewhere.

    Parquet files of one folder are taken for one table.
    """
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        if path.suffix == ".parquet":
            folders.setdefault(path.parent, []).append(path)
            continue
        connection.execute(f"attach '{quoted(path)}' as state (read_only)")
        try:
            for table, columns in tables_of(connection, "state"):
                numbered = f"(select rowid as number, * from {table})"
                rows = _found(connection, settings, numbered, columns, hashes)
                yield f"{path.relative_to(settings.home)} {table.split(chr(34))[3]}", columns, rows
        finally:
            connection.execute("detach state")
    for folder, files in folders.items():
        names = ", ".join(f"'{quoted(file)}'" for file in files)
        relation = f"read_parquet([{names}], union_by_name = true, hive_partitioning = false)"
        columns = [str(row[0]) for row in connection.execute(f"describe from {relation}").fetchall()]
        numbered = f"(select row_number() over () as number, * from {relation})"
        yield f"{folder.relative_to(settings.home)}", columns, _found(connection, settings, numbered, columns, hashes)


def _found(
    connection: duckdb.DuckDBPyConnection, settings: Settings, numbered: str, columns: list[str], hashes: str
) -> list[tuple[object, ...]]:
    # Numbered once: a second scan could count another way.
    connection.execute(f"create or replace temporary table rows_looked_at as from {numbered}")
    if not find_rows(connection, settings, "rows_looked_at", as_text(columns), hashes, "rows_found"):
        return []
    return connection.execute(
        "select * exclude (number) from rows_looked_at where number in (select number from rows_found) order by number"
    ).fetchall()
