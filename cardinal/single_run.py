"""One run at a time of what two runs would spoil."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cardinal.errors import CardinalError


@contextmanager
def single_run(lock: Path, problem: CardinalError) -> Iterator[None]:
    """Hold a lock file, which the system lets go of even when the process is killed; raise `problem` if it is held."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise problem from None
        yield
    finally:
        os.close(descriptor)
