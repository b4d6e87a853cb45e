"""LINE messages against a server that speaks their protocol."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardinal.activation.declaration import Sync, SyncError, parse_sync
from cardinal.activation.destination import AccessRefusedError, Batch, Row, ThrottledError, UnavailableError
from cardinal.activation.destinations.line_message import LineMessage
from cardinal.settings import Settings
from tests.unit.activation.destinations.platform import Platform, listening

USER = "U" + "0a" * 16


def message(number: int, to: str = USER, text: str = "คะแนนของคุณ") -> Row:
    return Row(f"p{number}", "add", f"00000000-0000-0000-0000-00000000000{number}", {"to": to, "text": text})


@pytest.fixture
def platform() -> Iterator[Platform]:
    with listening() as platform:
        yield platform


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CARDINAL_SECRET_LINE", "t0ken")
    return Settings(tmp_path)


def declared(url: str) -> Sync:
    return parse_sync(
        "points",
        {
            "model": "audiences.sync_line__points_reminder", "key": "person_id", "mode": "event",
            "columns": {"to": "line_user_id", "text": "text"},
            "destination": {"type": "line_message", "secret": "line", "url": url},
        },
    )  # fmt: skip


def test_each_row_is_said_with_a_key_of_its_own(platform: Platform, settings: Settings) -> None:
    platform.answers += [(200, {}), (409, {"message": "The retry key is already accepted"}), (500, {}), (400, {})]
    rows = [message(1), message(2), message(3), message(4), message(5, to="0812345678"), message(6, text=" ")]
    answer = LineMessage.declared(declared(platform.url), settings).send(Batch("points", "run", rows))
    assert [asked.headers["x-line-retry-key"] for asked in platform.asked] == [row.row_id for row in rows[:4]]
    assert platform.asked[0].content == {"to": USER, "messages": [{"type": "text", "text": "คะแนนของคุณ"}]}
    assert platform.asked[0].headers["authorization"] == "Bearer t0ken"
    assert answer.postponed == {rows[2].row_id: "status 500"}
    assert answer.rejected == {
        rows[3].row_id: "status 400",
        rows[4].row_id: "to is no LINE user id",
        rows[5].row_id: "text has to have 1 to 5000 letters",
    }


def test_a_batch_that_broke_off_says_nothing_twice(platform: Platform, settings: Settings) -> None:
    target = LineMessage.declared(declared(platform.url), settings)
    batch = Batch("points", "run", [message(1), message(2)])
    platform.answers += [(200, {}), (429, {})]
    with pytest.raises(ThrottledError):
        target.send(batch)
    platform.answers += [(409, {}), (200, {})]
    assert target.send(batch).rejected == {}
    keys = [asked.headers["x-line-retry-key"] for asked in platform.asked]
    assert keys[:2] == keys[2:]


def test_nobody_is_woken(platform: Platform, settings: Settings) -> None:
    always = {"time_zone": "Asia/Bangkok", "quiet_from_hour": 0, "quiet_to_hour": 24}
    row = Row("p1", "add", message(1).row_id, {**message(1).fields, **always})
    answer = LineMessage.declared(declared(platform.url), settings).send(Batch("points", "run", [row]))
    assert answer.postponed == {row.row_id: "quiet hours"}
    assert platform.asked == []


def test_no_entry_ends_the_run_and_silence_is_tried_again(platform: Platform, settings: Settings) -> None:
    target = LineMessage.declared(declared(platform.url), settings)
    platform.answers += [(401, {}), "hang up"]
    with pytest.raises(AccessRefusedError):
        target.send(Batch("points", "run", [message(1)]))
    with pytest.raises(UnavailableError):
        target.send(Batch("points", "run", [message(1)]))


def test_what_was_said_is_no_set_to_mirror(settings: Settings) -> None:
    sound = declared("http://127.0.0.1")
    for changed, words in (
        ({"mode": "mirror"}, "mode must be append or event"),
        ({"columns": {"to": "line_user_id"}}, "columns must hold to"),
        ({"destination": {"type": "line_message"}}, "CARDINAL_SECRET_NAME"),
    ):
        with pytest.raises(SyncError, match=words):
            LineMessage.declared(dataclasses.replace(sound, **changed), settings)
