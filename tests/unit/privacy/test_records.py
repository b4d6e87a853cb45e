"""Dagster's records of runs outlive the people whom an error's text named: they are erased from there too."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from cardinal.errors import CardinalError
from cardinal.privacy.state_files import erase_from_records

SAID = [
    "Conversion Error: Could not convert string 'ada.testova@gmail.com' to DATE",
    'at "ada.testova@gmail.com"',
]
OTHER = "Conversion Error: Could not convert string 'bob.testov@gmail.com' to DATE"


def test_rows_that_name_the_person_go_and_leave_no_trace_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    with closing(sqlite3.connect(path)) as file:
        file.execute("pragma journal_mode = wal")
        file.execute("create table event_logs (id integer primary key, event text)")
        file.executemany("insert into event_logs (event) values (?)", [(json.dumps({"m": m}),) for m in (*SAID, OTHER)])
        file.commit()
    with duckdb.connect() as connection:
        connection.execute("create table erased as select 'email' as kind, 'ada.testova@gmail.com' as text")
        assert erase_from_records(connection, path, "erased") == 2
        assert erase_from_records(connection, path, "erased") == 0
    with closing(sqlite3.connect(path)) as file:
        ((left,),) = file.execute("select event from event_logs").fetchall()
    assert "bob.testov" in left
    assert not [beside for beside in tmp_path.iterdir() if b"ada.testova" in beside.read_bytes()]


def test_records_that_a_run_writes_stop_the_erasure_and_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    with closing(sqlite3.connect(path)) as file, duckdb.connect() as connection:
        file.execute("create table event_logs (id integer primary key, event text)")
        file.execute("insert into event_logs (event) values ('ada.testova@gmail.com')")
        file.commit()
        connection.execute("create table erased as select 'email' as kind, 'ada.testova@gmail.com' as text")
        file.execute("begin exclusive")
        with pytest.raises(CardinalError, match=r"index\.db is in use: end Dagster's pages"):
            erase_from_records(connection, path, "erased")
