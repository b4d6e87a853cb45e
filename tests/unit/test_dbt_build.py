"""Reading what dbt says while it builds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cardinal.build import WarehouseError
from cardinal.dbt_build import BuildResult, _read_event, build_warehouse
from cardinal.settings import PROJECT_DIR, Settings
from tests.unit.holding import holding


def no_progress(description: str, done: int, total: int) -> None:
    """Tell nobody."""


def event(name: str, status: str = "", kind: str = "model", node: str = "orders", **data: Any) -> str:
    info = {"unique_id": f"{kind}.cardinal.{node}", "resource_type": kind}
    return json.dumps({"info": {"name": name}, "data": {"node_info": info, "status": status, **data}})


def read(*lines: str) -> BuildResult:
    result = BuildResult(log=Path("dbt.log"))
    for line in lines:
        _read_event(line, result, no_progress)
    return result


@pytest.mark.parametrize("held", ["warehouse", "serving", "restricted"])
def test_a_build_does_not_begin_while_another_program_holds_one_of_its_files(tmp_path: Path, held: str) -> None:
    settings = Settings(home=tmp_path)
    file = {"warehouse": settings.warehouse, **settings.mart_files}[held]
    with holding(file) as pid, pytest.raises(WarehouseError, match=f"{file.name} is open in .*process {pid}.: close"):
        build_warehouse(settings, no_progress)


def test_models_tests_and_warnings_are_counted() -> None:
    result = read(
        event("LogModelResult", "success"),
        event("LogSeedResult", "success", kind="seed", node="products"),
        event("LogTestResult", "pass", kind="test", node="unique_orders"),
        event("LogTestResult", "pass", kind="unit_test", node="orders"),
        event("LogTestResult", "warn", kind="test", node="relationships_orders"),
        event("LogStartLine", "", node="ignored"),
        event("LogNodeNoOpResult", "no-op", kind="exposure", node="a_report"),
        "not json",
        '{"no": "event"}',
    )
    assert (result.models, result.tests, result.warnings) == (2, 2, ["relationships_orders"])
    assert result.failures == {}


def test_failures_say_what_dbt_says_without_its_heading() -> None:
    message = "Runtime Error in model orders (orders.sql)\n  Column x not found\n  > in macro y (y.sql)"
    result = read(
        event("LogModelResult", "error"),
        event("SkippingDetails", "skipped", node="customers"),
        event("RunResultError", msg=message),
        event("LogTestResult", "fail", kind="test", node="unique_orders"),
    )
    assert result.failures == {"orders": "Column x not found", "unique_orders": "fail"}
    assert (result.models, result.tests, result.skipped) == (0, 0, 1)


def test_progress_follows_the_nodes() -> None:
    seen: list[tuple[str, int, int]] = []

    def note(description: str, done: int, total: int) -> None:
        seen.append((description, done, total))

    result = BuildResult(log=Path("dbt.log"))
    for index in (1, 2):
        line = event("LogModelResult", "success", node=f"m{index}", index=index, total=2)
        _read_event(line, result, note)
    assert seen == [("m1", 1, 2), ("m2", 2, 2)]


def test_a_build_before_any_data_says_what_to_run_first(tmp_path: Path) -> None:
    """dbt ends before its first node; its own sentence has to reach the person, and the log the home."""
    settings = Settings(home=tmp_path / "home", project_dir=PROJECT_DIR)
    with pytest.raises(WarehouseError, match=r"There is no lake under .* yet: run `make demo`"):
        build_warehouse(settings, no_progress)
    assert (settings.home / "logs" / "dbt.log").exists()
