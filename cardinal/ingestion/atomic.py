"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_SYNC_THREADS = 8


def publish(moves: Iterable[tuple[Path, Path]]) -> None:
    """Move finished files to where readers look, so that a power cut leaves each whole or absent.

    Every file reaches the disk before the first one is renamed, and the folders after the last. The flushes
    run side by side because the disk joins those that wait for it.
    """
    pairs = list(moves)
    folders = {target.parent for _, target in pairs}
    new_folders = {folder for folder in folders if not folder.exists()}
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    # A new folder is an entry of the folder above it, which has to reach the disk as well.
    to_flush = folders | {parent for folder in new_folders for parent in folder.parents[:2]}
    with ThreadPoolExecutor(_SYNC_THREADS) as pool:
        list(pool.map(_flush, [temporary for temporary, _ in pairs]))
        for temporary, target in pairs:
            temporary.replace(target)
        list(pool.map(_flush, sorted(to_flush)))


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
