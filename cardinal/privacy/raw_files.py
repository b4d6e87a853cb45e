"""Erasure in the inbox: the lines that show the person go from the files that sources delivered.

Works on a connection with the table `erased` (kind, text). Other lines stay byte for byte; of those that only mention
the person, the mention goes. No file goes that holds anything else: what can't be rewritten or read is listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from cardinal.build import quoted
from cardinal.contracts import TableContract
from cardinal.ingestion.atomic import publish
from cardinal.ingestion.errors import FileRejectedError
from cardinal.ingestion.inbox import Drop, list_drops
from cardinal.ingestion.ledger import batch_id_of, known_batches, note_same
from cardinal.ingestion.text import content_hash, read_text
from cardinal.privacy.arrivals import mentions
from cardinal.privacy.holdings import Contracts
from cardinal.privacy.raw_records import (
    UnclearError,
    UnreadableError,
    csv_records,
    json_records,
    read_raw,
    without,
    written,
)
from cardinal.privacy.recognition import SHORTEST
from cardinal.privacy.strange_files import UNREAD, erase_from_strange
from cardinal.privacy.tombstones import owned_sql
from cardinal.settings import Settings

UNCLEAR = "its records can't be told apart: the lines went that show a value of at least 6 characters"
WORDS = re.compile(r"[^\",;|\t\r\n\[\]{}]+")


@dataclass(frozen=True)
class RawFiles:
    """What was done in the inbox.

    Attributes:
        rewritten: Files that went on without the person's lines.
        removed: Files that went as a whole: nothing else was in them.
        lines: Lines that went.
        left: What people have to see to: path in the inbox -> why.
    """

    rewritten: int = 0
    removed: int = 0
    lines: int = 0
    left: dict[str, str] = field(default_factory=dict)


def erase_from_inbox(
    connection: duckdb.DuckDBPyConnection, settings: Settings, contracts: Contracts, scratch: Path
) -> RawFiles:
    """Remove the person's lines from every file of the inbox. Done twice, it finds nothing the second time."""
    values, parts = _words_of(connection)
    drops, _ = list_drops(settings.inbox, contracts)
    rewritten = removed = lines = 0
    left: dict[str, str] = {}
    scratch.mkdir(parents=True, exist_ok=True)
    for drop in drops:
        if drop.format != "parquet" and not _may_show(drop.path, parts):
            continue
        rewriting = Rewriting(connection, settings, contracts[drop.source, drop.table], drop, scratch)
        try:
            gone = rewriting.rewrite(values)
        except UnreadableError:
            left[drop.name] = UNREAD
            continue
        if rewriting.is_unclear:
            left[drop.name] = UNCLEAR
        rewritten, lines = rewritten + (gone is not None), lines + (gone or 0)
    for path in _no_drops(settings.inbox, {drop.path for drop in drops}):
        done = erase_from_strange(connection, path, lambda text: _shows(text, values))
        rewritten, removed, lines = (
            rewritten + (done.lines > 0 and not done.is_gone), removed + done.is_gone, lines + done.lines
        )  # fmt: skip
        if done.left:
            name = path.relative_to(settings.inbox).as_posix().encode("utf-8", "backslashreplace").decode()
            # The receipt shows no value, also where a file is called by one.
            is_told = any(len(value) >= SHORTEST and value in name for value in values)
            left[f"{path.parent.parent.name}/… ({path.suffix})" if is_told else name] = done.left
    return RawFiles(rewritten, removed, lines, left)


def _no_drops(inbox: Path, drops: set[Path]) -> Iterator[Path]:
    """Yield every other file: misplaced, hidden, or not whole."""
    for path in sorted(inbox.rglob("*")):
        if path.is_file() and path not in drops:
            yield path


class Rewriting:
    """One file."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        settings: Settings,
        contract: TableContract,
        drop: Drop,
        scratch: Path,
    ) -> None:
        self._connection, self._settings, self._contract = connection, settings, contract
        self._drop, self._scratch = drop, scratch
        self.is_unclear = False

    def rewrite(self, values: set[str]) -> int | None:
        """Write the file without the person; returns how many lines went, None if it doesn't show them."""
        drop = self._drop
        beside = drop.path.with_name(drop.path.name + ".part")
        if drop.format == "parquet":
            gone = self._rewrite_parquet(beside)
            before = content_hash(drop.path)
        else:
            gone = self._rewrite_text(values, beside)
            before = self._hash_of_text(drop.path)
        if gone is None:
            return None
        if drop.format == "parquet":
            after = content_hash(beside)
        else:
            # Read under its own ending: what is compressed is known by it.
            named = self._scratch / drop.path.name
            named.write_bytes(beside.read_bytes())
            after = self._hash_of_text(named)
            named.unlink()
        table = (drop.source, drop.table)
        original = batch_id_of(drop, before)
        if known_batches(self._settings.lake, table).get(original) is False:
            note_same(self._settings.lake, table, batch_id_of(drop, after), original)
        publish([(beside, drop.path)])
        return gone

    def _hash_of_text(self, path: Path) -> str:
        try:
            return read_text(path, self._scratch / "text").sha256
        except FileRejectedError:
            return content_hash(path)

    def _rewrite_parquet(self, beside: Path) -> int | None:
        relation = f"read_parquet('{quoted(self._drop.path)}', hive_partitioning = false, file_row_number = true)"
        try:
            self._connection.execute(f"select bit_xor(hash(t)) from {relation} as t")
        except duckdb.Error as error:
            raise UnreadableError from error
        names = [row[0] for row in self._connection.execute(f"describe from {relation}").fetchall()][:-1]
        columns = {name.strip().lower(): f'"{name}"' for name in names}
        rows = self._typed(columns, relation, "file_row_number")
        gone, blanked = self._judge(rows)
        if not gone and not blanked:
            return None
        kept = ", ".join(
            f'case when file_row_number in ({_numbers(blanked[name.strip().lower()])}) then null else "{name}" end'
            f' as "{name}"'
            if name.strip().lower() in blanked
            else f'"{name}"'
            for name in names
        )
        self._connection.execute(
            f"copy (select {kept} from {relation} where file_row_number not in ({_numbers(gone)}))"
            f" to '{quoted(beside)}' (format parquet, compression zstd)"
        )
        return len(gone)

    def _rewrite_text(self, values: set[str], beside: Path) -> int | None:
        text, encoding = read_raw(self._drop.path)
        try:
            records = list(csv_records(text) if self._drop.format == "csv" else json_records(text))
        except UnclearError:
            self.is_unclear = True
            records = [(line, None) for line in text.splitlines(keepends=True)]
        fields = [record for _, record in records if record is not None]
        names = sorted({name for record in fields for name in record})
        gone: set[int] = set()
        blanked: dict[str, set[int]] = {}
        if fields:
            import polars as pl

            frame = pl.DataFrame(
                {
                    "_number_": [n for n, (_, record) in enumerate(records) if record is not None],
                    **{name: [record.get(name) for record in fields] for name in names},
                },
                schema_overrides=dict.fromkeys(names, pl.String),
            )
            self._connection.register("raw_records", frame)
            columns = {name: f'"{name}"' for name in names if name != "_number_"}
            gone, blanked = self._judge(self._typed(columns, "raw_records", "_number_"))
            self._connection.unregister("raw_records")
        lines = []
        for number, (raw, record) in enumerate(records):
            line = raw
            if number in gone:
                continue
            for column, numbers in blanked.items():
                if number in numbers and record is not None and record.get(column):
                    line = without(line, column, str(record[column]), self._drop.format)
            # What broke its contract is in no table: there, every value that stands alone counts.
            if (record is None or _is_broken(record, self._contract)) and _shows(line, values):
                gone.add(number)
                continue
            lines.append(line)
        if not gone and not blanked:
            return None
        beside.write_bytes(written("".join(lines), encoding, self._drop.path))
        return len(gone)

    def _typed(self, columns: dict[str, str], relation: str, number: str) -> str:
        """SQL of the records with all columns of the contract, as texts."""
        shown = ", ".join(
            f"nullif(trim(cast({columns.get(column.name, 'null')} as varchar)), '') as {column.name}"
            for column in self._contract.columns
        )
        return f"(select {number} as number, {shown} from {relation})"

    def _judge(self, rows: str) -> tuple[set[int], dict[str, set[int]]]:
        """Return the numbers of the records that go, and by column of those of which a mention goes."""
        owned = owned_sql(self._contract, "erased")
        found = self._connection.execute(f"select number from {rows} where {owned}").fetchall()
        blanked = {}
        for column, condition in mentions(self._contract, "erased"):
            numbers = self._connection.execute(
                f"select number from {rows} where {condition} and {column} is not null and not {owned}"
            ).fetchall()
            if numbers:
                blanked[column] = {number for (number,) in numbers}
        return {number for (number,) in found}, blanked


def _words_of(connection: duckdb.DuckDBPyConnection) -> tuple[set[str], set[str]]:
    """The values, and with them the parts of those that stand in several columns: by these a file is worth a look."""
    values, parts = set(), set()
    for kind, text in connection.execute("select kind, text from erased").fetchall():
        number = text.split(".", 1)[-1] if kind in ("lead", "marketplace_buyer") else text
        values |= {text, number}
        parts |= {*text.split("|"), *number.split("|")}
    return values, values | parts


def _may_show(path: Path, parts: set[str]) -> bool:
    """Whether any value can stand in a file, whatever its records are."""
    try:
        text, _ = read_raw(path)
    except UnreadableError:
        return True
    return _shows(text, parts, shortest=1)


def _shows(text: str, values: set[str], shortest: int = SHORTEST) -> bool:
    """Whether a value stands in a text by itself; a short one tells nobody."""
    return any(
        len(word) >= shortest and word in values for word in (found.strip(" :'") for found in WORDS.findall(text))
    )


def _is_broken(record: dict[str, Any], contract: TableContract) -> bool:
    """Whether the record lacks what its contract needs, by which its rows would be known."""
    needed = [column.name for column in contract.columns if column.required or column.name in contract.key]
    return any(not record.get(name) for name in needed)


def _numbers(numbers: set[int]) -> str:
    return ", ".join(map(str, sorted(numbers))) or "-1"
