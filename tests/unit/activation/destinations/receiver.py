"""A receiver of webhooks that keeps what it took, and misbehaves as it is told."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cardinal.activation.destinations.webhook import sign

SECRET = b"a secret of the tests"
CODED_SECRET = "whsec_YSBzZWNyZXQgb2YgdGhlIHRlc3Rz"  # noqa: S105 - made up
POISON = "poison"
FAULTS = (
    "throttle", "error before", "error after", "half, then error", "late", "hang up before", "hang up after",
    "some later", "garbage", "no entry",
)  # fmt: skip


@dataclass
class Receiver:
    """What a receiver holds.

    Attributes:
        rows: What it holds by key.
        taken: Every change that it took: key, op, fields; ids that it saw before are left out, as agreed.
        requests: Method to answer with, and number of rows, of each request.
        faults: What to do with the next requests; then it behaves.
        misbehaves: Chance of a fault, by `random`.
    """

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    taken: list[tuple[str, str, str]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    requests: list[tuple[str, int]] = field(default_factory=list)
    message_ids: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    misbehaves: float = 0.0
    random: random.Random = field(default_factory=random.Random)
    refuses_whole_batches: bool = False
    retry_after: str = "0"
    late_seconds: float = 0.3
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_fault(self) -> str:
        if self.faults:
            return self.faults.pop(0)
        return self.random.choice(FAULTS) if self.random.random() < self.misbehaves else ""

    def take(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Take rows; returns those that are refused."""
        refused = []
        for row in rows:
            if is_bad(row):
                refused.append({"id": row["id"], "reason": "bad_phone"})
            elif row["id"] not in self.ids:
                self.ids.add(row["id"])
                self.taken.append((row["key"], row["op"], json.dumps(row["fields"], sort_keys=True)))
                if row["op"] == "remove":
                    self.rows.pop(row["key"], None)
                else:
                    self.rows[row["key"]] = row["fields"]
        return refused


def is_bad(row: dict[str, Any]) -> bool:
    """Whether a row is refused; who is to be removed needs no good phone."""
    return row["op"] != "remove" and POISON in row["fields"].values()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        message_id, moment = self.headers["webhook-id"], int(self.headers["webhook-timestamp"])
        rows = json.loads(body)["rows"]
        receiver = self.server.receiver
        with receiver.lock:
            fault = receiver.next_fault()
            receiver.requests.append((fault, len(rows)))
            receiver.message_ids.append(message_id)
            if self.headers["webhook-signature"] != sign(SECRET, message_id, moment, body):
                return self._say(401)
            if receiver.refuses_whole_batches and any(is_bad(row) for row in rows):
                return self._say(400)
            late = self._answer(receiver, fault, rows)
        if late:
            time.sleep(receiver.late_seconds)
            self.close_connection = True
        return None

    def _answer(self, receiver: Receiver, fault: str, rows: list[dict[str, Any]]) -> bool:
        """Answer as the fault says; returns whether the client is to wait in vain."""
        if fault == "throttle":
            self._say(429, retry_after=receiver.retry_after)
        elif fault == "no entry":
            self._say(403)
        elif fault == "error before":
            self._say(500)
        elif fault == "hang up before":
            self.close_connection = True
        elif fault == "some later":
            later, now = rows[::2], rows[1::2]
            told = [{"id": row["id"], "reason": "busy", "is_retryable": True} for row in later]
            self._say(207, {"rejected": receiver.take(now) + told})
        elif fault == "half, then error":
            receiver.take(rows[: len(rows) // 2])
            self._say(502)
        else:
            refused = receiver.take(rows)
            if fault == "late":
                return True
            if fault == "hang up after":
                self.close_connection = True
            elif fault == "error after":
                self._say(500)
            elif fault == "garbage" and not refused:
                self._say(200, raw=b"<html>ok</html>")
            else:
                self._say(200, {"rejected": refused})
        return False

    def _say(self, status: int, content: Any = None, raw: bytes | None = None, retry_after: str | None = None) -> None:
        body = raw if raw is not None else json.dumps(content or {}).encode()
        with suppress(BrokenPipeError, ConnectionResetError):  # A client that is gone.
            self._write(status, body, retry_after)

    def _write(self, status: int, body: bytes, retry_after: str | None) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        if retry_after is not None:
            self.send_header("retry-after", retry_after)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    receiver: Receiver


@contextmanager
def listening(receiver: Receiver) -> Iterator[Receiver]:
    """Let a receiver listen on a free port of this machine."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.receiver = receiver
        receiver.url = f"http://127.0.0.1:{server.server_port}/rows"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
