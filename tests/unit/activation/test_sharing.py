"""Two people with one phone: whoever goes leaves the other where they were."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from cardinal.activation.declaration import Sync
from cardinal.activation.destination import Answer, Batch, KnownBy
from cardinal.activation.destinations.catalogue import nature_of
from cardinal.activation.sending import withdraw
from tests.unit.activation.desk import QUICK, Desk, desk


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
