"""The journal of messages: which were said, and which may have been. `outbox/messages.sqlite`.

Who sends a message can't take it back, and an SMTP server or a gateway doesn't know it again. So a message is written
down before it is handed over and after the answer. What was in the air when the process was killed or the line broke
may have arrived: it is never said again, but where the other side knows it again, and then only so long. Nothing twice
is worth more here than nothing lost.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from cardinal.activation.destination import row_id

# What of a home's outbox it is; it shows nobody.
FILE = "messages.sqlite"
# int_campaigns__sender_events knows such rows by it.
IN_DOUBT = "may have been delivered: not sent again"


class Journal:
    """One file for all syncs. It knows messages by an id of sync and key: whatever changes, a key is one message."""

    def __init__(self, outbox: Path) -> None:
        """`outbox` is made if it isn't there."""
        outbox.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = outbox / FILE
        path.touch(mode=0o600)
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("pragma journal_mode = wal")
        # Each line is on the disk before anything is handed over.
        self._file.execute("pragma synchronous = full")
        self._file.execute(
            "create table if not exists messages (id text primary key, step text not null, noted_at text not null)"
            " without rowid"
        )

    def step(self, sync: str, key: str) -> tuple[str, datetime] | None:
        """Return `begun` for a message that may have arrived, `said` for one that did, and when that was written down.

        None for a new one. The moment is one of UTC.
        """
        found = self._file.execute(
            "select step, noted_at from messages where id = ?", [row_id(sync, key, 0)]
        ).fetchone()
        return (str(found[0]), datetime.fromisoformat(found[1])) if found else None

    def begin(self, sync: str, key: str) -> datetime:
        """Write down that from now on a message may arrive, and return the moment, as `step` will tell it."""
        return self._note(sync, key, "begun")

    def say(self, sync: str, key: str) -> None:
        """Write down that the other side took it."""
        self._note(sync, key, "said")

    def drop(self, sync: str, key: str) -> None:
        """Write down that the other side said no: it hasn't got it."""
        self._file.execute("delete from messages where id = ?", [row_id(sync, key, 0)])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _note(self, sync: str, key: str, step: str) -> datetime:
        noted_at = datetime.now(UTC)
        self._file.execute(
            "insert or replace into messages values (?, ?, ?)", [row_id(sync, key, 0), step, noted_at.isoformat()]
        )
        return noted_at
