"""PostgreSQL shows what readers of files see, whatever was built since and however the step is started."""

from __future__ import annotations

import fcntl
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from cardinal.publishing.build_state import PublishingError
from cardinal.publishing.postgres import PostgresPublication
from cardinal.publishing.snapshot import Snapshot, publish_snapshot
from cardinal.quality.report import Finding
from cardinal.settings import load_settings
from tests.unit.orchestration.stations import Stations, evaluations, made, run, run_from_failure
from tests.unit.publishing.small_build import build_id, published_builds, write_build

SNAPSHOT, POSTGRES = (dg.AssetKey(["published", name]) for name in ("snapshot", "postgres"))
REFUSED = Finding("customer_360", "rows", "critical", "100 rows", "10 rows", False)


class Database:
    """Plays PostgreSQL, which may be down, and notes the builds that it was given."""

    def __init__(self) -> None:
        self.is_down = False
        self.builds: list[str] = []

    def load(self, _: str, snapshot: Snapshot, __: Any) -> PostgresPublication:
        """Play publish_to_postgres."""
        if self.is_down:
            raise PublishingError("PostgreSQL can't be reached")
        self.builds.append(snapshot.build.build_id)
        return PostgresPublication(is_new=True, tables=5)


@pytest.fixture
def database(stations: Stations, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Publish files for real, to a home of small builds, and to a database that is played."""
    played = Database()
    monkeypatch.setenv("CARDINAL_POSTGRES_URL", "postgresql://nobody@127.0.0.1:1/bank")
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)
    stations.play("orchestration.defs.publishing.published.publish_snapshot", publish_snapshot)
    stations.play("orchestration.defs.publishing.published.publish_to_postgres", played.load)
    return played


def test_a_build_that_the_gate_refused_reaches_no_reader(
    instance: dg.DagsterInstance, stations: Stations, database: Database
) -> None:
    settings = load_settings()
    write_build(settings, 1)
    database.is_down = True
    last_night = run(instance, SNAPSHOT, POSTGRES)
    assert made(last_night) == {SNAPSHOT}

    database.is_down = False
    write_build(settings, 2)
    stations.published = [REFUSED]
    assert made(run(instance, SNAPSHOT, POSTGRES)) == set()
    assert database.builds == []

    assert made(run_from_failure(instance, last_night, SNAPSHOT, POSTGRES)) == {POSTGRES}
    assert made(run(instance, POSTGRES)) == {POSTGRES}
    assert database.builds == [build_id(1)] * 2
    assert published_builds(settings) == {build_id(1)}
    asked_again = run(instance, SNAPSHOT)
    assert [check.passed for check in evaluations(asked_again)] == [False]

    stations.published = []
    assert made(run(instance, SNAPSHOT, POSTGRES)) == {SNAPSHOT, POSTGRES}
    assert database.builds[-1] == build_id(2)


def test_a_build_that_nobody_published_yet_is_not_loaded(
    instance: dg.DagsterInstance, stations: Stations, database: Database
) -> None:
    write_build(load_settings(), 1)
    result = run(instance, POSTGRES)
    assert not result.success
    assert result.retry_attempts_for_node("published__postgres") == 0
    assert database.builds == []
    assert not load_settings().published.exists()


def test_another_publication_and_a_full_disk_are_waited_for(
    instance: dg.DagsterInstance, stations: Stations, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings()
    write_build(settings, 1)
    with (settings.home / "publishing.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with monkeypatch.context() as patch:
            patch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: fcntl.flock(lock, fcntl.LOCK_UN) or 0)
            result = run(instance, SNAPSHOT)
    assert result.retry_attempts_for_node("published__snapshot") == 1
    assert made(result) == {SNAPSHOT}

    write_build(settings, 2)
    free = iter([0, 10**12])
    stations.play("cardinal.publishing.snapshot.shutil.disk_usage", lambda _: SimpleNamespace(free=next(free)))
    result = run(instance, SNAPSHOT)
    assert result.retry_attempts_for_node("published__snapshot") == 1
    assert published_builds(settings) == {build_id(2)}


def test_a_build_that_failed_is_not_tried_again(
    instance: dg.DagsterInstance, stations: Stations, database: Database
) -> None:
    write_build(load_settings(), 1, state="failed")
    result = run(instance, SNAPSHOT)
    assert not result.success
    assert result.retry_attempts_for_node("published__snapshot") == 0
