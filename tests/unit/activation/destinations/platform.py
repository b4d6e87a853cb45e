"""A platform on this machine: it keeps what it is asked and answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    content: Any


@dataclass
class Platform:
    """What was asked, and the answers to come: status, content, headers; "hang up" for none. Then it says 200."""

    asked: list[Asked] = field(default_factory=list)
    answers: list[tuple[int, Any] | tuple[int, Any, dict[str, str]] | str] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        platform = self.server.platform
        platform.asked.append(Asked(self.command, self.path, headers, json.loads(body) if body else None))
        answer = platform.answers.pop(0) if platform.answers else (200, {})
        if isinstance(answer, str):
            self.close_connection = True
            return
        status, content, *more = answer
        said = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in (more[0] if more else {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def do_GET(self) -> None:
        self._any()

    def do_PUT(self) -> None:
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
def listening() -> Iterator[Platform]:
    """Let a platform listen on a free port of this machine."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.platform = Platform(url=f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server.platform
        server.shutdown()
        thread.join()
