"""Who withdrew stays out, whatever guards say and however often they change their mind."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import duckdb
import pytest

from cardinal.activation.declaration import SyncError
from cardinal.receiving.events import Taken, unsubscribed
from tests.unit.activation.desk import Desk
from tests.unit.activation.destinations.receiver import Receiver
from tests.unit.activation.test_withdrawals import NOW, keep, publish, receiver, table, tell

__all__ = ["receiver", "table"]


def test_who_withdrew_leaves_though_a_guard_stops_the_rest(table: Desk, receiver: Receiver) -> None:
    publish(table)
    table.apply()
    publish(table, people=9, hours=48)
    tell(table, "unsubscribed")
    with pytest.raises(SyncError, match=r"taken out \(1 rows accepted.*nothing else was sent\. stale:"):
        table.apply()
    assert sorted(receiver.rows) == ["p0", "p2", "p3", "p4", "p5"]
    with pytest.raises(SyncError, match=r"nothing was sent\. stale:"):
        table.apply()
    table.apply(despite=["stale"])
    assert sorted(receiver.rows) == ["p0", "p2", "p3", "p4", "p5", "p6", "p7", "p8"]


def test_another_plan_than_expected_takes_nobody_out(table: Desk, receiver: Receiver) -> None:
    publish(table)
    table.apply()
    publish(table, hours=48)
    tell(table, "unsubscribed")
    with pytest.raises(SyncError, match="the plan old is stale"):
        table.apply(expected="old")
    assert len(receiver.rows) == 6


def consent(table: Desk, *decisions: tuple[str, str, str, bool]) -> None:
    """Let the snapshot know what people decided: person, purpose, channel, whether it is given."""
    with duckdb.connect(str(table.settings.published / "serving.duckdb")) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute(
            "create or replace table marts.customer_consents"
            " (person_id varchar, purpose varchar, channel varchar, is_granted boolean)"
        )
        connection.executemany("insert into marts.customer_consents values (?, ?, ?, ?)", decisions)


def test_that_many_take_back_their_consent_stops_no_run_either(table: Desk, receiver: Receiver) -> None:
    table.sync = dataclasses.replace(table.sync, delivery=dataclasses.replace(table.sync.delivery, batch_rows=1000))
    publish(table, people=300)
    table.apply()
    publish(table, people=150)
    consent(table, *((f"p{number}", "marketing", "sms", False) for number in range(150, 300)))
    assert set(table.plan().tripped) == {"removals"}, "of another channel it says nothing"
    consent(table, *((f"p{number}", "marketing", "email", number < 180) for number in range(150, 300)))
    assert not table.plan().tripped, "thirty others are few"
    consent(table, *((f"p{number}", "marketing", "email", number < 290) for number in range(150, 300)))
    with pytest.raises(SyncError, match=r"who withdrew was taken out \(10 rows accepted"):
        table.apply()
    assert len(receiver.rows) == 290


def test_who_unsubscribes_again_after_agreeing_again_is_out_again(table: Desk) -> None:
    publish(table, since=NOW - timedelta(days=1))
    table.apply()
    morning, agreed, evening = (NOW.replace(hour=hour, minute=0) for hour in (1, 2, 3))
    keep(table, unsubscribed("people", "p1", morning))
    assert table.plan().counts["withdrawn"] == 1
    publish(table, since=agreed)
    assert table.plan().counts["withdrawn"] == 0
    keep(table, unsubscribed("people", "p1", evening))
    assert table.plan().counts["withdrawn"] == 1
    with duckdb.connect(str(table.settings.outbox / "ledger.duckdb")) as ledger:
        assert ledger.execute("select count(*) from withdrawals").fetchall() == [(1,)]


def test_who_replies_stop_is_known_by_the_number_whatever_the_purpose(table: Desk) -> None:
    told = Taken()
    told.stop("+66812345671", NOW, "SM1")
    keep(table, told)
    for purpose in ("marketing", "credit_offers"):
        publish(table, told={"channel": "sms", "purpose": purpose})
        number(table)
        assert table.plan().counts | {"add": 5, "withdrawn": 1} == table.plan().counts
    # Their e-mail still comes, and text messages do where they agreed again since.
    publish(table)
    number(table)
    assert table.plan().counts["withdrawn"] == 0
    publish(table, since=NOW + timedelta(hours=1), told={"channel": "sms"})
    number(table)
    assert table.plan().counts["withdrawn"] == 0


def number(table: Desk) -> None:
    """Let people have numbers of Thailand, which end as their ids do."""
    with duckdb.connect(str(table.settings.published / "restricted.duckdb")) as connection:
        connection.execute("update audiences.sync_webhook__people set phone = '+6681234567' || phone")
