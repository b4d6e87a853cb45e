"""Files of the inbox that are no drops: what was misplaced, is zipped, hidden or not whole.

Nobody else may ever have read them, so none is removed for one person's sake: lines go, or people are told.
"""

from __future__ import annotations

import re
import time
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from cardinal.build import quoted
from cardinal.ingestion.atomic import publish
from cardinal.privacy.finding import Finder
from cardinal.privacy.lake_erasure import remove_rows
from cardinal.privacy.raw_records import UnreadableError, beside, read_raw, written
from cardinal.privacy.texts import as_text, without_figures

if TYPE_CHECKING:
    from collections.abc import Iterator

# Their lines are records; of anything else a part can't be taken out.
BY_LINES = (".csv", ".tsv", ".txt", ".log", ".jsonl", ".ndjson")
BEING_WRITTEN = (".tmp", ".part", ".partial", ".filepart", ".crdownload")
DAY = 86_400
# What no text has: the file is packed, or made by a program for itself.
NO_TEXT = re.compile("[\x00-\x08\x0e-\x1a]")
UNREAD = "not looked into: it can't be read as text"
WHOLE = "shows the person, and nothing can be taken out of it: see to it by hand"
UNFINISHED = "shows the person, and is being written: erase again, or remove it, once that has ended"


@dataclass(frozen=True)
class Strange:
    """What was done with a file.

    Attributes:
        lines: Lines or rows that went.
        is_gone: Nothing else was in it: it went too.
        left: What people have to know; empty if all is done.
    """

    lines: int = 0
    is_gone: bool = False
    left: str = ""


def erase_from_strange(connection: duckdb.DuckDBPyConnection, path: Path, finder: Finder) -> Strange:
    """Remove the person's lines from a file of which nobody knows what it is; `finder` looks for the person."""
    if path.suffix.lower() == ".parquet":
        try:
            connection.execute(f"select bit_xor(hash(t)) from read_parquet('{quoted(path)}') as t")
        except duckdb.Error:
            return Strange(left=UNREAD)
        gone = remove_rows(connection, path)
        if not path.exists():
            return Strange(gone, is_gone=True)
        relation = f"read_parquet('{quoted(path)}', hive_partitioning = false)"
        columns = [row[:2] for row in connection.execute(f"describe from {relation}").fetchall()]
        text = "\n".join(row for (row,) in connection.execute(f"select {as_text(columns)} from {relation}").fetchall())
        return Strange(gone, left=WHOLE if finder.within(text).shows(text) else "")
    if zipfile.is_zipfile(path):
        try:
            shown = any(finder.within(text).shows(text) for text in _packed(path))
        except (OSError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error):
            return Strange(left=UNREAD)
        return Strange(left=WHOLE if shown else "")
    try:
        text, encoding = read_raw(path)
    except UnreadableError:
        return Strange(left=UNREAD)
    if NO_TEXT.search(text):
        return Strange(left=UNREAD)
    finder = finder.within(text)
    if not finder.shows(without_figures(text)):
        return Strange()
    names = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    if any(name in BEING_WRITTEN for name in names):
        if time.time() - path.stat().st_mtime < DAY:
            return Strange(left=UNFINISHED)
        names = [name for name in names if name not in BEING_WRITTEN]
    if names and names[-1] not in BY_LINES:
        return Strange(left=WHOLE)
    lines = text.splitlines(keepends=True)
    kept = [line for line in lines if not finder.shows(without_figures(line))]
    if len(kept) == len(lines):
        return Strange(left=WHOLE)
    if not "".join(kept).strip():
        path.unlink()
        return Strange(len(lines) - len(kept), is_gone=True)
    fresh = beside(path)
    fresh.write_bytes(written("".join(kept), encoding, path))
    publish([(fresh, path)])
    # A value that was broken by the end of a line is found in the whole alone.
    return Strange(len(lines) - len(kept), left=WHOLE if finder.shows(without_figures("".join(kept))) else "")


def _packed(path: Path) -> Iterator[str]:
    """Yield the texts in a zipped file, such as a spreadsheet.

    Raises:
        ValueError: One of them is no text.
    """
    with zipfile.ZipFile(path) as packed:
        for name in packed.namelist():
            text = packed.read(name).decode("utf-8")
            if NO_TEXT.search(text):
                raise ValueError(name)
            yield text
