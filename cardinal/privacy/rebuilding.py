"""The build from nothing that follows when rows were removed from the lake, and what goes before and after it."""

from __future__ import annotations

import shutil

from cardinal.dbt_build import Progress, build_warehouse
from cardinal.errors import CardinalError
from cardinal.publishing.build_state import PublishingError
from cardinal.publishing.snapshot import read_current
from cardinal.publishing.whole_folders import remove_folder
from cardinal.settings import Settings
from cardinal.single_run import single_run


class RebuildError(CardinalError):
    """The build failed; another try would fail alike."""


def build_anew(settings: Settings, progress: Progress) -> None:
    """Build and test everything.

    Raises:
        RebuildError: A model or a test failed: what is published stays as it was.
    """
    built = build_warehouse(settings, progress, "--exclude-resource-type", "unit_test")
    if built.failures:
        names = ", ".join(list(built.failures)[:5])
        raise RebuildError(
            f"{len(built.failures):,} models or tests failed: {names} (log: {built.log}). What is published shows what"
            " was removed until the build is whole: put it right and do the same again"
        )


def remove_build(settings: Settings) -> None:
    """Remove the warehouse and the marts: free blocks keep what was deleted, so that new files are made."""
    for file in (settings.warehouse, *settings.mart_files.values()):
        for path in (file, file.with_name(file.name + ".wal")):
            path.unlink(missing_ok=True)
        # What a build that was killed had no room for in memory.
        shutil.rmtree(file.with_name(file.name + ".tmp"), ignore_errors=True)


def remaining_schemas(settings: Settings) -> list[str]:
    """Drop older schemas in PostgreSQL, and return why others stay: somebody reads them. None without PostgreSQL."""
    url = settings.postgres_url()
    if url is None:
        return []
    from cardinal.publishing.postgres_database import open_postgres
    from cardinal.publishing.postgres_swap import drop_retired

    with open_postgres(url) as database:
        return drop_retired(database)


def remove_old_snapshots(settings: Settings) -> int:
    """Remove every published snapshot but the newest; who has one open keeps it until they close it."""
    problem = PublishingError(f"a publication is running on {settings.home}: wait until it has ended")
    current = read_current(settings)
    with single_run(settings.home / "publishing.lock", problem):
        old = [path for path in (settings.published / "snapshots").glob("*") if path != current]
        for folder in old:
            remove_folder(folder)
    return len(old)
