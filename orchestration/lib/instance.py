"""Dagster's own home within CARDINAL_HOME: its settings, the records of runs, and which of them are dead."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import dagster as dg

from cardinal.errors import CardinalError
from cardinal.settings import Settings
from cardinal.single_run import single_run

SETTINGS_FILE = Path(__file__).parents[1] / "dagster.yaml"
UI_LOCK = "ui"
# Who begins or ends just now is without a lock for a moment.
DOUBT_SECONDS = 3.0
UNFINISHED = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING)


class RunningError(CardinalError):
    """Another process does what this one wants to do."""


def dagster_home(settings: Settings) -> Path:
    """Return Dagster's home, made or brought up to the project's settings."""
    home = settings.home / "dagster"
    settings.home.mkdir(parents=True, exist_ok=True)
    home.mkdir(exist_ok=True, mode=0o700)
    shutil.copyfile(SETTINGS_FILE, home / SETTINGS_FILE.name)
    return home


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """Open the records of runs, and close those whose process was killed."""
    instance = dg.DagsterInstance.from_config(str(dagster_home(settings)))
    end_dead_runs(settings, instance)
    return instance


@contextmanager
def alive(settings: Settings, name: str) -> Iterator[None]:
    """Hold a lock, named by a run or the pages, by which others see that the process of it lives."""
    path = _lock(settings, name)
    problem = RunningError(f"it is running on {settings.home} already: end that first")
    if name == UI_LOCK:
        with single_run(path, problem):
            yield
        return
    # It has its name once it is held: who looks whether it is held would be in the way.
    nameless = path.with_name(f"{name}.new")
    try:
        with single_run(nameless, problem):
            nameless.replace(path)
            yield
    finally:
        path.unlink(missing_ok=True)


def end_dead_runs(settings: Settings, instance: dg.DagsterInstance) -> None:
    """Record as failed what was killed, so that it can be run again from there, and let go of its place in the pool."""
    suspects = {run.run_id for run in _without_process(settings, instance)}
    if suspects:
        sleep(DOUBT_SECONDS)
        for run in _without_process(settings, instance):
            if run.run_id in suspects:
                instance.report_run_failed(run, "Its process was killed.")
                _lock(settings, run.run_id).unlink(missing_ok=True)
    for run_id in instance.event_log_storage.get_concurrency_run_ids():
        holder = instance.get_run_by_id(run_id)
        if holder is None or holder.is_finished:
            instance.event_log_storage.free_concurrency_slots_for_run(run_id)


def _without_process(settings: Settings, instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    pages_live = _is_alive(settings, UI_LOCK)
    return [
        run
        for run in instance.get_runs(dg.RunsFilter(statuses=list(UNFINISHED)))
        # What the pages start takes its lock once it has loaded.
        if not (run.status is dg.DagsterRunStatus.STARTING and pages_live) and not _is_alive(settings, run.run_id)
    ]


def _is_alive(settings: Settings, name: str) -> bool:
    path = _lock(settings, name)
    if not path.exists():
        return False
    try:
        with single_run(path, RunningError(name)):
            return False
    except RunningError:
        return True


def _lock(settings: Settings, name: str) -> Path:
    folder = settings.home / "dagster" / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name
