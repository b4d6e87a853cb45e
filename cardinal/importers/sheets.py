"""Google Sheets: the cells of a range, over the values API (version 4)."""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from cardinal.errors import CardinalError

ATTEMPTS = 5
LONGEST_WAIT = 120.0
_PAUSES = (0.0, 2.0, 4.0, 8.0, 16.0, 32.0)
_TIMEOUT = 30.0
_AGAIN = {429, 500, 502, 503, 504}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class SheetError(CardinalError):
    """The sheet can't be read; the message says what to do."""


@dataclass(frozen=True)
class Grid:
    """Cells as people see them.

    Attributes:
        rows: Their texts; a row ends with its last cell that isn't empty.
        first_row: Number of the first row in the sheet, from 1.
        first_column: Number of the first column, from 1.
    """

    rows: tuple[tuple[str, ...], ...]
    first_row: int = 1
    first_column: int = 1


def column_letter(number: int) -> str:
    """Return what a sheet calls its column of a number from 1: A, ..., Z, AA."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def read_range(spreadsheet: str, cells: str, token: str, url: str, wait: Callable[[float], None] = time.sleep) -> Grid:
    """Return the cells of a range, such as `Leads!A1:F`; asks again, as long as the server wishes, when it is busy.

    Raises:
        SheetError: The server refuses, has no such sheet, or isn't one that speaks the API.
    """
    address = urlsplit(url)
    if address.scheme != "https" and address.hostname not in _LOOPBACK:
        raise SheetError(f"{url} is not https: the token would go over the network for all to read")
    path = f"{url.rstrip('/')}/v4/spreadsheets/{quote(spreadsheet, safe='')}/values/{quote(cells, safe='')}"
    parameters = {"majorDimension": "ROWS", "valueRenderOption": "FORMATTED_VALUE"}
    # A redirect could carry the token to somebody else.
    with httpx.Client(timeout=_TIMEOUT, follow_redirects=False, headers={"Authorization": f"Bearer {token}"}) as client:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = client.get(path, params=parameters)
            except httpx.TransportError as error:
                pause, trouble = _PAUSES[attempt], f"can't be reached ({type(error).__name__})"
            else:
                if answer.status_code not in _AGAIN:
                    return _grid(_checked(answer, spreadsheet, cells))
                pause, trouble = _pause(answer, attempt), f"answers {answer.status_code}"
            if attempt == ATTEMPTS or pause > LONGEST_WAIT:
                break
            wait(pause)
    raise SheetError(f"{address.hostname} {trouble}, after {attempt} attempts: try again later")


def _pause(answer: httpx.Response, attempt: int) -> float:
    said = answer.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}", said):
        return float(said)
    try:
        moment = email.utils.parsedate_to_datetime(said)
        seconds: float = (moment - datetime.now(UTC)).total_seconds()
        return max(0.0, seconds)
    except (TypeError, ValueError):
        return _PAUSES[attempt]


def _checked(answer: httpx.Response, spreadsheet: str, cells: str) -> dict[str, Any]:
    if answer.status_code in (401, 403):
        raise SheetError(
            f"access to the sheet was refused ({answer.status_code}): give a token that is still good in"
            " CARDINAL_SHEETS_TOKEN, and share the sheet with its account"
        )
    if answer.status_code == 404:
        raise SheetError(f"there is no spreadsheet {spreadsheet}: its id stands in its address, behind /d/")
    if answer.status_code == 400:
        raise SheetError(f"the range {cells} isn't understood: write it as Leads!A1:F, with the name of the tab")
    try:
        body = answer.json() if answer.status_code == 200 else None
    except ValueError:
        body = None
    values = body.get("values", []) if isinstance(body, dict) else None
    if not isinstance(values, list) or not all(isinstance(row, list) for row in values):
        raise SheetError(f"the answer ({answer.status_code}) isn't one of the Sheets API: look at CARDINAL_SHEETS_URL")
    return dict(body or {})


def _grid(body: dict[str, Any]) -> Grid:
    rows = tuple(tuple(_text(cell) for cell in row) for row in body.get("values", []))
    # 'Tab'!B3:F20: where the range really begins.
    found = re.match(r"([A-Z]{1,3})(\d+)?", str(body.get("range", "")).rpartition("!")[2])
    if not found:
        return Grid(rows)
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return Grid(rows, int(found[2] or 1), column)


def _text(cell: object) -> str:
    if cell is None:
        return ""
    return str(cell).upper() if isinstance(cell, bool) else str(cell)
