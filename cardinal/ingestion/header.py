"""The columns of a drop against those of its contract."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from cardinal.contracts import TableContract
from cardinal.ingestion.damaged import MAX_RECORD_BYTES
from cardinal.ingestion.errors import FileRejectedError

DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Header:
    """Which column of the file is which of the contract.

    Attributes:
        names: Names of the file's columns in order, trimmed and in lower case.
        unknown: Those that the contract lacks.
        missing: Columns of the contract that the file lacks and may lack.
        only_for_deletes: Those among them that only a file of nothing but deletions may lack.
    """

    names: tuple[str, ...]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]
    only_for_deletes: tuple[str, ...]


@dataclass(frozen=True)
class CsvShape:
    """How a CSV file is written: what separates its fields, and how long its header is."""

    delimiter: str
    names: list[str]
    header_lines: int
    header_bytes: int


def normal_name(name: str) -> str:
    """Column names are compared without regard to case, quotes and blanks around them."""
    return name.strip(" \t\r\n\"'\u00a0\ufeff\u200b").lower()


def read_csv_shape(text: IO[bytes], contract: TableContract) -> CsvShape:
    """Read the header, with the delimiter under which it names the most columns of the contract.

    The stream stands behind the header afterwards. Blank lines before the header count as part of it.
    """
    lines = [text.readline(MAX_RECORD_BYTES)]
    while lines[-1] and not lines[-1].strip(b"\r\n\xef\xbb\xbf"):
        lines.append(text.readline(MAX_RECORD_BYTES))
    # A quoted name may hold a line end; a header of more lines than this is an open quote.
    record = lines[-1]
    while record.count(b'"') % 2 and len(lines) < 50 and (more := text.readline(MAX_RECORD_BYTES)):
        lines.append(more)
        record += more
    best: tuple[int, str, list[str]] = (0, "", [])
    known = set(contract.column_names)
    for delimiter in DELIMITERS:
        names = _split(record, delimiter)
        found = len(known.intersection(names))
        if found > best[0]:
            best = (found, delimiter, names)
    if best[0] == 0:
        # The first line is not repeated here: without a header it is somebody's data.
        raise FileRejectedError(
            f"its first line names no column of {contract.source}.{contract.name}: it needs a header with "
            f"{', '.join(_required(contract))}, separated by comma, semicolon, tab or bar"
        )
    return CsvShape(best[1], best[2], len(lines), text.tell())


def match_header(names: list[str], contract: TableContract) -> Header:
    """Compare the file's columns with the contract; FileRejectedError if it can't be loaded."""
    numbered = tuple(name or f"unnamed_{place}" for place, name in enumerate(names, start=1))
    twice = sorted({name for name in numbered if numbered.count(name) > 1})
    contract_name = f"{contract.source}.{contract.name}"
    if twice:
        raise FileRejectedError(f"column {', '.join(map(shown, twice))} stands twice in it (contract {contract_name})")
    absent = [name for name in _required(contract) if name not in numbered]
    deletes = "change_type" in numbered and not set(absent) & set(contract.key)
    if absent and not deletes:
        raise lacking_columns(absent, contract)
    return Header(
        names=numbered,
        unknown=tuple(name for name in numbered if name not in contract.column_names),
        missing=tuple(name for name in contract.column_names if name not in numbered),
        only_for_deletes=tuple(absent),
    )


def lacking_columns(absent: Sequence[str], contract: TableContract) -> FileRejectedError:
    """Say which required columns a file lacks."""
    return FileRejectedError(
        f"it lacks column {', '.join(absent)}, which the contract {contract.source}.{contract.name} requires "
        f"(models/staging/{contract.source}/_{contract.source}__sources.yml)"
    )


def shown(name: str) -> str:
    """Return an unknown column's name for a message, unless it looks like data that stands where a header should."""
    if len(name) > 60 or sum(character.isdigit() for character in name) > 4 or "@" in name:
        return "(a name that looks like data)"
    return "".join(character if character.isprintable() else "?" for character in name)


def _required(contract: TableContract) -> list[str]:
    return [column.name for column in contract.columns if column.required or column.name in contract.key]


def _split(record: bytes, delimiter: str) -> list[str]:
    try:
        text = record.decode("utf-8-sig").rstrip("\r\n")
        rows = list(csv.reader([text.replace("\r", " ").replace("\n", " ")], delimiter=delimiter))
    except (UnicodeDecodeError, csv.Error):
        return []
    return [normal_name(name) for name in rows[0]] if rows else []
