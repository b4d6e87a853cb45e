"""Who says that they want no more is left out of the very next run, before any build knows of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cardinal.activation.destination import Answer, Batch, UnavailableError, row_id
from cardinal.activation.ledger import open_ledger
from cardinal.activation.persons import name_currently
from cardinal.activation.unsubscribe import make_token
from cardinal.activation.withdrawals import find_withdrawn
from cardinal.receiving.events import Taken, read_events, unsubscribed
from cardinal.receiving.spool import Spool
from tests.unit.activation.desk import Desk, desk
from tests.unit.activation.destinations.receiver import Receiver, listening
from tests.unit.activation.knowing import merge
from tests.unit.receiving.serving import ENVIRONMENT, UNSUBSCRIBE, receiving

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=300)
LINE_ID = "U" + "0" * 31 + "1"


class KilledError(BaseException):
    """The process dies."""


class Killed:
    """Takes a batch, and the process dies before its answer."""

    def send(self, batch: Batch) -> Answer:
        raise KilledError

    def was_taken(self, batch_key: str) -> bool | None:
        raise UnavailableError("nobody is there")

    def close(self) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening(Receiver()) as listening_receiver:
        yield listening_receiver


@pytest.fixture
def table(tmp_path: Path, receiver: Receiver) -> Desk:
    return desk(tmp_path / "home", receiver.url)


def publish(
    table: Desk, people: int = 6, since: datetime = LONG_AGO, hours: int = 1, told: dict[str, str] | None = None
) -> None:
    """People p0, p1 and so on, in a table that tells purpose and channel as sync_ models do."""
    told = {"purpose": "marketing", "channel": "email", "audience": "win_back", **(told or {})}
    table.publish([(f"p{number}", str(number)) for number in range(people)])
    with duckdb.connect(str(table.settings.published / "restricted.duckdb")) as connection:
        columns = ", ".join(f"'{value}' as {name}" for name, value in told.items())
        connection.execute(
            f"create or replace table audiences.sync_webhook__people as select *, {columns},"
            f" timestamp '{since:%Y-%m-%d %H:%M:%S}' as consent_since_at,"
            f" if(person_id = 'p1', '{LINE_ID}', 'other') as line_user_id from audiences.sync_webhook__people"
        )
        connection.execute(
            "create or replace table cardinal.build as"
            f" select now() at time zone 'UTC' - interval {hours} hour as whole_started_at"
        )


def tell(table: Desk, *kinds: str, person: str = "p1", now: datetime = NOW) -> None:
    """Let a receiver be told of a row that was sent as the first of its key."""
    row = row_id("people", person, 1)
    told, refused = read_events(
        "mailer", [{"kind": kind, "id": row, "occurred_at": now.isoformat()} for kind in kinds], now
    )
    assert not refused
    keep(table, told)


def keep(table: Desk, *told: Taken) -> None:
    spool = Spool(table.settings)
    spool.write(told)
    spool.close()


def other(table: Desk, name: str = "others", **changes: Any) -> Desk:
    """The same table, sent by another sync."""
    return dataclasses.replace(table, sync=dataclasses.replace(table.sync, name=name, **changes))


def test_a_click_between_build_and_apply_takes_somebody_out_at_once(
    table: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    publish(table)
    table.apply()
    with receiving(table.settings) as sender:
        assert sender.client.post(f"/u/{make_token(UNSUBSCRIBE.encode(), 'people', 'p1')}").status_code == 200
        # Before its batch is released.
        plan = table.plan()
        assert {name: count for name, count in plan.counts.items() if count} == {"same": 5, "remove": 1, "withdrawn": 1}
        # Whoever gets a message by another sync of that purpose and channel doesn't get it either.
        assert other(table).plan().counts["add"] == 5
    table.apply()
    assert sorted(receiver.rows) == ["p0", "p2", "p3", "p4", "p5"]
    assert table.apply() is None
    publish(table, people=7)
    table.apply()
    assert sorted(receiver.rows) == ["p0", "p2", "p3", "p4", "p5", "p6"]


@pytest.mark.parametrize(
    ("kind", "told", "withdrawn"),
    [
        ("unsubscribed", {}, 1),
        ("unsubscribed", {"purpose": "credit_offers"}, 0),
        ("unsubscribed", {"channel": "sms"}, 0),
        ("complained", {"purpose": "credit_offers"}, 1),
        ("complained", {"channel": "sms"}, 0),
        ("bounced", {"purpose": "credit_offers"}, 1),
        ("bounced", {"channel": "sms"}, 0),
        ("opened", {}, 0),
    ],
)
def test_how_far_it_reaches(table: Desk, kind: str, told: dict[str, str], withdrawn: int) -> None:
    publish(table)
    table.apply()
    tell(table, kind)
    publish(table, told=told)
    assert other(table).plan().counts["withdrawn"] == withdrawn


@pytest.mark.parametrize(("kind", "withdrawn"), [("unsubscribed", 0), ("complained", 1), ("bounced", 1)])
def test_who_agreed_again_since_gets_messages_again(table: Desk, kind: str, withdrawn: int) -> None:
    publish(table)
    table.apply()
    tell(table, kind)
    publish(table, since=NOW + timedelta(seconds=5))
    assert table.plan().counts["withdrawn"] == withdrawn


@pytest.mark.parametrize(("kind", "days", "withdrawn"), [("bounced", 6, 1), ("bounced", 8, 0), ("unsubscribed", 99, 1)])
def test_after_a_week_the_warehouse_judges_what_bounced(table: Desk, kind: str, days: int, withdrawn: int) -> None:
    publish(table)
    table.apply()
    tell(table, kind, now=NOW - timedelta(days=days))
    assert table.plan().counts["withdrawn"] == withdrawn


def test_nothing_of_an_event_that_was_not_sent_yet_leaves(tmp_path: Path, receiver: Receiver) -> None:
    table = desk(tmp_path / "home", receiver.url, mode="event")
    publish(table, people=2)
    table.apply()
    tell(table, "unsubscribed")
    news = other(table)
    assert news.plan().counts["withdrawn"] == 1
    news.apply()
    assert [key for key, *_ in receiver.taken] == ["p0", "p1", "p0"]


def test_what_is_told_while_a_run_sends_holds_once_it_ended(table: Desk) -> None:
    publish(table)
    tell(table, "complained")
    assert table.plan().counts["withdrawn"] == 0
    table.apply()
    assert table.plan().counts | {"same": 5, "remove": 1, "withdrawn": 1} == table.plan().counts


@pytest.mark.parametrize("sent_before", [False, True])
def test_what_a_killed_run_sent_is_known_before_its_destination_can_be_asked(table: Desk, sent_before: bool) -> None:
    publish(table)
    if sent_before:
        other(table, "earlier").apply()
    with pytest.raises(KilledError):
        table.apply(target=Killed())
    tell(table, "unsubscribed")
    assert other(table).plan().counts | {"add": 5, "withdrawn": 1} == other(table).plan().counts


def test_who_unfollows_on_line_is_known_by_that_id(table: Desk) -> None:
    publish(table, told={"channel": "line"})
    told = Taken()
    told.unfollow(LINE_ID, NOW, "e1")
    keep(table, told)
    assert table.plan().counts | {"add": 5, "withdrawn": 1} == table.plan().counts
    publish(table)
    assert table.plan().counts["withdrawn"] == 0


def test_who_has_another_id_by_now_is_the_same_person(table: Desk) -> None:
    publish(table)
    table.apply()
    tell(table, "unsubscribed")
    merge(table, "p4")
    with duckdb.connect(str(table.settings.published / "restricted.duckdb")) as connection:
        connection.execute("delete from audiences.sync_webhook__people where person_id = 'p1'")
    assert table.plan().counts | {"same": 4, "remove": 2, "withdrawn": 1} == table.plan().counts


def test_that_many_withdraw_stops_no_run(table: Desk, receiver: Receiver) -> None:
    table.sync = dataclasses.replace(table.sync, delivery=dataclasses.replace(table.sync.delivery, batch_rows=1000))
    publish(table, people=150)
    table.apply()
    keep(table, *(unsubscribed("people", f"p{number}", NOW) for number in range(150)))
    plan = table.plan()
    assert (plan.tripped, plan.counts["remove"], plan.desired) == ({}, 150, 150)
    table.apply()
    assert not receiver.rows


def test_half_a_line_and_ids_that_nobody_knows_harm_nothing(table: Desk) -> None:
    publish(table)
    table.apply()
    tell(table, "unsubscribed", person="nobody")
    tell(table, "unsubscribed")
    (table.settings.outbox / "withdrawn" / "torn.jsonl").write_text('{"event_id": "x", "reas')
    assert table.plan().counts["withdrawn"] == 1
    assert table.plan().counts["withdrawn"] == 1


def test_results_of_before_tell_the_key_only(table: Desk) -> None:
    publish(table)
    table.apply()
    for path in (table.settings.outbox / "results").iterdir():
        connection = duckdb.connect()
        connection.execute(f"create table old as select * exclude (row_id, person_id, campaign, purpose, channel,"
                           f" experiment_key, arm) from '{path}'")  # fmt: skip
        connection.execute(f"copy old to '{path}' (format parquet)")
    keep(table, unsubscribed("people", "p1", NOW))
    assert table.plan().counts["withdrawn"] == 1


def test_results_tell_whom_rows_were_about_and_the_ids_under_which_they_went(table: Desk) -> None:
    publish(table, people=2)
    table.apply()
    (path,) = (table.settings.outbox / "results").iterdir()
    rows = duckdb.sql(f"select row_id, person_id, campaign, purpose, channel, arm from '{path}' order by 2").fetchall()
    assert rows == [
        (row_id("people", f"p{number}", 1), f"p{number}", "win_back", "marketing", "email", None) for number in (0, 1)
    ]


def test_ids_in_sql_are_those_that_were_sent() -> None:
    from cardinal.activation.ledger import DIGEST, ROW_ID

    keys = ["p0", "สมชาย", "", *(f"key {number}" for number in range(200))]
    rows = [("win_back", key, number) for number, key in enumerate(keys)]
    with duckdb.connect() as connection:
        connection.execute("create table sent (sync varchar, key varchar, version integer)")
        connection.executemany("insert into sent values (?, ?, ?)", rows)
        found = connection.execute(
            f"select {ROW_ID} from (select *, {DIGEST} as digest from sent) order by version"
        ).fetchall()
    assert [row for (row,) in found] == [row_id(sync, key, version) for sync, key, version in rows]


def test_the_journal_shows_no_address(table: Desk) -> None:
    publish(table)
    table.apply()
    tell(table, "unsubscribed")
    lines = [json.loads(line) for line in next((table.settings.outbox / "withdrawn").iterdir()).open()]
    assert [set(line) for line in lines] == [{"event_id", "reason", "withdrawn_at", "row_id"}]


@pytest.mark.parametrize("mode", ["append", "event"])
def test_who_was_merged_into_somebody_gets_nothing_again(tmp_path: Path, receiver: Receiver, mode: str) -> None:
    table = desk(tmp_path / "home", receiver.url, mode=mode)
    publish(table, people=2)
    table.apply()
    table.publish([("p0", "0"), ("p4", "1"), ("p5", "2")])
    merge(table, "p4")
    assert table.plan().counts | {"same": 2, "add": 1} == table.plan().counts
    table.apply()
    assert [key for key, *_ in receiver.taken] == ["p0", "p1", "p5"]


def test_what_a_table_does_not_tell_was_agreed_to_once(tmp_path: Path) -> None:
    """Who left is crossed with it: a row for each person would be people by people."""
    with open_ledger(tmp_path) as ledger:
        name_currently(ledger, tmp_path / "none.duckdb")
        ledger.execute("create temporary table people as select 'p' || number as key from range(3) as all_ (number)")
        assert find_withdrawn(ledger, "people", "key", {"key"}, hours=1) == 0
        assert ledger.execute("from agreed").fetchall() == [(None, None)]
