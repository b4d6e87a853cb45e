"""Erasure in the inbox: the lines that show the person go from the files that sources delivered.

Works on a connection with the table `erased` (kind, text). Other lines stay byte for byte; of those that only mention
the person, the mention goes. A file whose records can't be told apart for certain goes as a whole: the lake has the
rest.
"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cardinal.build import quoted
from cardinal.contracts import TableContract
from cardinal.ingestion.atomic import publish
from cardinal.ingestion.errors import FileRejectedError
from cardinal.ingestion.inbox import Drop, list_drops
from cardinal.ingestion.ledger import batch_id_of, known_batches, note_same
from cardinal.ingestion.text import content_hash, read_text
from cardinal.privacy.arrivals import mentions
from cardinal.privacy.holdings import Contracts
from cardinal.privacy.raw_records import UnclearError, csv_records, json_records, read_raw
from cardinal.privacy.recognition import SHORTEST
from cardinal.privacy.tombstones import owned_sql
from cardinal.settings import Settings

if TYPE_CHECKING:
    import duckdb

WORDS = re.compile(r"[^\",;|\t\r\n\[\]{}]+")


@dataclass(frozen=True)
class RawFiles:
    """What was done in the inbox.

    Attributes:
        rewritten: Files that went on without the person's lines.
        removed: Files that went as a whole.
        lines: Lines that went, of files that were rewritten.
    """

    rewritten: int = 0
    removed: int = 0
    lines: int = 0


def erase_from_inbox(
    connection: duckdb.DuckDBPyConnection, settings: Settings, contracts: Contracts, scratch: Path
) -> RawFiles:
    """Remove the person's lines from every file of the inbox. Done twice, it finds nothing the second time."""
    values = _words_of(connection)
    drops, others = list_drops(settings.inbox, contracts)
    done = RawFiles()
    scratch.mkdir(parents=True, exist_ok=True)
    for drop in drops:
        if drop.format != "parquet" and not _may_show(drop.path, values):
            continue
        try:
            lines = _Rewriting(connection, settings, contracts[drop.source, drop.table], drop, scratch).rewrite(values)
        except (UnclearError, FileRejectedError):
            drop.path.unlink()
            done = RawFiles(done.rewritten, done.removed + 1, done.lines)
            continue
        if lines is not None:
            done = RawFiles(done.rewritten + 1, done.removed, done.lines + lines)
    for problem in others:
        path = settings.inbox / problem.file
        if path.is_file() and _may_show(path, values):
            path.unlink()
            done = RawFiles(done.rewritten, done.removed + 1, done.lines)
    return done


class _Rewriting:
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

    def rewrite(self, values: set[str]) -> int | None:
        """Write the file without the person; returns how many lines went, None if it doesn't show them."""
        drop = self._drop
        beside = drop.path.with_name(drop.path.name + ".part")
        if drop.format == "parquet":
            gone = self._rewrite_parquet(beside)
            before = content_hash(drop.path)
        else:
            gone = self._rewrite_text(values, beside)
            before = read_text(drop.path, self._scratch / "text").sha256
        if gone is None:
            return None
        if drop.format == "parquet":
            after = content_hash(beside)
        else:
            # Read under its own ending: what is compressed is known by it.
            named = self._scratch / drop.path.name
            named.write_bytes(beside.read_bytes())
            after = read_text(named, self._scratch / "text").sha256
            named.unlink()
        table = (drop.source, drop.table)
        original = batch_id_of(drop, before)
        if known_batches(self._settings.lake, table).get(original) is False:
            note_same(self._settings.lake, table, batch_id_of(drop, after), original)
        publish([(beside, drop.path)])
        return gone

    def _rewrite_parquet(self, beside: Path) -> int | None:
        relation = f"read_parquet('{quoted(self._drop.path)}', hive_partitioning = false, file_row_number = true)"
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
        records = list(csv_records(text) if self._drop.format == "csv" else json_records(text))
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
                    line = _without(line, str(record[column]), self._drop.format)
            # What broke its contract is in no table: there, every value that stands alone counts.
            if (record is None or _is_broken(record, self._contract)) and _shows(line, values):
                gone.add(number)
                continue
            lines.append(line)
        if not gone and not blanked:
            return None
        content = "".join(lines).encode(encoding, "surrogateescape")
        if self._drop.path.name.lower().endswith(".gz"):
            content = gzip.compress(content, mtime=0)
        beside.write_bytes(content)
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


def _words_of(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The values, and the parts of those that stand in several columns."""
    values = set()
    for kind, text in connection.execute("select kind, text from erased").fetchall():
        values.add(text)
        if kind in ("lead", "marketplace_buyer"):
            values.add(text.split(".", 1)[-1])
        if "|" in text:
            values |= set(text.split("|"))
    return values


def _may_show(path: Path, values: set[str]) -> bool:
    """Whether any value stands in a file, whatever its records are."""
    try:
        text, _ = read_raw(path)
    except (OSError, EOFError, gzip.BadGzipFile, UnicodeError):
        return False
    return _shows(text, values, shortest=1)


def _shows(text: str, values: set[str], shortest: int = SHORTEST) -> bool:
    """Whether a value stands in a text by itself; a short one tells nobody."""
    return any(
        len(word) >= shortest and word in values for word in (found.strip(" :'") for found in WORDS.findall(text))
    )


def _is_broken(record: dict[str, Any], contract: TableContract) -> bool:
    """Whether the record lacks what its contract needs, by which its rows would be known."""
    needed = [column.name for column in contract.columns if column.required or column.name in contract.key]
    return any(not record.get(name) for name in needed)


def _without(line: str, value: str, file_format: str) -> str:
    """A line without a value: an empty field, or an empty text."""
    if file_format == "jsonl":
        said = json.dumps(value, ensure_ascii=False)
        return line.replace(said if said in line else json.dumps(value), "null")
    return re.sub(r'(?<![^,;|\t"])' + re.escape(value) + r'(?![^,;|\t"\r\n])', "", line)


def _numbers(numbers: set[int]) -> str:
    return ", ".join(map(str, sorted(numbers))) or "-1"
