"""Runs and what starts them: killed ones, the sensor on the inbox, the command."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from pathlib import Path
from time import sleep

import dagster as dg
import pytest

from cardinal.errors import CardinalError
from cardinal.ingestion.report import IngestReport
from cardinal.settings import load_settings
from ml.task import TaskError
from tests.unit.orchestration.stations import Stations, run

CARDS = dg.AssetKey(["cards", "credit_cards"])


def drop(home: Path, name: str, text: str = "card_token\n") -> None:
    path = home / "inbox/cards/credit_cards" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_sensor_asks_once_for_files_that_have_come_to_rest(location: dg.Definitions, home: Path) -> None:
    from orchestration.defs.ingestion.inbox import inbox

    cursor: str | None = None

    def look() -> list[str | None]:
        nonlocal cursor
        with dg.build_sensor_context(cursor=cursor) as context:
            data = inbox.evaluate_tick(context)
            cursor = data.cursor
            return [request.run_key for request in data.run_requests or ()]

    assert look() == []
    drop(home, "one.csv")
    assert look() == [], "it may still be written"
    drop(home, "one.csv", "card_token\n1\n")
    assert look() == [], "it was"
    (first,) = look()
    assert look() == []
    assert look() == []
    drop(home, "two.csv")
    assert look() == []
    (second,) = look()
    assert second != first
    (home / "inbox/ml/scores").mkdir(parents=True)
    (home / "inbox/ml/scores/churn.parquet").write_text("")
    assert look() == [], "what Cardinal delivers to itself is no news"
    (home / "inbox/cards/credit_card").mkdir()
    (home / "inbox/cards/credit_card/typo.csv").write_text("")
    assert look() == []
    (third,) = look()
    assert third not in (first, second), "a run tells of a folder whose name is mistyped"
    assert look() == []


def test_killed_runs_end_as_failed_and_let_go_of_the_pool(location: dg.Definitions, home: Path) -> None:
    from orchestration.lib.instance import UI_LOCK, alive, end_dead_runs, open_instance

    settings = load_settings()
    job = location.resolve_job_def("intake")
    started, starting = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING
    with open_instance(settings) as instance:
        storage = instance.event_log_storage
        storage.initialize_concurrency_limit_to_default("duckdb_writer")
        dead, living, loading = (
            instance.create_run_for_job(job, status=status) for status in (started, started, starting)
        )

        def statuses() -> list[dg.DagsterRunStatus]:
            end_dead_runs(settings, instance)
            return [instance.get_run_by_id(run.run_id).status for run in (dead, living, loading)]  # type: ignore[union-attr]

        assert storage.claim_concurrency_slot("duckdb_writer", dead.run_id, "build").is_claimed
        assert not storage.claim_concurrency_slot("duckdb_writer", living.run_id, "build").is_claimed
        with alive(settings, living.run_id), alive(settings, UI_LOCK):
            assert statuses() == [dg.DagsterRunStatus.FAILURE, started, starting]
            assert storage.claim_concurrency_slot("duckdb_writer", living.run_id, "build").is_claimed
        assert statuses() == [dg.DagsterRunStatus.FAILURE] * 3, "the pages have ended, and who ran"


def test_whatever_starts_or_waits_is_freed_from_killed_runs(
    instance: dg.DagsterInstance, stations: Stations, location: dg.Definitions, home: Path
) -> None:
    """A run of the command line that was killed while it wrote kept its place in the pool for ever."""
    from orchestration.defs.schedule.killed import killed_runs
    from orchestration.lib.steps import WRITER

    storage = instance.event_log_storage
    storage.initialize_concurrency_limit_to_default(WRITER)

    def kill() -> str:
        dead = instance.create_run_for_job(location.resolve_job_def("intake"), status=dg.DagsterRunStatus.STARTED)
        assert storage.claim_concurrency_slot(WRITER, dead.run_id, "build").is_claimed
        return dead.run_id

    def has_ended(run_id: str) -> bool:
        found = instance.get_run_by_id(run_id)
        return found is not None and found.status is dg.DagsterRunStatus.FAILURE

    dead = kill()
    seen = []

    def look(*_: object) -> IngestReport:
        seen.append(has_ended(dead))
        return IngestReport()

    stations.play("orchestration.defs.ingestion.lake.ingest", look)
    assert run(instance, CARDS).success
    assert seen == [True]
    dead = kill()
    with dg.build_sensor_context(instance=instance) as context:
        assert not killed_runs.evaluate_tick(context).run_requests
    assert has_ended(dead)
    assert storage.get_concurrency_info(WRITER).active_slot_count == 0
    assert killed_runs.default_status is dg.DefaultSensorStatus.RUNNING


def test_a_run_that_begins_just_now_is_not_taken_for_a_killed_one(
    instance: dg.DagsterInstance, location: dg.Definitions, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is recorded as started a moment before it has its lock, and ended a moment after it let go."""
    from orchestration.lib.instance import alive, end_dead_runs

    settings = load_settings()
    begins = instance.create_run_for_job(location.resolve_job_def("intake"), status=dg.DagsterRunStatus.STARTED)
    with ExitStack() as stack:
        monkeypatch.setattr(
            "orchestration.lib.instance.sleep", lambda _: stack.enter_context(alive(settings, begins.run_id))
        )
        end_dead_runs(settings, instance)
        found = instance.get_run_by_id(begins.run_id)
        assert found is not None
        assert found.status is dg.DagsterRunStatus.STARTED
    instance.report_run_canceled(begins)


def test_a_run_that_somebody_ends_has_ended(
    instance: dg.DagsterInstance, stations: Stations, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dagster tried the step again, as if it had met a lock."""
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)
    tries: list[int] = []

    def wait(*_: object) -> IngestReport:
        tries.append(1)
        if len(tries) == 1:
            os.kill(os.getpid(), signal.SIGINT)
            sleep(5)
        return IngestReport()

    stations.play("orchestration.defs.ingestion.lake.ingest", wait)
    from orchestration.lib.headless import _report

    result = run(instance, CARDS, dg.AssetKey(["staging", "stg_cards__credit_cards"]))
    assert not result.success
    assert _report(result, []).failed_steps == {"run": "somebody ended it"}
    assert (len(tries), stations.builds) == (1, [])
    # So it can be run again from there.
    assert instance.get_runs(limit=1)[0].status is dg.DagsterRunStatus.FAILURE


def test_a_run_that_somebody_ends_is_not_done_whatever_check_failed_before(
    instance: dg.DagsterInstance, stations: Stations
) -> None:
    from orchestration.lib.headless import _report

    def fail(*_: object) -> None:
        raise TaskError("churn: something is missing")

    def wait(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        sleep(5)

    stations.play("ml.registry.champion", lambda *_: "v1")
    stations.play("orchestration.defs.learning.scores.score_tasks", fail)
    stations.play("orchestration.defs.publishing.published.publish_snapshot", wait)
    report = _report(run(instance, dg.AssetKey(["ml", "scores"]), dg.AssetKey(["published", "snapshot"])), [])
    assert report.failed_checks
    assert report.failed_steps == {"run": "somebody ended it"}


def test_a_job_that_there_is_not_names_those_that_there_are(location: dg.Definitions, home: Path) -> None:
    from orchestration.lib.headless import run_job

    with pytest.raises(CardinalError, match="choose one of activate, backfill, daily, hourly, intake, retain, retrain"):
        run_job(load_settings(), "weekly", lambda _: None)  # type: ignore[arg-type,return-value]


def test_what_did_not_fail_is_not_run_from_failure(location: dg.Definitions, home: Path) -> None:
    from orchestration.lib.headless import run_job

    with pytest.raises(CardinalError, match="the last run of daily didn't fail"):
        run_job(load_settings(), "daily", lambda _: None, from_failure=True)  # type: ignore[arg-type,return-value]
