"""Programmes over a week of the demo bank: what people did with a message decides what comes next, each thing once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from cardinal.activation.declaration import load_syncs
from cardinal.activation.outcome import Outcome
from cardinal.activation.sending import apply_sync
from cardinal.demo.bank import continue_bank, generate_bank
from cardinal.programmes.advancing import advance
from cardinal.settings import PROJECT_DIR
from tests.integration.house import House

pytestmark = pytest.mark.slow
SEED = 17
SYNCS = load_syncs(PROJECT_DIR / "activation" / "syncs.yml")
EVENTS = "message_event_id,source,event_type,occurred_at,received_at,row_id\n"
# The day after the first messages, and before the branch five days later.
OPENED_AT = "2026-11-01T05:00:00Z"
# Its branch asks whether the first message was opened: who didn't gets a text.
PROGRAMME = "save_the_churner"


@dataclass(frozen=True)
class Week:
    """What was sent before and after the week, by message key, and who opened what they got."""

    house: House
    first: dict[str, dict]
    later: dict[str, dict]
    texts: dict[str, dict]
    opened: set[str]
    unopened: set[str]


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Week:
    print(f"seed {SEED}")
    house = House(tmp_path_factory.mktemp("programmes") / "home")
    generate_bank(house.settings, persons=600, months=6, seed=SEED, until=date(2026, 10, 31))
    house.ingest_build_and_publish()
    moves = advance(house.settings).moves
    assert sum(move.messages for move in moves) > 10
    assert not any(move.entered or move.messages for move in advance(house.settings).moves), "the same snapshot again"

    house.ingest_build_and_publish()
    first = send(house, "programmes_email")
    assert not send(house, "programmes_email").keys() - first.keys()
    asked = sorted({row["fields"]["person_id"] for row in of_programme(house, first)})
    opened, unopened = set(asked[::2]), set(asked[1::2])
    assert len(opened) >= 3
    told = [
        f"o{number},mailer,opened,{OPENED_AT},{OPENED_AT},{row['id']}\n"
        for number, row in enumerate(of_programme(house, first))
        if row["fields"]["person_id"] in opened
    ]
    house.drop("activation", "message_events", "2026-11-01", EVENTS + "".join(told))

    continue_bank(house.settings, days=7)
    house.ingest_build_and_publish()
    advance(house.settings)
    house.ingest_build_and_publish()
    return Week(house, first, send(house, "programmes_email"), send(house, "programmes_sms"), opened, unopened)


def send(house: House, sync: str) -> dict[str, dict]:
    """Send what isn't sent yet, and return all that a reader of the outbox has by now."""
    outcome: Outcome | None = apply_sync(house.settings, SYNCS[sync], lambda *_: None)
    assert outcome is None or outcome.status == "done"
    rows = [row for path in folder_of(house, sync).glob("*.jsonl") for row in lines(path)]
    assert len({row["key"] for row in rows}) == len(rows), "a message went out twice"
    persons = dict(house.query("select message_key, person_id from marts.programme_messages"))
    return {row["key"]: {**row, "fields": {**row["fields"], "person_id": persons[row["key"]]}} for row in rows}


def folder_of(house: House, sync: str) -> Path:
    return house.settings.outbox / SYNCS[sync].destination["path"] / sync


def lines(path: Path) -> Iterator[dict]:
    return map(json.loads, path.read_text(encoding="utf-8").splitlines())


def of_programme(house: House, rows: dict[str, dict]) -> list[dict]:
    keys = {
        key
        for (key,) in house.query(f"select message_key from marts.programme_messages where programme = '{PROGRAMME}'")
    }
    return [row for key, row in sorted(rows.items()) if key in keys]


def stays(house: House) -> list[tuple]:
    """Person, status and channels of the messages due of each stay in the programme."""
    with duckdb.connect(str(house.settings.programmes / "state.duckdb"), read_only=True) as state:
        return state.execute(
            "select person_id, status, list(channel) filter (where channel is not null) from entries"
            f" left join (select entry_id, channel from messages) using (entry_id) where programme = '{PROGRAMME}'"
            " group by entry_id, person_id, status order by person_id"
        ).fetchall()


def test_who_opened_gets_no_text_and_who_did_not_does(week: Week) -> None:
    ended = {person: (status, channels) for person, status, channels in stays(week.house)}
    assert {ended[person][0] for person in week.opened} <= {"completed", "left_segment", "suppressed", "withdrawn"}
    assert not [person for person in week.opened if "sms" in ended[person][1]]
    texted = {person for person in week.unopened if "sms" in (ended[person][1] or ())}
    reachable = {
        person
        for (person,) in week.house.query(
            "select person_id from audiences.audience_reach where purpose = 'marketing' and channel = 'sms'"
        )
    }
    completed = {person for person in week.unopened if ended[person][0] == "completed"}
    assert texted
    assert texted == completed & reachable


def test_each_message_leaves_once_and_only_if_it_may(week: Week) -> None:
    assert week.later.keys() >= week.first.keys()
    allowed = {
        key: person
        for channel in ("email", "sms")
        for key, person in week.house.query(f"select message_key, person_id from audiences.sync_{channel}__programmes")
    }
    new = {**{key: row for key, row in week.later.items() if key not in week.first}, **week.texts}
    assert new.keys() <= allowed.keys()
    assert new


def test_the_timeline_shows_both_sides_in_order(week: Week) -> None:
    persons = ", ".join(f"'{person}'" for person in sorted(week.opened))
    shown = week.house.query(
        "select person_id, event_kind from marts.customer_timeline where source_name = 'activation'"
        f" and person_id in ({persons}) and event_kind = 'message_opened' group by all"
    )
    assert {person for person, _ in shown} == week.opened
