"""Files for Google Ads: the headers that it demands, hashed people, whole or absent."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from cardinal.activation.declaration import SyncError
from cardinal.activation.destination import Answer, Batch, Row
from cardinal.activation.destinations.catalogue import open_destination
from cardinal.activation.destinations.google_csv import ConversionsCsv, CustomerMatchCsv
from tests.unit.activation.desk import QUICK, Desk, desk

EMAIL_HASH = "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a"
THAI_HASH = "70a003b381e338190fc3a79a18a6247a446a9a1b0456ea027a5dc5408a901d91"


class KilledError(BaseException):
    """The process is killed here."""


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def members(home: Path, **columns: str) -> Desk:
    columns = columns or {"phone": "phone"}
    return desk(home, destination={"type": "google_customer_match_csv"}, columns=columns, delivery=QUICK)


def folder(table: Desk) -> Path:
    return table.settings.outbox / "google" / "people"


def the_file(table: Desk) -> Path:
    manifest = json.loads((folder(table) / "manifest.json").read_text())
    path = folder(table) / manifest["file"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == manifest["sha256"]
    assert len(path.read_text().splitlines()) == manifest["rows"] + 1
    assert sorted(folder(table).iterdir()) == sorted([path, folder(table) / "manifest.json"])
    assert path.stat().st_mode & 0o777 == 0o600
    return path


def apply(table: Desk, target: Any = None) -> Any:
    return table.apply(target=target or open_destination(table.sync, table.settings), despite=["removals", "emptied"])


def test_the_file_holds_everyone_hashed(tmp_path: Path) -> None:
    columns = dict.fromkeys(("email", "phone", "first_name", "last_name", "country", "zip"), "phone")
    table = members(tmp_path / "home", **columns)
    target = open_destination(table.sync, table.settings)
    whole = {
        "email": "AlexZ@example.com", "phone": "+66812345678", "first_name": "สมชาย", "last_name": "O'Neil",
        "country": "th", "zip": "10110",
    }  # fmt: skip
    rows = [
        Row("p1", "add", "r1", whole),
        Row("p2", "add", "r2", {**whole, "phone": "0812345678", "zip": "=1+1"}),
        Row("p3", "add", "r3", {**whole, "email": None, "phone": None, "country": "Thailand"}),
        Row("p4", "remove", "r4", whole),
    ]
    assert isinstance(target, CustomerMatchCsv)
    answer = target.send(Batch("people", "run", rows))
    assert answer.rejected == {"r3": "holds nothing that people are matched by"}
    assert target.finish() == "the file holds 2 people"
    assert the_file(table).read_text().splitlines() == [
        "Email,Phone,First Name,Last Name,Country,Zip",
        f"{EMAIL_HASH},{sha256('+66812345678')},{THAI_HASH},{sha256('oneil')},TH,10110",
        f"{EMAIL_HASH},,,,,",
    ]


def test_a_new_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    table = members(tmp_path / "home")
    table.publish([(f"p{number}", f"+6681234567{number}") for number in range(6)])
    outcome = apply(table)
    assert outcome and (outcome.accepted, outcome.message) == (6, "the file holds 6 people")
    first = the_file(table)
    table.publish([(f"p{number}", f"+6681234567{number}") for number in range(1, 6)])
    outcome = apply(table)
    assert outcome and outcome.accepted == 6
    assert the_file(table) != first
    assert sha256("+66812345670") not in the_file(table).read_text()
    assert len(the_file(table).read_text().splitlines()) == 6
    assert apply(table) is None


def test_killed_before_it_is_whole_the_old_file_stays(tmp_path: Path) -> None:
    table = members(tmp_path / "home")
    table.publish([("p1", "+66812345671")])
    apply(table)
    old = the_file(table)
    table.publish([(f"p{number}", f"+6681234567{number}") for number in range(6)])
    target = open_destination(table.sync, table.settings)
    target.finish = _killed  # type: ignore[attr-defined]
    target.close = lambda: None  # type: ignore[method-assign]
    with pytest.raises(KilledError):
        apply(table, target)
    assert json.loads((folder(table) / "manifest.json").read_text())["file"] == old.name
    outcome = apply(table)
    assert outcome and outcome.accepted == 6
    assert len(the_file(table).read_text().splitlines()) == 7


def _killed() -> None:
    raise KilledError


def conversions(home: Path, **destination: str) -> Desk:
    return desk(
        home,
        mode="event",
        destination={"type": "google_conversions_csv", "conversion_name": "Lead won", **destination},
        columns={"event_at": "note", "gclid": "phone"},
        delivery=QUICK,
    )


def test_conversions_are_told_in_the_time_of_the_bank(tmp_path: Path) -> None:
    table = conversions(tmp_path / "home")
    target = ConversionsCsv.declared(table.sync, table.settings)
    sound = {"event_at": "2026-11-20 20:30:00", "gclid": "Cj0KC-x_1", "value": 1500, "currency": "THB"}
    rows = [
        Row("l1", "add", "r1", sound),
        Row("l2", "add", "r2", {**sound, "value": None}),
        Row("l3", "add", "r3", {**sound, "gclid": "=1+1"}),
        Row("l4", "add", "r4", {**sound, "event_at": ""}),
        Row("l5", "add", "r5", {**sound, "currency": None}),
    ]
    batch = Batch("people", "run", rows)
    assert target.send(batch).rejected == {
        "r3": "gclid is no click of Google's",
        "r4": "event_at is no time",
        "r5": "currency has to be three letters of ISO 4217",
    }
    path = folder(table) / f"{batch.batch_key}.csv"
    assert path.read_text().splitlines()[0] == "Parameters:TimeZone=Asia/Bangkok"
    assert list(csv.reader(path.read_text().splitlines()[1:])) == [
        ["Google Click ID", "Conversion Name", "Conversion Time", "Conversion Value", "Conversion Currency"],
        ["Cj0KC-x_1", "Lead won", "2026-11-21 03:30:00+0700", "1500.00", "THB"],
        ["Cj0KC-x_1", "Lead won", "2026-11-21 03:30:00+0700", "", ""],
    ]
    assert target.was_taken(batch.batch_key) is False, "what was rejected would be taken for accepted"
    whole = Batch("people", "run", rows[:1])
    assert target.was_taken(whole.batch_key) is False
    assert target.send(whole) == Answer()
    assert target.was_taken(whole.batch_key) is True


def test_a_declaration_of_no_use_is_refused(tmp_path: Path) -> None:
    lists, events = members(tmp_path / "a"), conversions(tmp_path / "b")
    for table, changed, words in (
        (lists, {"mode": "upsert"}, "mode must be mirror"),
        (lists, {"columns": {"Email": "email"}}, "columns: Email is none of email"),
        (events, {"mode": "mirror"}, "mode must be append or event"),
        (events, {"destination": {"type": "google_conversions_csv"}}, "conversion_name must be its name"),
    ):
        with pytest.raises(SyncError, match=words):
            open_destination(dataclasses.replace(table.sync, **changed), table.settings)
