"""What all adapters that speak HTTP need: their secret, and how long they are asked to wait."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import AccessRefusedError, ThrottledError, UnavailableError
from cardinal.settings import Settings

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
# Before the first byte of a request: nothing can have been taken.
BEFORE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def needed_secret(sync: Sync, settings: Settings, field: str = "secret") -> str:
    """Return what stands in the environment under CARDINAL_SECRET_ and the name that `destination.<field>` gives.

    Raises:
        SyncError: No name is given, or nothing stands there.
    """
    name = sync.destination.get(field)
    secret = settings.secret(str(name)) if name else None
    if secret is None:
        raise SyncError(
            f"sync {sync.name}: destination.{field} must name a secret that stands in the environment:"
            f" CARDINAL_SECRET_{str(name or 'NAME').upper()}"
        )
    return secret


def retry_after(response: httpx.Response) -> float | None:
    """Return the seconds of a Retry-After header, which holds seconds or a date; None where there is none."""
    header: str | None = response.headers.get("retry-after")
    if header is None:
        return None
    try:
        return max(float(header), 0.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None


def safe_url(sync: Sync, field: str = "url", default: str = "") -> str:
    """Return `destination.<field>` without its last slash: https, but for this machine.

    Raises:
        SyncError: It is something else; a secret or a person would go over the network for all to read.
    """
    url = str(sync.destination.get(field, default)).rstrip("/")
    address = urlsplit(url)
    is_plain = re.fullmatch(r"[!-~]+", url) is not None
    if not is_plain or not address.hostname or (address.scheme != "https" and address.hostname not in LOOPBACK):
        raise SyncError(f"sync {sync.name}: destination.{field} must begin with https://")
    return url


def ask(client: httpx.Client, method: str, url: str, **request: Any) -> httpx.Response:
    """Ask once, and return an answer that says something of what was asked: 2xx, or 4xx about the content.

    Raises:
        ThrottledError: Too fast, or too busy.
        AccessRefusedError: Not let in, or sent elsewhere: a secret isn't carried to where a redirect leads.
        UnavailableError: No answer, or that of something broken.
    """
    try:
        response = client.request(method, url, **request)
    except httpx.HTTPError as error:
        raise UnavailableError(type(error).__name__) from None
    status = response.status_code
    if status in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE):
        raise ThrottledError(f"status {status}", retry_after(response))
    if response.is_redirect or status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise AccessRefusedError(f"status {status}")
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.REQUEST_TIMEOUT:
        raise UnavailableError(f"status {status}")
    return response


def content(response: httpx.Response) -> dict[str, Any]:
    """Return the object in an answer.

    Raises:
        UnavailableError: It holds none: a gateway's page.
    """
    try:
        found = response.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UnavailableError(f"status {response.status_code}, but no JSON")
    return found
