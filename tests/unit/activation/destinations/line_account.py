"""A LINE account that holds audiences, and misbehaves as it is told."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Account:
    """What an account holds.

    Attributes:
        groups: Number -> description and user ids.
        asked: Method and path of each request.
        faults: What to do with the next requests: a status, "hang up" for no answer though it was done, None for none.
        polls: How often an audience is asked for before it is ready.
        fails: Status and reason of new audiences that come to nothing.
    """

    groups: dict[int, tuple[str, list[str]]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    faults: list[int | str | None] = field(default_factory=list)
    polls: int = 1
    fails: tuple[str, str] | None = None
    page: int = 2
    url: str = ""
    _left: dict[int, int] = field(default_factory=dict)

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, dict[str, Any]]:
        """Do what is asked."""
        if method == "POST" and path.endswith("/upload/byFile"):
            return self._make(body.decode())
        if path.endswith("/list"):
            return self._list(query["description"][0], int(query["page"][0]))
        number = int(path.rsplit("/", 1)[1])
        if number not in self.groups:
            return 400, {"message": "not found", "details": [{"message": "AUDIENCE_GROUP_NOT_FOUND"}]}
        if method == "DELETE":
            del self.groups[number]
            return 200, {}
        self._left[number] -= 1
        status = "IN_PROGRESS" if self._left[number] >= 0 else self.fails[0] if self.fails else "READY"
        jobs = [{"jobStatus": "FAILED", "failedType": self.fails[1]}] if self.fails else []
        told = {"audienceGroupId": number, "status": status, "audienceCount": len(self.groups[number][1])}
        return 200, {"audienceGroup": told, "jobs": jobs}

    def _make(self, body: str) -> tuple[int, dict[str, Any]]:
        description = re.search(r'name="description"\r\n\r\n(\S+)', body)
        people = re.search(r"Content-Type: text/plain\r\n\r\n(.*?)\r\n--", body, re.DOTALL)
        assert description and people
        if any(description[1].lower() == known.lower() for known, _ in self.groups.values()):
            return 400, {"message": "the name is taken"}
        number = max(self.groups, default=100) + 1
        self.groups[number] = description[1], people[1].split()
        self._left[number] = self.polls
        return 202, {"audienceGroupId": number}

    def _list(self, description: str, page: int) -> tuple[int, dict[str, Any]]:
        found = [
            {"audienceGroupId": number, "description": known}
            for number, (known, _) in sorted(self.groups.items())
            if description.lower() in known.lower()
        ]
        start = (page - 1) * self.page
        has_next = len(found) > start + self.page
        return 200, {"audienceGroups": found[start : start + self.page], "hasNextPage": has_next}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        account, parts = self.server.account, urlsplit(self.path)
        account.asked.append((self.command, parts.path))
        fault = account.faults.pop(0) if account.faults else None
        if isinstance(fault, int):
            status, content = fault, {"message": "U" + "0" * 32, "details": [{"message": "a@example.org"}]}
        else:
            status, content = account.answer(self.command, parts.path, parse_qs(parts.query), body)
        if fault == "hang up":
            self.close_connection = True
            return
        said = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_DELETE = _any  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    account: Account


@contextmanager
def listening() -> Iterator[Account]:
    """Let an account listen on a free port of this machine."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.account = Account(url=f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server.account
        server.shutdown()
        thread.join()
