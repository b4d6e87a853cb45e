"""The Trade Desk against a server that speaks its protocol: devices only, and one wrong id harms no other."""

from __future__ import annotations

import base64
import dataclasses
import json
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
from cardinal.activation.destinations import the_trade_desk
from cardinal.activation.destinations.the_trade_desk import TheTradeDesk, sign
from cardinal.settings import Settings
from tests.unit.activation.destinations.platform import Platform


def device(number: int) -> str:
    return f"38400000-8cf0-11bd-b23e-{number:012x}"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CARDINAL_SECRET_TTD", "s3cret")
    monkeypatch.setenv("CARDINAL_SECRET_PROVIDER", "an0ther")
    return Settings(tmp_path)


def declared(url: str, **destination: Any) -> Sync:
    return parse_sync(
        "cards",
        {
            "model": "audiences.sync_dsp__cards", "key": "device_id", "mode": "mirror",
            "columns": {"daid": "advertising_id"},
            "destination": {
                "type": "the_trade_desk", "advertiser_id": "abc1", "segment": "aud_7f3a", "secret": "ttd", "url": url,
                **destination,
            },
        },
    )  # fmt: skip


def batch(*rows: Row) -> Batch:
    return Batch("cards", "run", rows)


def add(number: int, **changes: Any) -> Row:
    return dataclasses.replace(Row(f"k{number}", "add", f"r{number}", {"daid": device(number)}), **changes)


def items(platform: Platform, request: int = 0) -> list[tuple[str, int]]:
    return [
        (item["DAID"], data["TTLInMinutes"])
        for item in platform.asked[request].content["Items"]
        for data in item["Data"]
    ]


def test_the_signature_is_that_of_rfc_2202() -> None:
    signature = base64.b64decode(sign("Jefe", b"what do ya want for nothing?"))
    assert signature.hex() == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"


def test_devices_get_the_segment_and_lose_it(platform: Platform, settings: Settings) -> None:
    target = TheTradeDesk.declared(
        declared(platform.url, data_provider_id="dp", data_provider_secret="provider"),  # noqa: S106
        settings,
    )
    rows = [
        Row("k1", "remove", "r1", {"daid": device(1)}, [{"daid": device(1)}, {"daid": device(11)}]),
        # Of one whose device is somebody else's now.
        Row("k2", "remove", "r2", {"daid": device(3)}),
        add(3),
        Row("k4", "change", "r4", {"daid": device(4)}, [{"daid": device(14)}, {"daid": device(4)}]),
        add(5, fields={"daid": "a@example.org"}),
        add(6, fields={"daid": "+66812345678"}),
        add(7, fields={"daid": "00000000-0000-0000-0000-000000000000"}),
    ]
    answer = target.send(batch(*rows))
    assert answer.rejected == dict.fromkeys(("r5", "r6", "r7"), "daid is no such id")
    (asked,) = platform.asked
    assert (asked.method, asked.path) == ("POST", "/data/advertiser")
    assert items(platform) == [
        (device(1), 0), (device(11), 0), (device(14), 0), (device(3), 259_200), (device(4), 259_200),
    ]  # fmt: skip
    assert asked.content["Items"][-1]["Data"] == [{"Name": "aud_7f3a", "TTLInMinutes": 259_200}]
    assert (asked.content["AdvertiserId"], asked.content["DataProviderId"]) == ("abc1", "dp")
    body = json.dumps(asked.content, separators=(",", ":")).encode()
    assert asked.headers["ttdsignature"] == sign("s3cret", body)
    assert asked.headers["ttdsignature-dp"] == sign("an0ther", body)


def test_failed_lines_are_rows(platform: Platform, settings: Settings) -> None:
    lines = [
        {"ErrorCode": "MissingUserId", "Message": "Invalid DAID, item #3"},
        {"ErrorCode": "a@example.org", "Message": "Invalid DAID, item #1"},
    ]
    platform.answers.append((200, {"FailedLines": lines}))
    gone = Row("k1", "remove", "r1", {"daid": device(1)})
    answer = TheTradeDesk.declared(declared(platform.url), settings).send(batch(gone, add(2), add(3)))
    # Who is to lose the segment and can't be read hasn't got it.
    assert answer.rejected == {"r3": "The Trade Desk says MissingUserId"}


def test_a_request_is_no_larger_than_they_take(
    platform: Platform, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(the_trade_desk, "MOST_BYTES", 1_500)
    platform.answers += [(200, {}), (200, {"FailedLines": [{"ErrorCode": "X", "Message": "item #1"}]})]
    answer = TheTradeDesk.declared(declared(platform.url), settings).send(batch(*(add(number) for number in range(8))))
    sizes = [len(items(platform, request)) for request in range(len(platform.asked))]
    assert sum(sizes) == 8 and len(sizes) > 1
    for asked in platform.asked:
        assert len(json.dumps(asked.content, separators=(",", ":"))) < 1_500
    assert answer.rejected == {f"r{sizes[0]}": "The Trade Desk says X"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((429, {}, {"retry-after": "3"}), ThrottledError),
        ((502, "<html>"), UnavailableError),
        ("hang up", UnavailableError),
        ((200, "<html>"), UnavailableError),
        ((401, {}), AccessRefusedError),
        ((400, {"Message": "a@example.org"}), AccessRefusedError),
        ((413, {}), BatchRefusedError),
        ((200, {"FailedLines": [{"ErrorCode": "X", "Message": "a@example.org"}]}), BatchRefusedError),
        ((200, {"FailedLines": [{"ErrorCode": "X", "Message": "item #2"}]}), BatchRefusedError),
    ],
)
def test_errors_are_what_they_mean_by_them(
    platform: Platform, settings: Settings, answer: Any, error: type[Exception]
) -> None:
    platform.answers.append(answer)
    with pytest.raises(error) as caught:
        TheTradeDesk.declared(declared(platform.url), settings).send(batch(add(1)))
    assert "example.org" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_declaration_that_shows_people_is_refused(settings: Settings) -> None:
    sound = declared("http://127.0.0.1")
    for changed, message in (
        ({"columns": {"daid": "person_id"}}, "person_id may hold a person"),
        ({"columns": {"daid": "email"}}, "email may hold a person"),
        ({"columns": {"daid": "device_id"}}, "it must be daid or advertising_id"),
        ({"columns": {"email": "email"}}, "columns must hold one of daid, tdid, uid2"),
        ({"columns": {"daid": "device_id", "tdid": "tdid"}}, "and nothing else"),
        ({"mode": "upsert"}, "mode must be mirror"),
        ({"destination": {**sound.destination, "segment": "High income"}}, "segment must tell nothing"),
        ({"destination": {**sound.destination, "segment": "high_income"}}, "segment must tell nothing"),
        ({"destination": {**sound.destination, "advertiser_id": None}}, "advertiser_id must be"),
        ({"destination": {**sound.destination, "secret": "other"}}, "CARDINAL_SECRET_OTHER"),
        ({"destination": {**sound.destination, "data_provider_id": "x"}}, "data_provider_secret must name a secret"),
    ):
        with pytest.raises(SyncError, match=message):
            TheTradeDesk.declared(dataclasses.replace(sound, **changed), settings)
