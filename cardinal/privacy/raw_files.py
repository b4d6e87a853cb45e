"""Erasure in the inbox: the lines that show the person go from the files that sources delivered.

Works on a connection with the table `erased` (kind, text). Other lines stay byte for byte; of those that only mention
the person, the mention goes. No file goes that holds anything else: what can't be rewritten or read is listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from cardinal.ingestion.inbox import list_drops
from cardinal.privacy.finding import Finder
from cardinal.privacy.holdings import Contracts
from cardinal.privacy.raw_records import UNFINISHED, UnreadableError, read_raw
from cardinal.privacy.raw_rewriting import Rewriting, shows, words_of
from cardinal.privacy.recognition import SHORTEST
from cardinal.privacy.strange_files import UNREAD, erase_from_strange
from cardinal.settings import Settings

UNCLEAR = "its records can't be told apart: the lines went that show a value of at least 6 characters"


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
    values, parts = words_of(connection)
    drops, _ = list_drops(settings.inbox, contracts)
    rewritten = removed = lines = 0
    left: dict[str, str] = {}
    scratch.mkdir(parents=True, exist_ok=True)
    for torn in settings.inbox.rglob(f".*{UNFINISHED}"):
        torn.unlink()
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
    phones = [text for (text,) in connection.execute("select text from erased where kind = 'phone'").fetchall()]
    finder = Finder([value for value in values if len(value) >= SHORTEST], phones)
    for path in _no_drops(settings.inbox, {drop.path for drop in drops}):
        done = erase_from_strange(connection, path, finder)
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


def _may_show(path: Path, parts: set[str]) -> bool:
    """Whether any value can stand in a file, whatever its records are."""
    try:
        text, _ = read_raw(path)
    except UnreadableError:
        return True
    return shows(text, parts, shortest=1)
