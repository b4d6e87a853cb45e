"""Meta's Graph API: what audiences and conversions that go to Meta have in common."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any

import httpx

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import (
    AccessRefusedError,
    BatchRefusedError,
    ThrottledError,
    UnavailableError,
)
from cardinal.activation.destinations.http import needed_secret, safe_url
from cardinal.settings import Settings

URL = "https://graph.facebook.com"
VERSION = "v25.0"
THROTTLED = {4, 17, 32, 613, 80003}
BUSY = {1, 2, 341, 368, 5000, 21009}
# The token, the terms, the audience itself: nothing that another batch would change.
NO_ENTRY = {10, 102, 190, 200, 294, 2650, 2655, 1487301, 1487366}
GONE, BARRED = 33, 1713230


class Graph:
    """One edge of one object, such as the users of an audience."""

    def __init__(self, url: str, token: str, app_secret: str | None, timeout_seconds: float) -> None:
        """`url` is .../<version>/<object>/<edge>."""
        self._url, self._token, self._app_secret = url, token, app_secret
        self._client = httpx.Client(
            timeout=timeout_seconds, follow_redirects=False, headers={"authorization": f"Bearer {token}"}
        )

    @classmethod
    def declared(cls, sync: Sync, settings: Settings, field: str, edge: str) -> Graph:
        """Make it from a declaration: `field`, the object's number, `secret`, the token's name, and `app_secret`."""
        number = str(sync.destination.get(field, ""))
        if not number.isdigit():
            raise SyncError(f"sync {sync.name}: destination.{field} must be the number of the {field.split('_')[0]}")
        base = safe_url(sync, default=URL)
        return cls(
            f"{base}/{VERSION}/{number}/{edge}",
            needed_secret(sync, settings),
            needed_secret(sync, settings, "app_secret") if sync.destination.get("app_secret") else None,
            sync.delivery.timeout_seconds,
        )

    def call(self, method: str, content: Mapping[str, Any]) -> dict[str, int]:
        """Call once; returns the numbers in the answer by their names."""
        try:
            response = self._client.request(method, self._url, json={**content, **self._proof()})
        except httpx.HTTPError as error:
            raise UnavailableError(type(error).__name__) from None
        if not response.is_success:
            _raise(response)
        try:
            told = response.json()
        except ValueError:
            told = {}
        return {name: value for name, value in told.items() if type(value) is int} if isinstance(told, dict) else {}

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

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


def pseudonym(secret: bytes, known: str) -> str:
    """Return what stands for an id of ours at Meta: without the secret nobody can count ids through or join lists.

    An audience and the conversions that have the same secret have the same one for a person.
    """
    return hmac.new(secret, b"meta\n" + known.strip().encode(), hashlib.sha256).hexdigest()


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
