"""A platform on this machine: it keeps what it is asked and answers as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LATE_SECONDS = 0.5


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    content: Any


@dataclass
class Platform:
    """What was asked, and the answers to come: status, content and perhaps headers. Then it says 200.

    "hang up" is no answer, "late" one that comes too late.
    """

    asked: list[Asked] = field(default_factory=list)
    answers: list[tuple[int, Any] | tuple[int, Any, dict[str, str]] | str] = field(default_factory=list)
    url: str = ""

    def answer(self, asked: Asked) -> tuple[int, Any] | tuple[int, Any, dict[str, str]] | str:
        """What is said to a request; a platform that knows more says it here."""
        return self.answers.pop(0) if self.answers else (200, {})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        platform = self.server.platform
        is_json = headers.get("content-type", "").startswith("application/json")
        content = json.loads(body) if body and is_json else body.decode() if body else None
        platform.asked.append(Asked(self.command, self.path, headers, content))
        answer = platform.answer(platform.asked[-1])
        if isinstance(answer, str):
            time.sleep(LATE_SECONDS if answer == "late" else 0)
            self.close_connection = True
            return
        status, content, *more = answer
        said = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"content-length": str(len(said)), **(more[0] if more else {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said if self.command != "HEAD" else b"")

    def do_GET(self) -> None:
        self._any()

    def do_HEAD(self) -> None:
        self._any()

    def do_PUT(self) -> None:
        self._any()

    def do_PATCH(self) -> None:
        self._any()

    def do_POST(self) -> None:
        self._any()

    def do_DELETE(self) -> None:
        self._any()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    platform: Platform


@contextmanager
def listening(platform: Platform | None = None) -> Iterator[Platform]:
    """Let a platform listen on a free port of this machine."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.platform = platform or Platform()
        server.platform.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server.platform
        server.shutdown()
        thread.join()
