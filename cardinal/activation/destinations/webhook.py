"""A webhook: a signed JSON request a batch, as https://www.standardwebhooks.com has it.

    POST {"sync": ..., "rows": [{"id": ..., "op": "add", "key": ..., "fields": {...}}]}

The receiver answers 2xx, with {"rejected": [{"id": ..., "reason": ..., "is_retryable": false}]} where some rows were
not taken, and leaves out rows whose id it has seen. A reason is a code. `webhook-id` is the batch's key, the same when
the same rows are sent again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from typing import Any

import httpx

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import (
    AccessRefusedError,
    Answer,
    Batch,
    BatchRefusedError,
    ThrottledError,
    UnavailableError,
)
from cardinal.activation.destinations.http import needed_secret, retry_after, safe_url
from cardinal.settings import Settings

SECRET_PREFIX = "whsec_"  # noqa: S105 - the public prefix of secrets
REFUSED = {400, 413, 422}
NO_ENTRY = {401, 403, 404, 405, 410}
# A receiver's own words may show the person. Fewer than six digits are no phone, card, birth date or number of anybody.
CODE = re.compile(r"(?!(?:\D*\d){6})[A-Za-z0-9_.-]{1,60}")
NO_CODE = "no code given"


class Webhook:
    """One receiver, over one connection that stays open."""

    def __init__(self, url: str, secret: bytes, timeout_seconds: float) -> None:
        """`secret` is the key itself, without prefix and coding."""
        self._url = url
        self._secret = secret
        self._client = httpx.Client(timeout=timeout_seconds, follow_redirects=False)

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> Webhook:
        """Make it from a declaration: `url`, and `secret`, the name behind CARDINAL_SECRET_."""
        safe_url(sync)
        # With its last slash: receivers may tell the one from the other.
        return cls(
            str(sync.destination["url"]), decode_secret(needed_secret(sync, settings)), sync.delivery.timeout_seconds
        )

    def send(self, batch: Batch) -> Answer:
        """Send a batch once."""
        rows = [{"id": row.row_id, "op": row.op, "key": row.key, "fields": row.fields} for row in batch.rows]
        body = json.dumps({"sync": batch.sync, "rows": rows}, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            response = self._client.post(self._url, content=body, headers=self._headers(batch.batch_key, body))
        except httpx.HTTPError as error:
            raise UnavailableError(type(error).__name__) from None
        return _read(response)

    def was_taken(self, batch_key: str) -> bool | None:
        """A webhook can't be asked."""
        return None

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _headers(self, batch_key: str, body: bytes) -> dict[str, str]:
        moment = int(time.time())
        return {
            "content-type": "application/json",
            "webhook-id": batch_key,
            "webhook-timestamp": str(moment),
            "webhook-signature": sign(self._secret, batch_key, moment, body),
        }


def decode_secret(secret: str) -> bytes:
    """Return the key in a secret of the form whsec_<base64>.

    Raises:
        SyncError: It isn't one; the message doesn't show it.
    """
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise SyncError("the secret of a webhook must be whsec_ and base64 behind it")
    return key


def sign(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature header of Standard Webhooks, version 1."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def _read(response: httpx.Response) -> Answer:
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS or (
        status == httpx.codes.SERVICE_UNAVAILABLE and "retry-after" in response.headers
    ):
        raise ThrottledError(f"status {status}", retry_after(response))
    if status in REFUSED:
        raise BatchRefusedError(f"status {status}")
    if status in NO_ENTRY:
        raise AccessRefusedError(f"status {status}")
    if not response.is_success:
        raise UnavailableError(f"status {status}")
    rejected: dict[str, str] = {}
    postponed: dict[str, str] = {}
    for row in _rejected(response):
        reasons = postponed if row.get("is_retryable") is True else rejected
        reason = row.get("reason")
        is_code = reason is not None and CODE.fullmatch(str(reason))
        reasons[str(row.get("id"))] = str(reason) if is_code else NO_CODE
    return Answer(rejected, postponed)


def _rejected(response: httpx.Response) -> list[dict[str, Any]]:
    """Return the rows that an answer of 2xx names as rejected; without such a list all were taken."""
    try:
        content = response.json()
    except ValueError:
        return []
    listed = content.get("rejected") if isinstance(content, dict) else None
    return [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
