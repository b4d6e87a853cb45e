"""Conversions, at Google and at Meta: what happened is told once, and one wrong event harms no other."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cardinal.activation.declaration import Sync, SyncError, parse_sync
from cardinal.activation.destination import (
    AccessRefusedError,
    Batch,
    BatchRefusedError,
    Row,
    ThrottledError,
    UnavailableError,
)
from cardinal.activation.destinations.google_conversions import GoogleConversions
from cardinal.activation.destinations.meta import MetaAudience
from cardinal.activation.destinations.meta_conversions import MetaConversions
from cardinal.activation.destinations.meta_graph import pseudonym
from cardinal.activation.sending import apply_sync
from cardinal.settings import Settings
from tests.unit.activation.desk import desk
from tests.unit.activation.destinations.platform import Platform

GOOGLE = {"type": "google_conversions", "account_id": 1, "conversion_action_id": 42, "secret": "ads"}
META = {"type": "meta_conversions", "dataset_id": 42, "event_name": "Lead", "secret": "ads"}
WORDS = {"message": "a@example.org is bad", "error_user_msg": "a@example.org"}
NOW = datetime.now(UTC).replace(microsecond=0)
CLICK = {"event_at": "2026-11-20 10:00:00", "gclid": "g1", "value": 1500.5, "currency": "THB"}
PERSON = {"event_at": str(NOW - timedelta(hours=1)), "email": "a@example.org", "value": "2", "currency": "THB"}


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CARDINAL_SECRET_ADS", "t0ken")
    monkeypatch.setenv("CARDINAL_SECRET_IDS", "secret")
    return Settings(tmp_path)


def declared(destination: dict[str, Any], url: str, **columns: str) -> Sync:
    return parse_sync(
        "leads",
        {
            "model": "audiences.sync_ads__leads", "key": "lead_id", "mode": "event",
            "columns": {"event_at": "won_at", "email": "email", "value": "value", "currency": "currency", **columns},
            "destination": {**destination, "url": url},
        },
    )  # fmt: skip


def batch(*fields: dict[str, Any]) -> Batch:
    return Batch("leads", "run", [Row(f"l{n}", "add", f"r{n}", given) for n, given in enumerate(fields)])


def test_google_is_told_what_became_of_a_click(platform: Platform, settings: Settings) -> None:
    answer = GoogleConversions.declared(declared(GOOGLE, platform.url), settings).send(
        batch(
            CLICK,
            {"event_at": "2026-11-20T10:00:00+07:00", "email": "a@example.org", "wbraid": None},
            {**CLICK, "event_at": "yesterday"},
            {**CLICK, "currency": "baht"},
            {**CLICK, "value": "much"},
            {**CLICK, "gclid": None},
        )
    )
    (asked,) = platform.asked
    assert asked.path == "/v1/events:ingest"
    assert sorted(asked.content) == ["consent", "destinations", "encoding", "events"]
    assert asked.content["destinations"][0]["productDestinationId"] == "42"
    assert asked.content["events"] == [
        {
            "transactionId": "r0", "eventTimestamp": "2026-11-20T10:00:00Z", "eventSource": "WEB",
            "adIdentifiers": {"gclid": "g1"}, "conversionValue": 1500.5, "currency": "THB",
        },
        {
            "transactionId": "r1", "eventTimestamp": "2026-11-20T03:00:00Z", "eventSource": "WEB",
            "userData": {"userIdentifiers": [{"emailAddress": sha256("a@example.org")}]},
        },
    ]  # fmt: skip
    assert answer.rejected == {
        "r2": "event_at is no time",
        "r3": "currency has to be three letters of ISO 4217",
        "r4": "value is no number",
        "r5": "holds neither a click nor anything that people are matched by",
    }


def test_google_names_wrong_events_and_the_others_go(platform: Platform, settings: Settings) -> None:
    found = [{"field": "events.events[0].ad_identifiers", "reason": "INVALID_AD_IDENTIFIER_FOR_ACCOUNT"}]
    platform.answers.append((400, {"error": {"details": [{"fieldViolations": found}]}}))
    answer = GoogleConversions.declared(declared(GOOGLE, platform.url), settings).send(batch(CLICK, CLICK))
    assert answer.rejected == {"r0": "Google says INVALID_AD_IDENTIFIER_FOR_ACCOUNT"}
    assert [event["transactionId"] for event in platform.asked[1].content["events"]] == ["r1"]


def test_an_account_that_takes_no_conversions_ends_the_run(platform: Platform, settings: Settings) -> None:
    reason = "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED"
    found = [{"field": "events.events[0].destination_references[0]", "reason": reason}]
    platform.answers.append((400, {"error": {"details": [{"fieldViolations": found}]}}))
    with pytest.raises(AccessRefusedError, match=reason):
        GoogleConversions.declared(declared(GOOGLE, platform.url), settings).send(batch(CLICK))


def test_meta_is_told_what_people_did(platform: Platform, settings: Settings) -> None:
    platform.answers.append((200, {"events_received": 1, "fbtrace_id": "x"}))
    person = {**PERSON, "phone": "+66812345678", "fn": "สมชาย", "external_id": "p1", "fbc": "fb.1.1.x", "ln": ""}
    old, young = str(NOW - timedelta(days=7, seconds=5)), str(NOW + timedelta(hours=1))
    sync = declared({**META, "extern_secret": "ids"}, platform.url, external_id="person_id")
    answer = MetaConversions.declared(sync, settings).send(
        batch(
            person,
            {**PERSON, "event_at": old},
            {**PERSON, "event_at": young},
            {**PERSON, "event_at": None},
            {**PERSON, "email": None, "country": "TH", "client_ip_address": "192.0.2.1"},
            {**PERSON, "value": -1},
        )
    )
    assert answer.rejected == {
        "r1": "event_at is older than 7 days",
        "r2": "event_at is yet to come",
        "r3": "event_at is no time",
        "r4": "holds nothing that people are matched by",
        "r5": "value is below nought",
    }
    assert answer.counts == {"events received": 1}
    (asked,) = platform.asked
    assert (asked.method, asked.path) == ("POST", "/v25.0/42/events")
    assert asked.headers["authorization"] == "Bearer t0ken"
    assert asked.content == {
        "data": [
            {
                "event_name": "Lead", "event_time": int((NOW - timedelta(hours=1)).timestamp()), "event_id": "r0",
                "action_source": "system_generated",
                "user_data": {
                    "em": [sha256("a@example.org")], "ph": [sha256("66812345678")], "fn": [sha256("สมชาย")],
                    "external_id": [pseudonym(b"secret", "p1")], "fbc": "fb.1.1.x",
                },
                "custom_data": {"value": 2.0, "currency": "THB"},
            }
        ]
    }  # fmt: skip


def test_an_event_on_a_website_says_where(platform: Platform, settings: Settings) -> None:
    """Meta would refuse all the batch for one without."""
    on_site = {"event_source_url": "https://bank.example/x", "client_user_agent": "Mozilla"}
    sync = declared({**META, "action_source": "website"}, platform.url, **{field: field for field in on_site})
    rows = [{**PERSON, **on_site}, *({**PERSON, **on_site, field: None} for field in on_site)]
    answer = MetaConversions.declared(sync, settings).send(batch(*rows))
    assert set(answer.rejected) == {"r1", "r2"}
    assert "event_source_url and client_user_agent" in answer.rejected["r1"]
    assert [event["event_source_url"] for event in platform.asked[0].content["data"]] == ["https://bank.example/x"]


@pytest.mark.parametrize("known", ["p1", " p1 ", "0a" * 32])
def test_a_person_has_one_id_in_audiences_and_conversions(platform: Platform, settings: Settings, known: str) -> None:
    sync = declared({**META, "extern_secret": "ids"}, platform.url, external_id="person_id")
    MetaConversions.declared(sync, settings).send(batch({**PERSON, "external_id": known}))
    columns, destination = {"extern_id": "person_id"}, {"audience_id": 42, "secret": "ads", "extern_secret": "ids"}
    audience = dataclasses.replace(
        sync, mode="mirror", columns=columns, destination={"type": "meta", "url": platform.url, **destination}
    )
    MetaAudience.declared(audience, settings).send(Batch("best", "run", [Row("p1", "add", "r", {"extern_id": known})]))
    event, member = platform.asked
    assert event.content["data"][0]["user_data"]["external_id"] == member.content["payload"]["data"][0]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((400, {"error": {"code": 80003, **WORDS}}), ThrottledError),
        ((500, {"error": {"code": 2, **WORDS}}), UnavailableError),
        ("hang up", UnavailableError),
        ((401, {"error": {"code": 190, **WORDS}}), AccessRefusedError),
        # One event is wrong, and Meta doesn't say which: the sender halves the batch.
        ((400, {"error": {"code": 100, "error_subcode": 2804019, **WORDS}}), BatchRefusedError),
    ],
)
def test_errors_are_what_meta_means_by_them(
    platform: Platform, settings: Settings, answer: Any, error: type[Exception]
) -> None:
    platform.answers.append(answer)
    with pytest.raises(error) as caught:
        MetaConversions.declared(declared(META, platform.url), settings).send(batch(PERSON))
    assert "example.org" not in str(caught.value)


def test_one_wrong_event_stands_alone_in_the_end_and_the_counts_are_told(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARDINAL_SECRET_ADS", "t0ken")
    destination = {**META, "url": platform.url}
    columns = {"event_at": "note", "phone": "phone"}
    table = desk(tmp_path / "home", mode="event", destination=destination, columns=columns)
    table.publish([("l1", "+66812345671"), ("l2", "+66812345672"), ("l3", "+66812345673")])
    _set_notes(table.settings, str(NOW - timedelta(hours=1)))
    wrong, right = (400, {"error": {"code": 100}}), (200, {"events_received": 1})
    platform.answers += [wrong, right, wrong, wrong, right]
    outcome = apply_sync(table.settings, table.sync, lambda *_: None, sleep=lambda _: None)
    assert outcome and (outcome.status, outcome.accepted, outcome.rejected) == ("done", 2, 1)
    assert outcome.message == "2 events received, as the destination says"
    assert [len(asked.content["data"]) for asked in platform.asked] == [3, 1, 2, 1, 1]
    assert table.runs("message") == [("2 events received, as the destination says",)]


def _set_notes(settings: Settings, note: str) -> None:
    import duckdb

    with duckdb.connect(str(settings.published / "restricted.duckdb")) as connection:
        connection.execute("update audiences.sync_webhook__people set note = ?", [note])


@pytest.mark.parametrize("adapter", [GoogleConversions, MetaConversions])
def test_a_declaration_of_no_use_is_refused(settings: Settings, adapter: Any) -> None:
    sound = declared(GOOGLE if adapter is GoogleConversions else META, "http://127.0.0.1")
    for changed, message in (
        ({"mode": "mirror"}, "mode must be append or event"),
        ({"columns": {"email": "email"}}, "columns must hold event_at"),
        ({"columns": {"event_at": "at", "fax": "fax"}}, "columns: fax is none of event_at"),
        ({"delivery": dataclasses.replace(sound.delivery, batch_rows=2_001)}, "batch_rows may be"),
        ({"destination": {**sound.destination, "secret": "other"}}, "CARDINAL_SECRET_OTHER"),
    ):
        with pytest.raises(SyncError, match=message):
            adapter.declared(dataclasses.replace(sound, **changed), settings)


def test_meta_wants_to_know_what_happened_and_where(settings: Settings) -> None:
    sound = declared(META, "http://127.0.0.1")
    for changed, message in (
        ({"event_name": None}, "event_name must say what happened"),
        ({"action_source": "moon"}, "action_source must be one of app"),
        ({"action_source": "website"}, "columns must hold event_source_url and client_user_agent"),
        ({"dataset_id": "x"}, "dataset_id must be the number of the dataset"),
    ):
        with pytest.raises(SyncError, match=message):
            MetaConversions.declared(dataclasses.replace(sound, destination={**sound.destination, **changed}), settings)
