"""A drop of any format as a relation of texts that the rules can judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from cardinal.contracts import TableContract
from cardinal.ingestion.damaged import MAX_RECORD_BYTES, RecordFiles
from cardinal.ingestion.errors import FileRejectedError
from cardinal.ingestion.header import CsvShape, Header, match_header, read_csv_shape
from cardinal.ingestion.json_lines import UnexpectedMemberError, json_names, json_records
from cardinal.ingestion.rules import literal
from cardinal.ingestion.sound_lines import copy_csv
from cardinal.ingestion.text import Text

_FIRST_LOOK = 1000  # lines of a JSON file whose members are usually those of all its lines


@dataclass(frozen=True)
class Rows:
    """Records ready for the rules.

    Attributes:
        header: The columns, matched against the contract.
        relation: SQL of a relation with the texts c0, c1, ...
        number: Its column with the number of the record in the file; None if rows come in unbroken order.
        expected: How many rows it must have, where that is known from elsewhere.
        delimiter: What separates fields when a rejected row is written as a line.
        refused: CSV file of the lines that are no records, if there is one.
        refusals: How many of its lines have no row in the relation.
    """

    header: Header
    relation: str
    number: str | None
    expected: int | None
    delimiter: str = ","
    refused: Path | None = None
    refusals: int = 0


def read_csv(text: Text, contract: TableContract, link: Path) -> tuple[Rows | None, Callable[[Path], Rows]]:
    """Return the rows of a CSV drop as DuckDB reads them, and a way to read them if DuckDB can't.

    link: a name for the text that DuckDB reads as it stands. The first is None when it is known from the bytes
    that DuckDB can't.
    """
    with text.path.open("rb") as file:
        shape = read_csv_shape(file, contract)
    header = match_header(shape.names, contract)

    def read_damaged(scratch: Path) -> Rows:
        files = _record_files(scratch, contract)
        copy_csv(text.path, shape.header_bytes, shape.delimiter, len(header.names), files)
        return Rows(
            header,
            _csv_relation(files.clean, shape.delimiter, _texts(header), skip=0, is_ours=True),
            number=None,
            expected=files.records,
            delimiter=shape.delimiter,
            refused=files.refused if files.refusals else None,
        )

    # DuckDB takes a blank line for a row where there is one column only.
    if not text.is_regular or shape.header_lines > 1 or len(header.names) == 1:
        return None, read_damaged
    return _plain_rows(text, link, shape, header), read_damaged


def read_json(text: Text, contract: TableContract, scratch: Path) -> Rows:
    """Return the rows of a JSON lines drop."""
    with text.path.open("rb") as file:
        names = json_names(file, _FIRST_LOOK)
    try:
        return _json_rows(text, contract, names, scratch)
    except UnexpectedMemberError:
        with text.path.open("rb") as file:
            names = json_names(file)
        return _json_rows(text, contract, names, scratch)


def read_parquet(connection: duckdb.DuckDBPyConnection, path: Path, contract: TableContract) -> Rows:
    """Return the rows of a Parquet drop, every value as text so that the same rules judge it."""
    file = f"read_parquet({literal(str(path))}, file_row_number = true, hive_partitioning = false)"
    try:
        described = connection.execute(f"describe select * exclude (file_row_number) from {file}").fetchall()
    except duckdb.Error as error:
        raise FileRejectedError("it is not a readable Parquet file: damaged, or not delivered whole") from error
    names = [str(row[0]) for row in described]
    header = match_header([name.strip().lower() for name in names], contract)
    texts = [f"nullif(cast({_quoted(name)} as varchar), '') as c{place}" for place, name in enumerate(names)]
    relation = f"(select file_row_number + 1 as _row, {', '.join(texts)} from {file})"
    return Rows(header, relation, number="_row", expected=None)


def _plain_rows(text: Text, link: Path, shape: CsvShape, header: Header) -> Rows:
    return Rows(
        header,
        _csv_relation(link, shape.delimiter, _texts(header), skip=shape.header_lines),
        number=None,
        expected=text.lines - shape.header_lines,
        delimiter=shape.delimiter,
    )


def _json_rows(text: Text, contract: TableContract, names: list[str], scratch: Path) -> Rows:
    if not names:
        raise FileRejectedError("none of its lines is a JSON object with members")
    header = match_header(names, contract)
    files = _record_files(scratch, contract)
    with text.path.open("rb") as file:
        files.write(json_records(file, names))
    return _numbered_rows(files, header)


def _record_files(scratch: Path, contract: TableContract) -> RecordFiles:
    hides_digits = any(column.pii == "secret" or column.protect for column in contract.columns)
    return RecordFiles(scratch.with_suffix(".clean"), scratch.with_suffix(".refused"), hides_digits)


def _numbered_rows(files: RecordFiles, header: Header) -> Rows:
    return Rows(
        header,
        _csv_relation(files.clean, ",", {"_row": "bigint"} | _texts(header), skip=0, is_ours=True),
        number="_row",
        expected=files.records - files.refusals,
        refused=files.refused if files.refusals else None,
        refusals=files.refusals,
    )


def refused_relation(path: Path) -> str:
    """SQL of a relation with the lines that are no records."""
    return _csv_relation(
        path, ",", {"_row": "bigint", "reason": "varchar", "raw_line": "varchar"}, skip=0, is_ours=True
    )


def _texts(header: Header) -> dict[str, str]:
    return {f"c{place}": "varchar" for place in range(len(header.names))}


def _csv_relation(path: Path, delimiter: str, columns: dict[str, str], skip: int, *, is_ours: bool = False) -> str:
    types = ", ".join(f"'{name}': '{data_type}'" for name, data_type in columns.items())
    return (
        f"read_csv({literal(str(path))}, columns = {{{types}}}, auto_detect = false, header = false, skip = {skip}, "
        f"delim = '{delimiter}', quote = '\"', escape = '\"', strict_mode = true, null_padding = false, "
        # A damaged line may be as long as the limit; written as clean CSV it may grow by quotes and its number.
        f"max_line_size = {2 * MAX_RECORD_BYTES + 64 if is_ours else MAX_RECORD_BYTES}, "
        # DuckDB takes the first line end that it meets for all, even inside quotes; a drop's header has none.
        + ("new_line = '\\n', " if is_ours else "")
        + "compression = 'none', hive_partitioning = false)"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
