"""One drop becomes one batch: its files are written beside the lake, ready to be moved in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import duckdb

from cardinal.contracts import TableContract
from cardinal.ingestion.card_numbers import MACROS
from cardinal.ingestion.errors import FileRejectedError, IngestionError
from cardinal.ingestion.header import lacking_columns, shown
from cardinal.ingestion.inbox import Drop
from cardinal.ingestion.protection import key_parameters
from cardinal.ingestion.reading import Rows, read_csv, read_json, read_parquet, refused_relation
from cardinal.ingestion.report import BatchReport, count_reasons
from cardinal.ingestion.rules import Field, fields_of, judging_query, literal, staging_query
from cardinal.ingestion.text import Text
from cardinal.privacy.arrivals import Door
from cardinal.privacy.sweeping import sweep
from cardinal.settings import Settings

# The process needs some 300 MB beside what DuckDB counts; together they stay under 2 GB.
_MEMORY_LIMIT = "1400MB"
# Version 2 writes row numbers as differences: smaller, and quicker to compress. Dictionaries of values that hardly
# repeat, and Bloom filters over them, cost a tenth of the time and are never asked.
_PARQUET = (
    "(format parquet, compression zstd, parquet_version v2, dictionary_size_limit 5000, write_bloom_filter false)"
)
# A text as a field of the line that a reject shows; a null is an empty field.
_AS_FIELD = (
    "case when t is null then '' when regexp_matches(t, '[\",;|\\t\\r\\n]') "
    "then '\"' || replace(t, '\"', '\"\"') || '\"' else t end"
)


@dataclass(frozen=True)
class Loaded:
    """A batch whose files are written but not yet in the lake.

    Attributes:
        report: What it holds.
        moves: (where it lies, where it belongs) pairs.
        shows_erased: Whether its drop shows people who were erased.
    """

    report: BatchReport
    moves: tuple[tuple[Path, Path], ...]
    shows_erased: bool


@dataclass(frozen=True)
class _Staged:
    """What the temporary table `staged` holds."""

    rows: Rows
    fields: list[Field]
    count: int
    deletes: int
    suspects: int


class Loader:
    """Loads drops over one DuckDB connection; opening one costs more than a small drop."""

    def __init__(self, settings: Settings, scratch: Path) -> None:
        self._settings = settings
        self._scratch = scratch
        self._connection = duckdb.connect(
            config={
                "memory_limit": _MEMORY_LIMIT,
                "temp_directory": str(scratch / "spill"),
                # Row numbers are positions in the file, and the same file must give the same bytes.
                "preserve_insertion_order": True,
                "autoinstall_known_extensions": False,
            }
        )
        self._connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        for macro in MACROS:
            self._connection.execute(macro)
        self._door = Door(self._connection, settings)

    def close(self) -> None:
        """Give back memory and scratch files."""
        self._connection.close()

    def load(self, drop: Drop, text: Text | None, contract: TableContract, batch_id: str, arrival: datetime) -> Loaded:
        """Judge a drop by its contract and write the batch's files; FileRejectedError if it can't be loaded.

        text: the drop as text, None for Parquet.
        """
        # A fixed name of our own: the drop's may hold quotes or what DuckDB takes for a pattern.
        link = self._scratch / "input"
        link.unlink(missing_ok=True)
        link.symlink_to(text.path if text else drop.path)
        staged = self._stage(drop, text, contract, link)
        rows, fields = staged.rows, staged.fields
        if rows.header.only_for_deletes and staged.count > staged.deletes:
            raise lacking_columns(rows.header.only_for_deletes, contract)
        number = rows.number or "rowid + 1"
        if staged.suspects:
            self._judge(contract, fields, number)
        nulled = 0
        if any(field.is_protected for field in fields):
            (nulled,) = self._row("select count(*) from staged where _is_nulled")
        values = _values(contract, fields)
        self._door.has_turned_away = False
        erased = self._door.turn_away(contract, values, {field.name: field.value for field in fields if field.column})
        moves: list[tuple[Path, Path]] = []
        rows_out = self._copy(
            f"select {values}, {literal(batch_id)} as _batch_id, {literal(drop.name)} as _file, "
            f"{number} as _row, timestamp '{arrival.isoformat()}' as _ingested_at from staged",
            moves,
            self._target("", drop, batch_id, arrival),
        )
        reasons, erased_rejects = self._write_rejects(drop, rows, staged.suspects > 0, batch_id, arrival, moves)
        erased += erased_rejects
        unknown = [field for field in fields if field.column is None]
        if unknown:
            names = ", ".join(f"{field.value} as {_column_name(field.name)}" for field in unknown)
            self._copy(
                f"select {number} as _row, {names} from staged",
                moves,
                self._target("_unknown_columns", drop, batch_id, arrival),
            )
        rejects = sum(reasons.values())
        rows_in = staged.count + rows.refusals
        if rows_in != rows_out + rejects + erased:
            raise IngestionError(
                f"{drop.name}: {rows_in} rows in, {rows_out} out, {rejects} rejected and {erased} erased do not "
                "add up; nothing was loaded of it. Please report this as a fault of Cardinal"
            )
        report = BatchReport(
            source=drop.source,
            table=drop.table,
            batch_id=batch_id,
            file=drop.name,
            ingested_at=arrival,
            rows_in=rows_in,
            rows_out=rows_out,
            rejects=rejects,
            reject_reasons=reasons,
            unknown_columns=tuple(shown(name) for name in rows.header.unknown),
            missing_columns=rows.header.missing,
            nulled_values=nulled,
            erased=erased,
        )
        return Loaded(report, tuple(moves), self._door.has_turned_away)

    def sweep(self, drop: Drop, contract: TableContract) -> Drop | None:
        """Take people who were erased out of a drop; returns it as it is then, None if it shows none of them."""
        if not self._door.has_tombstones:
            return None
        return sweep(self._connection, self._settings, contract, drop, self._scratch)

    def write_empty_table(self, contract: TableContract, target: Path) -> None:
        """Write a Parquet file without rows that has the columns of a table."""
        self._connection.execute(
            f"copy (select {_values(contract, [])}, null::varchar as _batch_id, null::varchar as _file, "
            f"null::bigint as _row, null::timestamp as _ingested_at where false) to {literal(str(target))} {_PARQUET}"
        )

    def _stage(self, drop: Drop, text: Text | None, contract: TableContract, link: Path) -> _Staged:
        """Make the temporary table `staged` of the drop's rows. It spills to disk when it is large."""
        if text is None:
            return self._stage_parquet(drop, read_parquet(self._connection, link, contract), contract)
        if drop.format == "jsonl":
            return self._stage_rows(drop, read_json(text, contract, link), contract)
        plain, read_damaged = read_csv(text, contract, link)
        if plain is not None:
            try:
                return self._stage_rows(drop, plain, contract)
            except _UnreadableError:
                pass
        return self._stage_rows(drop, read_damaged(link), contract)

    def _stage_parquet(self, drop: Drop, rows: Rows, contract: TableContract) -> _Staged:
        try:
            return self._stage_rows(drop, rows, contract)
        except duckdb.Error:
            # Either the file is damaged behind its footer or the disk is full: only the file is read now.
            try:
                self._connection.execute(f"select bit_xor(hash(t)) from {rows.relation} as t")
            except duckdb.Error as error:
                raise _UnreadableError(f"its Parquet data is damaged ({type(error).__name__})") from None
            raise

    def _stage_rows(self, drop: Drop, rows: Rows, contract: TableContract) -> _Staged:
        fields = fields_of(rows.header, contract)
        query = staging_query(
            contract, fields, rows.relation, rows.number, self._settings.country, self._settings.project_dir
        )
        parameters = {}
        if any(field.is_protected for field in fields):
            parameters = key_parameters(self._settings.national_id_key())
        try:
            self._connection.execute(f"create or replace temp table staged as {query}", parameters)
        except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
            # The message would quote the line, which is somebody's data.
            raise _UnreadableError(f"DuckDB can't read it ({type(error).__name__})") from None
        count, deletes, suspects, last = self._row(
            "select count(*), count_if(_is_delete), count_if(_is_suspect), max(rowid) + 1 from staged"
        )
        if rows.expected not in (None, count):
            raise _UnreadableError("DuckDB read another number of rows than the file has lines")
        if last not in (None, count):
            raise IngestionError(f"{drop.name}: row numbers have gaps; please report this as a fault of Cardinal")
        return _Staged(rows, fields, count, deletes or 0, suspects or 0)

    def _judge(self, contract: TableContract, fields: list[Field], number: str) -> None:
        """Move the bad rows from `staged` to the temporary table `judged`.

        They are deleted, which leaves the places of the others, and not filtered when the batch is written: the
        join behind a filter would write the rows in any order.
        """
        query = judging_query(contract, fields, "staged", number)
        self._connection.execute(f"create or replace temp table judged as {query}")
        self._connection.execute(f"delete from staged where _is_suspect and {number} in (select _row from judged)")

    def _write_rejects(
        self,
        drop: Drop,
        rows: Rows,
        has_judged: bool,
        batch_id: str,
        arrival: datetime,
        moves: list[tuple[Path, Path]],
    ) -> tuple[dict[str, int], int]:
        """Write the rejected lines; returns their reasons, and how many were an erased person's and aren't kept."""
        parts = []
        if has_judged:
            line = f"array_to_string(list_transform(_texts, lambda t: {_AS_FIELD}), '{rows.delimiter}')"
            known = f"where _row not in (select _row from {refused_relation(rows.refused)})" if rows.refused else ""
            parts.append(f"select _row, column_name, reason, {line} as raw_line from judged {known}")
        if rows.refused is not None:
            parts.append(
                f"select _row, null::varchar as column_name, reason, raw_line from {refused_relation(rows.refused)}"
            )
        if not parts:
            return {}, 0
        self._connection.execute(f"create or replace temp table rejected as {' union all '.join(parts)}")
        erased = self._door.turn_away_rejects("rejected")
        counted = self._connection.execute("select reason, count(*) from rejected group by all").fetchall()
        if counted:
            self._copy(
                f"select {literal(batch_id)} as _batch_id, {literal(drop.name)} as _file, *, "
                f"timestamp '{arrival.isoformat()}' as _ingested_at from rejected order by _row",
                moves,
                self._target("_rejects", drop, batch_id, arrival),
            )
        return count_reasons([dict(counted)]), erased

    def _target(self, area: str, drop: Drop, batch_id: str, arrival: datetime) -> Path:
        folder = self._settings.lake / area / drop.source / drop.table / f"ingest_date={arrival.date()}"
        return folder / f"{batch_id}.parquet"

    def _copy(self, query: str, moves: list[tuple[Path, Path]], target: Path) -> int:
        written = self._scratch / f"{len(moves)}-{target.name}"
        (count,) = self._row(f"copy ({query}) to {literal(str(written))} {_PARQUET}")
        moves.append((written, target))
        return int(count)

    def _row(self, query: str) -> tuple[Any, ...]:
        return cast("tuple[Any, ...]", self._connection.execute(query).fetchone())


class _UnreadableError(FileRejectedError):
    """DuckDB gave up on text that may still be readable record by record."""


def _values(contract: TableContract, fields: list[Field]) -> str:
    """All columns of the contract in its order and types; null where the file lacks one."""
    held = {field.name: field.value for field in fields if field.column}
    return ", ".join(
        f"cast({held.get(column.name, 'null')} as {column.data_type}) as {_column_name(column.name)}"
        for column in contract.columns
    )


def _column_name(name: str) -> str:
    # An unknown column may be called like the row number that stands beside it.
    name = f"{name}_" if name == "_row" else name
    return '"' + name.replace('"', '""') + '"'
