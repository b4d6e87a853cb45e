"""A server on this machine that speaks the values API of Google Sheets, and misbehaves when told to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

TOKEN = "a-token-that-is-good"  # noqa: S105


@dataclass
class Sheets:
    """What the server holds, what it answers first, and what it was asked."""

    values: list[list[object]] = field(default_factory=list)
    place: str = "Leads!A1:F99"
    first: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def sheets_server() -> Iterator[Sheets]:
    sheets = Sheets()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sheets.asked.append(unquote(urlsplit(self.path).path))
            if sheets.first:
                self.answer(*sheets.first.pop(0))
            elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self.answer(401, {}, json.dumps({"error": {"code": 401, "status": "UNAUTHENTICATED"}}))
            elif "/spreadsheets/known-sheet/values/" not in self.path:
                self.answer(404, {}, json.dumps({"error": {"code": 404, "status": "NOT_FOUND"}}))
            else:
                body: dict[str, object] = {"range": sheets.place, "majorDimension": "ROWS"}
                # The API leaves `values` out of an empty range.
                self.answer(200, {}, json.dumps(body | ({"values": sheets.values} if sheets.values else {})))

        def answer(self, status: int, headers: dict[str, str], body: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    sheets.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield sheets
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
