"""A Google Sheet against a spreadsheet that speaks the values API: it is kept as the table is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cardinal.activation.declaration import Sync, SyncError, parse_sync
from cardinal.activation.destination import AccessRefusedError, Batch, Row, ThrottledError, UnavailableError
from cardinal.activation.destinations import google_sheet
from cardinal.activation.destinations.catalogue import open_destination
from cardinal.settings import Settings
from tests.unit.activation.destinations.platform import listening
from tests.unit.activation.destinations.spreadsheet import ID, Spreadsheet

HEADER = ["person_id", "phone", "points"]


@pytest.fixture
def sheet() -> Iterator[Spreadsheet]:
    with listening(Spreadsheet()) as platform:
        assert isinstance(platform, Spreadsheet)
        yield platform


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CARDINAL_SHEETS_TOKEN", "ya29")
    monkeypatch.setattr(google_sheet, "WRITES_PER_SECOND", 10_000.0)
    monkeypatch.setattr(google_sheet, "GROWTH", 2)
    return Settings(tmp_path)


def declared(url: str, **changes: Any) -> Sync:
    destination = {"type": "google_sheet", "spreadsheet": ID, "tab": "Win 'back'", "url": url, **changes}
    return parse_sync(
        "leads",
        {
            "model": "audiences.sync_crm__leads", "key": "person_id", "mode": "mirror", "destination": destination,
            "columns": {"phone": "phone", "points": "points_balance"}, "delivery": {"timeout_seconds": 0.3},
        },
    )  # fmt: skip


def row(key: str, op: str = "add", phone: str | None = "0812345678", points: Any = 12) -> Row:
    return Row(key, op, f"id of {key}", {"phone": phone, "points": points})


def batch(*rows: Row) -> Batch:
    return Batch("leads", "run", rows)


def test_the_tab_is_kept_as_the_table_is(sheet: Spreadsheet, settings: Settings) -> None:
    target = open_destination(declared(sheet.url), settings)
    target.send(batch(row("p1"), row("p2", phone=None), row("p3", phone="+66812345678", points=1.5)))
    assert sheet.lines == [
        HEADER, ["p1", "0812345678", 12], ["p2", "", 12], ["p3", "+66812345678", 1.5],
    ]  # fmt: skip
    # Somebody sorts it.
    sheet.lines[1:] = reversed(sheet.lines[1:])
    target.send(batch(row("p3", "remove"), row("p1", "change", phone="=1+1"), row("p4"), row("p9", "remove")))
    assert sheet.lines == [HEADER, ["", "", ""], ["p2", "", 12], ["p1", "'=1+1", 12], ["p4", "0812345678", 12]]
    target.send(batch(row("p5"), row("p6")))
    assert [line[0] for line in sheet.lines] == ["person_id", "p5", "p2", "p1", "p4", "p6"]
    # One write a batch, and one each time that the tab had to grow.
    assert sum(asked.method == "POST" for asked in sheet.asked) == 5


@pytest.mark.parametrize("step", ["size", "read", "grow", "write"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", [(500, {}), "hang up", "late", (429, {}, {"retry-after": "30"}), (200, "<html>")])
def test_broken_off_anywhere_it_is_made_whole(
    sheet: Spreadsheet, settings: Settings, step: str, when: str, fault: Any
) -> None:
    rows = batch(*(row(f"p{number}") for number in range(9)))
    getattr(sheet, when)[step] = [fault]
    target = open_destination(declared(sheet.url), settings)
    with pytest.raises(UnavailableError) as raised:
        target.send(rows)
    if isinstance(raised.value, ThrottledError):
        assert raised.value.wait_seconds == 30
    target.send(rows)
    target.send(rows)
    assert [line[0] for line in sheet.lines] == ["person_id", *(each.key for each in rows.rows)]


def test_an_answer_of_something_else_is_none(sheet: Spreadsheet, settings: Settings) -> None:
    sheet.before["read"] = [(200, {})]
    with pytest.raises(UnavailableError, match="Sheets API"):
        open_destination(declared(sheet.url), settings).send(batch(row("p1")))


def test_a_tab_of_somebody_else_is_left_alone(sheet: Spreadsheet, settings: Settings) -> None:
    for lines in ([["name", "phone"], ["Somchai", "1"]], [[], ["p1"]], [["person_id", "phone", "other"]]):
        sheet.lines = [list(line) for line in lines]
        with pytest.raises(AccessRefusedError, match="a tab of its own"):
            open_destination(declared(sheet.url), settings).send(batch(row("p1")))
        assert sheet.lines == lines


def test_what_ends_the_run(sheet: Spreadsheet, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    target = open_destination(declared(sheet.url, tab="None"), settings)
    with pytest.raises(AccessRefusedError, match="no such tab"):
        target.send(batch(row("p1")))
    with pytest.raises(AccessRefusedError, match="status 404"):
        open_destination(declared(sheet.url, spreadsheet="x" * 30), settings).send(batch(row("p1")))
    sheet.before["write"] = [(400, {"error": {"message": "This action would increase the number of cells"}})]
    with pytest.raises(AccessRefusedError, match="status 400"):
        open_destination(declared(sheet.url), settings).send(batch(row("p1")))
    monkeypatch.setenv("CARDINAL_SHEETS_TOKEN", "old")
    with pytest.raises(AccessRefusedError, match="status 401"):
        open_destination(declared(sheet.url), settings).send(batch(row("p1")))


def test_a_list_or_a_struct_is_written_as_text(sheet: Spreadsheet, settings: Settings) -> None:
    rows = batch(row("p1", points=["บัตร", 1]), row("p2", points={"a": None}))
    open_destination(declared(sheet.url), settings).send(rows)
    assert [line[2] for line in sheet.lines[1:]] == ['["บัตร", 1]', '{"a": null}']


def test_a_cell_that_is_too_long_is_of_its_row_alone(sheet: Spreadsheet, settings: Settings) -> None:
    answer = open_destination(declared(sheet.url), settings).send(batch(row("p1", phone="ก" * 50_001), row("p2")))
    assert answer.rejected == {"id of p1": "a cell is too long"}
    assert [line[0] for line in sheet.lines] == ["person_id", "p2"]


def test_no_more_than_sixty_writes_a_minute(sheet: Spreadsheet, settings: Settings) -> None:
    target = open_destination(declared(sheet.url), settings)
    assert isinstance(target, google_sheet.GoogleSheet)
    waits: list[float] = []
    target._pace = google_sheet.Pace(1.0, sleep=waits.append, clock=lambda: 0.0)
    for number in range(3):
        target.send(batch(row(f"p{number}")))
    # The tab grew once.
    assert waits == [1.0, 2.0, 3.0]


def test_wrong_declarations_are_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = declared("https://sheets.example")
    for changed, words in (
        ({"spreadsheet": "https://docs.google.com/x"}, "stands behind /d/"),
        ({"tab": ""}, "stands behind /d/"),
        ({"url": "http://sheets.example"}, "must begin with https://"),
    ):
        with pytest.raises(SyncError, match=words):
            open_destination(dataclasses.replace(sound, destination={**sound.destination, **changed}), settings)
    monkeypatch.delenv("CARDINAL_SHEETS_TOKEN")
    with pytest.raises(SyncError, match="CARDINAL_SHEETS_TOKEN"):
        open_destination(sound, settings)
