"""Killed at any point, publication leaves the old snapshot or the new one, and the next run puts the rest right."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cardinal.publishing.postgres import publish_to_postgres
from cardinal.publishing.postgres_database import open_postgres
from cardinal.publishing.snapshot import KEPT_SNAPSHOTS, publish_snapshot
from cardinal.publishing.whole_folders import UNFINISHED
from cardinal.settings import PROJECT_DIR, Settings
from tests.integration.postgres_server import running_server
from tests.unit.publishing.small_build import build_id, no_progress, published_builds, write_build

SEED = 20261125
ROWS = 300_000
PROGRAM = """
import sys
from pathlib import Path
import duckdb
from cardinal.publishing.postgres import publish_to_postgres
from cardinal.publishing.snapshot import publish_snapshot
from cardinal.settings import Settings
nobody = lambda *_: None
print("ready", flush=True)
snapshot = publish_snapshot(Settings(home=Path(sys.argv[1])), nobody)
if len(sys.argv) > 2:
    publish_to_postgres(sys.argv[2], snapshot, nobody)
print("done", flush=True)
"""


def publish_and_kill(settings: Settings, after: float | None, *url: str) -> float | None:
    """Publish in a process, and kill it so many seconds after it began, if any are given.

    Returns how many seconds it took; None if it was killed before it ended.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(settings.home), *url], stdout=subprocess.PIPE, text=True, cwd=PROJECT_DIR
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        started = time.monotonic()
        if after is not None:
            time.sleep(after)
            process.send_signal(signal.SIGKILL)
        return time.monotonic() - started if process.stdout.read() else None


def killed_publications(tmp_path: Path, kills: int) -> None:
    print(f"seed {SEED}")
    draw = random.Random(SEED)
    settings = Settings(home=tmp_path / "home")
    write_build(settings, 0, rows=ROWS)
    duration = publish_and_kill(settings, None)
    assert duration
    shown, killed, still_old = 0, 0, 0
    for number in range(1, kills + 1):
        write_build(settings, number, rows=ROWS)
        killed += publish_and_kill(settings, draw.uniform(0, duration * 1.2)) is None
        # A whole snapshot, of the last build or of this one, in both files.
        (seen,) = published_builds(settings)
        assert seen in (build_id(shown), build_id(number)), f"kill {number} of seed {SEED}"
        still_old += seen == build_id(shown)
        shown = int(seen.removeprefix("build-"))
        if number % 3:
            continue  # the next publication finds what this one left
        publish_snapshot(settings, no_progress)
        shown = number
        assert published_builds(settings) == {build_id(number)}
        left = [path.name for path in settings.published.rglob(f"*{UNFINISHED}")]
        assert left == []
        assert len(list((settings.published / "snapshots").iterdir())) <= KEPT_SNAPSHOTS
    print(f"{killed} of {kills} publications were killed before they ended, {still_old} before the switch")
    assert still_old > kills // 3


def test_some_kills_leave_whole_snapshots(tmp_path: Path) -> None:
    killed_publications(tmp_path, 9)


@pytest.mark.slow
def test_many_kills_leave_whole_snapshots(tmp_path: Path) -> None:
    killed_publications(tmp_path, 90)


def killed_loads(tmp_path: Path, kills: int) -> None:
    print(f"seed {SEED}")
    draw = random.Random(SEED)
    settings = Settings(home=tmp_path / "home")
    builds = "select distinct 'build-' || lpad(build_no::text, 4, '0') from "
    with running_server() as server:

        def seen() -> set[str]:
            with open_postgres(server.url()) as database:
                tables = ("marts.amounts", "marts.counts", "segments.segment_membership")
                question = " union all ".join(builds + table for table in tables)
                return {
                    build for (build,) in database.query(f"{question} union all select build_id from cardinal.build")
                }

        write_build(settings, 0, rows=ROWS)
        duration, killed = publish_and_kill(settings, None, server.url()), 0
        assert duration
        for number in range(1, kills + 1):
            write_build(settings, number, rows=ROWS)
            killed += publish_and_kill(settings, draw.uniform(0, duration * 1.2), server.url()) is None
            (build,) = seen()
            assert build in (build_id(number - 1), build_id(number)), f"kill {number} of seed {SEED}"
            publish_to_postgres(server.url(), publish_snapshot(settings, no_progress), no_progress)
            assert seen() == {build_id(number)}
            with open_postgres(server.url()) as database:
                left = database.query("select nspname::text from pg_namespace where nspname like '%\\_\\_%'")
            assert left == []
    print(f"{killed} of {kills} publications were killed before they ended")
    assert killed > kills // 3


def test_some_kills_leave_whole_builds_in_postgres(tmp_path: Path) -> None:
    killed_loads(tmp_path, 4)


@pytest.mark.slow
def test_many_kills_leave_whole_builds_in_postgres(tmp_path: Path) -> None:
    killed_loads(tmp_path, 30)
