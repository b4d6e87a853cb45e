"""Real runs of the orchestrator on a small bank: killed ones, the hourly one, and several at once."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from time import monotonic, sleep

import dagster as dg
import duckdb
import pytest

from cardinal.demo.bank import generate_bank
from cardinal.settings import PROJECT_DIR
from tests.integration.house import House

pytestmark = pytest.mark.slow

CARDINAL = [sys.executable, "-m", "cardinal"]
BY_HAND = [sys.executable, "-m", "dagster", "asset", "materialize", "-m", "orchestration.definitions"]
SEED = 11
WRITER = "duckdb_writer"
# Title and per cent of what the run says of how far it is, and for the how-manieth time it does that: it ingests, is
# at both ends of dbt's first step, in its second, publishes.
POINTS = [("Ingesting", 50, 1), ("Building", 10, 1), ("Building", 80, 1), ("Building", 50, 2), ("Publishing", 50, 1)]
# Two forms that look like two persons, and a third that has something of both.
FIRST = (
    "lead_id,psid,full_name,phone,email,created_at\n"
    "ML-ONE,7719,Ada Testova,0861357924,ada.testova@gmail.com,2026-10-12T08:00:00Z\n"
)
SECOND = (
    "registration_id,registered_at,full_name,phone,date_of_birth\n"
    "WR-TWO,2026-10-13T08:00:00Z,Ada Testova,0861357924,1990-05-06\n"
)
THIRD = (
    "registration_id,registered_at,full_name,phone,email,date_of_birth,product_code\n"
    "WR-THREE,2026-10-20T15:00:00Z,Ada Testova,0861357924,ada.testova@gmail.com,1990-05-06,ln_mortgage\n"
)
FORMS = ("ML-ONE", "WR-TWO", "WR-THREE")


def start(house: House, *command: str) -> subprocess.Popen[str]:
    """Begin a command in a group of processes of its own."""
    environment = {**house.environment(), "DAGSTER_HOME": str(house.home / "dagster")}
    return subprocess.Popen(
        command, cwd=PROJECT_DIR, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip


def run(house: House, job: str) -> None:
    with start(house, *CARDINAL, "run", job) as process:
        output, _ = process.communicate()
    assert process.returncode == 0, output[-6000:]


def copy_of(house: House, folder: Path) -> House:
    shutil.copytree(house.home, folder, symlinks=True)
    return House(folder)


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A home to which the bank has delivered, and where nothing was taken in yet."""
    print(f"seed {SEED}")
    house = House(tmp_path_factory.mktemp("delivered"))
    generate_bank(house.settings, persons=250, months=3, seed=SEED, until=date(2026, 10, 20))
    house.drop("messenger", "leads", "2026-10-20", FIRST)
    house.drop("website", "registrations", "2026-10-20", SECOND)
    return house


@pytest.fixture(scope="module")
def walked(delivered: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The same after the first nightly run."""
    house = copy_of(delivered, tmp_path_factory.mktemp("walked") / "home")
    run(house, "daily")
    return house


def test_killed_at_five_points_and_run_again_it_comes_to_the_same(
    walked: House, delivered: House, tmp_path: Path
) -> None:
    """Each run goes on with what the killed one left, and is killed further on; the last one ends."""
    house = copy_of(delivered, tmp_path / "killed")
    for point in POINTS:
        assert kill_at(house, *point), f"it ended before {point}"
        assert not (house.settings.published / "serving.duckdb").exists()
    run(house, "daily")
    assert house.table_hashes() == walked.table_hashes()
    counted = "select count(*) from marts.customer_360_pseudonymous"
    assert house.published(counted) == walked.published(counted)
    assert statuses(house) == ["SUCCESS", *["FAILURE"] * len(POINTS)]


def kill_at(house: House, title: str, least: int, times: int) -> bool:
    """Run the job, and kill it alone when it has come so far: what it started has to end by itself."""
    before = 100
    with start(house, *CARDINAL, "run", "daily") as process:
        assert process.stdout is not None
        for line in process.stdout:
            said = re.fullmatch(rf"{title}: (\d+) %", line.strip())
            if said:
                times -= int(said[1]) < before
                before = int(said[1])
                if times == 0 and before >= least:
                    process.kill()
                    wait_for_group(process.pid)
                    return True
    return False


def wait_for_group(group: int) -> None:
    end = monotonic() + 30
    while is_alive(group):
        assert monotonic() < end, "what it started goes on without it"
        sleep(0.2)


def is_alive(group: int) -> bool:
    listed = subprocess.run(["ps", "-e", "-o", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    processes = [line.split() for line in listed.splitlines()]
    return any(int(of) == group and not state.startswith("Z") for of, state in processes)


def statuses(house: House) -> list[str]:
    with dg.DagsterInstance.from_config(str(house.home / "dagster")) as instance:
        return [record.status.value for record in instance.get_runs()]


def test_the_hourly_run_finds_people_anew_and_says_where_their_ids_lead(walked: House, tmp_path: Path) -> None:
    house = copy_of(walked, tmp_path / "hourly")
    before = persons_of_forms(house)
    assert len(before) == 2
    house.drop("website", "registrations", "2026-10-21", THIRD)
    run(house, "hourly")
    (person,) = persons_of_forms(house)
    assert person in before
    (gone,) = before - {person}
    leads_to = f"select current_person_id from marts.person_id_changes where person_id = '{gone}' order by change_no"
    assert house.published(leads_to)[-1] == (person,)
    forms = f"select registration_count, messenger_lead_count from marts.leads_360 where person_id = '{person}'"
    assert house.published(forms, "restricted") == [(2, 1)]
    asked = (
        "select person_id, score_state, action, due_at - captured_at <= interval 4 hours, reason_1"
        " from marts.lead_scores where subject_id = 'website:WR-THREE'"
    )
    assert house.published(asked) == [(person, "not scored", "call", True, None)]
    touched = f"select count(*) from marts.leads where person_id = '{person}' and product_code = 'ln_mortgage'"
    assert house.published(touched) == [(1,)]
    assert unknown_ids(house) == {}


def persons_of_forms(house: House) -> set[str]:
    return {
        person
        for (person,) in house.published(f"select person_id from marts.person_records where record_id in {FORMS}")
    }


def unknown_ids(house: House) -> dict[str, int]:
    """Count the ids in each published table that aren't written down where ids lead."""
    with duckdb.connect() as connection:
        for name in ("serving", "restricted"):
            connection.execute(f"attach '{house.settings.published / name}.duckdb' as {name} (read_only)")
        tables = connection.execute(
            "select database_name || '.' || schema_name || '.' || table_name from duckdb_columns()"
            " where column_name = 'person_id' and database_name in ('serving', 'restricted')"
        ).fetchall()
        assert len(tables) > 20
        counts = {
            table: connection.execute(
                f"select count(*) from {table} as told anti join serving.marts.person_id_changes as known"
                " on told.person_id = known.person_id where told.person_id is not null"
            ).fetchall()[0][0]
            for (table,) in tables
        }
    return {table: count for table, count in counts.items() if count}


def test_whatever_starts_together_writes_one_after_the_other(walked: House, tmp_path: Path) -> None:
    house = copy_of(walked, tmp_path / "busy")
    house.drop("website", "registrations", "2026-10-21", THIRD)
    commands = [
        [*CARDINAL, "run", "daily"],
        [*CARDINAL, "run", "hourly"],
        [*BY_HAND, "--select", "key:marts/dim_products"],
    ]
    running = [start(house, *command) for command in commands]
    outputs = [process.communicate()[0] for process in running]
    for process, output in zip(running, outputs, strict=True):
        assert process.returncode == 0, output[-6000:]
    assert statuses(house) == ["SUCCESS"] * 4, "the run before, and the three"
    with dg.DagsterInstance.from_config(str(house.home / "dagster")) as instance:
        spans = sorted(writing_spans(instance))
        logs = [entry for record in instance.get_runs() for entry in instance.all_logs(record.run_id)]
    said = {entry.dagster_event.message for entry in logs if entry.dagster_event}
    assert f"Step blocked by limit for pool {WRITER}" in said, "none of them had to wait"
    assert len({run_id for _, _, run_id in spans}) == 4
    overlaps = [(first, second) for first, second in pairwise(spans) if second[0] < first[1]]
    assert overlaps == []
    assert len(persons_of_forms(house)) == 1


def writing_spans(instance: dg.DagsterInstance) -> Iterator[tuple[float, float, str]]:
    """Yield when each try of a step that may write began and ended, and of which run it is."""
    ends = (
        dg.DagsterEventType.STEP_SUCCESS,
        dg.DagsterEventType.STEP_FAILURE,
        dg.DagsterEventType.STEP_UP_FOR_RETRY,
    )
    begins = (dg.DagsterEventType.STEP_START, dg.DagsterEventType.STEP_RESTARTED)
    for record in instance.get_runs():
        assert record.execution_plan_snapshot_id is not None
        plan = instance.get_execution_plan_snapshot(record.execution_plan_snapshot_id)
        writers = {step.key for step in plan.steps if step.pool == WRITER}
        began: dict[str, float] = {}
        for entry in instance.all_logs(record.run_id):
            event = entry.dagster_event
            if event is None or event.step_key not in writers:
                continue
            if event.event_type in begins:
                began[event.step_key] = entry.timestamp
            elif event.event_type in ends:
                yield began[event.step_key], entry.timestamp, record.run_id
