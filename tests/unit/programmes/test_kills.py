"""The run as a whole on files: killed by SIGKILL, run again, delivered once; and what it refuses."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from cardinal.cli.main import app
from cardinal.programmes.advancing import advance
from cardinal.programmes.declaration import ProgrammeError
from cardinal.programmes.state import open_state, read_state
from cardinal.settings import PROJECT_DIR, Settings
from tests.unit.programmes.bank import World, fill_tables, make_tables

PEOPLE = [f"p{number:04d}" for number in range(400)]


def publish(settings: Settings, world: World) -> None:
    """Publish a snapshot of a day."""
    folder = settings.published / "snapshots" / f"day-{world.day}"
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        for name in ("serving", "restricted"):
            connection.execute(f"attach '{folder}/{name}.duckdb' as {name}")
        make_tables(connection)
        fill_tables(connection, world)
    link = settings.published / "current"
    link.unlink(missing_ok=True)
    link.symlink_to(folder)


def world(day: int) -> World:
    people = PEOPLE[: 200 + 100 * day]
    return World(
        day,
        members={"hibernating": people, "birthday_soon": people[::2]},
        reach={person: ["email", "sms"] for person in people},
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", timezone="UTC")


def counts(settings: Settings) -> list[tuple[object, ...]]:
    with read_state(settings) as state:
        return state.execute(
            "select programme, status, step, count(*) from entries group by all"
            " union all select programme, channel, step, count(*) from messages group by all order by all"
        ).fetchall()


def delivered(settings: Settings, table: str, key: str) -> list[str]:
    files = sorted((settings.inbox / "activation" / table).rglob("*.parquet"))
    return [value for file in files for value in pl.read_parquet(file)[key].to_list()]


def test_killed_anywhere_the_next_run_makes_it_whole(settings: Settings, tmp_path: Path) -> None:
    whole = Settings(tmp_path / "whole", timezone="UTC")
    for day in (0, 1):
        publish(settings, world(day))
        publish(whole, world(day))
        advance(whole)
        command = [sys.executable, "-m", "cardinal", "programmes", "advance"]
        environment = {**os.environ, "CARDINAL_HOME": str(settings.home), "CARDINAL_TIMEZONE": "UTC"}
        luck = random.Random(day)
        for _ in range(4):
            begun = settings.programmes / "advance.lock"
            begun.unlink(missing_ok=True)
            process = subprocess.Popen(
                command, cwd=PROJECT_DIR, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            while not begun.exists() and process.poll() is None:
                time.sleep(0.01)
            time.sleep(luck.random() * 0.6)
            process.send_signal(signal.SIGKILL)
            process.wait()
        advance(settings)
        assert counts(settings) == counts(whole)
        for table, key in (("programme_entries", "entry_id"), ("programme_messages", "message_key")):
            assert delivered(settings, table, key) == delivered(whole, table, key)
    keys = delivered(settings, "programme_messages", "message_key")
    assert len(keys) == len(set(keys)) > 0


def test_the_same_snapshot_again_delivers_nothing(settings: Settings) -> None:
    publish(settings, world(0))
    assert sum(move.messages for move in advance(settings).moves) == 300
    before = sorted(settings.inbox.rglob("*.parquet")), counts(settings)
    assert sum(move.messages for move in advance(settings).moves) == 0
    assert (sorted(settings.inbox.rglob("*.parquet")), counts(settings)) == before
    assert (settings.programmes / "state.duckdb").stat().st_mode & 0o777 == 0o600


def test_what_was_not_delivered_is_delivered_by_the_next_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(settings, world(0))

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("cardinal.programmes.delivery.delivery.drop", fail)
        with pytest.raises(OSError, match="full"):
            advance(settings)
    assert not list(settings.inbox.rglob("*.parquet"))
    publish(settings, world(1))
    advance(settings)
    assert len(delivered(settings, "programme_messages", "message_key")) == 450


def test_an_older_snapshot_none_and_one_of_before_are_refused(settings: Settings) -> None:
    with pytest.raises(ProgrammeError, match="nothing is published yet"):
        advance(settings)
    publish(settings, world(1))
    advance(settings)
    publish(settings, world(0))
    with pytest.raises(ProgrammeError, match="publish a newer build"):
        advance(settings)
    publish(settings, world(2))
    with duckdb.connect(str(settings.published / "current" / "restricted.duckdb")) as connection:
        connection.execute("drop table audiences.audience_reach")
    with pytest.raises(ProgrammeError, match="audience_reach"):
        advance(settings)


def test_the_command_line_tells_who_is_where_and_why(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDINAL_HOME", str(settings.home))
    monkeypatch.setenv("CARDINAL_TIMEZONE", "UTC")
    said = CliRunner()
    assert "run cardinal programmes advance" in said.invoke(app, ["programmes", "list"]).output
    publish(settings, world(0))
    assert "As of 2024-01-02 00:00 UTC" in said.invoke(app, ["programmes", "advance"]).output
    listed = " ".join(said.invoke(app, ["programmes", "list"]).output.split())
    assert "reactivation 1 2 wait 7 days 200 200" in listed
    assert "birthday 1 completed 100 100" in listed
    told = said.invoke(app, ["programmes", "explain", "p0000"]).output
    assert "reactivation, version 1: entered 2024-01-02 00:00, at step 2 (wait 7 days) until 2024-01-09 00:00" in told
    assert "due: birthday by email (birthday 1, step 1: in segment birthday_soon on 2024-01-02)" in told
    nobody = said.invoke(app, ["programmes", "explain", "nobody"])
    assert nobody.exit_code == 1


def test_two_runs_at_once_are_refused(settings: Settings) -> None:
    publish(settings, world(0))
    with open_state(settings), pytest.raises(ProgrammeError, match="wait until that has ended"):
        advance(settings)
