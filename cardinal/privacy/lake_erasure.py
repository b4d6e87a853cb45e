"""Erasure in the lake: files that hold the person are written anew, without the rows or without whose they are.

Works on a connection of its own with a table `hashes` (kind, hash) of the erasure. A file appears whole under its old
name; what was written once holds nothing that would be found again, so that everything here can be done twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cardinal.build import quoted
from cardinal.contracts import Column, TableContract
from cardinal.ingestion.atomic import publish
from cardinal.ingestion.ledger import entry_text, ledger_folder, read_entry
from cardinal.ingestion.report import count_reasons
from cardinal.privacy.arrivals import mentions
from cardinal.privacy.columns import CHAINING, KEPT, Table, shown_by
from cardinal.privacy.holdings import Contracts, lake_sql
from cardinal.privacy.recognition import collect_words, find_rows
from cardinal.privacy.texts import as_text
from cardinal.privacy.tombstones import collect_values, keep_erased, owned_sql, places_of
from cardinal.settings import Settings

if TYPE_CHECKING:
    import duckdb

PARQUET = "(format parquet, compression zstd, parquet_version v2, dictionary_size_limit 5000, write_bloom_filter false)"
ONE_FILE = "read_parquet('{}', hive_partitioning = false)"


def find_in_lake(connection: duckdb.DuckDBPyConnection, settings: Settings, contracts: Contracts) -> int:
    """Make the table `erased` (kind, text): the values of the erasure, as the lake has them; return how many."""
    connection.execute("create or replace temporary table held (kind varchar, text varchar)")
    for table, contract in contracts.items():
        collect_values(connection, contract, lake_sql(settings, table), "hashes", "held")
    if next(rejects_of(settings), None):
        relation = f"read_parquet('{quoted(settings.lake)}/_rejects/*/*/*/*.parquet', hive_partitioning = false)"
        collect_words(connection, relation, "coalesce(raw_line, '')", "hashes", "held")
    if next(remembered_by(settings), None):
        relation = f"read_parquet('{quoted(settings.lake)}/_*/[0-9]*.parquet', union_by_name = true)"
        connection.execute(f"insert into held select 'person', person_id from {relation} where person_id is not null")
    connection.execute("create or replace temporary table held as from held group by all")
    found = keep_erased(connection, settings, "held", "hashes", "erased")
    connection.execute(
        """
        insert into erased
        select 'sent', sha256(ltrim(text, '+')) from erased where kind in ('email', 'phone')
        union
        select 'sent', sha256(text) from erased where kind in ('email', 'phone')
        """
    )
    return found


def rejects_of(settings: Settings) -> Iterator[Path]:
    """Return the files of rejected lines."""
    return (settings.lake / "_rejects").glob("*/*/*/*.parquet")


def remembered_by(settings: Settings) -> Iterator[Path]:
    """Return the files of what the build alone remembers: ids, segments and attributes over time."""
    return settings.lake.glob("_*/[0-9]*.parquet")


def count_rows(connection: duckdb.DuckDBPyConnection, settings: Settings, contracts: Contracts) -> dict[str, int]:
    """Return how many rows of each table are theirs, by `erased`; none of those that have none."""
    counts = {}
    for table, contract in contracts.items():
        (count,) = connection.execute(
            f"select count(*) from {lake_sql(settings, table)} where {owned_sql(contract, 'erased')}"
        ).fetchall()[0]
        if count:
            counts[f"{table[0]}.{table[1]}"] = int(count)
    return counts


def erase_from_lake(
    connection: duckdb.DuckDBPyConnection, settings: Settings, contracts: Contracts, secret: str
) -> None:
    """Write every file that holds a value of `erased` anew.

    secret: Makes the numbers that stand for the person's from now on.
    """
    for table, contract in contracts.items():
        touched = [owned_sql(contract, "erased"), *(condition for _, condition in mentions(contract, "erased"))]
        files = connection.execute(
            f"select filename from {lake_sql(settings, table)} where {' or '.join(touched)} group by all order by all"
        ).fetchall()
        for (file,) in files:
            _write_unknown_columns(connection, settings, contract, Path(file))
            _write_rows(connection, contract, Path(file), secret)
    for path in sorted([*rejects_of(settings), *remembered_by(settings)]):
        remove_rows(connection, path)
    for table in contracts:
        _settle_ledger(connection, settings, table)


def _write_rows(connection: duckdb.DuckDBPyConnection, contract: TableContract, path: Path, secret: str) -> None:
    owned = owned_sql(contract, "erased")
    columns = ", ".join(f"{_treated(contract, column, owned)} as {column.name}" for column in contract.columns)
    kept = "" if (contract.source, contract.name) in KEPT else f"where not {owned}"
    present = {row[0] for row in connection.execute(f"describe from {ONE_FILE.format(quoted(path))}").fetchall()}
    # A file from before a column joined the contract goes without it.
    lacking = ", ".join(
        f"cast(null as {column.data_type}) as {column.name}"
        for column in contract.columns
        if column.name not in present
    )
    source = f"(select *{', ' + lacking if lacking else ''} from {ONE_FILE.format(quoted(path))})"
    _write(
        connection,
        f"select {columns}, _batch_id, _file, _row, _ingested_at from {source} {kept}",
        path,
        {"secret": secret} if "$secret" in columns else {},
    )


def _treated(contract: TableContract, column: Column, owned: str) -> str:
    """SQL of what becomes of a column: theirs are other numbers, what tells of them is empty, amounts and days stay."""
    theirs = " or ".join(
        f"({place.column} in (select text from erased where kind = '{place.kind}'))"
        for place in shown_by(contract)
        if place.column == column.name and place.kind in CHAINING
    )
    mentioned = dict(mentions(contract, "erased")).get(column.name, "false")
    is_kept = (contract.source, contract.name) in KEPT
    other = f"'x' || substr(sha256($secret || '{_kind_of(contract, column.name)}' || {column.name}), 1, 20)"
    if is_kept and theirs:
        return f"case when {theirs} then {other} else {column.name} end"
    is_telling = column.data_type == "varchar" and column.pii in ("personal", "secret")
    is_shown = any(place.column == column.name for place in shown_by(contract))
    if (is_telling or is_shown) and column.name not in contract.key:
        return f"case when {mentioned} or {owned} then null else {column.name} end"
    return column.name


def _kind_of(contract: TableContract, column: str) -> str:
    return next((place.kind for place in shown_by(contract) if place.column == column), "")


def _write_unknown_columns(
    connection: duckdb.DuckDBPyConnection, settings: Settings, contract: TableContract, path: Path
) -> None:
    """What the contract doesn't know of a person's row goes, also where the row stays."""
    aside = settings.lake / "_unknown_columns" / path.relative_to(settings.lake)
    if aside.exists():
        rows = f"(select _row from {ONE_FILE.format(quoted(path))} where {owned_sql(contract, 'erased')})"
        _write(connection, f"select * from {ONE_FILE.format(quoted(aside))} where _row not in {rows}", aside)


def remove_rows(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Remove the rows in which the person stands anywhere; a file that would be empty goes as a whole."""
    relation = f"read_parquet('{quoted(path)}', hive_partitioning = false, file_row_number = true)"
    columns = [row[:2] for row in connection.execute(f"describe from {ONE_FILE.format(quoted(path))}").fetchall()]
    numbered = f"(select file_row_number as number, * from {relation})"
    found = find_rows(connection, numbered, as_text(columns), "erased", "rows_found")
    if found:
        names = ", ".join(f'"{column}"' for column, _ in columns)
        (left,) = _write(
            connection,
            f"select {names} from {relation} where file_row_number not in (select number from rows_found)",
            path,
        )
        if not left:
            path.unlink()
    return found


def _write(
    connection: duckdb.DuckDBPyConnection, query: str, path: Path, parameters: dict[str, str] | None = None
) -> tuple[int, ...]:
    beside = path.with_suffix(".part")
    written: tuple[int, ...] = connection.execute(
        f"copy ({query}) to '{quoted(beside)}' {PARQUET}", parameters or {}
    ).fetchall()[0]
    publish([(beside, path)])
    return written


def _settle_ledger(connection: duckdb.DuckDBPyConnection, settings: Settings, table: Table) -> None:
    """Let the ledger say what the files of batches hold now: rows in = rows out + rejects + erased, as ever."""
    out = connection.execute(f"select _batch_id, count(*) from {lake_sql(settings, table)} group by all").fetchall()
    rows_out = {batch: count for batch, count in out if batch is not None}
    reasons: dict[str, dict[str, int]] = {}
    rejects = settings.lake / "_rejects" / table[0] / table[1]
    if next(rejects.glob("*/*.parquet"), None):
        relation = f"read_parquet('{quoted(rejects)}/*/*.parquet', hive_partitioning = false)"
        for batch, reason, count in connection.execute(
            f"select _batch_id, reason, count(*) from {relation} group by all"
        ).fetchall():
            reasons.setdefault(batch, {})[reason] = count
    for path in sorted(ledger_folder(settings.lake, table).glob("*.json")):
        if path.name.endswith((".rejected.json", ".same.json")):
            continue
        entry = read_entry(path)
        left, why = rows_out.get(path.stem, 0), count_reasons([reasons.get(path.stem, {})])
        rejected = sum(why.values())
        erased = entry.batch.rows_in - left - rejected
        batch = replace(entry.batch, rows_out=left, rejects=rejected, reject_reasons=why, erased=erased)
        if batch != entry.batch:
            beside = path.with_suffix(".part")
            beside.write_text(entry_text(replace(entry, batch=batch)), encoding="utf-8")
            publish([(beside, path)])


def last_trace(connection: duckdb.DuckDBPyConnection, settings: Settings, contracts: Contracts) -> list[str]:
    """Return the tables of the lake in which the person still stands: none once it is done."""
    find_in_lake(connection, settings, contracts)
    found = []
    for table, contract in contracts.items():
        anywhere = [place for place in places_of(contract) if place.column]
        conditions = [
            f"coalesce({place.sql} in (select text from erased where kind = '{place.kind}'), false)"
            for place in anywhere
        ]
        if conditions:
            (count,) = connection.execute(
                f"select count(*) from {lake_sql(settings, table)} where {' or '.join(conditions)}"
            ).fetchall()[0]
            if count:
                found.append(f"{table[0]}.{table[1]}")
    return found
