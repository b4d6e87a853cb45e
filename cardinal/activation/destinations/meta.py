"""Meta Custom Audiences: people are added to and taken out of an audience by hashed identifiers.

    POST or DELETE /<version>/<audience id>/users
    {"session": {...}, "payload": {"schema": ["EXTERN_ID", "EMAIL", ...], "is_raw": true, "data": [[...], ...]}}

The audience is a set: the same rows again change nothing. Meta says how many entries were invalid and not which, and
tells nobody who was matched.
"""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import (
    AccessRefusedError,
    Answer,
    Batch,
    BatchRefusedError,
    Row,
    ThrottledError,
    UnavailableError,
)
from cardinal.activation.destinations import matching
from cardinal.activation.destinations.http import needed_secret
from cardinal.settings import Settings

URL = "https://graph.facebook.com"
VERSION = "v25.0"
MOST_ROWS = 10_000
# How each key is written before it is hashed; None stands for keys that go as they are.
KEYS: dict[str, matching.Normalise | None] = {
    "extern_id": None,
    "email": matching.meta_email,
    "phone": matching.meta_phone,
    "fn": matching.meta_name,
    "ln": matching.meta_name,
    "ct": matching.meta_place,
    "st": matching.meta_place,
    "country": matching.meta_place,
}
THROTTLED = {4, 17, 32, 613, 80003}
BUSY = {1, 2, 341, 368, 5000, 21009}
# The token, the terms, the audience itself: nothing that another batch would change.
NO_ENTRY = {10, 102, 190, 200, 294, 2650, 2655, 1487301, 1487366}
GONE, BARRED = 33, 1713230


class MetaAudience:
    """One audience."""

    def __init__(self, users_url: str, token: str, app_secret: str | None, timeout_seconds: float) -> None:
        """`users_url` is .../<audience id>/users."""
        self._url, self._token, self._app_secret = users_url, token, app_secret
        self._client = httpx.Client(timeout=timeout_seconds, follow_redirects=False)

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> MetaAudience:
        """Make it from a declaration: `audience_id`, and `secret`, the name of the token behind CARDINAL_SECRET_."""
        audience = str(sync.destination.get("audience_id", ""))
        if not audience.isdigit():
            raise SyncError(f"sync {sync.name}: destination.audience_id must be the number of the audience")
        for field in sync.columns:
            if field not in KEYS:
                raise SyncError(f"sync {sync.name}: columns: {field} is none of {', '.join(KEYS)}")
        if "extern_id" not in sync.columns:
            raise SyncError(f"sync {sync.name}: columns must hold extern_id, or nobody could be taken out by it")
        if sync.delivery.batch_rows > MOST_ROWS:
            raise SyncError(f"sync {sync.name}: delivery.batch_rows may be {MOST_ROWS} at most")
        base = str(sync.destination.get("url", URL)).rstrip("/")
        app = sync.destination.get("app_secret")
        return cls(
            f"{base}/{VERSION}/{audience}/users",
            needed_secret(sync, settings),
            settings.secret(str(app)) if app else None,
            sync.delivery.timeout_seconds,
        )

    def send(self, batch: Batch) -> Answer:
        """Take out what people were matched by before and aren't now, then add what they are matched by now."""
        gone = [held for row in batch.rows for held in _held(row)]
        there = [row for row in batch.rows if row.op != "remove"]
        rejected = {
            row.row_id: "holds nothing that people are matched by"
            for row in there
            if not any(entry(list(KEYS), row.fields))
        }
        there = [row for row in there if row.row_id not in rejected]
        for method, entries in (("DELETE", gone), ("POST", [row.fields for row in there])):
            schema = [key for key in KEYS if any(key in fields for fields in entries)]
            data = [values for fields in entries if any(values := entry(schema, fields))]
            if data:
                self._call(method, batch.batch_key, schema, data)
        return Answer(rejected)

    def was_taken(self, batch_key: str) -> bool | None:
        """Meta can't be asked."""
        return None

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _call(self, method: str, batch_key: str, schema: Sequence[str], data: list[list[str]]) -> None:
        session = {
            # The same for the same rows, and within 63 bits.
            "session_id": uuid.UUID(batch_key).int >> 65,
            "batch_seq": 1,
            "last_batch_flag": True,
            "estimated_num_total": len(data),
        }
        payload = {"schema": [key.upper() for key in schema], "is_raw": True, "data": data}
        try:
            response = self._client.request(
                method,
                self._url,
                json={"session": session, "payload": payload, **self._proof()},
                headers={"authorization": f"Bearer {self._token}"},
            )
        except httpx.HTTPError as error:
            raise UnavailableError(type(error).__name__) from None
        if not response.is_success:
            _raise(response)

    def _proof(self) -> dict[str, Any]:
        """Prove that the token is ours, where the app demands it."""
        if self._app_secret is None:
            return {}
        moment = int(time.time())
        signed = f"{self._token}|{moment}".encode()
        return {
            "appsecret_proof": hmac.new(self._app_secret.encode(), signed, hashlib.sha256).hexdigest(),
            "appsecret_time": moment,
        }


def _held(row: Row) -> list[dict[str, Any]]:
    """Return what the audience may hold of a row and shall not hold any longer."""
    if row.op == "remove":
        return list(row.before) or [row.fields]
    return [held for held in row.before if held != row.fields]


def entry(schema: Sequence[str], fields: Mapping[str, Any]) -> list[str]:
    """Return values in the order of the schema, hashed where Meta has them hashed; "" for what isn't known."""
    values = []
    for key in schema:
        normalise, value = KEYS[key], fields.get(key)
        text = None if value is None else str(value)
        values.append((text if normalise is None else matching.hex_hash(text, normalise)) or "")
    return values


def _raise(response: httpx.Response) -> None:
    """Say what an error is. What isn't JSON is a gateway's page, and says nothing of the rows."""
    try:
        error = response.json()["error"]
        code, subcode = int(error["code"]), int(error.get("error_subcode", 0))
    except (ValueError, KeyError, TypeError):
        raise UnavailableError(f"status {response.status_code}") from None
    said = f"Meta's error {code}" + (f", {subcode}" if subcode else "")
    if code in THROTTLED:
        raise ThrottledError(said, None)
    if code in BUSY or response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise UnavailableError(said)
    if subcode == BARRED:
        raise AccessRefusedError(f"{said}: the audience is barred, as names that suggest someone's finances are")
    if code in NO_ENTRY or subcode == GONE:
        raise AccessRefusedError(said)
    raise BatchRefusedError(said)
