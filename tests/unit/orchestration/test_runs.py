"""Runs and what starts them: killed ones, the sensor on the inbox, the command."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from cardinal.errors import CardinalError
from cardinal.settings import load_settings


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


def test_a_job_that_there_is_not_names_those_that_there_are(location: dg.Definitions, home: Path) -> None:
    from orchestration.lib.headless import run_job

    with pytest.raises(CardinalError, match="choose one of activate, backfill, daily, hourly, intake, retain, retrain"):
        run_job(load_settings(), "weekly", lambda _: None)  # type: ignore[arg-type,return-value]


def test_what_did_not_fail_is_not_run_from_failure(location: dg.Definitions, home: Path) -> None:
    from orchestration.lib.headless import run_job

    with pytest.raises(CardinalError, match="the last run of daily didn't fail"):
        run_job(load_settings(), "daily", lambda _: None, from_failure=True)  # type: ignore[arg-type,return-value]
