"""One builder and eight readers, in processes of their own: no error, and only whole snapshots."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cardinal.demo.bank import continue_bank
from cardinal.ingestion.run import ingest
from cardinal.publishing.postgres import publish_to_postgres
from cardinal.publishing.snapshot import publish_snapshot
from cardinal.settings import PROJECT_DIR, Settings
from tests.integration.house import House
from tests.integration.postgres_server import running_server
from tests.integration.snapshot_reader import BUILD, Sight, readers
from tests.unit.publishing.small_build import TABLES, build_id, no_progress, write_build

READERS = 8
POSTGRES_READERS = 4
SECONDS = 20
LONG_SECONDS = 300
# However slow the machine is.
FEWEST_BUILDS = 4
BUILD_OF_ROWS = "select distinct 'build-' || printf('%04d', build_no) from {}"
# In the small build each row says its build.
SMALL_GROUPS = [
    [
        BUILD,
        "select build_id from restricted.cardinal.build",
        *(BUILD_OF_ROWS.format(f"{name}.{table}") for name, tables in TABLES.items() for table in tables),
    ],
    ["select sum(amount) from serving.marts.amounts", "select 0"],
]
# In the real one the same totals stand in several tables, and in both files.
REAL_GROUPS = [
    [BUILD, "select build_id from restricted.cardinal.build"],
    [
        "select count(*), sum(deposit_balance_amount), max(as_of_date) from restricted.marts.customer_360",
        "select count(*), sum(deposit_balance_amount), max(as_of_date) from serving.marts.customer_360_pseudonymous",
    ],
    [
        "select count(distinct person_id) from serving.marts.person_records",
        "select count(distinct person_id) from serving.marts.person_records"
        " where person_id in (select person_id from restricted.marts.customer_identifiers)",
    ],
]


def check(sights: list[Sight], builds: list[str]) -> None:
    """No problem anywhere, and between them the readers saw the builds in the order of their publication."""
    print(f"{sum(sight.rounds for sight in sights):,} rounds of {len(sights)} readers, {len(builds)} builds")
    assert [problem for sight in sights for problem in sight.problems] == []
    for sight in sights:
        assert sight.rounds > 3
        assert sight.builds == [build for build in builds if build in sight.builds]
    assert {build for sight in sights for build in sight.builds} >= set(builds[1:-1])


def test_readers_see_whole_snapshots_while_builds_follow_each_other(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    write_build(settings, 1, rows=50_000)
    publish_snapshot(settings, no_progress)
    number, end = 1, time.monotonic() + SECONDS
    with readers(READERS, tmp_path, published=str(settings.published), groups=SMALL_GROUPS) as sights:
        while time.monotonic() < end or number < FEWEST_BUILDS:
            number += 1
            # One in five fails, and must never be seen.
            write_build(settings, number, "failed" if number % 5 == 0 else "passed", rows=50_000)
            if number % 5:
                assert publish_snapshot(settings, no_progress).is_new
            time.sleep(1)
    check(sights, [build_id(published) for published in range(1, number + 1) if published % 5])


def test_readers_of_postgres_see_whole_snapshots(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    tables = ("marts.amounts", "marts.counts", "segments.segment_membership")
    questions = ["select build_id from cardinal.build"]
    questions += [
        f"select string_agg(distinct 'build-' || lpad(build_no::text, 4, '0'), ' ') from {table}" for table in tables
    ]
    statement = "select " + ", ".join(f"({question}) as answer_{place}" for place, question in enumerate(questions))
    with running_server() as server:
        write_build(settings, 1, rows=2_000)
        publish_to_postgres(server.url(), publish_snapshot(settings, no_progress), no_progress)
        number, end = 1, time.monotonic() + SECONDS
        with readers(POSTGRES_READERS, tmp_path, url=server.url(), statement=statement) as sights:
            while time.monotonic() < end or number < FEWEST_BUILDS:
                number += 1
                write_build(settings, number, rows=2_000)
                assert publish_to_postgres(server.url(), publish_snapshot(settings, no_progress), no_progress).is_new
    check(sights, [build_id(published) for published in range(1, number + 1)])


@pytest.mark.slow
def test_readers_see_whole_snapshots_of_a_bank_for_five_minutes(house: House, tmp_path: Path) -> None:
    """`dbt build` and `cardinal publish` day after day, as a person would, with eight readers all the while."""
    lived = House(tmp_path / "lived")
    shutil.copytree(house.home, lived.home)
    lived.build_and_test()
    builds = [_publish(lived)]
    end = time.monotonic() + LONG_SECONDS
    with readers(READERS, tmp_path, published=str(lived.settings.published), groups=REAL_GROUPS) as sights:
        while time.monotonic() < end or len(builds) < FEWEST_BUILDS:
            continue_bank(lived.settings, days=1)
            ingest(lived.settings)
            lived.build_and_test()
            builds.append(_publish(lived))
    check(sights, builds)


def _publish(house: House) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "cardinal", "publish"],
        cwd=PROJECT_DIR, env=house.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ((build,),) = [house.published("select build_id from cardinal.build")]
    return str(build[0])
