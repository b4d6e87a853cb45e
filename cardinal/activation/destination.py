"""Where rows go: the interface that each destination fills, and what may come of a batch."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

# The namespace of all ids that leave; changing it would make every receiver take known rows for new ones.
NAMESPACE = uuid.UUID("7d1f3c52-6e0b-5a5e-9f0e-3f6f0c1d2b4a")

KnownBy = tuple[str, ...] | Callable[[Mapping[str, Any]], Collection[str]]


@dataclass(frozen=True)
class Row:
    """A row to send.

    Attributes:
        key: What tells it from others.
        op: add, change or remove.
        row_id: The same whenever this very change of this row is sent: whoever has seen it can leave it out.
        fields: What is sent of it; of a removal, what was sent last.
        before: All that the destination may hold of the row, oldest first: what it accepted, and what went unanswered.
            One that knows rows by what was sent of them must take back each that isn't sent again.
    """

    key: str
    op: str
    row_id: str
    fields: dict[str, Any]
    before: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True)
class Batch:
    """Rows that go out together. `batch_key` is the same for the same rows, whenever they go."""

    sync: str
    run_id: str
    rows: Sequence[Row]

    @property
    def batch_key(self) -> str:
        """An id made of the rows' ids."""
        return str(uuid.uuid5(NAMESPACE, "\n".join(row.row_id for row in self.rows)))


@dataclass(frozen=True)
class Answer:
    """What a destination said to a batch: accepted, but for these rows.

    Attributes:
        rejected: Row id -> reason; not sent again unless the row changes.
        postponed: Row id -> reason; sent again in the next run.
        counts: What it tells of the batch as a whole; the sums over a run stand in the run's message.
    """

    rejected: dict[str, str] = field(default_factory=dict)
    postponed: dict[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


class BrokenOffError(Exception):
    """The batch ended before its answer. `taken` are ids of rows that are known to have arrived all the same."""

    taken: frozenset[str] = frozenset()


class UnavailableError(BrokenOffError):
    """No answer, or one that says nothing of the rows: they may have been taken. Try again."""


class ThrottledError(UnavailableError):
    """Too fast. `wait_seconds` is what the destination asks for, if it says."""

    def __init__(self, message: str, wait_seconds: float | None) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class BatchRefusedError(Exception):
    """The whole batch was refused and none of it taken, because of what is in it: a smaller one may tell which row."""


class AccessRefusedError(BrokenOffError):
    """The destination doesn't let us in: nothing more is sent."""


class Destination(Protocol):
    """What a destination does."""

    def send(self, batch: Batch) -> Answer:
        """Send a batch once; raises UnavailableError, ThrottledError, BatchRefusedError or AccessRefusedError."""

    def was_taken(self, batch_key: str) -> bool | None:
        """Whether the batch arrived, where that can be asked; None where it can't."""

    def close(self) -> None:
        """Let go of connections."""


@runtime_checkable
class Noted(Destination, Protocol):
    """A destination that goes row by row and can't be asked: it writes down itself what came of each."""

    def came_of(self, sync: str, key: str) -> tuple[str, str | None] | None:
        """Return status and reason of a row that was killed on its way: accepted; rejected; uncertain; None: not sent.

        rejected: it may have arrived, and isn't sent again. uncertain: it is.
        """


@runtime_checkable
class Replaced(Destination, Protocol):
    """A destination that can't be changed row by row: where anything differs it gets all rows, and then changes over.

    What was sent counts as accepted only when it has. Killed before, the next run sends all rows again.
    """

    def finish(self) -> str | None:
        """Let what was sent since this was opened take the place of what was there; returns what to tell of it.

        Raises as `send` does; it is tried again as `send` is.
        """


@dataclass(frozen=True)
class Nature:
    """What of a destination's nature decides what goes out.

    Attributes:
        is_whole: It is replaced as a whole.
        refresh_days: What was accepted so long ago goes out again, since it lapses there; None where nothing does.
        known_by: Fields by which it knows people, though two may share what is in one: whoever is taken out takes the
            other along. Where it compares what is made of several or written another way: a function of a row's fields.
        takes_back: It can be told to remove a row.
    """

    is_whole: bool = False
    refresh_days: int | None = None
    known_by: KnownBy = ()
    takes_back: bool = True


def read_fields(payload: str) -> dict[str, Any]:
    """Return the fields in a payload as the ledger has it; NaN and infinite numbers, unknown to JSON, as None."""
    fields: dict[str, Any] = json.loads(payload, parse_constant=lambda _: None)
    return fields


def row_id(sync: str, key: str, version: int) -> str:
    """Return the id of a row's change. `version` counts what was ever sent of the key, repeats as one."""
    return str(uuid.uuid5(NAMESPACE, f"{sync}\n{version}\n{key}"))
