"""Files of state outside the build: what was sent where, what is waiting, who is at which step. DuckDB and Parquet."""

from __future__ import annotations

import csv
import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from cardinal.activation.destinations.personalisation import remove_profiles
from cardinal.build import quoted
from cardinal.errors import CardinalError
from cardinal.ingestion.atomic import publish
from cardinal.privacy.recognition import SHORTEST, find_rows
from cardinal.privacy.texts import as_text, lines_as_text, told_in
from cardinal.settings import Settings

if TYPE_CHECKING:
    import polars as pl

_ROWS_AT_ONCE = 50_000
# A line of a text as it is, and with a value also where words or tags stand beside it.
PROSE = r"""
    concat_ws(
        chr(31), line,
        regexp_replace(line, '<[^<>]*>', chr(31), 'g'),
        regexp_replace(line, '[\s=<>():/]+', chr(31), 'g')
    )
"""
UNFINISHED = (".tmp", ".part", ".upload")
# What is looked at by itself, can be made anew, or is no state at all. Models know nobody.
ELSEWHERE = ("inbox", "lake", "published", "privacy", "registry", "secrets", "truth")


def state_files(settings: Settings, *endings: str) -> Iterator[Path]:
    """Return the files of these endings that hold state, in their order; nothing that the build makes anew."""
    built = {settings.warehouse, *settings.mart_files.values()}
    for path in sorted(settings.home.rglob("*")):
        is_state = ending_of(path) in endings and path.is_file() and path not in built
        if is_state and path.relative_to(settings.home).parts[0] not in ELSEWHERE:
            yield path


def ending_of(path: Path) -> str:
    """Return a file's ending; a log that was put aside by a number is a log."""
    return path.suffixes[-2] if path.suffix[1:].isdigit() and len(path.suffixes) > 1 else path.suffix


def tables_of(connection: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the tables of an attached file with names and types of their columns."""
    rows = connection.execute(
        "select '\"' || schema_name || '\".\"' || table_name || '\"',"
        " list(row(column_name, data_type) order by column_index)"
        " from duckdb_columns() where database_name = $database and not internal"
        " and table_name in (select table_name from duckdb_tables() where database_name = $database)"
        " group by schema_name, table_name order by schema_name, table_name",
        {"database": database},
    ).fetchall()
    return [(f"{database}.{table}", columns) for table, columns in rows]


def rows_about(
    connection: duckdb.DuckDBPyConnection, settings: Settings, paths: Iterable[Path], values: str
) -> Iterator[tuple[str, list[str], list[tuple[object, ...]]]]:
    """Return place, columns and rows of files in which one of the values stands.

    Parquet files of one folder are taken for one table.

    Raises:
        CardinalError: Another process has a file open.
    """
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        if path.suffix == ".parquet":
            folders.setdefault(path.parent, []).append(path)
            continue
        try:
            connection.execute(f"attach '{quoted(path)}' as state (read_only)")
        except duckdb.IOException as error:
            raise CardinalError(f"{path} is in use: wait until the run that has it open has ended") from error
        try:
            for table, columns in tables_of(connection, "state"):
                numbered = f"(select rowid as number, * from {table})"
                rows = _found(connection, numbered, columns, values)
                names = [name for name, _ in columns]
                yield f"{path.relative_to(settings.home)} {table.split(chr(34))[3]}", names, rows
        finally:
            connection.execute("detach state")
    for folder, files in folders.items():
        listed = ", ".join(f"'{quoted(file)}'" for file in files)
        relation = f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
        columns = [row[:2] for row in connection.execute(f"describe from {relation}").fetchall()]
        numbered = f"(select row_number() over () as number, * from {relation})"
        names = [name for name, _ in columns]
        yield f"{folder.relative_to(settings.home)}", names, _found(connection, numbered, columns, values)


def _found(
    connection: duckdb.DuckDBPyConnection, numbered: str, columns: list[tuple[str, str]], values: str
) -> list[tuple[object, ...]]:
    # Numbered once: a second scan could count another way.
    connection.execute(f"create or replace temporary table rows_looked_at as from {numbered}")
    if not find_rows(connection, "rows_looked_at", as_text(columns), values, "rows_found"):
        return []
    return connection.execute(
        "select * exclude (number) from rows_looked_at where number in (select number from rows_found) order by number"
    ).fetchall()


def erase_from_database(connection: duckdb.DuckDBPyConnection, path: Path, values: str) -> int:
    """Write a DuckDB file anew without the rows in which a value stands; returns how many.

    A file keeps what was deleted in its free blocks, so that also one without such rows is written anew. Nothing of the
    person ever enters the new file, which takes the old one's place in one step.
    """
    fresh = path.with_suffix(".part")
    fresh.unlink(missing_ok=True)
    removed = 0
    connection.execute(f"attach '{quoted(path)}' as state")
    connection.execute("checkpoint state")
    connection.execute(f"attach '{quoted(fresh)}' as fresh")
    try:
        connection.execute("copy from database state to fresh (schema)")
        for table, columns in tables_of(connection, "state"):
            numbered = f"(select rowid as number, * from {table})"
            removed += find_rows(connection, numbered, as_text(columns), values, "rows_found")
            names = ", ".join(f'"{column}"' for column, _ in columns)
            connection.execute(
                f"insert into fresh.{table.removeprefix('state.')} select {names} from {table}"
                " where rowid not in (select number from rows_found)"
            )
        connection.execute("checkpoint fresh")
    finally:
        connection.execute("detach state")
        connection.execute("detach fresh")
    fresh.chmod(path.stat().st_mode & 0o777)
    publish([(fresh, path)])
    path.with_name(path.name + ".wal").unlink(missing_ok=True)
    return removed


def remove_unfinished(settings: Settings) -> None:
    """Remove what a killed run left half-written in the outbox: whoever goes on writes it anew."""
    for path in settings.outbox.rglob("*"):
        if path.suffix in UNFINISHED and path.is_file():
            path.unlink()


def erase_from_lookup(connection: duckdb.DuckDBPyConnection, path: Path, values: str) -> int:
    """Remove the profiles of an SQLite file (personalisation) in which a value stands; returns how many.

    Of a mirror the person's went when destinations were told; not if it couldn't be told, or is declared no longer.
    """
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        rows = file.execute("select user_id, profile from profiles").fetchall()
    connection.register("profiles", _texts_of(enumerate(rows)))
    find_rows(connection, "profiles", told_in("line"), values, "profiles_found")
    connection.unregister("profiles")
    found = connection.execute("select number from profiles_found").fetchall()
    if found:
        remove_profiles(path, [rows[number][0] for (number,) in found])
    return len(found)


def erase_from_records(connection: duckdb.DuckDBPyConnection, path: Path, values: str) -> int:
    """Remove the rows of Dagster's records (SQLite) in which a value stands, as in an error's text; return how many.

    Raises:
        CardinalError: A run writes them meanwhile.
    """
    with closing(sqlite3.connect(path)) as file:
        try:
            found = {table: _find_records(connection, file, table, values) for table in _tables_in(file)}
            for table, numbers in found.items():
                file.executemany(f'delete from "{table}" where rowid = ?', numbers)
            file.commit()
            if any(found.values()):
                # What is deleted stays in free pages, and in the log beside the file.
                file.execute("vacuum")
                file.execute("pragma wal_checkpoint(truncate)")
        except sqlite3.OperationalError as error:
            raise CardinalError(f"{path} is in use: end Dagster's pages and runs, and go on") from error
    return sum(map(len, found.values()))


def _tables_in(file: sqlite3.Connection) -> list[str]:
    return [name for (name,) in file.execute("select name from sqlite_master where type = 'table'")]


def _find_records(
    connection: duckdb.DuckDBPyConnection, file: sqlite3.Connection, table: str, values: str
) -> list[tuple[int]]:
    looked_at, found = file.execute(f'select rowid, * from "{table}"'), []
    # The records of years don't fit into memory.
    while rows := looked_at.fetchmany(_ROWS_AT_ONCE):
        connection.register("records", _texts_of((row[0], row[1:]) for row in rows))
        # Quotes within quotes are written with a backslash, which belongs to no value.
        find_rows(connection, "records", f"replace({told_in('line')}, '\\', ' ')", values, "records_found")
        found += connection.execute("select number from records_found").fetchall()
        connection.unregister("records")
    return found


def _texts_of(rows: Iterable[tuple[int, Iterable[object]]]) -> pl.DataFrame:
    """Return the texts of rows, each with the row's number; SQLite's columns have no types, but its values do."""
    import polars as pl

    told = [(number, str(value)) for number, row in rows for value in row if isinstance(value, (str, bytes))]
    return pl.DataFrame(told, schema={"number": pl.Int64, "line": pl.String}, orient="row")


def erase_from_text(connection: duckdb.DuckDBPyConnection, path: Path, values: str) -> int:
    """Remove the lines of a text file in which a value stands; a page or a JSON document goes as a whole."""
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    words = connection.execute(f"select text from {values} where length(text) >= {SHORTEST}").fetchall()
    # Most files show nobody, and what stands nowhere stands in no line: words are looked for in the others alone.
    if not any(word in text for (word,) in words):
        return 0
    # Only as a whole can a document be told from prose.
    lines = [text] if path.suffix == ".json" else text.splitlines(keepends=True)
    clean = [line.encode("utf-8", "replace").decode() for line in lines_as_text(lines, path.suffix == ".csv")]
    connection.register("text_lines", _texts_of((number, (line,)) for number, line in enumerate(clean)))
    told = f"(select number, {told_in('line')} as line from text_lines)"
    found = find_rows(connection, told, PROSE, values, "lines_found")
    connection.unregister("text_lines")
    if not found:
        return 0
    if path.suffix in (".json", ".html"):
        path.unlink()
        return found
    gone = {number for (number,) in connection.execute("select number from lines_found").fetchall()}
    beside = path.with_suffix(".part")
    kept = [_withdrawn(path, line) if number in gone else line for number, line in enumerate(lines)]
    beside.write_bytes("".join(kept).encode("utf-8", "surrogateescape"))
    beside.chmod(path.stat().st_mode & 0o777)
    publish([(beside, path)])
    _correct_manifest(path, sum(map(bool, kept)) - (path.suffix == ".csv"))
    return found


def _withdrawn(path: Path, line: str) -> str:
    """What stays of a line: of one that takes a row back from a list, id and key, by which its reader knows the row."""
    if not path.with_name(path.stem + ".manifest.json").exists():
        return ""
    if path.suffix == ".csv":
        fields = next(csv.reader([line]))
        if fields[1:2] != ["remove"]:
            return ""
        return ",".join(fields[:3]) + "," * (len(fields) - 3) + "\n"
    said = json.loads(line)
    return json.dumps({**said, "fields": {}}, ensure_ascii=False) + "\n" if said.get("op") == "remove" else ""


def _correct_manifest(path: Path, rows: int) -> None:
    """Let the manifest beside a list say what is in it now."""
    manifest = path.with_name(path.stem + ".manifest.json")
    if manifest.exists():
        said = json.loads(manifest.read_text(encoding="utf-8"))
        said |= {"rows": rows, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        beside = manifest.with_suffix(".part")
        beside.write_text(json.dumps(said, indent=2), encoding="utf-8")
        beside.chmod(0o600)
        publish([(beside, manifest)])
