"""How the steps hang together: what stops what, what is tried again, and what each says of what it made."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from cardinal.activation.declaration import SyncError
from cardinal.activation.outcome import Outcome
from cardinal.build import WarehouseError
from cardinal.ingestion.report import IngestReport
from cardinal.ingestion.run import ingest
from cardinal.quality.report import Finding
from cardinal.settings import load_settings
from tests.unit.orchestration.stations import Stations, evaluations, made, run, run_from_failure

DATA_ONLY = ("--exclude-resource-type", "unit_test")
CARDS = dg.AssetKey(["cards", "credit_cards"])
STAGED = dg.AssetKey(["staging", "stg_cards__credit_cards"])
FEATURES = dg.AssetKey(["marts", "customer_monthly"])
REPORT = dg.AssetKey(["marts", "business_report_monthly"])
SCORED = dg.AssetKey(["staging", "stg_ml__scores"])
SCORES = dg.AssetKey(["ml", "scores"])
SNAPSHOT = dg.AssetKey(["published", "snapshot"])
POSTGRES = dg.AssetKey(["published", "postgres"])


def test_a_gate_that_finds_something_critical_stops_what_is_downstream(
    instance: dg.DagsterInstance, stations: Stations
) -> None:
    stations.landed = [Finding("cards.credit_cards", "rows", "critical", "100 rows", "0 rows", False)]
    result = run(instance, CARDS, STAGED)
    assert not result.success
    assert made(result) == {CARDS}
    assert stations.builds == []
    (check,) = [check for check in evaluations(result) if check.check_name == "landed"]
    assert (check.passed, check.severity, check.blocking) == (False, dg.AssetCheckSeverity.ERROR, True)
    assert "| rows | critical | 100 rows | 0 rows |" in str(check.metadata["not met"].value)


def test_what_is_sent_is_told_and_a_guard_that_trips_is_not_tried_again(
    instance: dg.DagsterInstance, stations: Stations
) -> None:
    name = "orchestration.defs.activation.sent.apply_sync"
    key = dg.AssetKey(["sent", "win_back"])
    stations.play(name, lambda *_: Outcome("r1", "done", None, 7, 2, 0, 0))
    result = run(instance, key)
    assert made(result) == {key}
    (check,) = evaluations(result)
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert result.asset_materializations_for_node("sent__win_back")[0].metadata["accepted"].value == 7
    stations.play(name, lambda *_: None)
    assert [check.passed for check in evaluations(run(instance, key))] == [True]
    tries: list[int] = []

    def trip(*_: object) -> None:
        tries.append(1)
        raise SyncError("nothing was sent. removals: 300 of 400 rows held would be removed")

    stations.play(name, trip)
    assert not run(instance, key).success
    assert len(tries) == 1


def test_a_gate_that_only_warns_stops_nothing(instance: dg.DagsterInstance, stations: Stations) -> None:
    stations.landed = [Finding("cards.credit_cards", "drift:card_role", "warning", "5 %", "9 %", False)]
    result = run(instance, CARDS, STAGED)
    assert result.success
    assert made(result) == {CARDS, STAGED}
    ((arguments, continues),) = stations.builds
    assert continues
    assert {"stg_cards__credit_cards", "not_null_stg_cards__credit_cards"} <= set(arguments)
    assert arguments[-4:] == ("--indirect-selection", "empty", *DATA_ONLY), "no test but those that were chosen"


def test_the_second_gate_keeps_a_build_from_readers(instance: dg.DagsterInstance, stations: Stations) -> None:
    stations.published = [Finding("customer_360", "rows", "critical", "100 rows", "0 rows", False)]
    refused = run(instance, SNAPSHOT, POSTGRES)
    assert not refused.success
    assert made(refused) == set()
    assert [check.passed for check in evaluations(refused)] == [False]
    stations.published = []
    shown = run(instance, SNAPSHOT, POSTGRES)
    assert shown.success
    assert made(shown) == {SNAPSHOT, POSTGRES}
    assert [check.passed for check in evaluations(shown)] == [True]
    rows = shown.asset_materializations_for_node("published__snapshot")[0].metadata["dagster/row_count"]
    assert rows.value == 4, "two in each of both files"


def test_what_fails_stops_no_other_branch_and_is_all_that_runs_again(
    instance: dg.DagsterInstance, stations: Stations
) -> None:
    stations.failing = {"business_report_monthly"}
    failed = run(instance, FEATURES, REPORT, SCORES, SNAPSHOT)
    assert not failed.success
    assert made(failed) == {FEATURES, SCORES}, "the report isn't among what scoring reads"
    records = [str(event) for event in instance.all_logs(failed.run_id)]
    assert any("business_report_monthly" in record and "Conversion Error" in record for record in records)
    assert not any("ada.testova" in record for record in records), "a value that DuckDB quoted"
    ((arguments, continues),) = stations.builds
    assert continues
    assert {"business_report_monthly", "customer_monthly", "not_null_customer_monthly"} <= set(arguments)

    stations.failing = set()
    again = run_from_failure(instance, failed, FEATURES, REPORT, SCORES, SNAPSHOT)
    assert again.success
    (_, (arguments, continues)) = stations.builds
    assert continues
    assert {"business_report_monthly", "not_null_business_report_monthly_month_end_date"} <= set(arguments)
    assert not {"customer_monthly", "not_null_customer_monthly"} & set(arguments)
    assert made(again) == {FEATURES, REPORT, SNAPSHOT}, "what was scored stays"


def test_a_test_of_dbt_that_fails_keeps_the_snapshot_from_readers(
    instance: dg.DagsterInstance, stations: Stations
) -> None:
    name = "not_null_business_report_monthly_month_end_date"
    stations.failing = {name}
    failed = run(instance, FEATURES, REPORT, SCORES, SNAPSHOT)
    assert not failed.success
    assert made(failed) == {FEATURES, REPORT, SCORES}
    (check,) = [check for check in evaluations(failed) if not check.passed]
    assert (check.asset_key, check.severity) == (REPORT, dg.AssetCheckSeverity.ERROR)

    stations.failing = set()
    again = run_from_failure(instance, failed, FEATURES, REPORT, SCORES, SNAPSHOT)
    assert again.success
    assert stations.builds[-1] == (("--select", name, "--indirect-selection", "empty", *DATA_ONLY), True)
    assert made(again) == {FEATURES, REPORT, SNAPSHOT}


def test_a_build_that_others_made_meanwhile_is_not_gone_on_with(
    instance: dg.DagsterInstance, stations: Stations
) -> None:
    stations.failing = {"business_report_monthly"}
    failed = run(instance, FEATURES, REPORT)
    stations.failing = set()
    stations.builds.append((("--select", "dim_products"), True))
    run_from_failure(instance, failed, FEATURES, REPORT)
    arguments, continues = stations.builds[-1]
    assert continues
    assert {"business_report_monthly", "customer_monthly", "not_null_customer_monthly"} <= set(arguments)


def test_a_lock_is_waited_for(
    instance: dg.DagsterInstance, stations: Stations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)
    stations.held = 2
    result = run(instance, STAGED)
    assert result.success
    assert result.retry_attempts_for_node("build") == 2


def test_what_an_earlier_run_built_is_not_taken_for_what_a_locked_step_did(
    instance: dg.DagsterInstance, stations: Stations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hour goes on with the build of the night, which has all tables that it is to build anew."""
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)
    assert run(instance, STAGED, SCORED).success
    held = 0

    def build(*arguments: Any, **options: Any) -> Any:
        nonlocal held
        if "stg_ml__scores" in arguments and held:
            held -= 1
            raise WarehouseError("warehouse.duckdb is open in another program: close it")
        return stations.build(*arguments, **options)

    stations.play("orchestration.lib.dbt_steps.build_warehouse", build)
    for locks, tries in ((1, 1), (4, 3)):
        held = locks
        stations.builds.clear()
        result = run(instance, STAGED, SCORED)
        assert result.retry_attempts_for_node("build_scored") == tries
        if not result.success:
            tags = instance.get_run_by_id(result.run_id).tags  # type: ignore[union-attr]
            assert run_from_failure(instance, result, STAGED, SCORED).success
            assert not any(key.endswith(".build_scored") for key in tags)
        (first, _), (second, _) = stations.builds
        assert "stg_cards__credit_cards" in first
        assert "stg_ml__scores" in second


def test_a_lock_in_a_run_from_failure_loses_nothing_that_is_done(
    instance: dg.DagsterInstance, stations: Stations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)
    stations.failing = {"business_report_monthly"}
    failed = run(instance, FEATURES, REPORT)
    stations.failing, stations.held = set(), 5
    locked = run_from_failure(instance, failed, FEATURES, REPORT)
    assert not locked.success
    assert run_from_failure(instance, locked, FEATURES, REPORT).success
    (arguments, _) = stations.builds[-1]
    assert "business_report_monthly" in arguments
    assert "customer_monthly" not in arguments


def test_a_step_waits_for_another_ingestion_and_says_so(
    instance: dg.DagsterInstance, stations: Stations, home: Path
) -> None:
    """Tries within minutes would come to nothing where the other one takes longer."""
    home.mkdir(parents=True)
    stations.play("orchestration.defs.ingestion.lake.ingest", ingest)
    with (home / "ingestion.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said: list[str] = []

        def let_go(_: object) -> None:
            said.extend(str(entry.message) for entry in instance.all_logs(instance.get_runs(limit=1)[0].run_id))
            fcntl.flock(lock, fcntl.LOCK_UN)

        stations.play("cardinal.single_run.sleep", let_go)
        result = run(instance, CARDS)
    assert made(result) == {CARDS}
    assert result.retry_attempts_for_node("ingest") == 0
    assert any("Ingesting waits: another ingestion is running" in message for message in said)


def test_a_day_that_is_not_over_is_looked_at_as_such_and_a_clock_asks_by_the_clock(
    instance: dg.DagsterInstance, stations: Stations, location: dg.Definitions
) -> None:
    for tags in ({}, location.resolve_job_def("hourly").tags, {"dagster/schedule_name": "daily_schedule"}):
        run(instance, CARDS, tags=tags)
    assert stations.looked == [(False, True), (False, False), (True, True)]


def test_a_run_is_seen_to_live_while_it_runs_whatever_started_it(
    instance: dg.DagsterInstance, stations: Stations
) -> None:
    """Another one that began meanwhile closed its record and gave its place in the pool away."""
    from orchestration.lib.instance import end_dead_runs

    seen = []

    def look(*_: object) -> IngestReport:
        end_dead_runs(load_settings(), instance)
        seen.extend(run.status for run in instance.get_runs(limit=1))
        return IngestReport()

    stations.play("orchestration.defs.ingestion.lake.ingest", look)
    assert run(instance, CARDS).success
    assert seen == [dg.DagsterRunStatus.STARTED]
