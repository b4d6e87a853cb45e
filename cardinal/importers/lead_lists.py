"""Lists of leads that people collect by hand: what is wrong with which cell, and what goes into the inbox."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import duckdb

from cardinal.contracts import TableContract, load_contracts
from cardinal.errors import CardinalError
from cardinal.identity.masking import HIDDEN, mask
from cardinal.importers.normalising import email_sql, phone_sql
from cardinal.importers.sheets import Grid, column_letter
from cardinal.ingestion.card_numbers import MACROS
from cardinal.settings import Settings

UPLOADS = ("manual", "uploads")
COLUMNS = ("full_name", "phone", "email", "product_code", "province", "note")
# What people write above these columns.
ALIASES = {
    "name": "full_name", "fullname": "full_name", "ชื่อ": "full_name", "ชื่อ_นามสกุล": "full_name",
    "telephone": "phone", "tel": "phone", "mobile": "phone", "phone_number": "phone", "เบอร์โทร": "phone",
    "โทรศัพท์": "phone", "e_mail": "email", "mail": "email", "อีเมล": "email", "product": "product_code",
    "สินค้า": "product_code", "จังหวัด": "province", "remark": "note", "remarks": "note", "หมายเหตุ": "note",
}  # fmt: skip
NOT_REACHABLE = "neither phone nor email can be used: nobody can be reached"
NO_HEADER = "there is no header above this cell"
CARD_NUMBER = "looks like a card number, which never goes in"

Values = Mapping[str, str | None]


@dataclass(frozen=True)
class Correction:
    """One cell to put right.

    Attributes:
        row: Row of the sheet, from 1.
        column: Letter of its column; empty where the whole row is meant.
        header: What stands above it.
        value: What stands in it, masked where it is about a person.
        reason: What is wrong.
        is_held_back: Whether the row stays out until it is put right.
    """

    row: int
    column: str
    header: str
    value: str
    reason: str
    is_held_back: bool


@dataclass(frozen=True)
class LeadList:
    """A list as it was read.

    Attributes:
        letters: Column letter by contract column.
        headers: What stands above it, by contract column.
        rows: Values by row of the sheet.
        unknown: Headers that stand for no column.
        corrections: What is wrong with the shape of rows.
    """

    letters: Mapping[str, str]
    headers: Mapping[str, str]
    rows: Mapping[int, Values]
    unknown: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()


def read_list(grid: Grid, named: Mapping[str, str] | None = None) -> LeadList:
    """Find the columns of a list by the headers in its first row that isn't empty.

    named: contract column by header, where the header isn't one that is known.

    Raises:
        CardinalError: The range is empty, two columns are the same, or none tells how to reach anybody.
    """
    numbered = [(grid.first_row + place, row) for place, row in enumerate(grid.rows) if any(c.strip() for c in row)]
    if not numbered:
        raise CardinalError("the sheet is empty: put headers into its first row, such as full_name, phone, email")
    known = {_key(header): column for header, column in (named or {}).items()}
    for wanted in known.values():
        if wanted not in COLUMNS:
            raise CardinalError(f"a list has no column {wanted}: use one of {', '.join(COLUMNS)}")
    _, titles = numbered[0]
    places: dict[str, int] = {}
    unknown: list[str] = []
    for place, title in enumerate(titles):
        key = _key(title)
        column = known.get(key) or ALIASES.get(key) or (key if key in COLUMNS else None)
        if column is None:
            unknown += [title.strip()] if title.strip() else []
        elif column in places:
            raise CardinalError(f"two columns are {column}: {titles[places[column]]} and {title}")
        else:
            places[column] = place
    if not {"phone", "email"} & places.keys():
        raise CardinalError("no column tells how to reach anybody: name one phone or email")
    rows: dict[int, Values] = {}
    beyond: list[Correction] = []
    for number, cells in numbered[1:]:
        rows[number] = {
            column: (cells[place].strip() or None) if place < len(cells) else None for column, place in places.items()
        }
        beyond += [
            Correction(number, column_letter(grid.first_column + place), "", HIDDEN, NO_HEADER, True)
            for place, cell in enumerate(cells)
            if cell.strip() and (place >= len(titles) or not titles[place].strip())
        ]
    letters = {column: column_letter(grid.first_column + place) for column, place in places.items()}
    headers = {column: titles[place].strip() for column, place in places.items()}
    return LeadList(letters, headers, rows, tuple(unknown), tuple(beyond))


def check(listed: LeadList, settings: Settings) -> tuple[Correction, ...]:
    """Return what has to be put right, by row; who can be reached in spite of it isn't held back."""
    contract = load_contracts(settings.project_dir)[UPLOADS]
    with duckdb.connect() as connection:
        for macro in MACROS:
            connection.execute(macro)
        connection.execute(f"create temp table listed (row_no integer, {', '.join(f'{c} varchar' for c in COLUMNS)})")
        if listed.rows:
            connection.executemany(
                f"insert into listed values ({', '.join('?' * (len(COLUMNS) + 1))})",
                [[row, *(values.get(column) for column in COLUMNS)] for row, values in sorted(listed.rows.items())],
            )
        products = settings.project_dir / "seeds" / "reference" / "products.csv"
        judged = connection.execute(
            f"""
            select
                row_no,
                {phone_sql("phone", settings.country, settings.project_dir)} is not null as has_phone,
                {email_sql("email", settings.project_dir)} is not null as has_email,
                product_code is null or lower(product_code) in (select product_code from read_csv($products))
                    as has_product,
                {", ".join(f"coalesce(holds_card_number({column}), false)" for column in COLUMNS)}
            from listed order by row_no
            """,
            {"products": str(products)},
        ).fetchall()
    found = list(listed.corrections)
    for row, has_phone, has_email, has_product, *cards in judged:
        values = listed.rows[row]
        is_lost = not (has_phone or has_email)
        wrong = [(column, CARD_NUMBER, True) for column, is_card in zip(COLUMNS, cards, strict=True) if is_card]
        if values.get("phone") and not has_phone:
            wrong.append(("phone", "phone is no number that exists", is_lost))
        if values.get("email") and not has_email:
            wrong.append(("email", "email is no address of a person", is_lost))
        if not has_product:
            wrong.append(("product_code", "product_code is none of the catalogue", False))
        found += [_correction(listed, contract, row, *problem) for problem in wrong]
        if is_lost and not (values.get("phone") or values.get("email")):
            found.append(Correction(row, "", "", "", NOT_REACHABLE, True))
    return tuple(sorted(found, key=lambda one: (one.row, len(one.column), one.column, one.reason)))


def write_corrections(corrections: Sequence[Correction], path: Path) -> None:
    """Write corrections for whoever made the list: as JSON if the name says so, else as CSV."""
    rows = [asdict(correction) for correction in corrections]
    if path.suffix == ".json":
        path.write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Correction)])
        writer.writeheader()
        # A spreadsheet takes a text that begins like this for a formula.
        writer.writerows(
            {name: f"'{cell}" if str(cell)[:1] in "=+-@" and str(cell) else cell for name, cell in row.items()}
            for row in rows
        )


def _correction(
    listed: LeadList, contract: TableContract, row: int, column: str, reason: str, is_held_back: bool
) -> Correction:
    value = listed.rows[row].get(column) or ""
    if reason == CARD_NUMBER:
        value = HIDDEN
    elif value and contract.column(column).pii != "none":
        value = mask(column, value)
    return Correction(
        row, listed.letters.get(column, ""), listed.headers.get(column, column), value, reason, is_held_back
    )


def _key(header: str) -> str:
    return re.sub(r"[\s\-./]+", "_", header.strip().lower()).strip("_")
