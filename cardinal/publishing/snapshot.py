"""The published snapshot: both files of marts, copied and checked, then shown to readers by one rename.

published/snapshots/<build>/serving.duckdb, restricted.duckdb
published/current -> snapshots/<build>
published/serving.duckdb -> current/serving.duckdb, and restricted.duckdb likewise: the paths that stay
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cardinal.build import open_database
from cardinal.publishing.build_state import BuildState, PassingError, PublishingError, check_passed, read_state
from cardinal.publishing.still_files import held_still
from cardinal.publishing.verification import verify_copy
from cardinal.publishing.whole_folders import UNFINISHED, flush, remove_folder, whole_folder
from cardinal.settings import Settings
from cardinal.single_run import single_run

Progress = Callable[[str, int, int], None]
# Looks at the copies before readers see them, and raises what keeps them from being shown.
Inspection = Callable[[Mapping[str, Path]], None]

# The one that is read and two before it. Whoever has a file open keeps it whatever is removed; whoever goes by the
# snapshot's own path, to open both files of one build, has two publications' time for it.
KEPT_SNAPSHOTS = 3
MODES = {"serving": 0o644, "restricted": 0o600}
PIECE = 64 * 1024 * 1024
# What else needs the disk meanwhile: the copy must not fill it to the last byte.
SPARE_ROOM = 64 * 1024 * 1024


@dataclass(frozen=True)
class Snapshot:
    """A published snapshot.

    Attributes:
        build: The build that it shows.
        folder: Its own folder; `published/current` leads there until the next one.
        is_new: Whether this run published it; else it was there already.
    """

    build: BuildState
    folder: Path
    is_new: bool

    def file(self, name: str) -> Path:
        """Return the file of these marts, `serving` or `restricted`."""
        return self.folder / f"{name}.duckdb"


def publish_snapshot(settings: Settings, progress: Progress, inspect: Inspection | None = None) -> Snapshot:
    """Publish the build, if it passed and isn't published yet.

    Readers see the last snapshot until the new one is whole, checked and on the disk, then the new one; both files at
    once. Killed at any point, this leaves one or the other, and the next run puts the rest right.

    `inspect` is given the copies by name, serving and restricted: they are shown only if it ends without an error.

    Raises:
        PublishingError: The build didn't pass.
        PassingError: It is being written, another publication is running, or there is no room.
    """
    if not all(file.exists() for file in settings.mart_files.values()):
        raise PublishingError(f"there are no marts in {settings.home} yet: run `dbt build`")
    problem = PassingError(f"another publication is running on {settings.home}: wait until it has ended")
    with single_run(settings.home / "publishing.lock", problem):
        build = _find_build(settings)
        folder = settings.published / "snapshots" / build.build_id
        current = settings.published / "current"
        if current.resolve() == folder.resolve() and folder.exists():
            _remove_old(folder)
            return Snapshot(build, folder, is_new=False)
        if not folder.exists():
            _copy(settings, build, folder, progress, inspect)
        for name in settings.mart_files:
            _link(settings.published / f"{name}.duckdb", Path("current") / f"{name}.duckdb")
        _link(current, folder.relative_to(settings.published))
        flush(settings.published)
        _remove_old(folder)
        return Snapshot(build, folder, is_new=True)


def read_current(settings: Settings) -> Path | None:
    """Return the folder of the snapshot that readers see now; None before the first publication."""
    current = settings.published / "current"
    return current.resolve() if current.exists() else None


def current_snapshot(settings: Settings) -> Snapshot:
    """Return the snapshot that readers see now, whatever was built since.

    Raises:
        PublishingError: Nothing is published yet.
    """
    folder = read_current(settings)
    if folder is None:
        raise PublishingError(f"nothing is published in {settings.home} yet: run `cardinal publish`")
    states = {}
    for name in settings.mart_files:
        with open_database(folder / f"{name}.duckdb") as connection:
            states[f"{name}.duckdb"] = read_state(connection)
    return Snapshot(check_passed(states), folder, is_new=False)


def _find_build(settings: Settings) -> BuildState:
    states = {}
    for file in settings.mart_files.values():
        with open_database(file) as connection:
            states[file.name] = read_state(connection)
    return check_passed(states)


def _copy(settings: Settings, build: BuildState, folder: Path, progress: Progress, inspect: Inspection | None) -> None:
    """Copy both files while nobody can write them, and check the copies, which hold what was copied for certain."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    files = {file: name for name, file in settings.mart_files.items()}
    _check_room(list(files), folder.parent)
    with whole_folder(folder) as unfinished:
        with held_still(list(files)) as held:
            total, done = sum(file.stat().st_size for file in files), 0
            for file, descriptor in held.items():
                target = unfinished / f"{files[file]}.duckdb"
                with open(descriptor, "rb", closefd=False) as reading, _created(target, MODES[files[file]]) as writing:
                    while piece := reading.read(PIECE):
                        writing.write(piece)
                        done += len(piece)
                        progress(f"copying {file.name}", done, 2 * total)
        for name in settings.mart_files:
            copy = unfinished / f"{name}.duckdb"
            verify_copy(copy, build)
            done += copy.stat().st_size
            progress(f"checking {copy.name}", done, 2 * total)
        if inspect is not None:
            inspect({name: unfinished / f"{name}.duckdb" for name in settings.mart_files})


def _check_room(files: list[Path], folder: Path) -> None:
    needed, free = sum(file.stat().st_size for file in files) + SPARE_ROOM, shutil.disk_usage(folder).free
    if free < needed:
        raise PassingError(
            f"publishing needs {needed / 1e9:,.2f} GB in {folder}, and {free / 1e9:,.2f} GB are free: make room"
        )


def _created(path: Path, mode: int) -> BinaryIO:
    """Open a new file that was never readable by more than its mode says."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb")


def _link(link: Path, target: Path) -> None:
    """Let a link lead to another target, in one step; nothing happens where it does already."""
    if link.is_symlink() and link.readlink() == target:
        return
    unfinished = link.with_name(link.name + UNFINISHED)
    unfinished.unlink(missing_ok=True)
    unfinished.symlink_to(target)
    unfinished.replace(link)


def _remove_old(newest: Path) -> None:
    """Remove all snapshots but the newest ones, and what killed publications left."""
    others = [folder for folder in newest.parent.iterdir() if folder != newest]
    whole = [folder for folder in others if not folder.name.endswith(UNFINISHED)]
    whole.sort(key=lambda folder: (folder.stat().st_mtime_ns, folder.name), reverse=True)
    kept = whole[: KEPT_SNAPSHOTS - 1]
    for folder in others:
        if folder not in kept:
            remove_folder(folder)
