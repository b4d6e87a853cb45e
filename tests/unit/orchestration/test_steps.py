"""How the steps hang together: what stops what, what is tried again, and what each says of what it made."""

from __future__ import annotations

import fcntl
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from cardinal.activation.declaration import SyncError
from cardinal.activation.outcome import Outcome
from cardinal.build import WarehouseError
from cardinal.errors import CardinalError
from cardinal.experiments.declaration import DeclarationError
from cardinal.experiments.readout import ReadoutError
from cardinal.ingestion.errors import IngestionError
from cardinal.ingestion.report import IngestReport
from cardinal.ingestion.run import ingest
from cardinal.quality.report import Finding
from cardinal.settings import load_settings
from ml.registry import RegistryError
from ml.task import TaskError, TooLittleDataError
from ml.tasks import TASKS
from tests.unit.orchestration.stations import Stations, evaluations, made, run, run_from_failure

DATA_ONLY = ("--exclude-resource-type", "unit_test")
CARDS = dg.AssetKey(["cards", "credit_cards"])
STAGED = dg.AssetKey(["staging", "stg_cards__credit_cards"])
FEATURES = dg.AssetKey(["marts", "customer_monthly"])
REPORT = dg.AssetKey(["marts", "business_report_monthly"])
CHURN, GROUPS = dg.AssetKey(["models", "churn"]), dg.AssetKey(["models", "personas"])
SCORES, ALERTS, PERSONAS = (dg.AssetKey(["ml", name]) for name in ("scores", "alerts", "personas"))
LOOKALIKES, CURVES, VALUES = (dg.AssetKey(["ml", name]) for name in ("lookalikes", "lookalike_reaches", "values"))
READOUTS = dg.AssetKey(["ml", "readouts"])
SCORED = dg.AssetKey(["staging", "stg_ml__scores"])
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
    (check,) = evaluations(result)
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
    assert stations.builds == [(("--select", "stg_cards__credit_cards", *DATA_ONLY), True)]


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
    assert stations.builds == [(("--select", "business_report_monthly", "customer_monthly", *DATA_ONLY), True)]

    stations.failing = set()
    again = run_from_failure(instance, failed, FEATURES, REPORT, SCORES, SNAPSHOT)
    assert again.success
    (_, (arguments, continues)) = stations.builds
    assert continues
    assert {"business_report_monthly", "not_null_business_report_monthly_month_end_date"} <= set(arguments)
    assert not {"customer_monthly", "not_null_customer_monthly"} & set(arguments)
    assert made(again) >= {FEATURES, REPORT, SNAPSHOT}


def test_a_build_that_others_made_meanwhile_is_not_gone_on_with(
    instance: dg.DagsterInstance, stations: Stations
) -> None:
    stations.failing = {"business_report_monthly"}
    failed = run(instance, FEATURES, REPORT)
    stations.failing = set()
    stations.builds.append((("--select", "dim_products"), True))
    run_from_failure(instance, failed, FEATURES, REPORT)
    assert stations.builds[-1] == (("--select", "business_report_monthly", "customer_monthly", *DATA_ONLY), True)


def test_a_lock_is_waited_for(
    instance: dg.DagsterInstance, stations: Stations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)
    stations.held = 2
    result = run(instance, STAGED)
    assert result.success
    assert result.retry_attempts_for_node("build") == 2


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


def test_before_the_first_score_nothing_fails(instance: dg.DagsterInstance, stations: Stations) -> None:
    result = run(instance, SCORES, ALERTS, PERSONAS, SCORED)
    assert result.success
    assert made(result) == {SCORES, ALERTS, PERSONAS, SCORED}
    assert all(check.passed for check in evaluations(result))
    assert "scored_churn: nothing scores yet" in said(result, "ml__scores", "window")
    assert said(result, "ml__personas", "window") == "no personas are in use yet"


def test_what_can_not_score_keeps_its_scores_of_before_and_nobody_else(
    instance: dg.DagsterInstance, stations: Stations
) -> None:
    def score(_: object, names: list[str]) -> list[Any]:
        if names == ["churn"]:
            raise TaskError("churn: its champion knows other features than there are now")
        return [SimpleNamespace(rows=5, version="v1", as_of_date=date(2026, 10, 31))]

    def assign(_: object) -> None:
        raise RegistryError("personas: model.skops of v1 can't be read")

    stations.play("ml.registry.champion", lambda *_: "v1")
    stations.play("orchestration.defs.learning.scores.score_tasks", score)
    stations.play("orchestration.defs.learning.personas.assign_personas", assign)
    result = run(instance, SCORES, ALERTS, PERSONAS, SCORED)
    assert result.success
    assert made(result) == {SCORES, ALERTS, PERSONAS, SCORED}
    assert {check.check_name for check in evaluations(result) if not check.passed} == {"scored_churn", "assigned"}
    assert said(result, "ml__alerts", "dagster/row_count") == 5 * sum(bool(task.event_date) for task in TASKS.values())


def test_a_bank_too_young_to_learn_from_is_no_failure(instance: dg.DagsterInstance, stations: Stations) -> None:
    def train(*_: object) -> None:
        raise TooLittleDataError("churn: let more months come in")

    stations.play("orchestration.defs.learning.training.train_task", train)
    result = run(instance, CHURN)
    assert result.success
    assert said(result, "models__churn", "window") == "churn: let more months come in"
    assert said(result, "models__churn", "dagster/row_count") == 0


def test_a_task_that_learned_before_and_has_too_little_now_fails_and_is_not_tried_again(
    instance: dg.DagsterInstance, stations: Stations
) -> None:
    """Months that got lost: time won't help."""
    tries: list[int] = []

    def train(*_: object) -> None:
        tries.append(1)
        raise TooLittleDataError("churn: let more months come in")

    stations.play("orchestration.defs.learning.training.train_task", train)
    stations.play("ml.registry.versions", lambda *_: [{"version": "v1"}, {"version": "v2"}])
    result = run(instance, CHURN)
    assert not result.success
    assert len(tries) == 1


def test_a_broken_version_fails_what_it_is_of_and_is_not_tried_again(
    instance: dg.DagsterInstance, stations: Stations
) -> None:
    tries: list[int] = []

    def train(*_: object) -> None:
        tries.append(1)
        raise RegistryError("churn: model.skops of v1 can't be read")

    stations.play("orchestration.defs.learning.training.train_task", train)
    assert not run(instance, CHURN).success
    assert len(tries) == 1


@pytest.mark.parametrize("error", [DeclarationError("a.yml: arms are missing"), ReadoutError("the build lacks a mart")])
def test_an_experiment_that_can_not_be_read_fails_the_check(
    instance: dg.DagsterInstance, stations: Stations, error: CardinalError
) -> None:
    def read(_: object) -> None:
        raise error

    stations.play("orchestration.defs.learning.readouts.deliver_readouts", read)
    result = run(instance, READOUTS)
    assert made(result) == {READOUTS}
    assert [check.passed for check in evaluations(result)] == [False]


@pytest.mark.parametrize("error", [WarehouseError("open elsewhere"), IngestionError("another one is running")])
def test_a_lock_before_the_experiments_is_waited_for(
    instance: dg.DagsterInstance, stations: Stations, monkeypatch: pytest.MonkeyPatch, error: CardinalError
) -> None:
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)
    tries: list[int] = []

    def read(_: object) -> list[object]:
        tries.append(1)
        if len(tries) == 1:
            raise error
        return []

    stations.play("orchestration.defs.learning.readouts.deliver_readouts", read)
    result = run(instance, READOUTS)
    assert len(tries) == 2
    assert [check.passed for check in evaluations(result)] == [True]


def test_what_can_not_be_learned_keeps_nothing_else_from_learning(
    instance: dg.DagsterInstance, stations: Stations, tmp_path: Path
) -> None:
    def train(*_: object) -> None:
        raise TaskError("churn: its SQL asks for what isn't there")

    group = SimpleNamespace(name="Savers", description="hold funds", people=500)
    personas = SimpleNamespace(
        personas=(group,),
        as_of_date=date(2026, 10, 31),
        version="v1",
        agreement=SimpleNamespace(value=0.9),
        silhouette=0.4,
        is_champion=True,
    )
    stations.play("orchestration.defs.learning.training.train_task", train)
    stations.play("orchestration.defs.learning.personas.find_personas", lambda _: personas)
    result = run(instance, CHURN, GROUPS)
    assert not result.success
    assert made(result) == {GROUPS}
    assert said(result, "models__personas", "personas") == "Savers: hold funds"

    folder = tmp_path / "v1"
    learned = SimpleNamespace(
        rows={"learning": 7, "judgement": 2},
        window={"learning": (date(2026, 1, 31), date(2026, 3, 31)), "judgement": (date(2026, 6, 30),) * 2},
        version="v1",
        is_champion=False,
        metrics={"pr_auc": SimpleNamespace(value=0.5)},
        folder=folder,
    )
    stations.play("orchestration.defs.learning.training.train_task", lambda *_: learned)
    again = run(instance, CHURN, GROUPS)
    assert made(again) == {CHURN, GROUPS}
    assert said(again, "models__churn", "window") == "months 2026-01-31 to 2026-06-30"
    assert said(again, "models__churn", "link") == str(folder / "report.html")


def test_the_pool_is_ranked_for_each_segment_that_was_asked_for(
    instance: dg.DagsterInstance, stations: Stations
) -> None:
    result = run(instance, LOOKALIKES, CURVES)
    assert result.success
    assert said(result, "ml__lookalikes", "window") == "nobody asked for a segment's look-alikes yet"

    def rank(_: object, segment: str) -> Any:
        if segment == "few":
            raise TaskError("few: of its people 3 are in the pool")
        return SimpleNamespace(
            segment=segment, version="v1", as_of_date=date(2026, 10, 31), profiles=90, reaches=(1, 2), is_used=True
        )

    stations.play("ml.registry.tasks", lambda _: ["churn", "lookalike_few", "lookalike_travellers"])
    stations.play("orchestration.defs.learning.lookalikes.rank_lookalikes", rank)
    result = run(instance, LOOKALIKES, CURVES)
    assert result.success
    assert made(result) == {LOOKALIKES, CURVES}
    assert [check.passed for check in evaluations(result)] == [False]
    assert said(result, "ml__lookalikes", "dagster/row_count") == 90
    assert said(result, "ml__lookalikes", "window") == (
        "travellers as of 2026-10-31 by v1: 90 profiles; few: of its people 3 are in the pool"
    )


def test_values_are_forecast_by_what_was_learned(
    instance: dg.DagsterInstance, stations: Stations, tmp_path: Path
) -> None:
    assert said(run(instance, VALUES), "ml__values", "window") == "nothing forecasts yet"
    stations.play("ml.registry.champion", lambda *_: "v1")
    done = SimpleNamespace(version="v1", as_of_date=date(2026, 10, 31), people=7)
    stations.play("orchestration.defs.learning.values.forecast_values", lambda _: done)
    result = run(instance, VALUES)
    assert said(result, "ml__values", "window") == "as of 2026-10-31 by v1: 7 customers"
    assert said(result, "ml__values", "dagster/row_count") == 7


def test_every_asset_says_how_many_rows_of_when_how_long_it_took_and_where_it_lies(
    instance: dg.DagsterInstance, stations: Stations
) -> None:
    result = run(instance, CARDS, STAGED, SCORES, ALERTS, PERSONAS, SCORED, SNAPSHOT, POSTGRES)
    assert result.success
    events = [event for event in result.all_events if event.is_step_materialization]
    for event in events:
        metadata = event.step_materialization_data.materialization.metadata
        assert {"dagster/row_count", "window", "seconds", "link"} <= set(metadata), event.asset_key


def said(result: dg.JobExecutionResult, step: str, name: str) -> Any:
    return result.asset_materializations_for_node(step)[0].metadata[name].value
