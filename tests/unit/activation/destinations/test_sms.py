"""Text messages against a gateway that speaks as Twilio does, and how many parts they take."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from cardinal.activation.declaration import Sync, SyncError, parse_sync
from cardinal.activation.destination import (
    AccessRefusedError,
    Answer,
    Batch,
    Row,
    ThrottledError,
    UnavailableError,
    row_id,
)
from cardinal.activation.destinations.catalogue import open_destination
from cardinal.activation.destinations.segments import count_segments
from cardinal.activation.journal import IN_DOUBT
from cardinal.activation.preview import preview
from cardinal.settings import Settings
from tests.unit.activation.desk import TOLD
from tests.unit.activation.destinations.platform import Platform, listening


@pytest.fixture
def gateway() -> Iterator[Platform]:
    with listening() as platform:
        yield platform


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CARDINAL_SECRET_SMS", "t0ken")
    write_template(tmp_path, "คุณ{{ name }} บัตรพร้อมใช้\n")
    return Settings(tmp_path / "home", project_dir=tmp_path)


def write_template(project: Path, text: str) -> None:
    folder = project / "activation" / "templates" / "card"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "body.txt").write_text(text, encoding="utf-8")


def declared(url: str, **changes: Any) -> Sync:
    destination = {
        "type": "sms", "url": f"{url}/Messages.json", "user": "AC1", "secret": "sms", "from": "+66200000000",
        "template": "card", **changes,
    }  # fmt: skip
    return parse_sync(
        "card",
        {
            "model": "audiences.sync_sms__card", "key": "person_id", "mode": "event", "destination": destination,
            "columns": {"to": "phone", "name": "full_name", **TOLD}, "delivery": {"timeout_seconds": 0.3},
        },
    )  # fmt: skip


def row(number: int, to: str = "+66812345678", name: str = "สมชาย", **fields: Any) -> Row:
    key = f"p{number}"
    return Row(key, "add", row_id("card", key, 1), {"to": to, "name": name, **fields})


def batch(*rows: Row) -> Batch:
    return Batch("card", "run", rows)


def test_each_row_is_a_form(gateway: Platform, settings: Settings) -> None:
    sync = declared(gateway.url, status_callback="https://bank.example/sms")
    gateway.answers = [(201, {"sid": "SM1"}), (200, {})]
    assert not open_destination(sync, settings).send(batch(row(1), row(2))).rejected
    asked = gateway.asked[0]
    assert parse_qs(asked.content) == {
        "To": ["+66812345678"], "From": ["+66200000000"], "Body": ["คุณสมชาย บัตรพร้อมใช้"],
        "StatusCallback": [f"https://bank.example/sms?id={row(1).row_id}"],
    }  # fmt: skip
    assert asked.path == "/Messages.json"
    assert asked.headers["authorization"] == httpx.BasicAuth("AC1", "t0ken")._auth_header
    assert [each.headers["idempotency-key"] for each in gateway.asked] == [row(1).row_id, row(2).row_id]


def test_what_is_said_of_one_harms_no_other(gateway: Platform, settings: Settings) -> None:
    rows = [
        row(1), row(2), row(3), row(4, to="0812345678"), row(5, name="ก" * 200),
        row(6, time_zone="Asia/Bangkok", quiet_from_hour=0, quiet_to_hour=24), row(7),
    ]  # fmt: skip
    gateway.answers = [(400, {"code": 21610, "message": "+66812345678 is unsubscribed"}), (400, {"code": 21211}),
                       (400, "<html>")]  # fmt: skip
    target = open_destination(declared(gateway.url), settings)
    answer = target.send(batch(*rows))
    assert answer.rejected == {
        rows[0].row_id: "status 400, error 21610 (opted out)",
        rows[1].row_id: "status 400, error 21211",
        rows[2].row_id: "status 400",
        rows[3].row_id: "to is no number with + and the country's code",
        rows[4].row_id: "the text takes 4 segments, not 1 to 2",
    }
    assert answer.postponed == {rows[5].row_id: "quiet hours"}
    assert len(gateway.asked) == 4
    # What was sent is known; what was refused may be tried with another number.
    target.send(batch(rows[6], rows[0]))
    assert len(gateway.asked) == 5


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (401, AccessRefusedError), (402, AccessRefusedError), (403, AccessRefusedError), (404, AccessRefusedError),
        (300, AccessRefusedError), (302, AccessRefusedError), (303, AccessRefusedError), (410, AccessRefusedError),
        (429, ThrottledError), (503, UnavailableError), (408, UnavailableError),
    ],
)  # fmt: skip
def test_what_says_that_nothing_was_sent_is_tried_again(
    gateway: Platform, settings: Settings, answer: int, error: type[Exception]
) -> None:
    gateway.answers = [(answer, {"code": 20003}, {"retry-after": "7"})]
    target = open_destination(declared(gateway.url), settings)
    with pytest.raises(error) as raised:
        target.send(batch(row(1)))
    if isinstance(raised.value, ThrottledError):
        assert raised.value.wait_seconds == 7
    assert not target.send(batch(row(1))).rejected
    assert len(gateway.asked) == 2


@pytest.mark.parametrize("code", [10001, 20003, 20005, 21212, 21601, 21603, 21609, 21660, 21661, 21703, 30002, "21212"])
def test_a_wrong_sender_or_account_ends_the_run_and_rejects_nobody(
    gateway: Platform, settings: Settings, code: int | str
) -> None:
    gateway.answers = [(201, {}), (400, {"code": code, "message": "+66812345678"})]
    target = open_destination(declared(gateway.url), settings)
    with pytest.raises(AccessRefusedError, match=f"^status 400, error {code}$") as raised:
        target.send(batch(row(1), row(2), row(3)))
    assert raised.value.taken == {row(1).row_id}
    assert target.send(batch(row(1), row(2), row(3))) == Answer()
    assert len(gateway.asked) == 4


@pytest.mark.parametrize("code", [20429, 21611, 63038])
def test_a_full_queue_is_waited_for(gateway: Platform, settings: Settings, code: int) -> None:
    gateway.answers = [(400, {"code": code}, {"retry-after": "9"})]
    target = open_destination(declared(gateway.url), settings)
    with pytest.raises(ThrottledError, match=f"^status 400, error {code}$") as raised:
        target.send(batch(row(1), row(2)))
    assert raised.value.wait_seconds == 9
    assert target.send(batch(row(1), row(2))) == Answer()
    assert len(gateway.asked) == 3


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize("code", [21408, 21606, 21608, 21612, 21659])
def test_a_sender_that_may_not_write_to_a_country_harms_nobody_else(
    gateway: Platform, settings: Settings, code: int, status: int
) -> None:
    """A short code of Thailand doesn't reach a number abroad: the others get theirs, and it goes when that's mended."""
    gateway.answers = [(status, {"code": code})]
    target = open_destination(declared(gateway.url), settings)
    assert target.send(batch(row(1), row(2))) == Answer(postponed={row(1).row_id: f"status {status}, error {code}"})
    assert target.send(batch(row(1), row(2))) == Answer()
    assert len(gateway.asked) == 3


@pytest.mark.parametrize("answer", [(500, {}), (502, "<html>"), (504, ""), "hang up", "late"])
def test_what_may_have_been_sent_is_not_sent_again(gateway: Platform, settings: Settings, answer: Any) -> None:
    gateway.answers = [answer]
    target = open_destination(declared(gateway.url), settings)
    with pytest.raises(UnavailableError):
        target.send(batch(row(1), row(2)))
    assert target.send(batch(row(1), row(2))).rejected == {row(1).row_id: IN_DOUBT}
    assert len(gateway.asked) == 2


def test_nobody_there_means_that_nothing_was_sent(gateway: Platform, settings: Settings) -> None:
    with pytest.raises(UnavailableError, match="ConnectError"):
        open_destination(declared("http://127.0.0.1:1"), settings).send(batch(row(1)))
    assert not open_destination(declared(gateway.url), settings).send(batch(row(1))).rejected


def test_wrong_declarations_are_told(settings: Settings) -> None:
    url = "https://sms.example"
    sound = declared(url)
    for changed, words in (
        ({"mode": "upsert"}, "mode must be append or event"),
        ({"columns": {"name": "full_name"}}, "columns must hold to"),
        (
            {"columns": {"to": "phone", "name": "name", "time_zone": "zone"}},
            "hold quiet_from_hour, quiet_to_hour: else",
        ),
        ({"destination": declared("http://sms.example").destination}, "destination.url must begin with https://"),
        ({"destination": declared(url, user="").destination}, "destination.user is missing"),
        ({"destination": declared(url, **{"from": ""}).destination}, "destination.from is missing"),
        ({"destination": declared(url, most_segments=11).destination}, "most_segments must be 1 to 10"),
        ({"destination": declared(url, status_callback="ftp://x").destination}, "status_callback must begin"),
    ):
        with pytest.raises(SyncError, match=words):
            open_destination(dataclasses.replace(sound, **changed), settings)
    write_template(settings.project_dir, "ก" * 140)
    with pytest.raises(SyncError, match="takes 3 segments as it is, and 2 are allowed"):
        open_destination(sound, settings)


def test_a_preview_counts_its_parts(settings: Settings) -> None:
    assert preview(declared("https://sms.example"), settings).splitlines() == [
        "From: +66200000000", "Segments: 1 of 2", "", "คุณ[name] บัตรพร้อมใช้",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 0), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3),
        ("€" * 80, 1), ("€" * 81, 2), ("€" * 153, 3),
        ("ก" * 70, 1), ("ก" * 71, 2), ("ก" * 134, 2), ("ก" * 135, 3),
        ("😀" * 35, 1), ("😀" * 36, 2), ("😀" * 66, 2), ("😀" * 67, 3), ("`", 1), ("`" * 71, 2), ("a\nb\r", 1),
    ],
)  # fmt: skip
def test_parts_are_counted_as_phones_do(text: str, parts: int) -> None:
    """Twice 153 places hold 76 signs of two places each and not 76.5; likewise 33 of 67 units of UCS-2."""
    assert count_segments(text) == parts
