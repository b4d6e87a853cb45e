"""Two rounds on a demo bank: what people answered in the first decides who is in the second, and shows in figures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cardinal.activation.declaration import Sync, parse_sync
from cardinal.activation.planning import Plan
from cardinal.activation.sending import apply_sync, plan_sync
from cardinal.activation.unsubscribe import make_token
from cardinal.demo.bank import generate_bank
from tests.integration.house import House
from tests.unit.receiving.serving import ENVIRONMENT, UNSUBSCRIBE, Sender, receiving

pytestmark = pytest.mark.slow
CAMPAIGN = "audience:win_back"
SYNC = parse_sync(
    "win_back",
    {
        "model": "audiences.sync_email__win_back",
        "database": "restricted",
        "key": "person_id",
        "columns": ["email"],
        "mode": "mirror",
        "destination": {"type": "folder", "path": "lists", "format": "jsonl"},
    },
)


@dataclass
class Loop:
    """What happened: who was sent to, what they did, what the next plan said at once and after the next build.

    `ids` is the row that was sent, by person; `did` are persons by what they did.
    """

    house: House
    ids: dict[str, str]
    did: dict[str, set[str]]
    pressure_before: dict[str, int]
    at_once: Plan
    second: Plan

    @property
    def out(self) -> set[str]:
        return self.did["unsubscribed"] | self.did["complained"] | self.did["bounced"]


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Loop:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        house = House(tmp_path_factory.mktemp("loop") / "home")
        generate_bank(house.settings, persons=600, months=6, seed=17, until=date(2026, 10, 31))
        house.ingest_build_and_publish()
        before = pressure(house)
        first = apply_sync(house.settings, SYNC, lambda *_: None)
        assert first and first.status == "done" and first.accepted >= 12
        ids = sent(house.settings.outbox)
        assert len(ids) == first.accepted
        did = population(sorted(ids))
        with receiving(house.settings) as sender:
            answer(sender, ids, did)
            at_once = plan(house, SYNC)
        house.ingest_build_and_publish()
        return Loop(house, ids, did, before, at_once, plan(house, SYNC))


def plan(house: House, sync: Sync) -> Plan:
    return plan_sync(house.settings, sync)


def pressure(house: House) -> dict[str, int]:
    rows = house.published(
        "select person_id, contact_7d_count from marts.customer_contact_pressure where channel = 'email'"
    )
    return dict(rows)


def sent(outbox: Path) -> dict[str, str]:
    """Person -> id of the row, as whoever takes the lists reads them."""
    lines = [line for path in (outbox / "lists").rglob("*.jsonl") for line in path.read_text().splitlines()]
    rows = [json.loads(line) for line in lines]
    return {row["key"]: row["id"] for row in rows if row["op"] == "add"}


def population(people: list[str]) -> dict[str, set[str]]:
    """Each does something else, in turn."""
    bounced, deferred, rest = {people[0]}, {people[1]}, people[2:]
    opened = set(rest[::2])
    return {
        "delivered": set(rest),
        "opened": opened,
        "clicked": set(sorted(opened)[::2]),
        "converted": set(sorted(opened)[:1]),
        "complained": {rest[1]},
        "unsubscribed": {rest[0], rest[2]},
        "bounced": bounced,
        "deferred": deferred,
    }


def answer(sender: Sender, ids: dict[str, str], did: dict[str, set[str]]) -> None:
    """Tell the receiver; what is told twice counts once. One unsubscribes by the link, another elsewhere."""
    now = datetime.now(UTC).isoformat()
    for kind, people in did.items():
        told = [
            {"id": ids[person], "kind": "bounced" if kind == "deferred" else kind, "occurred_at": now,
             **({"is_permanent": False} if kind == "deferred" else {})}
            for person in sorted(people)
            if kind != "unsubscribed"
        ]  # fmt: skip
        for _ in range(2):
            if told:
                assert sender.post(told).json() == {"taken": len(told), "rejected": []}
    link, program = sorted(did["unsubscribed"])
    path = f"/u/{make_token(UNSUBSCRIBE.encode(), SYNC.name, link)}"
    assert sender.client.get(path).status_code == 200
    assert sender.client.post(path, content=b"List-Unsubscribe=One-Click").status_code == 200
    told_by_program = {"id": ids[program], "kind": "unsubscribed", "occurred_at": now}
    assert sender.post(told_by_program).json()["taken"] == 1


def test_whoever_wants_no_more_is_out_before_any_build(loop: Loop) -> None:
    assert loop.at_once.counts["withdrawn"] == loop.at_once.counts["remove"] == len(loop.out) == 4
    assert loop.at_once.counts["same"] == len(loop.ids) - 4


def test_the_second_round_is_another_because_of_the_first(loop: Loop) -> None:
    # The table itself lacks them now; whoever stays on the list needs no other contact for it.
    assert loop.second.counts["withdrawn"] == 0
    assert loop.second.counts["remove"] == len(loop.out)
    assert loop.second.counts["same"] == len(loop.ids) - len(loop.out)
    left = {
        row[0] for row in loop.house.published("select person_id from audiences.sync_email__win_back", "restricted")
    }
    assert left == set(loop.ids) - loop.out


def test_why_they_are_out_is_explained(loop: Loop) -> None:
    told = dict(
        loop.house.published(
            "select person_id, explanation from audiences.audience_decisions where audience = 'win_back'", "restricted"
        )
    )
    assert {told[person] for person in loop.did["unsubscribed"]} == {"no consent for marketing by email"}
    assert {told[person] for person in loop.did["complained"]} == {"suppressed: complained"}
    assert {told[person] for person in loop.did["bounced"]} == {"suppressed: bounced"}


def test_campaign_results_are_what_was_told(loop: Loop) -> None:
    kinds = ("delivered", "opened", "clicked", "bounced", "complained", "unsubscribed")
    columns = ", ".join(f"{kind}_count" for kind in ("sent", *kinds))
    (row,) = loop.house.published(
        f"select campaign_name, channel, {columns}, received_count from marts.message_performance"
        f" where campaign_id = '{CAMPAIGN}'"
    )
    expected = [len(loop.ids), *(len(loop.did[kind]) for kind in kinds), len(loop.did["delivered"])]
    assert list(row) == ["win_back", "email", *expected]
    (converted,) = loop.house.published(
        f"select converted_count from marts.message_performance where campaign_id = '{CAMPAIGN}'"
    )[0]
    assert converted >= len(loop.did["converted"])


def test_whom_it_was_sent_to_are_members_of_the_campaign(loop: Loop) -> None:
    rows = loop.house.published(
        f"select person_id, is_treated, channel from marts.fct_campaign_members where campaign_id = '{CAMPAIGN}'"
    )
    assert set(rows) == {(person, True, "email") for person in loop.ids}


def test_what_was_sent_counts_as_contact(loop: Loop) -> None:
    after = pressure(loop.house)
    assert {person: after[person] - loop.pressure_before.get(person, 0) for person in loop.ids} == dict.fromkeys(
        loop.ids, 1
    )


def test_the_timeline_shows_what_was_sent_and_what_people_did_with_it(loop: Loop) -> None:
    shown = loop.house.query(
        "select event_id, person_id, event_kind, occurred_at from marts.customer_timeline"
        " where source_name = 'activation' order by 1"
    )
    told = loop.house.query(
        "select 'activation.message_events:' || message_event_id, person_id, 'message_' || event_type, occurred_at"
        " from intermediate.int_campaigns__sender_events order by 1"
    )
    assert shown == told
    by_kind = {kind: {row[1] for row in shown if row[2] == kind} for _, _, kind, _ in shown}
    assert by_kind["message_sent"] == set(loop.ids)
    assert by_kind["message_clicked"] == loop.did["clicked"]


def test_consents_and_suppressions_say_so_too(loop: Loop) -> None:
    people = ", ".join(f"'{person}'" for person in sorted(loop.ids))
    withdrawn = loop.house.published(
        "select person_id, decided_in from marts.customer_consents where not is_granted and purpose = 'marketing'"
        f" and channel = 'email' and person_id in ({people})"
    )
    assert set(withdrawn) == {(person, "activation.message_events") for person in loop.did["unsubscribed"]}
    suppressed = loop.house.published(
        f"select person_id, reason from marts.customer_suppressions where channel = 'email' and person_id in ({people})"
    )
    assert set(suppressed) == {
        (person, reason) for reason in ("complained", "bounced") for person in loop.did[reason]
    }  # fmt: skip
