"""dbt ends with who started it: nothing writes the warehouse unseen. dbt is played, and holds it for a minute."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from cardinal.build import WarehouseError, open_database
from cardinal.dbt_build import build_warehouse
from cardinal.settings import PROJECT_DIR, Settings

NODE = {"unique_id": "model.cardinal.orders", "resource_type": "model"}
EVENT = json.dumps({"info": {"name": "LogModelResult"}, "data": {"node_info": NODE, "status": "success"}})
DBT = f"""
import os, time, duckdb
def cli():
    connection = duckdb.connect(os.environ["CARDINAL_HOME"] + "/warehouse.duckdb")
    print('{EVENT}', flush=True)
    time.sleep(60)
"""
STARTER = """
from cardinal.dbt_build import build_warehouse
from cardinal.settings import load_settings
build_warehouse(load_settings(), lambda *_: print("builds", flush=True))
"""
SOON = 20.0


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Begin a home, and put a played dbt before the real one."""
    folder = tmp_path / "played/dbt/cli"
    folder.mkdir(parents=True)
    for file in (folder.parent / "__init__.py", folder / "__init__.py"):
        file.touch()
    (folder / "main.py").write_text(DBT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "played"))
    return Settings(home=tmp_path / "home", project_dir=PROJECT_DIR)


def test_dbt_ends_when_who_started_it_is_killed(settings: Settings) -> None:
    environment = {**os.environ, "CARDINAL_HOME": str(settings.home)}
    starter = [sys.executable, "-c", STARTER]
    with subprocess.Popen(starter, env=environment, cwd=PROJECT_DIR, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "builds\n"
        process.kill()
    end = monotonic() + SOON
    while is_held(settings) and monotonic() < end:
        sleep(0.2)
    assert not is_held(settings)


def test_a_build_that_is_ended_ends_dbt(settings: Settings) -> None:
    def end(*_: object) -> None:
        raise SystemExit

    begin = monotonic()
    with pytest.raises(SystemExit):
        build_warehouse(settings, end)
    assert monotonic() - begin < SOON
    assert not is_held(settings)


def is_held(settings: Settings) -> bool:
    try:
        with open_database(settings.warehouse, read_only=False):
            return False
    except WarehouseError:
        return True
