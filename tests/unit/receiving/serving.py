"""A receiver that really listens on loopback, and a sender that signs."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from cardinal.activation.destinations.webhook import sign
from cardinal.receiving.app import make_app
from cardinal.receiving.spool import Spool
from cardinal.settings import Settings

KEY, UNSUBSCRIBE, LINE, TWILIO = b"a secret of the tests", "u-secret", "line-secret", "12345"
URL = "https://hooks.bank.example"
ENVIRONMENT = {
    "CARDINAL_SECRET_MAILER": "whsec_" + base64.b64encode(KEY).decode(),
    "CARDINAL_SECRET_UNSUBSCRIBE": UNSUBSCRIBE,
    "CARDINAL_SECRET_LINE_CHANNEL": LINE,
    "CARDINAL_SECRET_TWILIO": TWILIO,
    "CARDINAL_SECRET_META": "a token that is no webhook's secret",
}


@dataclass
class Sender:
    """Who tells what became of messages."""

    settings: Settings
    client: httpx.Client
    number: int = 0

    def post(self, content: Any, message_id: str | None = None, **headers: str) -> httpx.Response:
        """Post events, signed now."""
        self.number += 1
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        message_id, moment = message_id or f"msg_{self.number}", int(time.time())
        signed = {
            "webhook-id": message_id,
            "webhook-timestamp": str(moment),
            "webhook-signature": sign(KEY, message_id, moment, body),
        }
        return self.client.post("/events/mailer", content=body, headers={**signed, **headers})

    def rows(self, table: str = "message_events", pattern: str = "*.jsonl*") -> list[dict[str, Any]]:
        """Rows in the inbox, whether released or not."""
        return read(self.settings.inbox.glob(f"*/{table}/*/{pattern}"))

    def withdrawals(self) -> list[dict[str, Any]]:
        return read(self.settings.outbox.glob("withdrawn/*.jsonl"))


def read(files: Iterator[Path]) -> list[dict[str, Any]]:
    return [json.loads(line) for file in sorted(files) for line in file.read_text(encoding="utf-8").splitlines()]


@contextmanager
def receiving(
    settings: Settings, spool: Spool | None = None, batch_seconds: float = 600, batch_rows: int = 50_000
) -> Iterator[Sender]:
    """Listen until the end; then all is released."""
    spool = spool or Spool(settings, batch_seconds, batch_rows)
    config = uvicorn.Config(make_app(settings, URL, spool), port=0, access_log=False, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            yield Sender(settings, client)
    finally:
        server.should_exit = True
        thread.join(15)
        assert not thread.is_alive()
