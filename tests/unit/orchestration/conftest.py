"""The code location, loaded once a process, for a bank in another time zone than the demo's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from cardinal.settings import PROJECT_DIR, Settings
from tests.dbt_process import run_dbt
from tests.unit.orchestration.stations import Stations

TIMEZONE = "Europe/Prague"


@pytest.fixture(scope="session")
def location(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    """Import the definitions as Dagster does, with a manifest that dbt parsed here."""
    home = tmp_path_factory.mktemp("location")
    target = home / "target"
    bank = {"CARDINAL_HOME": str(home), "DBT_TARGET_PATH": str(target), "CARDINAL_TIMEZONE": TIMEZONE}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in bank.items():
            patch.setenv(name, value)
        parsed = run_dbt("--quiet", "parse", folder=PROJECT_DIR, environment={**os.environ, "DBT_LOG_PATH": str(home)})
        assert parsed.returncode == 0, parsed.stdout
        from orchestration.definitions import defs

        return defs


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Begin a home of its own for a test."""
    monkeypatch.setenv("CARDINAL_HOME", str(tmp_path / "home"))
    for name in ("CARDINAL_TIMEZONE", "CARDINAL_POSTGRES_URL", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


@pytest.fixture(scope="session")
def records(location: dg.Definitions, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """Open one place for the records of all runs: making its tables takes seconds."""
    from orchestration.lib.instance import open_instance

    with open_instance(Settings(tmp_path_factory.mktemp("records"))) as opened:
        yield opened


@pytest.fixture
def instance(records: dg.DagsterInstance, home: Path) -> dg.DagsterInstance:
    """Give a test the records; what it makes goes into a home of its own."""
    return records


@pytest.fixture
def stations(location: dg.Definitions, monkeypatch: pytest.MonkeyPatch) -> Stations:
    """Play the stations."""
    return Stations(monkeypatch)
