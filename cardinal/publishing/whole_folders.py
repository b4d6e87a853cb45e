"""Folders that appear whole or not at all, and disappear likewise."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = ".unfinished"


@contextmanager
def whole_folder(target: Path, mode: int = 0o755) -> Iterator[Path]:
    """Give a folder to fill; once it is full and on the disk, it gets the name of the target.

    Whatever goes wrong, the target isn't there then, and what a killed process leaves is removed by the next.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + UNFINISHED)
    remove_folder(unfinished)
    unfinished.mkdir(mode=mode)
    try:
        yield unfinished
        for path in (*unfinished.rglob("*"), unfinished):
            flush(path)
        unfinished.rename(target)
    except BaseException:
        remove_folder(unfinished)
        raise
    flush(target.parent)


def remove_folder(folder: Path) -> None:
    """Remove a folder, if it is there, so that a half of it never goes by its name."""
    unfinished = folder if folder.name.endswith(UNFINISHED) else folder.with_name(folder.name + UNFINISHED)
    if unfinished.exists():
        shutil.rmtree(unfinished)
    if folder.exists():
        folder.rename(unfinished)
        shutil.rmtree(unfinished)


def flush(path: Path) -> None:
    """Let a file or the entries of a folder reach the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
