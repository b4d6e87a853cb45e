"""The build: dbt in a process of its own, and what it says meanwhile."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cardinal.build import WarehouseError, open_database
from cardinal.dbt_process import command
from cardinal.settings import Settings

FAILED = {"error", "fail", "runtime error"}
Progress = Callable[[str, int, int], None]


class BuildStoppedError(WarehouseError):
    """dbt ended before it built anything.

    Attributes:
        reason: Why, without the place of the log.
    """

    def __init__(self, reason: str, log: Path) -> None:
        super().__init__(f"{reason} (log: {log})")
        self.reason = reason


@dataclass(frozen=True)
class NodeResult:
    """How one model, seed or test ended.

    Attributes:
        status: dbt's word for it: success, pass, warn, fail, error, ...
        seconds: How long it took.
        message: What dbt says of it, such as how many rows a test found.
    """

    status: str
    seconds: float
    message: str

    @property
    def is_failure(self) -> bool:
        """Whether it failed; a test that only warns didn't."""
        return self.status in FAILED


@dataclass
class BuildResult:
    """What a `dbt build` did.

    Attributes:
        models: Models, seeds and snapshots built.
        tests: Tests passed, unit tests included.
        warnings: Names of the tests that only warn.
        failures: Failing nodes, with what dbt says about each.
        skipped: Nodes left out because one before them failed.
        nodes: How each node that wasn't skipped ended, by its unique id.
        build_id: dbt's invocation, by which the files of marts name the build.
        log: File with everything that dbt had to say.
    """

    log: Path
    build_id: str = ""
    models: int = 0
    tests: int = 0
    skipped: int = 0
    warnings: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, NodeResult] = field(default_factory=dict)


def build_warehouse(settings: Settings, progress: Progress, *arguments: str, continues: bool = False) -> BuildResult:
    """Run `dbt build` on the project, show how far it is, and keep its whole log under the home.

    arguments: More options for `dbt build`; none builds and tests everything. continues: Go on with the build that lies
    there (macros/publishing/continues_build) instead of beginning one.

    Raises:
        WarehouseError: A file of the build is open elsewhere.
        BuildStoppedError: dbt ended before it built anything.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    for file in (settings.warehouse, *settings.mart_files.values()):
        if file.exists():
            with open_database(file, read_only=False):
                pass  # Only to find out that nobody else holds it, before dbt takes its time.
    logs = settings.home / "logs"
    places = (
        "--project-dir",
        settings.project_dir,
        "--profiles-dir",
        settings.project_dir,
        "--log-path",
        logs,
    )
    result = BuildResult(log=logs / "dbt.log")
    stopped_by = ""
    with subprocess.Popen(  # noqa: S603 - our own interpreter and fixed arguments
        command("--log-format", "json", "build", *map(str, places), *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**settings.subprocess_environment(), "CARDINAL_CONTINUES_BUILD": "true" if continues else ""},
        cwd=settings.project_dir,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        try:
            for line in process.stdout:
                stopped_by = _read_event(line, result, progress) or stopped_by
        except BaseException:
            # A run that is ended waited for the end of dbt.
            process.kill()
            process.wait()
            raise
    if process.returncode and not result.failures:
        reason = stopped_by or f"dbt ended with exit code {process.returncode}"
        raise BuildStoppedError(reason, result.log)
    return result


def _read_event(line: str, result: BuildResult, progress: Progress) -> str | None:
    """Take one line of dbt's log into the result; return the message of an event that stops the run."""
    try:
        event: dict[str, Any] = json.loads(line)
        name, data = event["info"]["name"], event["data"]
    except (ValueError, KeyError, TypeError):
        return None
    result.build_id = str(event["info"].get("invocation_id") or result.build_id)
    node = data.get("node_info") or {}
    identifier = str(node.get("unique_id", "")).split(".")
    short_name = identifier[2] if len(identifier) > 2 else ""
    if name == "MainEncounteredError":
        return _first_lines(str(data.get("exc", "")))
    if name == "SkippingDetails":
        result.skipped += 1
    elif name == "RunResultError":
        result.failures[short_name] = _first_lines(str(data.get("msg", "")))
    elif name.startswith("Log") and name.endswith("Result"):
        status = str(data.get("status", "")).lower()
        _count_node(status, str(node.get("resource_type", "")), short_name, result)
        result.nodes[str(node.get("unique_id"))] = NodeResult(
            status, float(data.get("execution_time") or 0), str(event["info"].get("msg", ""))
        )
        progress(short_name, int(data.get("index", 0)), int(data.get("total", 0)))
    return None


def _count_node(status: str, resource_type: str, name: str, result: BuildResult) -> None:
    if status in FAILED:
        result.failures.setdefault(name, status)
    elif status == "warn":
        result.warnings.append(name)
    elif resource_type in ("test", "unit_test"):
        result.tests += 1
    elif resource_type in ("model", "seed", "snapshot"):
        result.models += 1


def _first_lines(message: str) -> str:
    """Return what an error says without dbt's heading and its list of macros."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    told = [line for line in lines[1:] if not line.startswith(">")] or lines
    return " ".join(told[:3])[:500]
