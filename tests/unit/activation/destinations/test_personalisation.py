"""The file for the edge: whole at each moment, by user id, and nobody's address in it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cardinal.activation.declaration import Sync, SyncError, parse_sync
from cardinal.activation.destination import AccessRefusedError, Batch, Row
from cardinal.activation.destinations import personalisation
from cardinal.activation.destinations.catalogue import open_destination
from cardinal.privacy.state_files import erase_from_lookup, state_files
from cardinal.settings import Settings


def declared(**changes: Any) -> Sync:
    declaration = {
        "model": "audiences.sync_web__offers", "key": "user_id", "mode": "mirror",
        "columns": {"segment": "rfm_segment", "offer": "next_best_offer"}, "destination": {"type": "personalisation"},
    }  # fmt: skip
    return parse_sync("offers", {**declaration, **changes})


def row(user: str, op: str = "add", offer: Any = "card") -> Row:
    return Row(user, op, f"id of {user}", {"segment": "ผู้ภักดี", "offer": offer})


def batch(*rows: Row) -> Batch:
    return Batch("offers", "run", rows)


def read(settings: Settings) -> dict[str, Any]:
    """What an edge sees: the file that the manifest names, if it is the one that was meant."""
    folder = settings.outbox / "personalisation" / "offers"
    manifest = json.loads((folder / "manifest.json").read_text())
    path = folder / manifest["file"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == manifest["sha256"]
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as file:
        found = {user: json.loads(profile) for user, profile in file.execute("select * from profiles")}
    assert len(found) == manifest["profiles"]
    return found


def test_profiles_are_kept_as_the_table_is(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    target = open_destination(declared(), settings)
    target.send(batch(row("u1"), row("u2"), row("u3")))
    assert read(settings)["u1"] == {"segment": "ผู้ภักดี", "offer": "card"}
    target.send(batch(row("u1", "remove"), row("u2", "change", None), row("u4"), row("u9", "remove")))
    expected = {"u2": None, "u3": "card", "u4": "card"}
    assert {user: profile["offer"] for user, profile in read(settings).items()} == expected
    target.send(batch(row("u5")))
    target.send(batch(row("u5")))
    assert {user: profile["offer"] for user, profile in read(settings).items()} == {**expected, "u5": "card"}


def test_who_was_removed_is_in_no_file(tmp_path: Path) -> None:
    target = open_destination(declared(), Settings(tmp_path))
    target.send(batch(*(row(f"user-{number:03d}-x") for number in range(500))))
    target.send(batch(*(row(f"user-{number:03d}-x", "remove") for number in range(1, 500))))
    (file,) = (tmp_path / "outbox" / "personalisation" / "offers").glob("*.sqlite")
    assert b"user-000-x" in file.read_bytes() and b"user-321-x" not in file.read_bytes()


class KilledError(BaseException):
    """The process is killed here."""


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("before", [True, False])
def test_killed_at_any_step_readers_see_a_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, before: bool
) -> None:
    settings = Settings(tmp_path)
    target = open_destination(declared(), settings)
    target.send(batch(row("u1")))
    original, calls = personalisation.publish, []

    def killed(moves: Any) -> None:
        calls.append(moves)
        if len(calls) == at and before:
            raise KilledError
        original(moves)
        if len(calls) == at:
            raise KilledError

    monkeypatch.setattr(personalisation, "publish", killed)
    with pytest.raises(KilledError):
        target.send(batch(row("u2"), row("u3")))
    is_new = (at, before) == (2, False)
    assert set(read(settings)) == ({"u1", "u2", "u3"} if is_new else {"u1"})
    monkeypatch.undo()
    target.send(batch(row("u2"), row("u3")))
    assert set(read(settings)) == {"u1", "u2", "u3"}


@pytest.mark.parametrize("value", ["a@example.com", "+66812345678", "081-234-5678", "1 1007 00230 70 8"])
def test_a_value_that_shows_somebody_is_rejected_alone(tmp_path: Path, value: str) -> None:
    settings = Settings(tmp_path)
    bad, good = row("u1", offer=value), row("u2", offer="2026-01-31")
    answer = open_destination(declared(), settings).send(batch(bad, good, row(value)))
    assert answer.rejected == dict.fromkeys((bad.row_id, f"id of {value}"), "a value shows who somebody is")
    assert set(read(settings)) == {"u2"}


@pytest.mark.parametrize(
    "value",
    [
        812345678, 66812345678, "call 0812345678", "โทร0812345678นะ", "โทร 081-234-5678 ได้", "+66 81 234 5678 home",
        "สมชาย a@b.co", ["x", "0812345678"], {"to": {"mail": "a@example.com"}},
    ],
)  # fmt: skip
def test_nobody_is_shown_in_the_midst_of_a_value(tmp_path: Path, value: Any) -> None:
    bad = row("u1", offer=value)
    answer = open_destination(declared(), Settings(tmp_path)).send(batch(bad, row("u2")))
    assert set(answer.rejected) == {bad.row_id}


@pytest.mark.parametrize(
    "value",
    [
        12_345_678, 1234.5678901, True, None, "2026-01-31 09:30:00", "0.081234567890", "Gold @ 5 %", [1, 2, 3, 4, 5],
        {"card": "gold", "since": "2026-01-31T09:30:00+07:00"}, "38400000-8cf0-11bd-b23e-10b96e40000d",
    ],
)  # fmt: skip
def test_what_shows_nobody_goes(tmp_path: Path, value: Any) -> None:
    assert not open_destination(declared(), Settings(tmp_path)).send(batch(row("u1", offer=value))).rejected


@pytest.mark.parametrize("field", ["email", "phone", "full_name", "person_id", "line_user_id", "Email", "home_address"])
def test_columns_that_show_somebody_are_refused(tmp_path: Path, field: str) -> None:
    settings = Settings(tmp_path)
    for columns in ({field: "rfm_segment"}, {"x": field.lower()}):
        with pytest.raises(SyncError, match="shows who somebody is"):
            open_destination(declared(columns=columns), settings)
    with pytest.raises(SyncError, match="key must be user_id"):
        open_destination(dataclasses.replace(declared(), key="person_id"), settings)


@pytest.mark.parametrize(
    "field", ["segment_name", "product_line", "uses_mobile_app", "card_offer", "gender", "shipping"]
)
def test_columns_that_show_nobody_are_not(tmp_path: Path, field: str) -> None:
    assert open_destination(declared(columns={field: field}), Settings(tmp_path))


@pytest.mark.parametrize("mode", ["upsert", "append", "event"])
def test_only_a_mirror_lets_people_leave_the_file(tmp_path: Path, mode: str) -> None:
    with pytest.raises(SyncError, match="mode must be mirror"):
        open_destination(declared(mode=mode), Settings(tmp_path))


@pytest.mark.parametrize("killed_at", [0, 1, 2])
def test_an_erasure_takes_one_profile_and_leaves_the_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    settings = Settings(tmp_path)
    target = open_destination(declared(), settings)
    target.send(batch(*(row(f"user-{number:03d}-x") for number in range(500))))
    publish, calls = personalisation.publish, 0

    def killed(moves: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == killed_at:
            raise KilledError
        publish(moves)

    def erase() -> int:
        with duckdb.connect() as connection:
            connection.execute("create table erased as select 'login' as kind, 'user-321-x' as text")
            files = list(state_files(settings, ".sqlite"))
            return sum(erase_from_lookup(connection, path, "erased") for path in files)

    if killed_at:
        with monkeypatch.context() as patched, pytest.raises(KilledError):
            patched.setattr(personalisation, "publish", killed)
            erase()
        assert len(read(settings)) == 500
    assert erase() == 1
    assert set(read(settings)) == {f"user-{number:03d}-x" for number in range(500)} - {"user-321-x"}
    (file,) = (tmp_path / "outbox" / "personalisation" / "offers").glob("*.sqlite")
    assert b"user-321-x" not in file.read_bytes()
    target.send(batch(row("user-321-x", "remove"), row("user-500-x")))
    assert len(read(settings)) == 500


def test_a_file_that_is_gone_is_said_and_not_begun_anew(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    target = open_destination(declared(), settings)
    target.send(batch(row("u1")))
    (file,) = (tmp_path / "outbox" / "personalisation" / "offers").glob("*.sqlite")
    file.unlink()
    with pytest.raises(AccessRefusedError, match="put it back"):
        target.send(batch(row("u2")))
