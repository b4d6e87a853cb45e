"""Advancing, one rule at a time: late events, versions, who withdraws, who may come again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from cardinal.programmes.declaration import parse, read_programmes
from cardinal.settings import PROJECT_DIR
from tests.unit.programmes.bank import Bank, World

FIRST = {"message": {"channel": "email", "template": "first"}}
SECOND = {"message": {"channel": "email", "template": "second"}}
TEXT = {"message": {"channel": "sms", "template": "text"}}
CLICKED = {"event": "message_clicked", "since": "last_message"}
EVENT: dict[str, Any] = {
    "description": "Some.", "owner": "crm", "purpose": "marketing",
    "enter": {"event": "application_start", "within_days": 3}, "stop": {"event": "application_submit"},
    "steps": [FIRST, {"wait": {"days": 2}}, {"branch": {"when": CLICKED, "then": [SECOND], "else": [TEXT]}}],
}  # fmt: skip
SEGMENT: dict[str, Any] = {
    **EVENT, "enter": {"segment": "new"}, "stop": {"leaves_segment": True},
    "steps": [FIRST, {"wait": {"days": 2}}, SECOND],
}  # fmt: skip
BOTH = {"p": ["email", "sms"]}


def at(day: int, hour: int = 12) -> datetime:
    return World(day - 1).now + timedelta(hours=hour)


def templates(bank: Bank) -> list[str]:
    return [template for (template,) in bank.state.execute("select template from messages order by due_at").fetchall()]


def status(bank: Bank) -> list[str]:
    return [one for (one,) in bank.state.execute("select status from entries order by entered_at").fetchall()]


def test_a_branch_that_was_decided_stays_so_whatever_comes_late() -> None:
    bank, programme = Bank(), parse("a", {**EVENT, "steps": [*EVENT["steps"], {"wait": {"days": 3}}, FIRST]})
    start = ("p", "application_start", at(0))
    for day in range(3):
        bank.run(World(day, [start], reach=BOTH), [programme])
    assert templates(bank) == ["first", "text"]
    # The click was before the branch was decided, and is known now.
    bank.run(World(3, [start, ("p", "message_clicked", at(1))], reach=BOTH), [programme])
    assert templates(bank) == ["first", "text"]
    assert status(bank) == ["inside"]


def test_a_conversion_that_is_known_late_stops_what_comes_next() -> None:
    bank, programme = Bank(), parse("a", EVENT)
    start = ("p", "application_start", at(0))
    bank.run(World(0, [start], reach=BOTH), [programme])
    bank.run(World(1, [start], reach=BOTH), [programme])
    assert templates(bank) == ["first"]
    bank.run(World(2, [start, ("p", "application_submit", at(0, 13))], reach=BOTH), [programme])
    assert (templates(bank), status(bank)) == (["first"], ["converted"])


def test_what_happened_before_the_last_message_is_no_answer_to_it() -> None:
    bank, programme = Bank(), parse("a", EVENT)
    events = [("p", "application_start", at(0)), ("p", "message_clicked", at(0, 13))]
    for day in range(3):
        bank.run(World(day, events, reach=BOTH), [programme])
    assert templates(bank) == ["first", "text"]


def test_an_event_lets_in_late_but_not_when_it_is_too_old_or_overtaken() -> None:
    bank, programme = Bank(), parse("a", EVENT)
    events = [
        ("late", "application_start", at(0)), ("old", "application_start", at(-3)),
        ("done", "application_start", at(0)), ("done", "application_submit", at(0, 13)),
        ("other", "application_submit", at(0)), ("other", "application_start", at(1)),
    ]  # fmt: skip
    bank.run(World(2, events, reach={person: ["email"] for person, *_ in events}), [programme])
    assert bank.entries("person_id, entered_at") == {("late", at(0)), ("other", at(1))}


def test_who_is_inside_goes_on_in_their_version_and_who_comes_enters_the_new_one() -> None:
    bank, old = Bank(), parse("a", SEGMENT)
    new = parse("a", {**SEGMENT, "steps": [TEXT]})
    bank.run(World(0, members={"new": ["p"]}, reach={"p": ["email"], "q": ["sms"]}), [old])
    for day in (1, 2, 3):
        bank.run(World(day, members={"new": ["p", "q"]}, reach={"p": ["email"], "q": ["sms"]}), [new])
    assert bank.entries("person_id, version, status") == {("p", 1, "completed"), ("q", 2, "completed")}
    assert bank.messages("person_id, version, template") == {("p", 1, "first"), ("p", 1, "second"), ("q", 2, "text")}
    assert [row[:2] for row in bank.whole()[0]] == [("a", 1), ("a", 2)]


def test_a_programme_that_is_taken_away_ends_and_one_that_comes_back_is_the_same_version() -> None:
    bank, programme = Bank(), parse("a", SEGMENT)
    world: dict[str, Any] = {"members": {"new": ["p"]}, "reach": {"p": ["email"]}}
    bank.run(World(0, **world), [programme])
    bank.run(World(1, **world), [])
    assert status(bank) == ["taken_away"]
    bank.run(World(2, members={"new": ["q"]}, reach={"q": ["email"]}), [programme])
    assert bank.entries("person_id, version") == {("p", 1), ("q", 1)}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"reach": {}}, "withdrawn"),
        ({"suppressed": ["p"]}, "suppressed"),
        ({"members": {}}, "left_segment"),
    ],
)
def test_who_withdraws_is_suppressed_or_leaves_gets_nothing_more(change: dict[str, Any], word: str) -> None:
    bank, programme = Bank(), parse("a", SEGMENT)
    world: dict[str, Any] = {"members": {"new": ["p"]}, "reach": {"p": ["email"]}}
    bank.run(World(0, **world), [programme])
    bank.run(World(2, **{**world, **change}), [programme])
    assert (templates(bank), status(bank)) == (["first"], [word])
    # Back again, they don't go on, and by this declaration never enter again.
    bank.run(World(3, **world), [programme])
    assert (templates(bank), status(bank)) == (["first"], [word])


def test_who_can_be_reached_by_one_channel_gets_its_messages_only() -> None:
    bank, programme = Bank(), parse("a", EVENT)
    start = ("p", "application_start", at(0))
    for day in range(3):
        bank.run(World(day, [start], reach={"p": ["sms"]}), [programme])
    assert (templates(bank), status(bank)) == (["text"], ["completed"])


def test_somebody_comes_again_when_the_days_are_over_and_an_event_counts_once() -> None:
    bank, programme = Bank(), parse("a", {**EVENT, "again_after_days": 2, "steps": [FIRST]})
    first = ("p", "application_start", at(0))
    again = ("p", "application_start", at(1))
    bank.run(World(0, [first], reach=BOTH), [programme])
    bank.run(World(1, [first, again], reach=BOTH), [programme])
    assert templates(bank) == ["first"]
    bank.run(World(2, [first, again], reach=BOTH), [programme])
    assert templates(bank) == ["first", "first"]
    bank.run(World(3, [first, again], reach=BOTH), [programme])
    assert len(templates(bank)) == 2


def test_days_on_which_nobody_ran_anything_are_not_made_up_for_at_once() -> None:
    steps = [FIRST, {"wait": {"days": 1}}, SECOND, {"wait": {"days": 1}}, TEXT]
    bank, programme = Bank(), parse("a", {**SEGMENT, "steps": steps})
    world: dict[str, Any] = {"members": {"new": ["p"]}, "reach": BOTH}
    for day, due in ((0, ["first"]), (9, ["first", "second"]), (10, ["first", "second", "text"])):
        bank.run(World(day, **world), [programme])
        assert templates(bank) == due


def test_a_column_that_is_gone_is_unknown_of_everybody() -> None:
    branch = {"branch": {"when": {"column": "vanished", "at_least": 1}, "then": [TEXT], "else": [FIRST]}}
    bank, programme = Bank(), parse("a", {**SEGMENT, "steps": [branch]})
    bank.run(World(0, members={"new": ["p"]}, reach=BOTH), [programme])
    assert templates(bank) == ["first"]


def test_a_message_says_why_and_shows_nobody() -> None:
    bank, programme = Bank(), parse("a", EVENT)
    start = ("p", "application_start", at(0))
    for day in range(3):
        bank.run(World(day, [start], reach=BOTH), [programme])
    assert bank.messages("reason") == {
        ("a 1, step 1: application_start on 2024-01-01 12:00 UTC",),
        ("a 1, step 5: application_start on 2024-01-01 12:00 UTC; message_clicked since last message: no",),
    }


@pytest.mark.parametrize(("logins", "templates_sent"), [(1, ["welcome_hello"]), (0, ["welcome_hello", "welcome_app"])])
def test_who_logged_in_before_they_entered_is_not_told_that_they_did_not(
    logins: int, templates_sent: list[str]
) -> None:
    """A segment shows newcomers at the end of their first day, on which most log in."""
    (programme,) = (programme for programme in read_programmes(PROJECT_DIR) if programme.name == "welcome")
    bank = Bank()
    for day in range(5):
        world = World(day, [("p", "login", at(0))] * logins, members={"new_customers": ["p"]}, reach=BOTH)
        bank.show(world)
        bank.state.execute(
            "create or replace table restricted.marts.customer_360 as"
            f" select 'p' as person_id, 0 as tenure_months, {logins} as login_90d_count, 'Somchai' as full_name"
        )
        bank.advance(world, [programme])
    assert templates(bank) == templates_sent
