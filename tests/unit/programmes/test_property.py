"""Random programmes, people and days: the query says what a loop over people says, whatever is killed or run twice."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from cardinal.programmes.declaration import Programme, parse
from tests.unit.programmes.bank import Bank, World
from tests.unit.programmes.oracle import Oracle

PEOPLE = [f"p{number}" for number in range(6)]
KINDS = ("application_start", "application_submit", "login", "message_clicked")
SEGMENTS = ("new", "old")
DAYS = 12


class KilledError(Exception):
    """Ends a run in the middle."""


class Killed:
    """A connection that dies at a statement of its own; what it did until then is not committed."""

    def __init__(self, state: duckdb.DuckDBPyConnection, at: int) -> None:
        self._state, self._left = state, at

    def execute(self, query: str, *arguments: Any) -> duckdb.DuckDBPyConnection:
        if self._left == 0 and query != "rollback":
            raise KilledError
        self._left -= 1
        return self._state.execute(query, *arguments)


def some_steps(luck: random.Random, depth: int) -> list[Any]:
    """Steps in which each message has a wait behind it."""
    steps: list[Any] = []
    for _ in range(luck.randint(1, 3)):
        kind = luck.choice(["message", "message", "wait", "branch"] if depth else ["message", "wait"])
        if kind == "branch":
            branch: dict[str, Any] = {"when": some_condition(luck)}
            for way in ("then", "else"):
                if luck.random() < 0.7:
                    branch[way] = some_steps(luck, depth - 1)
            steps.append({"branch": branch})
            continue
        if kind == "message":
            steps.append(
                {"message": {"channel": luck.choice(["email", "sms"]), "template": luck.choice(["hello", "bye"])}}
            )
        unit = luck.choice(["days", "hours"])
        steps.append({"wait": {unit: luck.randint(1, 3) * (12 if unit == "hours" else 1)}})
    if luck.random() < 0.15:
        steps.append("end")
    return steps


def some_condition(luck: random.Random) -> dict[str, Any]:
    kind = luck.choice(["event", "number", "text"])
    if kind == "event":
        return {"event": luck.sample(KINDS, luck.randint(1, 2)), "since": luck.choice(["entering", "last_message"])}
    if kind == "number":
        return {"column": "score", luck.choice(["at_least", "below", "is"]): luck.randint(0, 2)}
    return {"column": "colour", "is": luck.choice(["red", "blue's"])}


def some_programme(luck: random.Random) -> dict[str, Any]:
    is_by_event = luck.random() < 0.5
    enter: dict[str, Any] = (
        {"event": luck.sample(KINDS, luck.randint(1, 2)), "within_days": luck.randint(1, 4)}
        if is_by_event
        else {"segment": luck.choice(SEGMENTS)}
    )
    stop: dict[str, Any] = {}
    if luck.random() < 0.6:
        stop["event"] = luck.sample(KINDS, 1)
    if not is_by_event and luck.random() < 0.5:
        stop["leaves_segment"] = True
    programme: dict[str, Any] = {
        "description": "Some.", "owner": "crm", "purpose": "marketing", "enter": enter, "stop": stop,
        "steps": [*some_steps(luck, 2), {"message": {"channel": "email", "template": "last"}}],
    }  # fmt: skip
    if luck.random() < 0.5:
        programme["again_after_days"] = luck.randint(1, 4)
    return programme


class Life:
    """What happens in the world, day by day; some of it is known late."""

    def __init__(self, luck: random.Random) -> None:
        self.luck = luck
        self.became: dict[str, str] = {}
        self.people = list(PEOPLE)
        self.events: list[tuple[int, str, str, datetime]] = []
        for _ in range(luck.randint(0, 50)):
            day = luck.randrange(DAYS)
            at = World(day).now - timedelta(hours=luck.choice([0, 1, 6, 12, 23]))
            known = day if luck.random() < 0.6 else day + luck.randint(1, 4)
            self.events.append((known, luck.choice(PEOPLE), luck.choice(KINDS), at))
        self.reach = {person: luck.sample(["email", "sms"], luck.randint(0, 2)) for person in PEOPLE}
        self.members = {segment: {person for person in PEOPLE if luck.random() < 0.5} for segment in SEGMENTS}
        self.suppressed: set[str] = set()

    def day(self, number: int) -> World:
        luck = self.luck
        if luck.random() < 0.15 and len(self.people) > 2:
            gone, other = luck.sample(self.people, 2)
            self.people.remove(gone)
            self.became = {old: other if new == gone else new for old, new in self.became.items()} | {gone: other}
            self.reach.pop(gone)
            self.suppressed.discard(gone)
            for people in self.members.values():
                people.discard(gone)
        for person in self.people:
            if luck.random() < 0.1:
                self.reach[person] = luck.sample(["email", "sms"], luck.randint(0, 2))
            if luck.random() < 0.05:
                self.suppressed ^= {person}
            if luck.random() < 0.2:
                self.members[luck.choice(SEGMENTS)] ^= {person}
        scores = [None, 0.0, 1.0, 2.0]
        return World(
            day=number,
            events=[(self.became.get(who, who), kind, at) for known, who, kind, at in self.events if known <= number],
            members={segment: sorted(people) for segment, people in self.members.items()},
            reach={person: list(given) for person, given in self.reach.items()},
            suppressed=sorted(self.suppressed),
            people={person: (luck.choice(scores), luck.choice([None, "red", "blue's"])) for person in self.people},
            became=dict(self.became),
        )


@seed(20241)
@settings(max_examples=6, deadline=None, database=None, phases=[Phase.generate])
@given(number=st.integers(0, 2**32))
def test_the_query_says_what_a_loop_over_people_says(number: int) -> None:
    live(number)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(200))
def test_so_it_does_in_two_hundred_other_worlds(number: int) -> None:
    live(number)


def live(number: int) -> None:
    """Live through the days of a world, in the bank and in the oracle."""
    luck = random.Random(number)
    life, bank, oracle = Life(luck), Bank(), Oracle()
    declared = {name: some_programme(luck) for name in ("a", "b")}
    for day in range(DAYS):
        world = life.day(day)
        if luck.random() < 0.15:
            declared[luck.choice(["a", "b"])] = some_programme(luck)
        elif luck.random() < 0.05:
            declared.pop(luck.choice(["a", "b"]), None)
        if luck.random() < 0.2:
            # Nobody ran anything on that day.
            continue
        programmes = [parse(name, json.loads(json.dumps(content))) for name, content in sorted(declared.items())]
        bank.show(world)
        die_first(luck, bank, world, programmes)
        bank.advance(world, programmes)
        oracle.advance(world, json.loads(json.dumps(declared)))
        compare(bank, oracle)
        before = bank.whole()
        bank.advance(world, programmes)
        assert bank.whole() == before, "the same day again changed something"


def die_first(luck: random.Random, bank: Bank, world: World, programmes: list[Programme]) -> None:
    """Begin a run that dies at some statement; nothing of it may be left."""
    before = bank.whole()
    try:
        bank.advance(world, programmes, Killed(bank.state, luck.randint(1, 25)))
    except KilledError:
        assert bank.whole() == before


def compare(bank: Bank, oracle: Oracle) -> None:
    expected = {
        (
            name, stay.version, stay.person, stay.entered_at, stay.status, stay.ended_at,
            (stay.todo[0][0], stay.waits_until) if stay.status == "inside" else None,
        )
        for name, stays in oracle.stays.items()
        for stay in stays
    }  # fmt: skip
    found = {
        (*row[:6], row[6:] if row[4] == "inside" else None)
        for row in bank.entries("programme, version, person_id, entered_at, status, ended_at, step, waits_until")
    }
    assert found == expected
    assert bank.messages() == {(key, *message) for key, message in oracle.messages.items()}
