"""The Trade Desk: devices and browsers get a segment, or lose it (first-party data of an advertiser).

    POST /data/advertiser
    {"AdvertiserId": ..., "Items": [{"DAID": ..., "Data": [{"Name": ..., "TTLInMinutes": 259200}]}]}

A time to live of nought takes the segment away. The same items again change nothing. Items that can't be read are named
by their number in an answer of 200.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Sequence
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
from cardinal.activation.destinations.device_ids import declared_kind, device
from cardinal.activation.destinations.http import needed_secret, retry_after, safe_url
from cardinal.settings import Settings

URL = "https://sin-data.adsrvr.org"
KINDS = ("daid", "tdid", "uid2")
MOST_BYTES = 2_500_000
# 180 days: the longest there is.
TTL_MINUTES = 180 * 24 * 60
# By chance, so that it tells them nothing of anybody's finances.
SEGMENT = re.compile(r"aud_[0-9a-z]{4,60}")
NUMBER, CODE = re.compile(r"item #(\d+)", re.IGNORECASE), re.compile("[A-Za-z]+")


class TheTradeDesk:
    """One segment of one advertiser."""

    refresh_days = 150

    def __init__(
        self,
        url: str,
        account: dict[str, str],
        kind: str,
        segment: str,
        secrets: dict[str, str],
        timeout_seconds: float,
    ) -> None:
        """`account` stands in each request; `secrets` are those that it is signed with, by the header's name."""
        self._url = f"{url}/data/advertiser"
        self._account, self._kind, self._segment, self._secrets = account, kind, segment, secrets
        self._client = httpx.Client(timeout=timeout_seconds, follow_redirects=False)

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> TheTradeDesk:
        """Make it from a declaration.

        `advertiser_id`, `segment` (a name that tells nothing), `secret`, the advertiser's; `data_provider_id` and
        `data_provider_secret` where one lends its name.
        """
        if sync.mode != "mirror":
            raise SyncError(f"sync {sync.name}: mode must be mirror: who withdraws is to lose the segment")
        kind = declared_kind(sync, KINDS)
        account = {"AdvertiserId": str(sync.destination.get("advertiser_id") or "")}
        if not account["AdvertiserId"].isalnum():
            raise SyncError(f"sync {sync.name}: destination.advertiser_id must be the advertiser's id")
        segment = str(sync.destination.get("segment") or "")
        if not SEGMENT.fullmatch(segment):
            raise SyncError(
                f"sync {sync.name}: destination.segment must tell nothing: aud_ and letters or digits by chance"
            )
        secrets = {"TtdSignature": needed_secret(sync, settings)}
        if "data_provider_id" in sync.destination:
            account["DataProviderId"] = str(sync.destination["data_provider_id"])
            secrets["TtdSignature-dp"] = needed_secret(sync, settings, "data_provider_secret")
        url = safe_url(sync, default=URL)
        return cls(url, account, kind, segment, secrets, sync.delivery.timeout_seconds)

    @staticmethod
    def known_by(sync: Sync) -> tuple[str, ...]:
        """The one field: families share devices."""
        return tuple(sync.columns)

    def send(self, batch: Batch) -> Answer:
        """Take the segment from devices that are gone, and give it to those that are there."""
        there = {row.row_id: device(self._kind, row.fields) for row in batch.rows if row.op != "remove"}
        kept = set(there.values())
        rejected = {row: f"{self._kind} is no such id" for row, found in there.items() if found is None}
        gone = {
            found: ""
            for row in batch.rows
            for fields in (*row.before, *([row.fields] if row.op == "remove" else []))
            if (found := device(self._kind, fields)) is not None and found not in kept
        }
        items = [(row, self._item(found, 0)) for found, row in gone.items()]
        items += [(row, self._item(found, TTL_MINUTES)) for row, found in there.items() if found is not None]
        for part in _parts(items):
            rejected |= self._call(part)
        # What can't be read can't be held: who is to lose the segment hasn't got it.
        rejected.pop("", None)
        return Answer(rejected)

    def was_taken(self, batch_key: str) -> bool | None:
        """It can't be asked; the same items again change nothing."""
        return None

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _item(self, found: str, minutes: int) -> dict[str, Any]:
        return {self._kind.upper(): found, "Data": [{"Name": self._segment, "TTLInMinutes": minutes}]}

    def _call(self, items: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, str]:
        """Send items, each with the id of its row; returns row id -> reason of those that can't be read."""
        body = json.dumps({**self._account, "Items": [item for _, item in items]}, separators=(",", ":")).encode()
        headers = {name: sign(secret, body) for name, secret in self._secrets.items()}
        try:
            response = self._client.post(
                self._url, content=body, headers={"content-type": "application/json", **headers}
            )
        except httpx.HTTPError as error:
            raise UnavailableError(type(error).__name__) from None
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS:
            raise ThrottledError(f"status {status}", retry_after(response))
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise UnavailableError(f"status {status}")
        if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
            raise BatchRefusedError(f"status {status}")
        if not response.is_success:
            # Wrong items are named in an answer of 200: this is about the account or its signature.
            raise AccessRefusedError(f"status {status}")
        return _failed(response, [row for row, _ in items])


def sign(secret: str, body: bytes) -> str:
    """Return the signature of a body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha1).digest()).decode()


def _parts(items: list[tuple[str, dict[str, Any]]]) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Yield items in parts that a request may hold; what stands around them fits into what is left free."""
    free = MOST_BYTES - 1_000
    part: list[tuple[str, dict[str, Any]]] = []
    size = 0
    for row, item in items:
        length = len(json.dumps(item, separators=(",", ":"))) + 1
        if part and size + length > free:
            yield part
            part, size = [], 0
        part.append((row, item))
        size += length
    if part:
        yield part


def _failed(response: httpx.Response, rows: Sequence[str]) -> dict[str, str]:
    try:
        lines = response.json().get("FailedLines") or [] if response.content else []
        failed = [(str(line.get("ErrorCode")), NUMBER.search(str(line.get("Message")))) for line in lines]
    except (ValueError, AttributeError):
        raise UnavailableError(f"status {response.status_code}, but no JSON") from None
    rejected = {}
    for code, number in failed:
        said = f"The Trade Desk says {code if CODE.fullmatch(code) else 'no'}"
        if number is None or not 1 <= int(number[1]) <= len(rows):
            raise BatchRefusedError(f"{said} of items that it doesn't name")
        rejected[rows[int(number[1]) - 1]] = said
    return rejected
