"""LINE messages against a server that speaks their protocol."""

from __future__ import annotations

import dataclasses
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, nullcontext, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cardinal.activation.declaration import Sync, SyncError, parse_sync
from cardinal.activation.destination import AccessRefusedError, Batch, Row, ThrottledError, UnavailableError
from cardinal.activation.destinations.line_message import LineMessage
from cardinal.activation.journal import IN_DOUBT
from cardinal.activation.preview import preview
from cardinal.settings import Settings
from tests.unit.activation.desk import TOLD
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
    write_template(tmp_path, "{{ text }}\n{{ why }}\n")
    return Settings(tmp_path, project_dir=tmp_path)


def write_template(project: Path, text: str) -> None:
    folder = project / "activation" / "templates" / "points"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "body.txt").write_text(text, encoding="utf-8")


def declared(url: str) -> Sync:
    return parse_sync(
        "points",
        {
            "model": "audiences.sync_line__points_reminder", "key": "person_id", "mode": "event",
            "columns": {"to": "line_user_id", "text": "text", **TOLD},
            "destination": {
                "type": "line_message", "secret": "line", "url": url, "template": "points", "why": "You agreed.",
            },
            "delivery": {"timeout_seconds": 0.3},
        },
    )  # fmt: skip


def batch(*rows: Row) -> Batch:
    return Batch("points", "run", rows)


def retry_keys(platform: Platform) -> list[str]:
    return [asked.headers["x-line-retry-key"] for asked in platform.asked]


def pass_hours(settings: Settings, hours: int) -> None:
    """Let what is in the journal be older."""
    with closing(sqlite3.connect(settings.outbox / "messages.sqlite", isolation_level=None)) as journal:
        for message_id, noted_at in journal.execute("select id, noted_at from messages").fetchall():
            earlier = (datetime.fromisoformat(noted_at) - timedelta(hours=hours)).isoformat()
            journal.execute("update messages set noted_at = ? where id = ?", [earlier, message_id])


def test_each_row_is_said_with_a_key_of_its_own(platform: Platform, settings: Settings) -> None:
    platform.answers += [(200, {}), (409, {"message": "The retry key is already accepted"}), (400, {})]
    rows = [message(1), message(2), message(3), message(4), message(5, to="0812345678"), message(6, text="ก" * 5_000)]
    answer = LineMessage.declared(declared(platform.url), settings).send(batch(*rows))
    assert [str(uuid.UUID(key)) for key in retry_keys(platform)] == retry_keys(platform)
    assert len(set(retry_keys(platform))) == len(platform.asked) == 4
    assert platform.asked[0].content == {"to": USER, "messages": [{"type": "text", "text": "คะแนนของคุณ\nYou agreed."}]}
    assert platform.asked[0].headers["authorization"] == "Bearer t0ken"
    assert not answer.postponed
    assert answer.rejected == {
        rows[2].row_id: "status 400",
        rows[4].row_id: "to is no LINE user id",
        rows[5].row_id: "the text has to have 1 to 5000 letters",
    }


@pytest.mark.parametrize("accepted", [200, 409])
def test_what_was_said_is_not_said_again_when_its_key_has_expired(
    platform: Platform, settings: Settings, accepted: int
) -> None:
    """300 of 500 are taken, then the quota of the month is used up, and the next run is a day later."""
    platform.answers += [(accepted, {}), (429, {})]
    with pytest.raises(ThrottledError):
        LineMessage.declared(declared(platform.url), settings).send(batch(message(1), message(2)))
    pass_hours(settings, 25)
    answer = LineMessage.declared(declared(platform.url), settings).send(batch(message(1), message(2)))
    assert not answer.rejected
    assert len(platform.asked) == 3
    # The key that was refused may be a day old too.
    assert len(set(retry_keys(platform))) == 3


@pytest.mark.parametrize("answer", [(500, {}), (503, {}), "hang up", "late"])
def test_what_may_have_been_said_goes_again_with_its_key_while_line_knows_it(
    platform: Platform, settings: Settings, answer: Any
) -> None:
    target = LineMessage.declared(declared(platform.url), settings)
    platform.answers += [answer, answer, (409, {})]
    with pytest.raises(UnavailableError):
        target.send(batch(message(1), message(2)))
    pass_hours(settings, 22)
    with pytest.raises(UnavailableError):
        target.send(batch(message(1), message(2)))
    # Whatever changed about the row meanwhile, it is the same message.
    assert not target.send(batch(dataclasses.replace(message(1), row_id=message(9).row_id))).rejected
    assert len(platform.asked) == 3 and len(set(retry_keys(platform))) == 2
    assert len(set(retry_keys(platform)[1:])) == 1


@pytest.mark.parametrize("answer", [(500, {}), "hang up"])
@pytest.mark.parametrize("later", [None, 400, 401, 429])
def test_what_may_have_been_said_stays_in_doubt_when_line_does_not_know_it_any_more(
    platform: Platform, settings: Settings, answer: Any, later: int | None
) -> None:
    """What LINE says of a request says nothing of an earlier one, which may have been taken."""
    target = LineMessage.declared(declared(platform.url), settings)
    platform.answers += [answer] + ([(later, {})] if later else [])
    with pytest.raises(UnavailableError):
        target.send(batch(message(1)))
    if later:
        with suppress(UnavailableError, AccessRefusedError):
            target.send(batch(message(1)))
    pass_hours(settings, 25)
    asked = len(platform.asked)
    assert target.send(batch(message(1))).rejected == {message(1).row_id: IN_DOUBT}
    assert len(platform.asked) == asked


@pytest.mark.parametrize(
    ("status", "error"),
    [*((status, AccessRefusedError) for status in (301, 302, 303, 307, 308, 401, 403, 404, 405)), (400, None)],
)
def test_what_was_refused_may_be_said_a_day_later(
    platform: Platform, settings: Settings, status: int, error: type[Exception] | None
) -> None:
    target = LineMessage.declared(declared(platform.url), settings)
    platform.answers += [(status, {})]
    with pytest.raises(error) if error else nullcontext():
        target.send(batch(message(1)))
    pass_hours(settings, 25)
    assert not target.send(batch(message(1))).rejected
    assert len(set(retry_keys(platform))) == 2


def test_nobody_there_means_that_nothing_was_said(platform: Platform, settings: Settings) -> None:
    with pytest.raises(UnavailableError, match="ConnectError"):
        LineMessage.declared(declared("http://127.0.0.1:1"), settings).send(batch(message(1)))
    pass_hours(settings, 25)
    assert not LineMessage.declared(declared(platform.url), settings).send(batch(message(1))).rejected
    assert len(platform.asked) == 1


def test_nobody_is_woken(platform: Platform, settings: Settings) -> None:
    always = {"time_zone": "Asia/Bangkok", "quiet_from_hour": 0, "quiet_to_hour": 24}
    row = Row("p1", "add", message(1).row_id, {**message(1).fields, **always})
    answer = LineMessage.declared(declared(platform.url), settings).send(batch(row))
    assert answer.postponed == {row.row_id: "quiet hours"}
    assert platform.asked == []


@pytest.mark.parametrize(
    "hours",
    [{"time_zone": zone} for zone in ("Bangkok", "Asia", "../x", "", "/etc/passwd", 7)]
    + [{"quiet_from_hour": "late"}, {"quiet_to_hour": [1]}],
)
def test_hours_that_cannot_be_read_reject_their_row_alone(
    platform: Platform, settings: Settings, hours: dict[str, Any]
) -> None:
    """Whether they sleep can't be known: they aren't written to, and harm no other."""
    sound = {"time_zone": "Asia/Bangkok", "quiet_from_hour": 0, "quiet_to_hour": 0}
    bad, good = (
        dataclasses.replace(message(number), fields={**message(number).fields, **sound, **changed})
        for number, changed in ((1, hours), (2, {}))
    )
    answer = LineMessage.declared(declared(platform.url), settings).send(batch(bad, good))
    assert answer.rejected == {bad.row_id: "time_zone or the quiet hours can't be read"} and not answer.postponed
    assert len(platform.asked) == 1


def test_nobody_is_woken_by_what_may_have_been_said(platform: Platform, settings: Settings) -> None:
    target = LineMessage.declared(declared(platform.url), settings)
    platform.answers += ["hang up"]
    with pytest.raises(UnavailableError):
        target.send(batch(message(1)))
    always = {"time_zone": "Asia/Bangkok", "quiet_from_hour": 0, "quiet_to_hour": 24}
    asleep = dataclasses.replace(message(1), fields={**message(1).fields, **always})
    assert target.send(batch(asleep)).postponed == {asleep.row_id: "quiet hours"}
    # It keeps its key, and its doubt.
    assert not target.send(batch(message(1))).rejected
    assert len(platform.asked) == 2 and len(set(retry_keys(platform))) == 1


def test_no_entry_ends_the_run_and_silence_is_tried_again(platform: Platform, settings: Settings) -> None:
    target = LineMessage.declared(declared(platform.url), settings)
    platform.answers += [(401, {}), "hang up"]
    with pytest.raises(AccessRefusedError):
        target.send(batch(message(1)))
    with pytest.raises(UnavailableError):
        target.send(batch(message(1)))


def test_what_was_said_is_no_set_to_mirror(settings: Settings) -> None:
    sound = declared("http://127.0.0.1")
    for changed, words in (
        ({"mode": "mirror"}, "mode must be append or event"),
        ({"columns": {"text": "text"}}, "columns must hold to"),
        ({"columns": {"to": "line_user_id", **TOLD}}, "body.txt: text is none of the columns of sync points"),
        ({"destination": {**sound.destination, "secret": None}}, "CARDINAL_SECRET_NAME"),
        ({"destination": {**sound.destination, "template": "none"}}, "template must be the name of a folder"),
    ):
        with pytest.raises(SyncError, match=words):
            LineMessage.declared(dataclasses.replace(sound, **changed), settings)


def test_a_template_shows_why_and_can_be_looked_at(settings: Settings) -> None:
    assert preview(declared("http://127.0.0.1"), settings) == "[text]\nYou agreed."
    write_template(settings.project_dir, "{{ text }}")
    with pytest.raises(SyncError, match="of its template must show why"):
        LineMessage.declared(declared("http://127.0.0.1"), settings)
    write_template(settings.project_dir, "{{ text }} {{ why }} {{ salary }}")
    with pytest.raises(SyncError, match="salary is none of the columns"):
        preview(declared("http://127.0.0.1"), settings)
