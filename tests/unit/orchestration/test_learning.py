"""What is learned, and what it says of people: what fails alone, what is tried again, and what each step says."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from cardinal.build import WarehouseError
from cardinal.errors import CardinalError
from cardinal.experiments.declaration import DeclarationError
from cardinal.experiments.readout import ReadoutError
from cardinal.ingestion.errors import IngestionError
from ml.registry import RegistryError
from ml.task import SmallFoldError, TaskError, TooLittleDataError
from ml.tasks import TASKS
from tests.unit.orchestration.stations import Stations, evaluations, made, run, said

CHURN, GROUPS = dg.AssetKey(["models", "churn"]), dg.AssetKey(["models", "personas"])
SCORES, ALERTS, PERSONAS = (dg.AssetKey(["ml", name]) for name in ("scores", "alerts", "personas"))
LOOKALIKES, CURVES, VALUES = (dg.AssetKey(["ml", name]) for name in ("lookalikes", "lookalike_reaches", "values"))
READOUTS = dg.AssetKey(["ml", "readouts"])
SCORED = dg.AssetKey(["staging", "stg_ml__scores"])


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


def test_a_fold_that_falls_under_the_least_keeps_what_was_learned(
    instance: dg.DagsterInstance, stations: Stations
) -> None:
    """21 in September's fold, 18 in October's: there is nothing to put right."""

    def train(*_: object) -> None:
        raise SmallFoldError("churn: of the 900 rows for judgement, 18 are positive")

    stations.play("orchestration.defs.learning.training.train_task", train)
    stations.play("ml.registry.versions", lambda *_: [{"version": "v1"}])
    result = run(instance, CHURN)
    assert result.success
    assert said(result, "models__churn", "window") == (
        "churn: of the 900 rows for judgement, 18 are positive; what was learned before stays"
    )
    assert said(result, "models__churn", "dagster/row_count") == 0


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
