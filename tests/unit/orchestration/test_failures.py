"""What is written down of a failure: what kind it is and where, never the values that a database quotes."""

from __future__ import annotations

from typing import Any

import dagster as dg
import duckdb
import polars as pl
import pytest

from cardinal.build import WarehouseError
from cardinal.contracts import ContractError
from tests.unit.orchestration.stations import SAID, Stations, evaluations, made, run, said

CHURN, READOUTS, SCORES, SCORED = (
    dg.AssetKey(path)
    for path in (["models", "churn"], ["ml", "readouts"], ["ml", "scores"], ["staging", "stg_ml__scores"])
)
STAGED, SNAPSHOT, POSTGRES, RETAINED = (
    dg.AssetKey(path)
    for path in (
        ["staging", "stg_cards__credit_cards"],
        ["published", "snapshot"],
        ["published", "postgres"],
        ["retained", "anonymous_ids"],
    )
)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)


def convert(*_: object, **__: object) -> Any:
    raise duckdb.ConversionException(SAID)


def cover(*_: object, **__: object) -> Any:
    try:
        convert()
    except duckdb.Error as error:
        raise WarehouseError("the warehouse can't be read: run `dbt build`") from error


def misread(*_: object, **__: object) -> Any:
    raise ContractError("sources.yml: a column lacks its type")


def written(instance: dg.DagsterInstance, result: dg.JobExecutionResult) -> str:
    return "\n".join(str(entry) for entry in instance.all_logs(result.run_id))


def reasons(result: dg.JobExecutionResult) -> dict[str, str]:
    """Return what the terminal says of the steps that failed."""
    from orchestration.lib.headless import _report

    return _report(result, []).failed_steps


def test_a_delivery_that_fails_in_whatever_way_fails_its_check_only(
    instance: dg.DagsterInstance, stations: Stations
) -> None:
    stations.play("ml.registry.champion", lambda *_: "v1")
    stations.play("orchestration.defs.learning.scores.score_tasks", convert)
    stations.play("orchestration.defs.learning.readouts.deliver_readouts", convert)
    result = run(instance, SCORES, READOUTS, SCORED)
    assert result.success
    assert made(result) == {SCORES, READOUTS, SCORED}
    assert {check.asset_key for check in evaluations(result) if not check.passed} == {SCORES, READOUTS}
    assert said(result, "ml__readouts", "window") == "ConversionException (where it was is in the log of the run)"
    assert "in convert" in written(instance, result), "the place is in the log"
    assert "ada.testova" not in written(instance, result)


def test_a_full_disk_is_tried_again(instance: dg.DagsterInstance, stations: Stations) -> None:
    tries: list[int] = []

    def read(_: object) -> list[object]:
        tries.append(1)
        if len(tries) == 1:
            # As its writer says, and by no errno.
            raise pl.exceptions.ComputeError("No space left on device (os error 28)")
        return []

    stations.play("orchestration.defs.learning.readouts.deliver_readouts", read)
    assert [check.passed for check in evaluations(run(instance, READOUTS))] == [True]
    assert len(tries) == 2


@pytest.mark.parametrize(
    ("name", "fail", "asset", "reason"),
    [
        ("orchestration.defs.learning.training.train_task", convert, CHURN, "ConversionException (where it was"),
        ("orchestration.lib.dbt_steps._measure", convert, STAGED, "ConversionException (where it was"),
        ("orchestration.defs.privacy.retained.retain", convert, RETAINED, "ConversionException (where it was"),
        ("orchestration.defs.publishing.published._count_rows", convert, SNAPSHOT, "ConversionException (where it was"),
        ("orchestration.defs.learning.training.train_task", misread, CHURN, "sources.yml: a column lacks its type"),
        ("orchestration.lib.dbt_steps.build_warehouse", cover, STAGED, "the warehouse can't be read: run `dbt build`"),
    ],
)
def test_what_a_database_quotes_is_neither_written_down_nor_shown(
    instance: dg.DagsterInstance, stations: Stations, name: str, fail: Any, asset: dg.AssetKey, reason: str
) -> None:
    stations.play(name, fail)
    result = run(instance, asset)
    (shown,) = reasons(result).values()
    assert shown.startswith(reason)
    assert "ada.testova" not in written(instance, result)


def test_the_terminal_shows_no_text_of_others(
    instance: dg.DagsterInstance, stations: Stations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARDINAL_POSTGRES_URL", "postgresql://nobody@127.0.0.1:1/bank")
    stations.play("orchestration.defs.publishing.published.current_snapshot", convert)
    (shown,) = reasons(run(instance, POSTGRES)).values()
    assert shown == "ConversionException (what was said is in the log of the run)"
