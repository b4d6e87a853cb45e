"""Who withdrew stays out, whatever guards say and however often they change their mind."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import duckdb
import pytest

from cardinal.activation.declaration import SyncError
from cardinal.activation.ledger import open_ledger
from cardinal.receiving.events import Taken, unsubscribed
from tests.unit.activation.desk import Desk
from tests.unit.activation.destinations.receiver import Receiver
from tests.unit.activation.knowing import consent, merge, suppress
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


def test_that_everybody_takes_back_their_consent_empties_the_list(table: Desk, receiver: Receiver) -> None:
    publish(table, people=3)
    table.apply()
    publish(table, people=0)
    consent(table, *((f"p{number}", "marketing", "email", number == 2) for number in range(3)))
    with pytest.raises(SyncError, match=r"who withdrew was taken out \(2 rows accepted.*emptied"):
        table.apply()
    assert sorted(receiver.rows) == ["p2"], "who still agrees may be missing by mistake"
    consent(table, *((f"p{number}", "marketing", "email", False) for number in range(3)))
    assert not table.plan().tripped
    table.apply()
    assert not receiver.rows
    assert table.apply() is None


def test_whom_a_key_of_another_kind_is_about_is_known_when_the_table_no_longer_says(
    table: Desk, receiver: Receiver
) -> None:
    table.sync = dataclasses.replace(table.sync, key="phone")
    publish(table, people=3)
    table.apply()
    publish(table, people=2, hours=48)
    consent(table, ("p2", "marketing", "email", False))
    with pytest.raises(SyncError, match="who withdrew was taken out"):
        table.apply()
    assert sorted(receiver.rows) == ["0", "1"]


def without_p1(table: Desk, hours: int = 48) -> None:
    """Let the next build have p1 in the table no more, and be of the day before yesterday."""
    publish(table, hours=hours)
    with duckdb.connect(str(table.settings.published / "restricted.duckdb")) as connection:
        connection.execute("delete from audiences.sync_webhook__people where person_id = 'p1'")


def stays(table: Desk, receiver: Receiver) -> bool:
    """Let a guard stop a run, and say whether p1 is still held."""
    with pytest.raises(SyncError, match="stale:"):
        table.apply()
    assert {"p0", "p2", "p3", "p4", "p5"} <= receiver.rows.keys()
    return "p1" in receiver.rows


@pytest.mark.parametrize("is_said", [True, False])
def test_who_is_another_person_by_now_leaves_for_what_that_one_said(
    table: Desk, receiver: Receiver, is_said: bool
) -> None:
    publish(table)
    table.apply()
    if is_said:
        tell(table, "unsubscribed")
    without_p1(table)
    merge(table, "q1")
    assert stays(table, receiver) != is_said
    consent(table, ("q1", "marketing", "email", False))
    assert not stays(table, receiver)


@pytest.mark.parametrize(("channel", "is_out"), [("email", True), ("all", True), ("sms", False)])
def test_who_is_suppressed_by_now_leaves_though_they_still_agree(
    table: Desk, receiver: Receiver, channel: str, is_out: bool
) -> None:
    publish(table)
    table.apply()
    without_p1(table)
    consent(table, ("p1", "marketing", "email", True))
    suppress(table, ("p1", channel))
    assert stays(table, receiver) != is_out


@pytest.mark.parametrize(
    ("kind", "days", "agreed_days", "is_out"),
    [
        ("unsubscribed", 3, 9, True),
        ("unsubscribed", 3, 2, False),
        ("complained", 3, 2, True),
        ("bounced", 3, 9, True),
        ("bounced", 30, 99, False),
    ],
)
def test_what_was_said_holds_for_who_left_the_table_as_for_who_is_in_it(
    table: Desk, receiver: Receiver, kind: str, days: int, agreed_days: int, is_out: bool
) -> None:
    publish(table)
    table.apply()
    tell(table, kind, now=NOW - timedelta(days=days))
    without_p1(table)
    consent(table, ("p1", "marketing", "email", True), since=NOW - timedelta(days=agreed_days))
    assert stays(table, receiver) != is_out


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


def test_who_leaves_the_table_stays_in_an_upsert_unless_they_want_no_more(table: Desk, receiver: Receiver) -> None:
    table.sync = dataclasses.replace(table.sync, mode="upsert")
    publish(table)
    table.apply()
    publish(table, people=4)
    tell(table, "unsubscribed")
    consent(table, ("p4", "marketing", "email", False), ("p5", "marketing", "email", True))
    plan = table.plan()
    assert (plan.counts["remove"], plan.counts["staying"]) == (2, 0)
    table.apply()
    assert sorted(receiver.rows) == ["p0", "p2", "p3", "p5"]
    assert table.apply() is None


def test_a_plan_says_whom_a_destination_keeps_that_can_take_nobody_back(table: Desk) -> None:
    table.sync = dataclasses.replace(table.sync, mode="upsert")
    publish(table)
    table.apply()
    tell(table, "unsubscribed")
    # Held there from the beginning.
    with open_ledger(table.settings.outbox) as ledger:
        ledger.execute("delete from places")
    crm = {"type": "hubspot", "secret": "hubspot"}
    table.sync = dataclasses.replace(table.sync, destination=crm)
    plan = table.plan()
    assert (plan.counts["remove"], plan.counts["staying"], plan.sends) == (0, 1, 0)
    membership = {"field": "in_list", "there": "true", "gone": "false"}
    table.sync = dataclasses.replace(table.sync, destination={**crm, "membership": membership})
    assert (table.plan().counts["remove"], table.plan().counts["staying"]) == (1, 0)


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
