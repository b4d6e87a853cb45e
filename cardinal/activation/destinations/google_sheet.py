"""A Google Sheet that is kept as the table is: a row a line, the key in column A (values API, version 4).

Where a key stands is looked up with every batch: people may sort the tab, and a batch that is sent again changes
nothing. A removed row leaves an empty line, which the next new row takes: nothing that stands beside it moves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain, count
from typing import Any

import httpx

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import AccessRefusedError, Answer, Batch, Row, UnavailableError
from cardinal.activation.destinations.cells import harmless
from cardinal.activation.destinations.http import ask, content, safe_url
from cardinal.activation.pace import Pace
from cardinal.importers.sheets import column_letter
from cardinal.settings import Settings

SPREADSHEET = re.compile(r"[A-Za-z0-9_-]{20,}")
WRITES_PER_SECOND = 1.0
LONGEST_CELL = 50_000
GROWTH = 1_000
QUOTE = "'"


class GoogleSheet:
    """One tab of one spreadsheet."""

    def __init__(self, sheet_url: str, tab: str, token: str, columns: list[str], timeout_seconds: float) -> None:
        """`sheet_url` is .../v4/spreadsheets/<id>; `columns` begin with the key."""
        self._url, self._tab, self._columns = sheet_url, tab, columns
        self._last = column_letter(len(columns))
        self._tab_id = 0
        self._size: tuple[int, int] | None = None
        self._pace = Pace(WRITES_PER_SECOND)
        # A redirect could carry the token to somebody else.
        self._client = httpx.Client(
            timeout=timeout_seconds, follow_redirects=False, headers={"authorization": f"Bearer {token}"}
        )

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> GoogleSheet:
        """Make it from a declaration: spreadsheet (its id) and tab; the token is CARDINAL_SHEETS_TOKEN."""
        spreadsheet, tab = str(sync.destination.get("spreadsheet", "")), str(sync.destination.get("tab", ""))
        if not SPREADSHEET.fullmatch(spreadsheet) or not tab:
            raise SyncError(
                f"sync {sync.name}: destination.spreadsheet must be the id that stands behind /d/ in its address, and"
                " destination.tab the name of a tab"
            )
        token = settings.sheets_token()
        if token is None:
            raise SyncError(f"sync {sync.name}: CARDINAL_SHEETS_TOKEN must hold a token that may write the sheet")
        base = safe_url(sync, default=settings.sheets_url())
        columns = [sync.key, *(field for field in sync.columns if field != sync.key)]
        return cls(f"{base}/v4/spreadsheets/{spreadsheet}", tab, token, columns, sync.delivery.timeout_seconds)

    def send(self, batch: Batch) -> Answer:
        """Bring the lines of the batch up to date, in one write."""
        rejected = {row.row_id: "a cell is too long" for row in batch.rows if row.op != "remove" and self._is_long(row)}
        self._grow(1)
        places, free, needs_header = self._places()
        lines = {1: self._columns} if needs_header else {}
        for row in batch.rows:
            key = harmless(row.key)
            if row.op == "remove":
                if key in places:
                    lines[places[key]] = [""] * len(self._columns)
            elif row.row_id not in rejected:
                places[key] = places.get(key) or next(free)
                lines[places[key]] = self._cells(row)
        if lines:
            self._grow(max(lines))
            data = [{"range": self._range(f"A{at}:{self._last}{at}"), "values": [cells]} for at, cells in lines.items()]
            # RAW: what looks like a date or a number with a nought before it stays what it is.
            self._write("/values:batchUpdate", {"valueInputOption": "RAW", "data": data})
        return Answer(rejected)

    def was_taken(self, batch_key: str) -> bool | None:
        """It isn't asked: the same rows again change nothing."""
        return None

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _places(self) -> tuple[dict[str, int], Iterator[int], bool]:
        """Return the line of each key, the free lines, and whether the tab is new.

        Raises:
            AccessRefusedError: The tab holds something else.
        """
        ranges: dict[str, Any] = {
            "ranges": [self._range(f"A1:{self._last}1"), self._range("A1:A")],
            "majorDimension": "ROWS",
        }
        found = self._ask("GET", "/values:batchGet", params=ranges).get("valueRanges", [])
        if len(found) != len(ranges["ranges"]):
            raise UnavailableError("the answer isn't one of the Sheets API")
        header, column = (each.get("values", []) for each in found)
        keys = [str(cells[0]) if cells else "" for cells in column]
        if (header and header[0] != self._columns) or (not header and any(keys)):
            raise AccessRefusedError("the first line of the tab isn't that of the sync: give it a tab of its own")
        places: dict[str, int] = {}
        for at, key in enumerate(keys[1:], start=2):
            if key:
                places.setdefault(key, at)
        empty = [at for at, key in enumerate(keys[1:], start=2) if not key]
        return places, chain(empty, count(max(len(keys), 1) + 1)), not header

    def _grow(self, lines: int) -> None:
        """Make the tab as large as it has to be: nothing can be written or read beyond its edges."""
        if self._size is None:
            answer = self._ask("GET", "", params={"fields": "sheets.properties(sheetId,title,gridProperties)"})
            tabs = [tab["properties"] for tab in answer.get("sheets", [])]
            found = next((tab for tab in tabs if tab["title"] == self._tab), None)
            if found is None:
                raise AccessRefusedError("there is no such tab: make it, or look at destination.tab")
            grid = found["gridProperties"]
            self._tab_id, self._size = found["sheetId"], (grid["rowCount"], grid["columnCount"])
        rows, columns = self._size
        wanted = (("ROWS", lines - rows), ("COLUMNS", len(self._columns) - columns))
        requests = [
            {"appendDimension": {"sheetId": self._tab_id, "dimension": dimension, "length": more + GROWTH * is_long}}
            for (dimension, more), is_long in zip(wanted, (True, False), strict=True)
            if more > 0
        ]
        if requests:
            # Asked again next time: whether it grew is known only then.
            self._size = None
            self._write(":batchUpdate", {"requests": requests})

    def _cells(self, row: Row) -> list[Any]:
        values = [row.key, *(row.fields.get(field) for field in self._columns[1:])]
        # Null would leave a cell as it is.
        return ["" if value is None else harmless(_as_cell(value)) for value in values]

    def _is_long(self, row: Row) -> bool:
        return any(isinstance(cell, str) and len(cell) > LONGEST_CELL for cell in self._cells(row))

    def _range(self, cells: str) -> str:
        return f"'{self._tab.replace(QUOTE, QUOTE * 2)}'!{cells}"

    def _write(self, path: str, request: dict[str, Any]) -> None:
        self._pace.wait_for(1)
        self._ask("POST", path, json=request)

    def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        response = ask(self._client, method, self._url + path, **request)
        if not response.is_success:
            # The spreadsheet or its size: nothing that another batch would change.
            raise AccessRefusedError(f"status {response.status_code}: look at destination.spreadsheet and its size")
        return content(response)


def _as_cell(value: Any) -> Any:
    """Return a list or a struct as JSON: a cell holds neither."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value
