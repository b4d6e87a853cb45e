"""Uploaded lists: what the lake knows of them, what goes into the inbox, and what is to be put right."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from cardinal.contracts import load_contracts
from cardinal.errors import CardinalError
from cardinal.importers.lead_lists import COLUMNS, UPLOADS, Correction, LeadList, Values, check
from cardinal.importers.sheets import column_letter
from cardinal.ingestion.atomic import publish
from cardinal.ingestion.header import read_csv_shape
from cardinal.settings import Settings

# Rows of lists from sheets have the sheet's numbers; others are counted in their file.
SHEETS = "sheets"
_FIELDS = ("upload_name", "row_no", "uploaded_at", "uploaded_by", *COLUMNS, "change_type")


@dataclass(frozen=True)
class KnownRow:
    """What the lake knows of a row of a list."""

    values: Values
    uploaded_at: datetime
    file: str
    row: int


@dataclass(frozen=True)
class Delivery:
    """What a list put into the inbox.

    Attributes:
        path: The file; None if the lake knows everything already.
        added: Rows that are new.
        changed: Rows that say something else than before; they keep the time of their first upload.
        deleted: Rows that are no longer in the list.
    """

    path: Path | None
    added: int
    changed: int
    deleted: int


def known_rows(settings: Settings, name: str) -> dict[int, KnownRow]:
    """Return the newest version of each row of a list, by its number."""
    columns = ", ".join(COLUMNS)
    rows = _ask(
        settings.lake.joinpath(*UPLOADS),
        f"""
        select row_no, uploaded_at, _file, _row, {columns} from (
            select *, coalesce(change_type, '') as change
            from read_parquet($files, union_by_name = true)
            where upload_name = $name
            qualify row_number() over (partition by row_no order by _ingested_at desc, _row desc) = 1
        ) where change != 'delete' order by row_no
        """,
        name,
    )
    return {
        row_no: KnownRow(dict(zip(COLUMNS, values, strict=True)), at, file, row)
        for row_no, at, file, row, *values in rows
    }


def deliver(
    listed: LeadList, corrections: tuple[Correction, ...], name: str, author: str, settings: Settings, now: datetime
) -> Delivery:
    """Put into the inbox what the lake doesn't know yet; rows that are held back stay as they are known."""
    known = known_rows(settings, name)
    held = {correction.row for correction in corrections if correction.is_held_back}
    lines: list[dict[str, Any]] = []
    changed = 0
    for row, values in sorted(listed.rows.items()):
        before = known.get(row)
        if row in held or (before and all(before.values.get(column) == values.get(column) for column in COLUMNS)):
            continue
        changed += before is not None
        at = before.uploaded_at if before else now.astimezone(UTC).replace(tzinfo=None)
        lines.append({"row_no": row, "uploaded_at": at.isoformat(" ", "seconds"), "uploaded_by": author} | dict(values))
    added = len(lines) - changed
    gone = sorted(known.keys() - listed.rows.keys())
    lines += [{"row_no": row, "change_type": "delete"} for row in gone]
    if not lines:
        return Delivery(None, 0, 0, 0)
    folder = settings.inbox.joinpath(*UPLOADS, SHEETS)
    slug = re.sub(r"\W+", "-", name).strip("-") or "list"
    target = folder / f"{slug}-{now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}.csv"
    folder.mkdir(parents=True, exist_ok=True)
    beside = target.with_suffix(".part")
    # The list shows people: only the owner of the home reads it.
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        writer = csv.DictWriter(file, _FIELDS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows({"upload_name": name} | line for line in lines)
    publish([(beside, target)])
    return Delivery(target, added, changed, len(gone))


def corrections_of(settings: Settings, name: str) -> tuple[Correction, ...]:
    """Return what is to be put right in a list that was taken in: rejected rows, and cells that are of no use.

    name: the list's upload_name, or its file in the inbox.

    Raises:
        CardinalError: Nothing of that name was taken in.
    """
    rows = known_rows(settings, name) or _rows_of_file(settings, name)
    files = sorted({row.file for row in rows.values()}) or [name]
    rejects = _ask(
        settings.lake.joinpath("_rejects", *UPLOADS),
        "select _file, _row, column_name, reason from read_parquet($files) "
        "where list_contains($name, _file) "
        "qualify _ingested_at = max(_ingested_at) over (partition by _file) order by _file, _row",
        files,
    )
    if not rows and not rejects:
        raise CardinalError(
            f"no list {name} was taken in: give its upload_name, or its file as `cardinal ingest` names it"
        )
    letters = {file: _letters(settings, file) for file in {*files, *(reject[0] for reject in rejects)}}
    found = [
        Correction(_row_of(file, row), letters[file].get(column or "", ""), column or "", "", reason, True)
        for file, row, column, reason in rejects
    ]
    for file in files:
        values = {_row_of(file, row.row, number): row.values for number, row in rows.items() if row.file == file}
        found += check(LeadList(letters[file], {column: column for column in COLUMNS}, values), settings)
    return tuple(sorted(found, key=lambda one: (one.row, len(one.column), one.column, one.reason)))


def _rows_of_file(settings: Settings, name: str) -> dict[int, KnownRow]:
    names = _ask(
        settings.lake.joinpath(*UPLOADS),
        "select upload_name from read_parquet($files, union_by_name = true) where _file = $name group by 1 order by 1",
        name,
    )
    rows = [row for (upload,) in names for row in known_rows(settings, upload).values() if row.file == name]
    return {row.row: row for row in rows}


def _row_of(file: str, row: int, number: int | None = None) -> int:
    """Return the row as a spreadsheet counts: of sheets their own number, else one more, for the header."""
    return number if number is not None and f"/{SHEETS}/" in file else row + 1


def _letters(settings: Settings, file: str) -> Mapping[str, str]:
    """Return the letters of a file's columns, if it still lies in the inbox and is plain CSV."""
    path = settings.inbox / file
    if path.suffix != ".csv" or f"/{SHEETS}/" in file or not path.is_file():
        return {}
    with path.open("rb") as opened:
        names = read_csv_shape(opened, load_contracts(settings.project_dir)[UPLOADS]).names
    return {name.strip().lower(): column_letter(place) for place, name in enumerate(names, start=1)}


def _ask(folder: Path, query: str, name: str | list[str]) -> list[tuple[Any, ...]]:
    files = [str(path) for path in sorted(folder.glob("**/*.parquet"))]
    if not files:
        return []
    with duckdb.connect() as connection:
        return connection.execute(query, {"files": files, "name": name}).fetchall()
