"""Lists of leads from a Google Sheet, against a server on this machine that speaks the API and misbehaves."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from cardinal.errors import CardinalError
from cardinal.importers.lead_lists import check, read_list
from cardinal.importers.sheets import ATTEMPTS, Grid, SheetError, column_letter, read_range
from cardinal.importers.uploads import corrections_of, deliver, known_rows
from cardinal.ingestion.run import ingest
from cardinal.settings import Settings
from tests.unit.importers.sheets_server import TOKEN, Sheets, sheets_server

HEADERS = ["Name", "Phone", "E-mail", "Product"]
GOOD = ["Mali", "081-234-5678", "mali@bank-customer.co.th", "cr_gold"]
NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)


@pytest.fixture
def sheets() -> Iterator[Sheets]:
    with sheets_server() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(tmp_path / "home")
    made.begin_home()
    return made


def read(sheets: Sheets, waits: list[float] | None = None, token: str = TOKEN) -> Grid:
    return read_range("known-sheet", "Leads!A1:F", token, sheets.url, (waits if waits is not None else []).append)


def take(rows: list[list[str]], settings: Settings, now: datetime = NOW, ingests: bool = True):
    listed = read_list(Grid(tuple(map(tuple, rows))))
    found = check(listed, settings)
    delivery = deliver(listed, found, "fair", "event.team", settings, now)
    if ingests:
        ingest(settings)
    return delivery, found


def test_columns_are_called_as_in_a_sheet():
    assert [column_letter(number) for number in (1, 26, 27, 52, 53, 703)] == ["A", "Z", "AA", "AZ", "BA", "AAA"]


def test_a_range_says_where_it_begins(sheets):
    sheets.values, sheets.place = [["phone"], [66812345678, True, None]], "'My leads!'!BC7:BF99"
    assert read(sheets) == Grid((("phone",), ("66812345678", "TRUE", "")), 7, 55)
    assert sheets.asked == ["/v4/spreadsheets/known-sheet/values/Leads!A1:F"]


def test_a_busy_server_is_asked_again_when_it_says(sheets):
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    sheets.values = [HEADERS, GOOD]
    sheets.first = [(429, {"Retry-After": "7"}, "{}"), (503, {}, ""), (429, {"Retry-After": later}, "{}")]
    waits: list[float] = []
    assert len(read(sheets, waits).rows) == 2
    assert waits[:2] == [7.0, 4.0]
    assert 50 < waits[2] <= 60


def test_a_server_that_stays_busy_or_wishes_too_much_is_left(sheets):
    waits: list[float] = []
    sheets.first = [(429, {"Retry-After": "1"}, "{}")] * ATTEMPTS
    with pytest.raises(SheetError, match=f"answers 429, after {ATTEMPTS} attempts"):
        read(sheets, waits)
    assert waits == [1.0] * (ATTEMPTS - 1)
    sheets.first = [(429, {"Retry-After": "86400"}, "{}")]
    with pytest.raises(SheetError, match="after 1 attempts"):
        read(sheets)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((401, {}, "{}"), "CARDINAL_SHEETS_TOKEN"),
        ((403, {}, "{}"), "share the sheet"),
        ((400, {}, "{}"), "Leads!A1:F"),
        ((302, {"Location": "http://127.0.0.1:9/"}, ""), "isn't one of the Sheets API"),
        ((200, {}, "<html>"), "isn't one of the Sheets API"),
        ((200, {}, '{"values": "none"}'), "isn't one of the Sheets API"),
    ],
)
def test_what_the_server_refuses_is_said_without_the_token(sheets, answer, says):
    sheets.first = [answer]
    with pytest.raises(SheetError, match=says) as raised:
        read(sheets)
    assert TOKEN not in str(raised.value)


def test_a_wrong_token_an_unknown_sheet_and_an_open_network(sheets):
    with pytest.raises(SheetError, match="refused"):
        read(sheets, token="stale")  # noqa: S106
    with pytest.raises(SheetError, match="no spreadsheet other"):
        read_range("other", "A:Z", TOKEN, sheets.url)
    with pytest.raises(SheetError, match="not https"):
        read_range("known-sheet", "A:Z", TOKEN, "http://sheets.example")


def test_a_server_that_is_away_is_tried_again(tmp_path):
    with sheets_server() as gone:
        url = gone.url
    waits: list[float] = []
    with pytest.raises(SheetError, match="can't be reached"):
        read_range("known-sheet", "A:Z", TOKEN, url, waits.append)
    assert len(waits) == ATTEMPTS - 1


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "is empty"),
        ([["", " "]], "is empty"),
        ([["Name", "Product"], ["Mali", "cr_gold"]], "no column tells how to reach"),
        ([["Phone", "Telephone"]], "two columns are phone"),
    ],
)
def test_sheets_that_are_no_lists(rows, says):
    with pytest.raises(CardinalError, match=says):
        read_list(Grid(tuple(map(tuple, rows))))


def test_each_cell_to_correct_is_named_and_masked(settings):
    rows = [
        HEADERS,
        GOOD,
        ["Anan", "12"],
        ["Boonmee", "12", "boon@bank-customer.co.th", "cr_unknown"],
        [],
        ["Chai"],
        ["Dao", "4111 1111 1111 1111"],
        [*GOOD, "", "beyond"],
        ["Ek", "081-234-5679", "nobody"],
    ]
    delivery, found = take(rows, settings)
    assert [(one.row, one.column, one.value, one.reason, one.is_held_back) for one in found] == [
        (3, "B", "***", "phone is no number that exists", True),
        (4, "B", "***", "phone is no number that exists", False),
        (4, "D", "cr_unknown", "product_code is none of the catalogue", False),
        (6, "", "", "neither phone nor email can be used: nobody can be reached", True),
        (7, "B", "***", "looks like a card number, which never goes in", True),
        (7, "B", "4***", "phone is no number that exists", True),
        (8, "F", "***", "there is no header above this cell", True),
        (9, "C", "n***", "email is no address of a person", False),
    ]
    assert (delivery.added, delivery.changed, delivery.deleted) == (3, 0, 0)
    assert sorted(known_rows(settings, "fair")) == [2, 4, 9]


def test_a_sheet_again_brings_only_what_is_new_in_it(settings):
    first, _ = take([HEADERS, GOOD, ["Anan", "081-234-5679"], ["Boon", "081-234-5670"]], settings)
    assert (first.added, first.path is not None and first.path.stat().st_mode & 0o777) == (3, 0o600)
    later = NOW + timedelta(days=3)
    again, _ = take([HEADERS, GOOD, ["Anan", "081-234-5679"], ["Boon", "081-234-5670"]], settings, later)
    assert again.path is None
    # Anan has another number, Boon's is broken now, and Chai is new; then the list shrinks.
    changed, found = take(
        [HEADERS, GOOD, ["Anan", "089-999-9999"], ["Boon", "1"], ["Chai", "081-234-5671"]], settings, later
    )
    assert (changed.added, changed.changed, changed.deleted) == (1, 1, 0)
    known = known_rows(settings, "fair")
    assert known[3].values["phone"] == "089-999-9999"
    assert known[3].uploaded_at == NOW.replace(tzinfo=None)
    assert known[4].values["phone"] == "081-234-5670"
    assert known[5].uploaded_at == later.replace(tzinfo=None)
    assert [one.row for one in found] == [4]
    shrunk, _ = take([HEADERS, GOOD], settings, later + timedelta(days=1))
    assert shrunk.deleted == 3
    assert sorted(known_rows(settings, "fair")) == [2]


def test_a_list_through_the_inbox_tells_its_corrections_too(settings):
    folder = settings.inbox / "manual" / "uploads"
    folder.mkdir(parents=True)
    (folder / "fair.csv").write_text(
        "upload_name,row_no,uploaded_at,phone,email,product_code\n"
        "fair,1,2026-11-01 10:00:00,081-234-5678,,cr_gold\n"
        "fair,x,2026-11-01 10:00:00,081-234-5679,,cr_gold\n"
        "fair,3,,081-234-5679,,\n"
        "fair,4,2026-11-01 10:00:00,123,info@bank.co.th,cr_none\n",
        encoding="utf-8",
    )
    ingest(settings)
    expected = [
        (3, "B", "row_no", "row_no is not a whole number", True),
        (4, "C", "uploaded_at", "uploaded_at is missing", True),
        (5, "D", "phone", "phone is no number that exists", True),
        (5, "E", "email", "email is no address of a person", True),
        (5, "F", "product_code", "product_code is none of the catalogue", False),
    ]
    for name in ("fair", "manual/uploads/fair.csv"):
        found = corrections_of(settings, name)
        assert [(one.row, one.column, one.header, one.reason, one.is_held_back) for one in found] == expected
    with pytest.raises(CardinalError, match="no list other"):
        corrections_of(settings, "other")


def cardinal(home: Path, url: str, *arguments: str, token: str | None = TOKEN) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CARDINAL_")}
    environment |= {"CARDINAL_HOME": str(home), "CARDINAL_SHEETS_URL": url}
    environment |= {"CARDINAL_SHEETS_TOKEN": token} if token else {}
    return subprocess.run(
        [sys.executable, "-m", "cardinal", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_the_command_says_what_it_did_and_what_is_to_be_put_right(sheets, tmp_path):
    home, form = tmp_path / "home", tmp_path / "back.csv"
    sheets.values = [[*HEADERS, "Shoe size"], GOOD, ["Anan", "12", "anan@bank-customer.co.th", "=cr_x"]]
    order = ("import", "sheet", "known-sheet", "--name", "fair", "--corrections", str(form))
    done = cardinal(home, sheets.url, *order)
    assert done.returncode == 4, done.stderr
    assert "Read 2 rows." in done.stdout
    assert "Shoe size" in done.stdout
    assert "2 new rows" in done.stdout
    assert "anan@" not in done.stdout
    with form.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["row"], row["column"], row["header"], row["value"]) for row in rows] == [
        ("3", "B", "Phone", "***"),
        ("3", "D", "Product", "'=cr_x"),
    ]
    assert cardinal(home, sheets.url, "ingest").returncode == 0
    sheets.values[2] = ["Anan", "081-234-5679", "anan@bank-customer.co.th", "cr_gold"]
    done = cardinal(home, sheets.url, *order[:-1], str(tmp_path / "back.json"))
    assert (done.returncode, json.loads((tmp_path / "back.json").read_text())) == (0, [])
    assert "0 new rows, 1 changed" in done.stdout
    cardinal(home, sheets.url, "ingest")
    assert "Nothing is to be put right." in cardinal(home, sheets.url, "import", "corrections", "fair").stdout


def test_the_command_needs_a_token_and_never_shows_it(sheets, tmp_path):
    order = ("import", "sheet", "known-sheet", "--name", "fair")
    without = cardinal(tmp_path / "home", sheets.url, *order, token=None)
    assert (without.returncode, without.stderr.count("\n")) == (1, 1)
    assert "CARDINAL_SHEETS_TOKEN is not set" in without.stderr
    stale = cardinal(tmp_path / "home", sheets.url, *order, token="stale-secret")  # noqa: S106
    assert stale.returncode == 1
    assert "stale-secret" not in stale.stderr + stale.stdout
