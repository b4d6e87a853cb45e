"""Two people with one phone: whoever goes leaves the other where they were."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import Answer, Batch, KnownBy
from cardinal.activation.destinations.catalogue import nature_of
from cardinal.activation.sending import withdraw
from cardinal.receiving.events import unsubscribed
from tests.unit.activation.desk import QUICK, Desk, desk
from tests.unit.activation.test_withdrawals import NOW, keep


class KilledError(BaseException):
    """The process is killed here."""


class Phones:
    """A list of phones: what rows were known by before is taken out, then what they are known by is put in."""

    def __init__(self) -> None:
        self.held: set[str] = set()
        self.sent: list[tuple[str, str]] = []
        self.is_killed_after = 1_000

    @staticmethod
    def known_by(_: Sync) -> KnownBy:
        return ("phone",)

    def send(self, batch: Batch) -> Answer:
        if len(self.sent) >= self.is_killed_after:
            raise KilledError
        self.sent += [(row.op, row.key) for row in batch.rows]
        there = {row.fields["phone"] for row in batch.rows if row.op != "remove"}
        self.held -= {fields["phone"] for row in batch.rows for fields in row.before} - there
        self.held |= there
        return Answer()

    def was_taken(self, batch_key: str) -> bool | None:
        return None

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def table(tmp_path: Path) -> Desk:
    """A sync whose batches hold a row each, so that none shields another."""
    return desk(tmp_path / "home", delivery={**QUICK, "batch_rows": 1})


@pytest.fixture
def phones(table: Desk) -> Phones:
    """A list that holds a couple with one phone, and somebody else."""
    phones = Phones()
    table.publish([("a", "shared"), ("b", "shared"), ("c", "own")])
    table.apply(target=phones)
    phones.sent.clear()
    return phones


def test_who_stays_is_put_in_again_after_the_other_was_taken_out(table: Desk, phones: Phones) -> None:
    table.publish([("a", "shared"), ("c", "own")])
    table.apply(target=phones)
    assert phones.held == {"shared", "own"}
    assert phones.sent == [("remove", "b"), ("add", "a")]
    assert table.apply(target=phones) is None


def test_a_phone_that_one_of_them_gives_up_stays_the_others(table: Desk, phones: Phones) -> None:
    # By key, the one who stays would go first.
    table.publish([("a", "shared"), ("b", "new"), ("c", "own")])
    table.apply(target=phones)
    assert phones.held == {"shared", "new", "own"}
    assert phones.sent == [("change", "b"), ("add", "a")]


def test_a_phone_that_goes_from_one_to_another_goes_out_before_it_comes_in(table: Desk, phones: Phones) -> None:
    table.publish([("a", "shared"), ("b", "own"), ("c", "new")])
    table.apply(target=phones)
    assert phones.held == {"shared", "own", "new"}
    assert phones.sent == [("change", "c"), ("add", "b"), ("add", "a")]


def test_an_erasure_leaves_the_other(table: Desk, phones: Phones) -> None:
    outcome = withdraw(table.settings, table.sync, ["b"], phones)
    assert outcome and outcome.accepted == 2
    assert phones.held == {"shared", "own"}
    assert phones.sent == [("remove", "b"), ("add", "a")]
    assert [key for key, acked, _ in table.state() if acked] == ["a", "c"]


@pytest.mark.parametrize("rows", [[("b", "shared"), ("c", "own")], [("a", "new"), ("b", "shared"), ("c", "own")]])
def test_an_erasure_puts_nobody_in_by_what_the_table_no_longer_says(
    table: Desk, phones: Phones, rows: list[tuple[str | None, str | None]]
) -> None:
    # Since the last run, a died or has another phone.
    table.publish(rows)
    withdraw(table.settings, table.sync, ["b"], phones)
    assert phones.sent == [("remove", "b")]
    assert phones.held == {"own"}
    table.publish([("a", "shared"), ("c", "own")])
    table.apply(target=phones)
    assert phones.held == {"shared", "own"}, "that a is out was known"


def test_an_erasure_without_a_table_puts_nobody_in(table: Desk, phones: Phones) -> None:
    (table.settings.published / "restricted.duckdb").unlink()
    withdraw(table.settings, table.sync, ["b"], phones)
    assert phones.sent == [("remove", "b")]


def tell_apart(table: Desk, hours: int) -> None:
    """Let the table tell purpose and channel, and be built so many hours ago."""
    with duckdb.connect(str(table.settings.published / "restricted.duckdb")) as connection:
        for name, value in (("purpose", "marketing"), ("channel", "ads")):
            connection.execute(
                f"alter table audiences.sync_webhook__people add column {name} varchar default '{value}'"
            )
        connection.execute(f"update cardinal.build set whole_started_at = now()::timestamp - interval {hours} hour")


@pytest.mark.parametrize(("is_a_there", "sent"), [(False, [("remove", "b")]), (True, [("remove", "b"), ("add", "a")])])
def test_who_withdraws_while_a_guard_stops_brings_nobody_in_who_left_the_table(
    table: Desk, phones: Phones, is_a_there: bool, sent: list[tuple[str, str]]
) -> None:
    keep(table, unsubscribed("people", "b", NOW))
    table.publish([("b", "shared"), ("c", "own"), *([("a", "shared")] if is_a_there else [])])
    tell_apart(table, hours=48)
    with pytest.raises(SyncError, match="stale"):
        table.apply(target=phones)
    assert phones.sent == sent
    assert phones.held == {"own", *(["shared"] if is_a_there else [])}
    table.apply(["stale"], phones)
    assert phones.sent[len(sent) :] == ([] if is_a_there else [("remove", "a")])


def test_killed_in_between_the_next_run_puts_the_other_in(table: Desk, phones: Phones) -> None:
    # The second of three batches: the one that puts the other back hasn't begun.
    table.publish([("a", "shared"), ("c", "own"), ("d", "new")])
    phones.is_killed_after = 1
    with pytest.raises(KilledError):
        table.apply(target=phones)
    assert phones.held == {"own"}
    phones.is_killed_after = 1_000
    table.apply(target=phones)
    assert phones.held == {"shared", "own", "new"}
    assert table.apply(target=phones) is None


class Addresses(Phones):
    """A list that knows people by either of two fields."""

    @staticmethod
    def known_by(_: Sync) -> tuple[str, ...]:
        return ("email", "phone")

    def send(self, batch: Batch) -> Answer:
        self.sent += [(row.op, row.key) for row in batch.rows]
        there = {value for row in batch.rows if row.op != "remove" for value in row.fields.values()}
        self.held -= {value for row in batch.rows for fields in row.before for value in fields.values()} - there
        self.held |= there
        return Answer()


def test_who_is_put_in_again_by_one_field_and_changes_another_leaves_whoever_has_that_one(tmp_path: Path) -> None:
    columns = {"email": "email", "phone": "phone"}
    table = desk(tmp_path / "home", delivery={**QUICK, "batch_rows": 1}, columns=columns)
    addresses = Addresses()

    def apply(*rows: tuple[str, str, str]) -> None:
        table.publish([(key, phone) for key, _, phone in rows], email="")
        with duckdb.connect(str(table.settings.published / "restricted.duckdb")) as connection:
            for key, email, _ in rows:
                connection.execute(
                    "update audiences.sync_webhook__people set email = ? where person_id = ?", [email, key]
                )
        table.apply(target=addresses)

    apply(("gone", "e1", "p0"), ("moved", "e1", "p1"), ("stays", "e2", "p1"))
    addresses.sent.clear()
    apply(("moved", "e1", "p2"), ("stays", "e2", "p1"))
    assert addresses.sent == [("remove", "gone"), ("add", "moved"), ("add", "stays")]
    assert addresses.held == {"e1", "e2", "p1", "p2"}
    assert table.apply(target=addresses) is None


@pytest.mark.parametrize(
    ("destination", "known_by"),
    [
        ({"type": "meta"}, ("email", "phone")),
        ({"type": "hubspot"}, ("email",)),
        ({"type": "hubspot", "id_property": "line_id"}, ("line_id",)),
        ({"type": "salesforce", "external_id": "Person_Id__c"}, ("Person_Id__c",)),
        ({"type": "the_trade_desk"}, ("phone",)),
        ({"type": "webhook"}, ()),
    ],
)
def test_destinations_say_what_they_know_people_by(
    table: Desk, destination: dict[str, Any], known_by: tuple[str, ...]
) -> None:
    assert nature_of(dataclasses.replace(table.sync, destination=destination)).known_by == known_by


class Likes(Phones):
    """The same, but to it phones are one that differ in blanks only, and a second word is a mark of its own."""

    @staticmethod
    def known_by(_: Sync) -> KnownBy:
        return lambda fields: [fields["phone"].replace(" ", ""), *fields["phone"].split(" ")[1:]]


def test_what_is_one_to_the_destination_is_put_back_though_it_is_written_otherwise(table: Desk) -> None:
    likes = Likes()
    table.publish([("a", "1 2"), ("b", "12"), ("c", "3 2"), ("d", "4"), ("e", "5"), ("f", "5 7")])
    table.apply(target=likes)
    likes.sent.clear()
    # Of f, 5 7 goes and 57 stays: d and e have none of what goes.
    table.publish([("b", "12"), ("c", "3 2"), ("d", "4"), ("e", "5"), ("f", "57")])
    table.apply(target=likes)
    assert likes.sent == [("remove", "a"), ("change", "f"), ("add", "b"), ("add", "c")]
    assert table.apply(target=likes) is None
    likes.sent.clear()
    assert withdraw(table.settings, table.sync, ["b"], likes)
    assert likes.sent == [("remove", "b")]


def test_google_knows_people_by_what_is_hashed(table: Desk) -> None:
    known_by = nature_of(dataclasses.replace(table.sync, destination={"type": "google_customer_match"})).known_by
    assert callable(known_by)
    name = {"given_name": "สมชาย", "family_name": "ใจดี", "region_code": "TH", "postal_code": "10110"}
    gone = set(known_by({"email": "john.doe@gmail.com", "phone": "+66812345678", **name}))
    assert len(gone) == 3
    for fields, shared in (
        ({"email": "JohnDoe@gmail.com"}, 1),
        ({"email": "b@bank.example", **name, "region_code": "th"}, 1),
        ({"phone": "+66812345678", "email": None}, 1),
        ({**name, "postal_code": "10120"}, 0),
        ({"email": None}, 0),
    ):
        assert len(gone & set(known_by(fields))) == shared
