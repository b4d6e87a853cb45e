"""Declared programmes: bad ones are refused with file and field, and steps are laid out in one line."""

from __future__ import annotations

from typing import Any

import pytest

from cardinal.programmes.declaration import ProgrammeError, parse, read_programmes
from cardinal.settings import PROJECT_DIR

MESSAGE = {"message": {"channel": "email", "template": "hello"}}
WAIT = {"wait": {"days": 1}}
SOUND: dict[str, Any] = {
    "description": "Some.", "owner": "crm", "purpose": "marketing", "enter": {"segment": "at_risk"}, "steps": [MESSAGE],
}  # fmt: skip


def declared(**fields: Any) -> dict[str, Any]:
    return {field: value for field, value in {**SOUND, **fields}.items() if value is not None}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"owner": None}, "the field owner is missing"),
        ({"size": 3}, "there is no field size"),
        ({"description": " "}, "description has to be a text"),
        ({"purpose": "fun"}, "purpose has to be one of marketing"),
        ({"enter": {}}, "either a segment or an event"),
        ({"enter": {"segment": "a", "event": "login"}}, "either a segment or an event"),
        ({"enter": {"segment": "a", "within_days": 3}}, "within_days belongs to an event"),
        ({"enter": {"event": []}}, "enter.event has to be a kind of event"),
        ({"enter": {"event": "login"}, "stop": {"leaves_segment": True}}, "stop.leaves_segment has to be"),
        ({"stop": {"event": "O'Brien"}}, "stop.event has to be a kind of event"),
        ({"again_after_days": 0}, "again_after_days has to be a whole number of days, above nought"),
        ({"message_days": -1}, "message_days has to be a whole number"),
        ({"message_days": 0}, "message_days has to be a whole number of days, above nought"),
        ({"priority": True}, "priority has to be a whole number"),
        ({"columns": "full_name"}, "columns has to be a list of names"),
        ({"steps": []}, "steps has to be a list with at least one step"),
        ({"steps": [WAIT]}, "steps has no message"),
        ({"steps": ["go"]}, "each step has to be wait, message, branch or end"),
        ({"steps": [{"wait": {}}, MESSAGE]}, "wait has to be days or hours"),
        ({"steps": [{"wait": {"days": 1.5}}, MESSAGE]}, "wait.days has to be a whole number"),
        ({"steps": [{"message": {"channel": "ads", "template": "a"}}]}, "message.channel has to be one of email"),
        ({"steps": [{"message": {"channel": "email", "template": "../a"}}]}, "message.template has to be of small"),
        ({"steps": [MESSAGE, MESSAGE]}, "there has to be a wait"),
        ({"steps": [MESSAGE, {"branch": {"when": {"event": "login"}, "then": [MESSAGE]}}]}, "there has to be a wait"),
        (
            {"steps": [{"branch": {"when": {"event": "login", "since": "ever"}}}, MESSAGE]},
            "when.since has to be one of",
        ),
        (
            {"steps": [{"branch": {"when": {"column": "a"}}}, MESSAGE]},
            "when has to be an event, or a column and one of",
        ),
        ({"steps": [{"branch": {"when": {"column": "a", "below": "b"}}}, MESSAGE]}, "when.below has to be a number"),
        ({"steps": [{"branch": {"when": {"event": "login"}, "then": 3}}, MESSAGE]}, "then and else have to be lists"),
    ],
)
def test_a_declaration_of_no_use_is_refused_by_file_and_field(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ProgrammeError) as caught:
        parse("some", declared(**fields))
    assert str(caught.value).startswith("programmes/some.yml: ")
    assert message in str(caught.value)


def test_bad_names_and_what_is_no_mapping_are_refused() -> None:
    with pytest.raises(ProgrammeError, match="its name has to be"):
        parse("So me", SOUND)
    with pytest.raises(ProgrammeError, match="programme has to have fields"):
        parse("some", ["steps"])


def test_both_ways_of_a_branch_lead_to_what_comes_after_it() -> None:
    branch = {"when": {"event": "login"}, "then": [MESSAGE, WAIT], "else": ["end"]}
    steps = parse("some", declared(steps=[WAIT, {"branch": branch}, MESSAGE])).steps
    assert [(step.number, step.kind, step.next, step.otherwise) for step in steps] == [
        (1, "wait", 2, 0), (2, "branch", 3, 5), (3, "message", 4, 0), (4, "wait", 6, 0), (5, "end", 6, 0),
        (6, "message", 7, 0),
    ]  # fmt: skip
    empty = {"when": {"column": "a", "is": 1}, "else": [WAIT]}
    steps = parse("some", declared(steps=[{"branch": empty}, MESSAGE])).steps
    assert (steps[0].next, steps[0].otherwise) == (3, 2)


def test_what_is_shipped_can_be_used_and_each_template_is_there() -> None:
    programmes = {programme.name: programme for programme in read_programmes(PROJECT_DIR)}
    assert set(programmes) == {"abandoned_application", "birthday", "reactivation", "save_the_churner", "welcome"}
    for programme in programmes.values():
        for step in programme.steps:
            if step.kind == "message":
                parts = {path.name for path in (PROJECT_DIR / "activation" / "templates" / step.template).iterdir()}
                assert parts == ({"subject.txt", "body.txt", "body.html"} if step.channel == "email" else {"body.txt"})


def test_a_version_is_another_one_only_if_it_says_something_else() -> None:
    first, same = parse("some", declared()), parse("some", dict(reversed(list(declared().items()))))
    assert first.fingerprint == same.fingerprint
    assert parse("some", declared(priority=5)).fingerprint != first.fingerprint
