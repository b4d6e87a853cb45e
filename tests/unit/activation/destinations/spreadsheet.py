"""A spreadsheet on this machine that speaks the values API, with edges as the real one has them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.unit.activation.destinations.platform import Asked, Platform

ID = "1aBcDeFgHiJkLmNoPqRsTuVwXyZ"
RANGE = re.compile(r"'(?P<tab>(?:[^']|'')+)'!A(?P<first>\d+):(?P<column>[A-Z])(?P<last>\d*)")


@dataclass
class Spreadsheet(Platform):
    """One tab: its lines, its size, and what to say to the next reads and writes, before or after doing them."""

    tab: str = "Win 'back'"
    lines: list[list[Any]] = field(default_factory=list)
    rows: int = 5
    columns: int = 2
    before: dict[str, list[Any]] = field(default_factory=dict)
    after: dict[str, list[Any]] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Any:
        if asked.headers.get("authorization") != "Bearer ya29":
            return 401, {}
        address = urlsplit(asked.path)
        if not unquote(address.path).startswith(f"/v4/spreadsheets/{ID}"):
            return 404, {}
        step = unquote(address.path).removeprefix(f"/v4/spreadsheets/{ID}")
        step = {"": "size", "/values:batchGet": "read", ":batchUpdate": "grow", "/values:batchUpdate": "write"}[step]
        if self.before.get(step):
            return self.before[step].pop(0)
        said = getattr(self, f"_{step}")(asked, parse_qs(address.query))
        return self.after[step].pop(0) if self.after.get(step) else said

    def _size(self, _asked: Asked, _query: Any) -> Any:
        grid = {"rowCount": self.rows, "columnCount": self.columns}
        return 200, {"sheets": [{"properties": {"sheetId": 7, "title": self.tab, "gridProperties": grid}}]}

    def _grow(self, asked: Asked, _query: Any) -> Any:
        for request in asked.content["requests"]:
            more = request["appendDimension"]
            assert more["sheetId"] == 7
            if more["dimension"] == "ROWS":
                self.rows += more["length"]
            else:
                self.columns += more["length"]
        return 200, {}

    def _read(self, _asked: Asked, query: dict[str, list[str]]) -> Any:
        ranges = []
        for text in query["ranges"]:
            found = self._within(text)
            if found is None:
                return 400, {}
            first, width, last = found
            lines = [[*line[:width]] for line in self.lines[first - 1 : last or None]]
            for line in lines:
                while line and line[-1] == "":
                    line.pop()
            while lines and not lines[-1]:
                lines.pop()
            ranges.append({"values": lines} if lines else {})
        return 200, {"valueRanges": ranges}

    def _write(self, asked: Asked, _query: Any) -> Any:
        assert asked.content["valueInputOption"] == "RAW"
        if any(self._within(each["range"]) is None for each in asked.content["data"]):
            return 400, {}
        for each in asked.content["data"]:
            first, width, last = self._within(each["range"]) or (0, 0, 0)
            (cells,) = each["values"]
            assert first == last and len(cells) == width and None not in cells
            while len(self.lines) < first:
                self.lines.append([])
            self.lines[first - 1] = cells
        return 200, {}

    def _within(self, text: str) -> tuple[int, int, int] | None:
        found = RANGE.fullmatch(text)
        assert found and found["tab"].replace("''", "'") == self.tab
        first, width, last = int(found["first"]), ord(found["column"]) - 64, int(found["last"] or 0)
        return (first, width, last) if max(first, last) <= self.rows and width <= self.columns else None
