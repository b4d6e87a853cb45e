"""A snapshot as Parquet, for who reads neither DuckDB files nor PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from cardinal.build import open_database, quoted
from cardinal.publishing.build_state import PublishingError, read_tables
from cardinal.publishing.snapshot import Snapshot
from cardinal.publishing.whole_folders import whole_folder

FOLDER_MODES = {"serving": 0o755, "restricted": 0o700}


def write_parquet(
    snapshot: Snapshot, directory: Path, with_restricted: bool, progress: Callable[[str, int, int], None]
) -> list[Path]:
    """Write `<directory>/<build>/serving/<schema>/<table>.parquet`, and restricted marts beside it if asked for.

    Returns the folders written; none that was there already, because a build never changes. Each appears whole.

    Raises:
        PublishingError: There is no room.
    """
    names = ("serving", "restricted") if with_restricted else ("serving",)
    targets = {name: directory.resolve() / snapshot.build.build_id / name for name in names}
    missing = {name: target for name, target in targets.items() if not target.exists()}
    if missing:
        directory.mkdir(parents=True, exist_ok=True)
        _check_room([snapshot.file(name) for name in missing], directory)
    for name, target in missing.items():
        with open_database(snapshot.file(name)) as connection, whole_folder(target, FOLDER_MODES[name]) as folder:
            tables = list(read_tables(connection))
            for done, (schema, table) in enumerate(tables):
                progress(f"writing {schema}.{table}", done, len(tables))
                (folder / schema).mkdir(exist_ok=True)
                path = quoted(folder / schema / f"{table}.parquet")
                connection.execute(f'copy (from "{schema}"."{table}") to \'{path}\' (format parquet, compression zstd)')
            progress("done", len(tables), len(tables))
    return list(missing.values())


def _check_room(files: list[Path], directory: Path) -> None:
    needed, free = sum(file.stat().st_size for file in files), shutil.disk_usage(directory).free
    if free < needed:
        raise PublishingError(
            f"Parquet files need about {needed / 1e9:,.2f} GB in {directory},"
            f" and {free / 1e9:,.2f} GB are free: make room"
        )
