"""What the state says: how many are where, and how it stands with one person."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from cardinal.programmes.declaration import parse
from cardinal.programmes.state import read_state
from cardinal.programmes.steps import Step
from cardinal.settings import Settings


@dataclass(frozen=True)
class Place:
    """How many are at a step of a version, or have ended in one way."""

    programme: str
    version: int
    step: Step | None
    status: str
    people: int
    messages: int


@dataclass(frozen=True)
class Stay:
    """A stay of a person in a programme, with the messages that were due: when, template, channel, why."""

    programme: str
    version: int
    entered_at: datetime
    status: str
    step: Step | None
    waits_until: datetime | None
    ended_at: datetime | None
    because: str
    messages: list[tuple[datetime, str, str, str]]


def count_places(settings: Settings) -> list[Place]:
    """Return how many are where.

    Raises:
        ProgrammeError: Nothing was ever advanced.
    """
    with read_state(settings) as state:
        rows = state.execute("""
            with due as (select entry_id, count(*) as messages from messages group by entry_id)
            select
                programme, version, if(status = 'inside', step, null) as place, status, count(*),
                cast(sum(coalesce(messages, 0)) as bigint)
            from entries left join due using (entry_id)
            group by all order by programme, version, place nulls last, status
        """).fetchall()
        steps = _steps(state.execute("select programme, version, content from versions").fetchall())
    return [
        Place(name, version, _at(steps[name, version], step), status, people, messages)
        for name, version, step, status, people, messages in rows
    ]


def find_stays(settings: Settings, person: str) -> list[Stay]:
    """Return the stays of a person, oldest first.

    Raises:
        ProgrammeError: Nothing was ever advanced.
    """
    with read_state(settings) as state:
        rows = state.execute(
            "select entry_id, programme, version, entered_at, status, if(status = 'inside', step, null), waits_until,"
            " ended_at, because from entries where person_id = ? order by entered_at, entry_id",
            [person],
        ).fetchall()
        due: dict[str, list[tuple[datetime, str, str, str]]] = {}
        for entry, *message in state.execute(
            "select entry_id, due_at, template, channel, reason from messages where person_id = ?"
            " order by due_at, step",
            [person],
        ).fetchall():
            due.setdefault(entry, []).append((message[0], message[1], message[2], message[3]))
        steps = _steps(state.execute("select programme, version, content from versions").fetchall())
    return [
        Stay(name, version, entered, status, _at(steps[name, version], step), until, ended, because, due.get(entry, []))
        for entry, name, version, entered, status, step, until, ended, because in rows
    ]


def _steps(versions: list[tuple[str, int, str]]) -> dict[tuple[str, int], tuple[Step, ...]]:
    return {(name, version): parse(name, json.loads(content)).steps for name, version, content in versions}


def _at(steps: tuple[Step, ...], number: int | None) -> Step | None:
    return steps[number - 1] if number else None
