"""Nobody is sent who didn't agree, and nobody is held who wants no more, whatever stops a run.

A run is a bank whose people agree, take it back, unsubscribe, are suppressed and merged from round to round, and a list
that knows them by phone, all by one seed. Some rounds are stopped by a guard, in some the list is down.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import Answer, Batch, UnavailableError
from cardinal.receiving.events import unsubscribed
from tests.unit.activation.desk import QUICK, Desk, desk
from tests.unit.activation.knowing import consent, rename, suppress
from tests.unit.activation.test_withdrawals import keep

ROUNDS = 5
PEOPLE = 8
NO_GUARD = ["removals", "emptied", "invalid", "deviation", "stale"]
FEW = settings(max_examples=4, deadline=None, derandomize=True)
MANY = settings(max_examples=60, deadline=None, derandomize=True)


@dataclass
class Person:
    """Somebody, by what the bank knows and what they said since."""

    key: str
    phone: str
    agreed_at: datetime
    agrees: bool = True
    is_chosen: bool = True
    is_suppressed: bool = False
    unsubscribed_at: datetime | None = None

    @property
    def wants(self) -> bool:
        """Whether anything may be held of them."""
        said_no = self.unsubscribed_at is not None and self.unsubscribed_at >= self.agreed_at
        return self.agrees and not self.is_suppressed and not said_no


@dataclass
class Bank:
    """Its people by the ids of today, who is who by now, and when it is."""

    rng: random.Random
    people: dict[str, Person] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1))
    happened: Counter[str] = field(default_factory=Counter)

    def live(self) -> None:
        """Let the bank learn what happened until its next build."""
        for number in range(PEOPLE):
            key = f"p{number}"
            if key not in self.ids and self.rng.random() < 0.5:
                # Half of them have one phone.
                self.people[key] = Person(key, f"shared{number % 2}", self.now)
                self.ids[key] = key
        for person in list(self.people.values()):
            if self.rng.random() < 0.3:
                self._change(person)

    def _change(self, person: Person) -> None:
        what = self.rng.choice(["chosen", "agrees", "agrees", "suppressed", "phone", "merged"])
        self.happened[what] += 1
        self.now += timedelta(seconds=1)
        if what == "chosen":
            person.is_chosen = not person.is_chosen
        elif what == "agrees":
            person.agrees = not person.agrees
            person.agreed_at = self.now
        elif what == "suppressed":
            person.is_suppressed = not person.is_suppressed
        elif what == "phone":
            person.phone = f"{person.key} at {self.now:%H:%M:%S}"
        elif len(self.people) > 1:
            into = self.rng.choice([other for other in self.people.values() if other is not person])
            self.people.pop(person.key)
            self.ids.update({key: into.key for key, known in self.ids.items() if known == person.key})
            said = [moment for moment in (person.unsubscribed_at, into.unsubscribed_at) if moment]
            into.unsubscribed_at = max(said, default=None)

    def person(self, key: str) -> Person:
        """Whoever went by this key once."""
        return self.people[self.ids[key]]

    def unsubscribe(self, table: Desk, key: str) -> None:
        """Let somebody click in what they got by this key."""
        self.now += timedelta(seconds=1)
        self.happened["unsubscribed"] += 1
        self.person(key).unsubscribed_at = self.now
        keep(table, unsubscribed("people", key, self.now))

    def build(self, table: Desk, hours: int) -> None:
        """Publish what the bank knows. Who unsubscribed counts as having agreed until it learns of that."""
        chosen = [each for each in self.people.values() if each.is_chosen and each.agrees and not each.is_suppressed]
        table.built_hours_ago = hours
        table.publish([(each.key, each.phone) for each in chosen], purpose="marketing", channel="ads")
        with duckdb.connect(str(table.settings.published / "restricted.duckdb")) as connection:
            connection.execute("alter table audiences.sync_webhook__people add column consent_since_at timestamp")
            for each in chosen:
                connection.execute(
                    "update audiences.sync_webhook__people set consent_since_at = ? where person_id = ?",
                    [each.agreed_at.replace(tzinfo=None), each.key],
                )
        consent(table, *((each.key, "marketing", "ads", each.agrees, each.agreed_at) for each in self.people.values()))
        suppress(table, *((each.key, "all") for each in self.people.values() if each.is_suppressed))
        rename(table, *self.ids.items())
        self.table = {each.key: each.phone for each in chosen}

    def wanted(self) -> dict[str, str]:
        """Phones of those to be sent, by key."""
        return {key: phone for key, phone in self.table.items() if self.people[key].wants}


class List:
    """It knows people by phone, and says of each that is sent whether they may be."""

    def __init__(self, bank: Bank) -> None:
        self.bank, self.trouble = bank, 0.0
        self.phones: set[str] = set()
        self.rows: dict[str, str] = {}
        self.known: set[str] = set()

    @staticmethod
    def known_by(_: Sync) -> tuple[str, ...]:
        return ("phone",)

    def send(self, batch: Batch) -> Answer:
        wanted = self.bank.wanted()
        for row in batch.rows:
            assert row.op == "remove" or row.key in wanted, f"{row.op} {row.key}"
        if self.bank.rng.random() < self.trouble:
            self.bank.happened["down"] += 1
            raise UnavailableError("nobody is there")
        there = {row.fields["phone"] for row in batch.rows if row.op != "remove"}
        self.phones -= {fields["phone"] for row in batch.rows for fields in row.before} - there
        self.phones |= there
        for row in batch.rows:
            self.rows.pop(row.key, None)
            if row.op != "remove":
                self.rows[row.key] = row.fields["phone"]
                self.known.add(row.key)
        if self.bank.rng.random() < self.trouble:
            raise UnavailableError("no answer")
        return Answer()

    def was_taken(self, batch_key: str) -> bool | None:
        return None

    def close(self) -> None:
        """Nothing is open."""


def check(home: Path, seed: int) -> Counter[str]:
    """Go through the rounds of a seed, then let all be well; returns what happened."""
    rng = random.Random(seed)
    bank = Bank(rng)
    table = desk(home, delivery={**QUICK, "batch_rows": rng.choice([1, 3])}, mode=rng.choice(["mirror", "upsert"]))
    target = List(bank)
    for _ in range(ROUNDS):
        bank.live()
        bank.build(table, hours=rng.choice([1, 48]))
        for key in sorted(target.known):
            if rng.random() < 0.15:
                bank.unsubscribe(table, key)
        target.trouble = rng.choice([0.0, 0.0, 0.4])
        try:
            table.apply(target=target)
        except SyncError as error:
            bank.happened["stopped, some left" if "was taken out" in str(error) else "stopped"] += 1
        if not target.trouble:
            nobody_is_held_who_wants_no_more(bank, target, seed)
    target.trouble = 0.0
    for _ in range(3):
        if table.apply(NO_GUARD, target) is None:
            break
    else:
        pytest.fail(f"seed {seed}: there is always something to send")
    nobody_is_held_who_wants_no_more(bank, target, seed)
    wanted = bank.wanted()
    assert wanted.items() <= target.rows.items(), f"seed {seed}"
    assert set(wanted.values()) <= target.phones, f"seed {seed}"
    if table.sync.mode == "mirror":
        assert (target.rows, target.phones) == (wanted, set(wanted.values())), f"seed {seed}"
    return bank.happened


def nobody_is_held_who_wants_no_more(bank: Bank, target: List, seed: int) -> None:
    willing = {key: phone for key, phone in target.rows.items() if bank.person(key).wants}
    assert target.rows == willing, f"seed {seed}"
    assert target.phones <= set(willing.values()), f"seed {seed}"


@given(seed=st.integers(0, 10**6))
@FEW
def test_nobody_is_sent_or_held_against_their_will(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    check(tmp_path_factory.mktemp("seed") / "home", seed)


@pytest.mark.slow
@pytest.mark.parametrize("quarter", range(4))
@given(seed=st.integers(0, 10**9 - 1))
@MANY
def test_the_same_many_times(tmp_path_factory: pytest.TempPathFactory, quarter: int, seed: int) -> None:
    check(tmp_path_factory.mktemp("seed") / "home", 10**9 * quarter + seed)


def test_all_that_can_happen_does(tmp_path: Path) -> None:
    """The property would say nothing of a bank in which nobody takes anything back."""
    happened: Counter[str] = Counter()
    for seed in range(4):
        happened += check(tmp_path / str(seed), seed)
    assert len(happened) == 9, happened
