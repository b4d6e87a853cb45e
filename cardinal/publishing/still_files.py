"""Files that nobody writes while they are copied."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cardinal.build import open_database
from cardinal.publishing.build_state import PassingError

CHECKPOINTS = 3


@contextmanager
def held_still(files: Sequence[Path]) -> Iterator[dict[Path, int]]:
    """Keep every writer out of DuckDB files, and give a descriptor to read each of them.

    It is DuckDB's own lock (fcntl, on the whole file): its readers share it, its writers wait for nobody and end with
    an error. POSIX takes a process's locks on a file away when that process closes *any* descriptor of it: meanwhile
    nothing else in this process may open these files, with DuckDB or without.

    Raises:
        PassingError: A program writes one of the files.
    """
    for _ in range(CHECKPOINTS):
        with ExitStack() as stack:
            held = {file: stack.enter_context(_read_locked(file)) for file in files}
            # Under the lock no log can come into being, and without one the file alone is the whole database.
            logs = [file for file in files if _log_of(file).exists()]
            if not logs:
                yield held
                return
        for file in logs:
            with open_database(file, read_only=False) as connection:
                connection.execute("checkpoint")
    raise PassingError(f"{files[0].parent} is being written again and again: wait until that has ended")


@contextmanager
def _read_locked(file: Path) -> Iterator[int]:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            raise PassingError(f"{file} is being written by another program: wait until it has ended") from None
        yield descriptor
    finally:
        os.close(descriptor)


def _log_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.wal")
