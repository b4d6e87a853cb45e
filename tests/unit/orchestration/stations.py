"""The stations that steps call, played, and small jobs that call them. Dagster is the real one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import duckdb
import pytest

from cardinal.build import WarehouseError
from cardinal.dbt_build import BuildResult, NodeResult
from cardinal.ingestion.report import IngestReport
from cardinal.quality.report import Finding, GateReport

# What DuckDB says quotes the value.
SAID = "Conversion Error: Could not convert string 'ada.testova@gmail.com' to DATE when casting"
FOUND = "Got 2 results, configured to fail if != 0"
SMALL_JOB = "tests.unit.orchestration.small_job"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class Stations:
    """Plays what the steps call, and notes it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.failing: set[str] = set()
        self.landed: list[Finding] = []
        self.published: list[Finding] = []
        self.held = 0
        self.builds: list[tuple[tuple[str, ...], bool]] = []
        self.looked: list[tuple[bool, bool]] = []
        self.done: frozenset[str] = frozenset()
        self.patch = patch
        from orchestration.lib.dbt_project import load_manifest

        self.nodes = load_manifest()["nodes"].values()
        self.play("orchestration.defs.ingestion.lake.ingest", lambda *_: IngestReport())
        self.play("orchestration.defs.ingestion.landed.check_landed", self._check_landed)
        self.play("orchestration.lib.dbt_steps.build_warehouse", self.build)
        self.play("orchestration.lib.dbt_steps._measure", lambda _, nodes: (dict.fromkeys(nodes, 3), "arrived today"))
        self.play("orchestration.lib.dbt_steps.read_build", self._read_build)
        self.play("orchestration.defs.publishing.published.publish_snapshot", self.publish)
        self.play("cardinal.quality.gate.check_published", self._check_published)

    def play(self, name: str, played: Callable[..., Any]) -> None:
        """Put something in the place of what a step calls."""
        self.patch.setattr(name, played)

    def _check_landed(self, _: object, __: object, as_of: datetime | None, is_over: bool) -> GateReport:
        self.looked.append((as_of is not None, is_over))
        return GateReport("landed", "2026-10-31", datetime.now(UTC), tuple(self.landed), ())

    def _check_published(self, *_: object) -> GateReport:
        return GateReport("published", "build-1", datetime.now(UTC), tuple(self.published), ())

    def build(self, _: object, progress: Callable[..., None], *arguments: str, continues: bool = False) -> BuildResult:
        """Play build_warehouse."""
        if self.held:
            self.held -= 1
            raise WarehouseError("warehouse.duckdb is open in another program: close it")
        progress("everything", 1, 1)
        self.builds.append((arguments, continues))
        result = BuildResult(log=Path("dbt.log"), build_id=f"build-{len(self.builds)}")
        for node in self.nodes:
            read = {unique_id.split(".")[2] for unique_id in node["depends_on"].get("nodes", ())}
            if node["resource_type"] == "test":
                if ({node["name"]} | read) & set(arguments) and not read & self.failing:
                    failed = node["name"] in self.failing
                    result.nodes[node["unique_id"]] = NodeResult("fail" if failed else "pass", 0.5, "PASS")
                    result.failures |= {node["name"]: FOUND} if failed else {}
            elif node["name"] in arguments:
                failed = node["name"] in self.failing
                result.nodes[node["unique_id"]] = NodeResult("error" if failed else "success", 1.5, "OK")
                result.failures |= dict.fromkeys({node["name"]} & self.failing, SAID)
        self.done |= {unique_id for unique_id, node in result.nodes.items() if not node.is_failure}
        return result

    def _read_build(self, _: object) -> object:
        return SimpleNamespace(state=SimpleNamespace(build_id=f"build-{len(self.builds)}"), done=self.done)

    def publish(self, settings: Any, _: object, inspect: Callable[..., None] = lambda _: None) -> object:
        """Play publish_snapshot."""
        inspect({})
        settings.published.mkdir(parents=True, exist_ok=True)
        for name in settings.mart_files:
            with duckdb.connect(str(settings.published / f"{name}.duckdb")) as file:
                file.execute("create schema if not exists marts; create or replace table marts.one as from range(2)")
                file.execute(
                    "create schema if not exists cardinal; create or replace table cardinal.tables as"
                    " select 'marts' as schema_name, 'one' as table_name, [''] as key_columns"
                )
        build = SimpleNamespace(build_id="build-1", started_at=datetime(2026, 10, 31, tzinfo=UTC))
        return SimpleNamespace(build=build, is_new=False, file=lambda name: settings.published / f"{name}.duckdb")


def run(instance: dg.DagsterInstance, *assets: dg.AssetKey, **options: Any) -> dg.JobExecutionResult:
    names = tuple(asset.to_user_string() for asset in assets)
    job = dg.build_reconstructable_job(SMALL_JOB, "get_small_job", reconstructable_args=names)
    return dg.execute_job(job, instance, run_config=QUIET, **options)


def run_from_failure(instance: dg.DagsterInstance, failed: dg.JobExecutionResult, *assets: dg.AssetKey) -> Any:
    options = dg.ReexecutionOptions.from_failure(failed.run_id, instance)
    return run(instance, *assets, reexecution_options=options, tags={"dagster/is_resume_retry": "true"})


def made(result: dg.JobExecutionResult) -> set[dg.AssetKey]:
    return {event.asset_key for event in result.all_events if event.is_step_materialization and event.asset_key}


def evaluations(result: dg.JobExecutionResult) -> list[dg.AssetCheckEvaluation]:
    kind = dg.DagsterEventType.ASSET_CHECK_EVALUATION
    return [event.asset_check_evaluation_data for event in result.all_events if event.event_type is kind]


def said(result: dg.JobExecutionResult, step: str, name: str) -> Any:
    return result.asset_materializations_for_node(step)[0].metadata[name].value
