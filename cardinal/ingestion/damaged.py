"""Records out of text that DuckDB refuses to read as it stands: damaged CSV, and JSON lines.

Every record is either written to a clean CSV file with its number in front, or refused with a reason. So the
rules that follow see nothing but clean CSV. This is Python, row by row: good CSV never comes here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cardinal.ingestion.card_numbers import mask_digits, mask_long_numbers

MAX_RECORD_BYTES = 2 << 20
"""No record of a bank is longer; what is longer is a file without line ends or a quote that never closes."""

_RAW_LINE_KEPT = 10_000
# The csv module gives up at 128 KB a field, which a long free text may pass.
csv.field_size_limit(MAX_RECORD_BYTES)


@dataclass(frozen=True)
class Refusal:
    """Why a piece of the text is no record."""

    reason: str


@dataclass
class RecordFiles:
    """Where records and refused lines go, and how many there were.

    Attributes:
        clean: CSV without a header: of JSON lines, number of the record, then its fields; of CSV, see sound_lines.
        refused: CSV without a header: number of the record, reason, masked line.
        hides_digits: Whether refused lines lose all their digits because the table has secret columns.
    """

    clean: Path
    refused: Path
    hides_digits: bool
    records: int = 0
    refusals: int = 0

    def write(self, records: Iterator[tuple[list[str] | Refusal, bytes]]) -> None:
        """Write all records, numbered from 1 in the order of the file."""
        with self.clean.open("w", encoding="utf-8", newline="") as clean, self.open_refused() as refuse:
            # Everything is quoted because the csv module leaves a lone carriage return bare, which DuckDB
            # takes for a line end.
            write_clean = csv.writer(clean, lineterminator="\n", quoting=csv.QUOTE_ALL)
            for number, (fields, line) in enumerate(records, start=1):
                self.records = number
                if isinstance(fields, Refusal):
                    refuse(fields, line)
                else:
                    write_clean.writerow([number, *fields])

    @contextmanager
    def open_refused(self) -> Iterator[Callable[[Refusal, bytes], None]]:
        """Open the file of refused lines; yields what writes one, numbered as the record counted last."""
        with self.refused.open("w", encoding="utf-8", newline="") as refused:
            write = csv.writer(refused, lineterminator="\n", quoting=csv.QUOTE_ALL)

            def refuse(refusal: Refusal, line: bytes) -> None:
                self.refusals += 1
                write.writerow([self.records, refusal.reason, self._masked(line)])

            yield refuse

    def _masked(self, line: bytes) -> str:
        text = line[:_RAW_LINE_KEPT].decode("utf-8", "replace").replace("\0", "\ufffd")
        return mask_digits(text) if self.hides_digits else mask_long_numbers(text)


def csv_records(
    text: IO[bytes], delimiter: str, width: int, lines: Lines | None = None
) -> Iterator[tuple[list[str] | Refusal, bytes]]:
    """Split CSV into records of `width` fields, starting at the stream's position (behind the header).

    A record that opens a quote goes on over line ends until it closes. Where it never does within
    MAX_RECORD_BYTES, or what follows the quote makes no sense, only the line with the open quote is refused
    and the next line is read as a new record: one bad quote must not swallow the rest of the file.
    Blank lines are no records. lines: the stream's lines, for a caller who wants to know how far it was read.
    """
    lines = lines or Lines(text)
    while (line := lines.next()) is not None:
        if not line.strip(b"\r\n"):
            continue
        if lines.cut_off:
            yield Refusal(f"the line is longer than {MAX_RECORD_BYTES} bytes"), line
            continue
        fields = _fields(line, delimiter, width)
        if fields is not _OPEN:
            yield fields, line.rstrip(b"\r\n")
            continue
        swallowed = _until_closed(lines, line)
        record = line + b"".join(swallowed)
        fields = _fields(record, delimiter, width)
        if _is_stray_quote(fields, swallowed, delimiter, width):
            lines.push_back(swallowed)
            fields, record = _OPEN, line
        yield fields, record.rstrip(b"\r\n")


_BROKEN = Refusal("broken quoting")
_OPEN = Refusal("broken quoting: a quote is opened and never closed")


def _until_closed(lines: Lines, line: bytes) -> list[bytes]:
    """Take the lines up to the one that closes the quote which `line` opens."""
    taken: list[bytes] = []
    is_open, size = True, len(line)
    while is_open and size <= MAX_RECORD_BYTES and (following := lines.next()) is not None:
        if lines.cut_off:
            lines.push_back([following])
            break
        taken.append(following)
        size += len(following)
        # Quotes inside quotes are doubled, so an odd number of them is what closes it.
        is_open = following.count(b'"') % 2 == 0
    return taken


def _is_stray_quote(fields: list[str] | Refusal, swallowed: list[bytes], delimiter: str, width: int) -> bool:
    """Whether the lines behind an open quote are records of their own rather than the rest of a field."""
    if fields is _OPEN or fields is _BROKEN:
        return True
    return isinstance(fields, Refusal) and any(isinstance(_fields(line, delimiter, width), list) for line in swallowed)


def _fields(record: bytes, delimiter: str, width: int) -> list[str] | Refusal:
    if b"\0" in record:
        return Refusal("the line holds a NUL byte")
    try:
        text = record.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        return Refusal("the line is not UTF-8")
    if '"' not in text:
        rows = [text.split(delimiter)] if "\r" not in text else []
    else:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
        try:
            rows = list(reader)
        except csv.Error as error:
            return _OPEN if "unexpected end of data" in str(error) else _BROKEN
    if len(rows) != 1:
        return Refusal("a line end stands inside the line")
    fields = rows[0]
    if len(fields) == width + 1 and fields[-1] == "":
        fields.pop()  # a delimiter at the end of the line
    if len(fields) != width:
        return Refusal(f"the line has {len(fields)} fields, the header {width}")
    return fields


class Lines:
    """Lines of a stream, never more than MAX_RECORD_BYTES of one in memory, with a way to put lines back."""

    def __init__(self, text: IO[bytes]) -> None:
        self._text = text
        self._waiting: list[bytes] = []
        self._cut_bytes = 0
        self.cut_off = False
        """Whether the line just returned is only the beginning of a longer one."""

    def next(self) -> bytes | None:
        """Return the next line with its line end, or its beginning if it is too long; None at the end."""
        if self._waiting:
            line = self._waiting.pop()
            self.cut_off = len(line) > MAX_RECORD_BYTES
            return line
        line = self._text.readline(MAX_RECORD_BYTES + 1)
        self.cut_off = len(line) > MAX_RECORD_BYTES
        self._cut_bytes = 0
        if self.cut_off and not line.endswith(b"\n"):
            while rest := self._text.readline(MAX_RECORD_BYTES):
                self._cut_bytes += len(rest)
                if rest.endswith(b"\n"):
                    break
        return line or None

    @property
    def waiting_bytes(self) -> int:
        """Bytes of the lines that were put back and not read again, what was cut off of one included."""
        cut = any(len(line) > MAX_RECORD_BYTES for line in self._waiting)
        return sum(len(line) for line in self._waiting) + (self._cut_bytes if cut else 0)

    def push_back(self, lines: list[bytes]) -> None:
        """Put lines back in front of those not yet read."""
        self._waiting.extend(reversed(lines))
