"""What a run would send, after what went before."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cardinal.activation.declaration import SyncError
from cardinal.activation.destination import Answer, Batch, row_id
from cardinal.activation.destinations.catalogue import nature_of
from cardinal.activation.destinations.google_customer_match import GoogleCustomerMatch
from cardinal.activation.destinations.line_audience import LineAudience
from cardinal.activation.destinations.the_trade_desk import TTL_MINUTES, TheTradeDesk
from cardinal.ingestion.run import ingest
from tests.unit.activation.desk import Desk, desk
from tests.unit.activation.destinations.receiver import Receiver, listening

EMPTY = ""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening(Receiver()) as listening_receiver:
        yield listening_receiver


@pytest.fixture
def table(tmp_path: Path) -> Desk:
    return desk(tmp_path / "home")


class Members:
    """A list that knows people by their phone: it takes out what they were known by, then puts in what is good."""

    def __init__(self) -> None:
        self.phones: set[str] = set()

    def send(self, batch: Batch) -> Answer:
        answer = Answer()
        for row in batch.rows:
            self.phones -= {fields["phone"] for fields in row.before}
            if row.op == "remove":
                continue
            if row.fields["phone"] == EMPTY:
                answer.rejected[row.row_id] = "phone is empty"
            else:
                self.phones.add(row.fields["phone"])
        return answer

    def was_taken(self, batch_key: str) -> bool | None:
        return None

    def close(self) -> None:
        """Nothing is open."""


def test_who_was_taken_out_for_a_value_that_was_rejected_comes_back_with_the_old_one(table: Desk) -> None:
    members = Members()
    for phone in ("1", EMPTY):
        table.publish([("p0", phone)])
        table.apply(target=members)
    assert not members.phones
    assert table.apply(target=members) is None
    table.publish([("p0", "1")])
    table.apply(target=members)
    assert members.phones == {"1"}
    assert table.apply(target=members) is None


class Gateway:
    """Says to each phone, once it isn't quiet any longer."""

    def __init__(self) -> None:
        self.is_quiet = False
        self.said: list[tuple[str, str, str]] = []

    def send(self, batch: Batch) -> Answer:
        if self.is_quiet:
            return Answer(postponed={row.row_id: "quiet hours" for row in batch.rows})
        self.said += [(row.op, row.row_id, row.fields["phone"]) for row in batch.rows]
        return Answer()

    def was_taken(self, batch_key: str) -> bool | None:
        return None

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("mode", ["event", "append"])
def test_what_waits_goes_to_the_address_that_holds_when_it_goes(tmp_path: Path, mode: str) -> None:
    table, gateway = desk(tmp_path / "home", mode=mode), Gateway()
    gateway.is_quiet = True
    table.publish([("p0", "old"), ("p1", "1")])
    outcome = table.apply(target=gateway)
    assert outcome and (outcome.accepted, outcome.uncertain) == (0, 2)
    table.publish([("p0", "new"), ("p1", "1")])
    table.apply(target=gateway)
    gateway.is_quiet = False
    table.apply(target=gateway)
    # What didn't change keeps its id.
    assert gateway.said == [("add", row_id("people", "p0", 2), "new"), ("add", row_id("people", "p1", 1), "1")]
    assert table.apply(target=gateway) is None


def test_the_lake_hears_of_what_waits_as_of_what_is_unanswered(table: Desk) -> None:
    gateway = Gateway()
    gateway.is_quiet = True
    table.publish([("p0", "0")])
    table.apply(target=gateway)
    assert table.state("key, intent_state, reason") == [("p0", "postponed", "quiet hours")]
    report = ingest(table.settings)
    assert not any(batch.rejects for batch in report.batches)
    results = table.settings.lake / "activation" / "row_results"
    rows = duckdb.sql(f"select row_key, status, reason from '{results}/*/*.parquet'").fetchall()
    assert rows == [("p0", "uncertain", "quiet hours")]


class Lapsing(Members):
    """A list whose members leave by themselves after half a year."""

    refresh_days = 150

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[list[str]] = []

    def send(self, batch: Batch) -> Answer:
        self.sent.append(sorted(row.key for row in batch.rows))
        return super().send(batch)


def grow_older(table: Desk, key: str, days: int) -> None:
    """Let a row have been accepted so many days before it was."""
    with duckdb.connect(str(table.settings.outbox / "ledger.duckdb")) as ledger:
        ledger.execute("update state set changed_at = changed_at - to_days(?) where key = ?", [days, key])


def test_members_that_would_lapse_are_sent_again_before(table: Desk) -> None:
    members = Lapsing()
    table.publish([("p0", "0"), ("p1", "1")])
    table.apply(target=members)
    grow_older(table, "p0", 149)
    assert table.apply(target=members) is None
    grow_older(table, "p0", 2)
    table.apply(target=members)
    assert members.sent == [["p0", "p1"], ["p0"]]
    assert table.apply(target=members) is None
    # Where nothing lapses, age is none.
    grow_older(table, "p0", 1_000)
    assert table.apply(target=Members()) is None


def test_lists_that_lapse_are_known_as_such(table: Desk) -> None:
    assert TheTradeDesk.refresh_days * 24 * 60 < TTL_MINUTES
    assert GoogleCustomerMatch.refresh_days < 540
    assert LineAudience.refresh_days < 180
    sync = dataclasses.replace(table.sync, destination={"type": "the_trade_desk"})
    assert nature_of(sync).refresh_days == TheTradeDesk.refresh_days
    assert nature_of(table.sync).refresh_days is None


@pytest.mark.parametrize(
    ("kind", "channel", "message"),
    [
        ("email", "ads", "is for channel ads, and email reaches people by email: declare an audience"),
        ("sms", "phone", "is for channel phone, and sms reaches people by sms"),
        ("line_message", "email", "reaches people by line"),
        ("meta", "email", "reaches people by ads"),
        ("personalisation", "ads", "reaches people by web or push"),
    ],
)
def test_who_agreed_to_one_channel_is_not_reached_by_another(
    tmp_path: Path, kind: str, channel: str, message: str
) -> None:
    table = desk(tmp_path / "home", destination={"type": kind})
    table.publish([("p0", "0")], channel=channel)
    with pytest.raises(SyncError, match=message):
        table.plan()


def test_a_table_that_tells_no_channel_is_read_by_no_messenger(tmp_path: Path) -> None:
    table = desk(tmp_path / "home", destination={"type": "email"})
    table.publish([("p0", "0")])
    with pytest.raises(SyncError, match="has no column channel"):
        table.plan()
    table.publish([("p0", "0")], channel="email")
    assert table.plan().counts["add"] == 1
    table.publish([], channel="email")
    assert table.plan().counts["add"] == 0


def test_files_and_crms_take_any_channel(tmp_path: Path) -> None:
    for kind in ("folder", "webhook", "s3", "google_sheet", "hubspot"):
        table = desk(tmp_path / kind, destination={"type": kind})
        table.publish([("p0", "0")], channel="phone")
        assert table.plan().counts["add"] == 1
