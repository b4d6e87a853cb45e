"""Damaged CSV in large pieces: sound lines are copied as they are, only the others are looked at one by one.

One ragged line in a file of millions must not cost a walk through all of them in Python. The copy has a line for
every record of the file, in the same order, so that a row's place in it is the record's number: a refused record
leaves a line of empty fields behind, which the rules reject because its key is missing.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO

import numpy as np

from cardinal.ingestion.damaged import Lines, RecordFiles, Refusal, csv_records

_LARGEST_PIECE = 1 << 20
# Where unsound lines are frequent, little is read again behind each of them.
_SMALLEST_PIECE = 1 << 11
_UNSOUND = (b'"', b"\r", b"\0")


def copy_csv(path: Path, start: int, delimiter: str, width: int, files: RecordFiles) -> None:
    """Write the records of a CSV file from byte `start` on: all of them to `files.clean`, and why to `files.refused`.

    The clean file keeps the delimiter and has no header and no numbers.
    """
    with path.open("rb") as text, files.clean.open("wb") as clean, files.open_refused() as refuse:
        position, size = start, _LARGEST_PIECE
        while True:
            text.seek(position)
            piece = text.read(size)
            sound, records = _sound_lines(piece, delimiter.encode(), width)
            clean.write(piece[:sound])
            files.records += records
            position += sound
            if sound == len(piece) and piece:
                size = min(2 * size, _LARGEST_PIECE)
                continue
            if b"\n" not in piece[sound:] and len(piece) == size and sound:
                continue  # the last line goes on behind the piece
            if not piece[sound:]:
                return
            position, record = _next_record(text, position, delimiter, width)
            size = _SMALLEST_PIECE
            if record is None:
                continue
            fields, line = record
            files.records += 1
            if isinstance(fields, Refusal):
                refuse(fields, line)
                fields = [""] * width
            clean.write(_as_line(fields, delimiter))


def _sound_lines(piece: bytes, delimiter: bytes, width: int) -> tuple[int, int]:
    """Return the bytes and the number of the lines at the beginning that can be taken as they are.

    A sound line has a line feed, the right number of delimiters and nothing that needs a second look.
    """
    end = piece.rfind(b"\n") + 1
    for character in _UNSOUND:
        found = piece.find(character, 0, end)
        if found >= 0:
            end = piece.rfind(b"\n", 0, found) + 1
    if not piece.isascii():
        try:
            piece[:end].decode("utf-8")
        except UnicodeDecodeError as error:
            end = piece.rfind(b"\n", 0, error.start) + 1
    if end == 0:
        return 0, 0
    characters = np.frombuffer(piece, dtype=np.uint8, count=end)
    line_ends = np.flatnonzero(characters == ord("\n"))
    delimiters = np.flatnonzero(characters == ord(delimiter))
    before = np.searchsorted(delimiters, line_ends)
    is_unsound = np.diff(before, prepend=0) != width - 1
    # An empty line is no record; with one column only, its delimiters don't tell.
    is_unsound |= np.diff(line_ends, prepend=-1) == 1
    if not is_unsound.any():
        return end, len(line_ends)
    first = int(is_unsound.argmax())
    return (int(line_ends[first - 1]) + 1 if first else 0), first


def _next_record(
    text: IO[bytes], position: int, delimiter: str, width: int
) -> tuple[int, tuple[list[str] | Refusal, bytes] | None]:
    """Return where the record at `position` ends, and the record; None for an empty line."""
    text.seek(position)
    first = text.readline(4)
    if not first.strip(b"\r\n"):
        return position + len(first), None
    text.seek(position)
    lines = Lines(text)
    record = next(csv_records(text, delimiter, width, lines), None)
    return text.tell() - lines.waiting_bytes, record


def _as_line(fields: list[str], delimiter: str) -> bytes:
    # Everything is quoted: a lone carriage return or an empty line would be taken for something else.
    quoted = ('"' + field.replace('"', '""') + '"' for field in fields)
    return (delimiter.join(quoted) + "\n").encode("utf-8")
