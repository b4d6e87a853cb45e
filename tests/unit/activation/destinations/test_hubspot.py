"""HubSpot against a server that speaks its batches: what is written, what is taken back, what is told of whom."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
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
    row_id,
)
from cardinal.activation.destinations.catalogue import open_destination
from cardinal.settings import Settings
from tests.unit.activation.destinations.platform import Platform, listening

MEMBER = {"field": "in_win_back", "there": "yes", "gone": "no"}


@pytest.fixture
def crm() -> Iterator[Platform]:
    with listening() as platform:
        yield platform


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CARDINAL_SECRET_HUBSPOT", "pat-1")
    return Settings(tmp_path)


def declared(url: str, mode: str = "mirror", **changes: Any) -> Sync:
    destination = {"type": "hubspot", "url": url, "secret": "hubspot", "membership": MEMBER, **changes}
    return parse_sync(
        "win_back",
        {
            "model": "audiences.sync_email__win_back", "key": "person_id", "mode": mode, "destination": destination,
            "columns": {"email": "email", "firstname": "full_name", "vip": "is_vip"},
            "delivery": {"timeout_seconds": 0.3, "batch_rows": 100},
        },
    )  # fmt: skip


def row(number: int, op: str = "add", before: tuple[dict[str, Any], ...] = (), **fields: Any) -> Row:
    sent = {"email": f"p{number}@example.com", "firstname": "สมชาย", "vip": True, **fields}
    return Row(f"p{number}", op, row_id("win_back", f"p{number}", 1), sent, before)


def batch(*rows: Row) -> Batch:
    return Batch("win_back", "run", rows)


def test_rows_are_written_by_their_id_property_under_their_trace_id(crm: Platform, settings: Settings) -> None:
    target = open_destination(declared(crm.url), settings)
    assert target.send(batch(row(1), row(2, firstname=None))) == target.send(batch())
    (asked,) = crm.asked
    assert asked.path == "/crm/v3/objects/contacts/batch/upsert" and asked.headers["authorization"] == "Bearer pat-1"
    assert asked.content["inputs"] == [
        {
            "idProperty": "email", "id": "p1@example.com", "objectWriteTraceId": row(1).row_id,
            "properties": {"firstname": "สมชาย", "vip": "true", "in_win_back": "yes"},
        },
        {
            "idProperty": "email", "id": "p2@example.com", "objectWriteTraceId": row(2).row_id,
            "properties": {"vip": "true", "in_win_back": "yes"},
        },
    ]  # fmt: skip


def test_what_is_not_known_is_emptied_only_where_that_is_declared(crm: Platform, settings: Settings) -> None:
    open_destination(declared(crm.url, null_clears=True), settings).send(batch(row(1, firstname=None)))
    assert crm.asked[0].content["inputs"][0]["properties"]["firstname"] == ""


def test_who_leaves_is_marked_and_never_made_again(crm: Platform, settings: Settings) -> None:
    old, older = {"email": "old@example.com"}, {"email": "p2@example.com"}
    crm.answers = [
        (207, {"errors": [{"category": "OBJECT_NOT_FOUND", "context": {"ids": ["p1@example.com"]}}]}), (200, {}),
    ]  # fmt: skip
    answer = open_destination(declared(crm.url), settings).send(batch(row(1, "remove"), row(2, "change", (old, older))))
    assert not answer.rejected and not answer.postponed
    update, upsert = crm.asked
    assert update.path.endswith("/batch/update") and upsert.path.endswith("/batch/upsert")
    assert [(each["id"], each["properties"]) for each in update.content["inputs"]] == [
        ("p1@example.com", {"in_win_back": "no"}), ("old@example.com", {"in_win_back": "no"}),
    ]  # fmt: skip
    assert [each["id"] for each in upsert.content["inputs"]] == ["p2@example.com"]


def test_errors_of_207_are_of_the_rows_that_they_name(crm: Platform, settings: Settings) -> None:
    rows = [row(1), row(2), row(3), row(4, email=None), row(5, "change", ({"email": "old@example.com"},))]
    leaving = {"objectWriteTraceId": [f"{rows[4].row_id}:0"]}
    crm.answers = [
        (207, {"errors": [{"category": "VALIDATION_ERROR", "context": leaving}]}),
        (207, {"errors": [
            {"category": "VALIDATION_ERROR", "message": "p1@example.com is bad",
             "context": {"objectWriteTraceId": [rows[0].row_id]}},
            {"category": "RATE_LIMITS", "context": {"objectWriteTraceId": [rows[1].row_id]}},
        ]}),
    ]  # fmt: skip
    answer = open_destination(declared(crm.url), settings).send(batch(*rows))
    assert answer.rejected == {
        rows[0].row_id: "VALIDATION_ERROR", rows[3].row_id: "email is empty", rows[4].row_id: "VALIDATION_ERROR"
    }  # fmt: skip
    assert answer.postponed == {rows[1].row_id: "RATE_LIMITS"}
    assert [each["id"][:2] for each in crm.asked[1].content["inputs"]] == ["p1", "p2", "p3"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((400, {"category": "VALIDATION_ERROR"}), BatchRefusedError), ((409, {}), BatchRefusedError),
        ((401, {}), AccessRefusedError), ((403, {}), AccessRefusedError), ((302, {}), AccessRefusedError),
        # The type of records, or a property of all rows: nothing that a smaller batch would change.
        ((404, {}), AccessRefusedError), ((405, {}), AccessRefusedError), ((415, {}), AccessRefusedError),
        ((400, {"message": '[{"message": "p1@example.com", "error": "PROPERTY_DOESNT_EXIST"}]'}), AccessRefusedError),
        ((429, {}, {"retry-after": "10"}), ThrottledError), ((500, {}), UnavailableError),
        ("hang up", UnavailableError),
        ("late", UnavailableError), ((207, "<html>"), UnavailableError),
        ((207, {"errors": [{"category": "x", "context": {}}]}), BatchRefusedError),
        ((207, {"errors": ["nonsense"]}), BatchRefusedError),
    ],
)  # fmt: skip
def test_what_an_answer_means(crm: Platform, settings: Settings, answer: Any, error: type[Exception]) -> None:
    crm.answers = [answer]
    with pytest.raises(error) as raised:
        open_destination(declared(crm.url), settings).send(batch(row(1)))
    if isinstance(raised.value, ThrottledError):
        assert raised.value.wait_seconds == 10


def test_more_than_a_hundred_go_in_several_requests(crm: Platform, settings: Settings) -> None:
    before = tuple({"email": f"old{number}@example.com"} for number in range(3))
    open_destination(declared(crm.url), settings).send(batch(*(row(number, "remove", before) for number in range(40))))
    assert [len(asked.content["inputs"]) for asked in crm.asked] == [100, 60]


def test_wrong_declarations_are_told(settings: Settings) -> None:
    sound = declared("https://crm.example")
    for changed, words in (
        ({"columns": {"firstname": "full_name"}}, "columns must hold email"),
        ({"destination": {**sound.destination, "membership": None}}, "destination.membership must be"),
        ({"destination": {**sound.destination, "membership": {"field": "x"}}}, "destination.membership must be"),
        ({"destination": {**sound.destination, "object": "../x"}}, "destination.object must be"),
        ({"destination": {**sound.destination, "url": "http://crm.example"}}, "must begin with https://"),
        ({"delivery": dataclasses.replace(sound.delivery, batch_rows=101)}, "may be 100 at most"),
    ):
        with pytest.raises(SyncError, match=words):
            open_destination(dataclasses.replace(sound, **changed), settings)
    assert open_destination(declared("https://crm.example", "upsert", membership=None), settings)
