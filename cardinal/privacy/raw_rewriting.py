"""A raw file goes on without somebody's lines; all other bytes stay.

Works on a connection with the table `erased` (kind, text), or makes it of what the file shows and a table of hashes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb

from cardinal.build import quoted
from cardinal.contracts import TableContract
from cardinal.ingestion.atomic import publish
from cardinal.ingestion.errors import FileRejectedError
from cardinal.ingestion.inbox import Drop
from cardinal.ingestion.ledger import batch_id_of, known_batches, note_same
from cardinal.ingestion.protection import bare_value, hashed, key_parameters
from cardinal.ingestion.text import content_hash, read_text
from cardinal.privacy.arrivals import mentions
from cardinal.privacy.raw_records import (
    UnclearError,
    UnreadableError,
    beside,
    csv_records,
    json_records,
    read_raw,
    without,
    written,
)
from cardinal.privacy.recognition import SHORTEST, collect_words
from cardinal.privacy.tombstones import collect_values, keep_erased, owned_sql
from cardinal.settings import Settings

WORDS = re.compile(r"[^\",;|\t\r\n\[\]{}]+")


class Rewriting:
    """One file.

    scratch: A folder that is there. hashes: Table (kind, hash) of whom to look for; None where `erased` tells it.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        settings: Settings,
        contract: TableContract,
        drop: Drop,
        scratch: Path,
        hashes: str | None = None,
    ) -> None:
        self._connection, self._settings, self._contract = connection, settings, contract
        self._drop, self._scratch, self._hashes = drop, scratch, hashes
        self._keys = key_parameters(settings.national_id_key()) if any(c.protect for c in contract.columns) else {}
        self.is_unclear = False

    def rewrite(self, values: set[str] | None = None) -> int | None:
        """Write the file without the person; returns how many lines went, None if it doesn't show them.

        values: Texts of `erased`, for lines that are no records.

        Raises:
            UnreadableError: It is damaged.
        """
        drop = self._drop
        fresh = beside(drop.path)
        if drop.format == "parquet":
            gone = self._rewrite_parquet(fresh)
            before = content_hash(drop.path)
        else:
            gone = self._rewrite_text(values, fresh)
            before = self._hash_of_text(drop.path)
        if gone is None:
            return None
        if drop.format == "parquet":
            after = content_hash(fresh)
        else:
            # Read under its own ending: what is compressed is known by it.
            named = self._scratch / drop.path.name
            named.write_bytes(fresh.read_bytes())
            after = self._hash_of_text(named)
            named.unlink()
        table = (drop.source, drop.table)
        original = batch_id_of(drop, before)
        if known_batches(self._settings.lake, table).get(original) is False:
            note_same(self._settings.lake, table, batch_id_of(drop, after), original)
        publish([(fresh, drop.path)])
        return gone

    def _hash_of_text(self, path: Path) -> str:
        try:
            return read_text(path, self._scratch / "text").sha256
        except FileRejectedError:
            return content_hash(path)

    def _rewrite_parquet(self, fresh: Path) -> int | None:
        relation = f"read_parquet('{quoted(self._drop.path)}', hive_partitioning = false, file_row_number = true)"
        try:
            self._connection.execute(f"select bit_xor(hash(t)) from {relation} as t")
        except duckdb.Error as error:
            raise UnreadableError from error
        names = [row[0] for row in self._connection.execute(f"describe from {relation}").fetchall()][:-1]
        columns = {name.strip().lower(): f'"{name}"' for name in names}
        rows = self._typed(columns, relation, "file_row_number")
        self._find_erased(rows)
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
            f" to '{quoted(fresh)}' (format parquet, compression zstd)"
        )
        return len(gone)

    def _rewrite_text(self, values: set[str] | None, fresh: Path) -> int | None:
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
            rows = self._typed(columns, "raw_records", "_number_")
            self._find_erased(rows, [line for line, record in records if self._is_broken(record)])
            gone, blanked = self._judge(rows)
            self._connection.unregister("raw_records")
        else:
            self._find_erased(None, [line for line, _ in records])
        values = words_of(self._connection)[0] if values is None else values
        lines = []
        for number, (raw, record) in enumerate(records):
            line = raw
            if number in gone:
                continue
            for column, numbers in blanked.items():
                if number in numbers and record is not None and record.get(column):
                    line = without(line, column, str(record[column]), self._drop.format)
            # What broke its contract is in no table: there, every value that stands alone counts.
            if self._is_broken(record) and shows(line, values):
                gone.add(number)
                continue
            lines.append(line)
        if not gone and not blanked:
            return None
        fresh.write_bytes(written("".join(lines), encoding, self._drop.path))
        return len(gone)

    def _find_erased(self, rows: str | None, lines: list[str] | None = None) -> None:
        """Make `erased` of the hashes, if it isn't there: of what records show, and of words of lines that are none."""
        if self._hashes is None:
            return
        import polars as pl

        self._connection.execute("create or replace temporary table arrived (kind varchar, text varchar)")
        if rows:
            collect_values(self._connection, self._contract, rows, self._hashes, "arrived")
        if lines:
            self._connection.register("raw_lines", pl.DataFrame({"line": lines}))
            collect_words(self._connection, "raw_lines", "line", self._hashes, "arrived")
            self._connection.unregister("raw_lines")
        keep_erased(self._connection, self._settings, "arrived", self._hashes, "erased")

    def _typed(self, columns: dict[str, str], relation: str, number: str) -> str:
        """SQL of the records with all columns of the contract, as texts; what is never kept as it comes as its hash."""
        texts = {
            column.name: f"nullif(trim(cast({columns.get(column.name, 'null')} as varchar)), '')"
            for column in self._contract.columns
        }
        for column in self._contract.columns:
            if column.protect:
                bare = bare_value(column, texts[column.name], self._settings.country, self._settings.project_dir)
                texts[column.name] = hashed(f"({bare})", self._settings.project_dir)
        shown = ", ".join(f"{text} as {name}" for name, text in texts.items())
        # The hash is made once, and with the key as a parameter.
        self._connection.execute(
            f"create or replace temporary table typed_records as select {number} as number, {shown} from {relation}",
            self._keys,
        )
        return "typed_records"

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

    def _is_broken(self, record: dict[str, Any] | None) -> bool:
        """Whether a line is no record, or lacks what its contract needs, by which its rows would be known."""
        needed = [
            column.name for column in self._contract.columns if column.required or column.name in self._contract.key
        ]
        return record is None or any(not record.get(name) for name in needed)


def words_of(connection: duckdb.DuckDBPyConnection) -> tuple[set[str], set[str]]:
    """The values, and with them the parts of those that stand in several columns: by these a file is worth a look."""
    values, parts = set(), set()
    for kind, text in connection.execute("select kind, text from erased").fetchall():
        number = text.split(".", 1)[-1] if kind in ("lead", "marketplace_buyer") else text
        values |= {text, number}
        parts |= {*text.split("|"), *number.split("|")}
    return values, values | parts


def shows(text: str, values: set[str], shortest: int = SHORTEST) -> bool:
    """Whether a value stands in a text by itself; a short one tells nobody."""
    return any(
        len(word) >= shortest and word in values for word in (found.strip(" :'") for found in WORDS.findall(text))
    )


def _numbers(numbers: set[int]) -> str:
    return ", ".join(map(str, sorted(numbers))) or "-1"
