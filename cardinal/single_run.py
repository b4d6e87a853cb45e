"""One run at a time of what two runs would spoil."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from cardinal.errors import CardinalError

_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Patience:
    """For how many seconds to wait for another run to end, and who is told that it is waited for."""

    seconds: float
    say: Callable[[str], None]


# Set by whoever has time: a step of a schedule. A person at the command line is told at once, and decides.
PATIENCE: ContextVar[Patience | None] = ContextVar("PATIENCE", default=None)


@contextmanager
def single_run(lock: Path, problem: CardinalError, *, waits: bool = False) -> Iterator[None]:
    """Hold a lock file, which the system lets go of even when the process is killed; raise `problem` if it is held.

    waits: Whether that is raised only when PATIENCE is at an end.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _take(descriptor) and not (waits and _wait(descriptor, problem)):
            raise problem
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(descriptor: int, problem: CardinalError) -> bool:
    """Return whether the lock was let go of in time."""
    patience = PATIENCE.get()
    if patience is None:
        return False
    patience.say(f"{problem} (at most {patience.seconds / 60:.0f} minutes)")
    end = monotonic() + patience.seconds
    while monotonic() < end:
        sleep(_LOOK_SECONDS)
        if _take(descriptor):
            return True
    return False
