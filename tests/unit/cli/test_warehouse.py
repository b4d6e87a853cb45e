"""Opening the warehouse, and reading what dbt says while it builds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cardinal.cli.warehouse import BuildResult, WarehouseError, _read_event, build_warehouse, open_warehouse
from cardinal.settings import PROJECT_DIR, Settings

HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print('held', flush=True)
sys.stdin.read()
"""


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


def test_a_warehouse_held_by_another_process_is_named_in_one_line(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(settings.warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(WarehouseError) as caught, open_warehouse(settings):
            pytest.fail("the warehouse was opened although another process writes it")
        assert f"process {holder.pid}" in str(caught.value)
        assert "\n" not in str(caught.value)
        with pytest.raises(WarehouseError, match="close it there and try again"):
            build_warehouse(settings, no_progress)
        holder.communicate("")


def test_a_file_that_is_no_warehouse_is_named(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.warehouse.write_text("not a database, but long enough to be read as one " * 100)
    with pytest.raises(WarehouseError, match=r"warehouse\.duckdb can't be opened"), open_warehouse(settings):
        pytest.fail("a text file was opened as a warehouse")


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
