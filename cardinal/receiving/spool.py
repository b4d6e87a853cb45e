"""What was received, on the disk before it is answered, and in the inbox once there is enough of it.

A batch is a file of the inbox from its first line on, with a name that ingestion leaves alone (`.part`). Each write is
flushed to the disk; what couldn't be written whole is cut off again. Renaming it makes it a drop: no line moves, and a
kill at any point loses none. At the next start, what was left behind is cut after its last whole line and released.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from cardinal.activation.withdrawals import FOLDER
from cardinal.build import quoted
from cardinal.ingestion.atomic import publish
from cardinal.receiving.events import Taken
from cardinal.settings import Settings

BATCH_SECONDS, BATCH_ROWS = 60.0, 50_000
# What its files are called, by which they are told from those of the bank.
RECEIVED = "received_"
TABLES = {"message_events": "activation", "consent_events": "consent"}


class Spool:
    """The open batches of a home. Not for several threads at once."""

    def __init__(self, settings: Settings, batch_seconds: float = BATCH_SECONDS, batch_rows: int = BATCH_ROWS) -> None:
        self._settings = settings
        self._seconds, self._rows = batch_seconds, batch_rows
        self._batches: dict[str, _Lines] = {}
        self._withdrawn: _Lines | None = None
        self._recover()

    def write(self, taken: Iterable[Taken]) -> None:
        """Write down what was taken. What withdraws comes first: it must hold though the rest can't be written.

        Raises:
            OSError: The disk doesn't take it: nothing of it may be answered.
        """
        taken = list(taken)
        withdrawals = [line for one in taken for line in one.withdrawals]
        if withdrawals:
            if self._withdrawn is None:
                folder = self._settings.outbox / FOLDER
                self._withdrawn = _Lines(folder / f"{_name()}.jsonl")
            self._append(self._withdrawn, withdrawals)
        for table in TABLES:
            rows = [row for one in taken for row in getattr(one, table)]
            if rows:
                if table not in self._batches:
                    self._batches[table] = _Lines(self._folder(table) / f"{_name()}.jsonl.part")
                self._append(self._batches[table], rows)

    def release(self, everything: bool = False) -> dict[str, int]:
        """Let batches that are old or large enough become drops, or all of them; returns the rows of each table."""
        released = {}
        for table, batch in list(self._batches.items()):
            if everything or batch.rows >= self._rows or time.monotonic() - batch.began >= self._seconds:
                del self._batches[table]
                batch.close()
                if batch.rows:
                    _release(batch.path)
                    released[table] = batch.rows
                else:
                    batch.path.unlink()
        return released

    def close(self) -> None:
        """Release all."""
        self.release(everything=True)
        if self._withdrawn is not None:
            self._withdrawn.close()
            self._withdrawn = None

    def _append(self, lines: _Lines, rows: list[dict[str, Any]]) -> None:
        try:
            lines.append(rows)
        finally:
            if lines.is_torn:
                # Nothing may follow half a line: the next start cuts it off and releases the rest.
                lines.close()
                self._batches = {table: batch for table, batch in self._batches.items() if batch is not lines}
                self._withdrawn = None if self._withdrawn is lines else self._withdrawn

    def _folder(self, table: str) -> Path:
        # As of the bank's newest day, as all that Cardinal itself delivers (ingestion/delivery.py).
        return self._settings.inbox / TABLES[table] / table / f"delivered={newest_day(self._settings.published)}"

    def _recover(self) -> None:
        for table, source in TABLES.items():
            for left in sorted((self._settings.inbox / source / table).glob(f"*/{RECEIVED}*.jsonl.part")):
                content = left.read_bytes()
                whole = content.rfind(b"\n") + 1
                os.truncate(left, whole)
                if whole:
                    _release(left)
                else:
                    left.unlink()


class _Lines:
    """A file of JSON lines that only grows, whole lines only."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path, self.rows, self.began = path, 0, time.monotonic()
        self._size, self.is_torn = 0, False
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        for folder in (path.parent, path.parent.parent):
            _flush_folder(folder)

    def append(self, rows: list[dict[str, Any]]) -> None:
        """Write rows and wait until they are on the disk, or leave the file as it was."""
        lines = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows).encode()
        try:
            written = 0
            while written < len(lines):
                written += os.write(self._file, lines[written:])
            os.fdatasync(self._file)
        except OSError:
            try:
                os.ftruncate(self._file, self._size)
            except OSError:
                self.is_torn = True
            raise
        self._size += len(lines)
        self.rows += len(rows)

    def close(self) -> None:
        """Close it."""
        os.close(self._file)


def newest_day(published: Path) -> date:
    """Return the newest day of the published snapshot; where nothing is published, today."""
    path = published / "serving.duckdb"
    if path.exists():
        with duckdb.connect() as connection, suppress(duckdb.Error):
            connection.execute(f"attach '{quoted(path)}' as serving (read_only)")
            (day,) = connection.execute(
                "select max(as_of_date) from serving.marts.customer_360_pseudonymous"
            ).fetchall()[0]
            if isinstance(day, date):
                return day
    return datetime.now(UTC).date()


def _name() -> str:
    return f"{RECEIVED}{datetime.now(UTC):%Y%m%dT%H%M%S}_{secrets.token_hex(4)}"


def _release(part: Path) -> None:
    publish([(part, part.with_suffix(""))])


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
