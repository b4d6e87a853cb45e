"""A number is the person's where it stands as a value of theirs can; counts and amounts are nobody's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cardinal.activation.ledger import open_ledger
from cardinal.privacy.destinations import held_keys
from cardinal.privacy.lake_erasure import remove_rows
from cardinal.privacy.state_files import erase_from_database, erase_from_records, erase_from_text, state_files
from cardinal.settings import Settings


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create table erased (kind varchar, text varchar)")
        opened.execute(
            "insert into erased values ('contact', '108777'), ('crm.contacts', '108777'), ('phone', '+66812345678'),"
            " ('phone', '66812345678'), ('email', 'somchai@x.th'), ('account', '9988776655'), ('person', 'p_gone')"
        )
        yield opened


# What a destination was sent of others, and of the person.
OTHERS = (
    {"points_balance": 108777}, {"points": [108777, 5]}, {"cif_no": "108777"}, {"limit": 108777.0, "note": "108"},
    {"deep": {"rows": -108777}}, {"account_no": 108777},
)  # fmt: skip
THEIRS = (
    {"contact_id": "108777"}, {"contact_id": 108777}, {"crm": "108777"}, {"phone": 66812345678},
    {"user_id": "9988776655"},
    {"Email": "somchai@x.th"}, {"to": ["108777"]}, {"ids": [{"id": "9988776655"}], "points": 5},
)  # fmt: skip


def test_a_ledger_loses_the_person_and_nobody_else(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    settings = Settings(tmp_path)
    settings.outbox.mkdir()
    rows = [(f"other{n}", said) for n, said in enumerate(OTHERS)] + [
        (f"their{n}", said) for n, said in enumerate(THEIRS)
    ]
    with open_ledger(settings.outbox) as ledger:
        for key, said in rows:
            payload = json.dumps(said)
            for sync, acked, maybe, intent in (
                ("acked", payload, [], None), ("maybe", None, ["{}", payload], None), ("intent", None, [], payload),
            ):  # fmt: skip
                ledger.execute(
                    "insert into state values (?, ?, ?, ?, 1, 'add', ?, 'uncertain', null, 'r', null)",
                    [sync, key, acked, maybe, intent],
                )
        ledger.execute("insert into state values ('acked', 'p_gone', '{}', [], 1, null, null, null, null, 'r', null)")
        ledger.execute(
            "insert into runs (run_id, sync, fingerprint, status, started_at, as_of_date, is_delivered, accepted_count)"
            " values ('r', 'acked', 'f', 'done', now(), current_date, true, 108777)"
        )
    theirs = [f"their{n}" for n in range(len(THEIRS))]
    found = held_keys(connection, settings, "erased")
    assert found == {"acked": ["p_gone", *theirs], "intent": theirs, "maybe": theirs}
    assert erase_from_database(connection, settings.outbox / "ledger.duckdb", "erased") == 3 * len(THEIRS) + 1
    with open_ledger(settings.outbox) as ledger:
        assert ledger.execute("select count(*), bool_and(key like 'other%') from state").fetchall() == [
            (3 * len(OTHERS), True)
        ]
        assert ledger.execute("select count(*) from runs").fetchall() == [(1,)]


def test_columns_of_numbers_are_nobody_s_unless_they_are_called_so(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    path = tmp_path / "a.parquet"
    connection.execute(
        f"""copy (
            select * from (values (1, 108777, null::bigint, null, null), (2, 1, 108777, null, null),
                (3, 1, null, {{'n': 108777, 't': 'x'}}, null), (4, 1, null, {{'n': 1, 't': 'somchai@x.th'}}, null),
                (5, 1, null, null, '108777'), (6, 1, null, null, '5'))
                as t (number, points, contact_id, about, customer)
        ) to '{path}' (format parquet)"""
    )
    assert remove_rows(connection, path) == 3
    assert connection.execute(f"select number from '{path}' order by 1").fetchall() == [(1,), (3,), (6,)]


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("a.jsonl", '{"n":108777}\n{"n":"108777"}\n', '{"n":108777}\n'),
        ("b.csv", "row_id,op,key,Points_Balance\nr1,add,k1,108777\nr2,add,108777,5\n",
         "row_id,op,key,Points_Balance\nr1,add,k1,108777\n"),
        ("c.csv", "row_id,cif_no,contact_id\nr1,108777,1\nr2,1,108777\n", "row_id,cif_no,contact_id\nr1,108777,1\n"),
        ("d.json", '{\n "rows": 108777,\n "all": [\n  108777]\n}', '{\n "rows": 108777,\n "all": [\n  108777]\n}'),
        ("e.json", '{\n "who": "contact 108777"\n}\n', None),
        ("f.log", "no answer for 108777\n[warning] 66812345678 is no number\n[info] ok\n", "[info] ok\n"),
    ],
)  # fmt: skip
def test_texts_lose_the_person_and_no_count(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, name: str, text: str, left: str | None
) -> None:
    path = tmp_path / name
    path.write_text(text)
    erase_from_text(connection, path, "erased")
    assert (path.read_text() if path.exists() else None) == left


def test_records_of_runs_lose_the_person_and_no_count(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    import sqlite3

    path = tmp_path / "runs.db"
    with sqlite3.connect(path) as file:
        file.execute("create table event_logs (id integer primary key, event text, rows integer)")
        file.executemany(
            "insert into event_logs values (?, ?, ?)",
            [
                (1, '{"rows": 108777}', 1),
                (2, "x", 108777),
                (3, '{"error": "not sent: \\"108777\\""}', 1),
                (108777, "", 1),
            ],
        )
    assert erase_from_records(connection, path, "erased") == 1
    with sqlite3.connect(path) as file:
        assert [row for (row,) in file.execute("select id from event_logs order by 1")] == [1, 2, 108777]


def test_models_stay(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    version = tmp_path / "registry" / "fraud" / "1" / "version.json"
    version.parent.mkdir(parents=True)
    version.write_text('{"rows": 108777}')
    assert list(state_files(settings, ".json")) == []
