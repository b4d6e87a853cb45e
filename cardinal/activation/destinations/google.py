"""Google's Data Manager API (version 1): what audiences and conversions that go to Google have in common.

A request is taken as a whole or not at all: one wrong row refuses all of it, and the answer names the rows. Those are
left out, and the rest goes again. What was taken is worked through later, and then told in counts only: which rows
Google found nobody for can't be known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import (
    AccessRefusedError,
    BatchRefusedError,
    ThrottledError,
    UnavailableError,
)
from cardinal.activation.destinations import matching
from cardinal.activation.destinations.http import needed_secret, retry_after, safe_url
from cardinal.settings import Settings

URL = "https://datamanager.googleapis.com"
# Whoever leaves by a sync_ model has agreed to it: the model proves it row by row.
CONSENT = {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}
PEOPLE = ("email", "phone", "given_name", "family_name", "region_code", "postal_code")
ROUNDS = 10
NAMED = re.compile(r"(?:audience_?members|events)\[(\d+)\]", re.IGNORECASE)
# What is said of the first row, or of all, and holds for the account whatever the row.
OF_THE_ACCOUNT = re.compile("ACCOUNT_|ALLOWLISTED|CONVERSION_ACTION|DESTINATION|PERMISSION|TERMS|TOS_|USER_LIST")
REASON = re.compile("[A-Z0-9_]+")


class DataManager:
    """One list or conversion action of one account."""

    def __init__(self, url: str, token: str, destination: Mapping[str, Any], timeout_seconds: float) -> None:
        """`destination` is what the API calls so: the account, and the number of what is in it."""
        self._url, self._destination = url, destination
        self._client = httpx.Client(
            timeout=timeout_seconds, follow_redirects=False, headers={"authorization": f"Bearer {token}"}
        )

    @classmethod
    def declared(cls, sync: Sync, settings: Settings, product: str) -> DataManager:
        """Make it from a declaration.

        `account_id`, `login_account_id` where a manager's account logs in, `product`, the number that it names, and
        `secret`, the name of an OAuth token (scope datamanager) behind CARDINAL_SECRET_.
        """
        account = _number(sync, "account_id")
        login = _number(sync, "login_account_id") if "login_account_id" in sync.destination else None
        destination = {
            "operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": account},
            **({"loginAccount": {"accountType": "GOOGLE_ADS", "accountId": login}} if login else {}),
            "productDestinationId": _number(sync, product),
        }
        url = safe_url(sync, default=URL)
        return cls(url, needed_secret(sync, settings), destination, sync.delivery.timeout_seconds)

    def send(
        self, method: str, field: str, entries: Sequence[tuple[str, dict[str, Any]]], content: Mapping[str, Any]
    ) -> dict[str, str]:
        """Send entries, each with the id of its row, as `field`; returns row id -> reason of those Google can't read.

        Raises:
            BatchRefusedError: It is refused, and no row is named.
        """
        rejected: dict[str, str] = {}
        left = list(entries)
        for _ in range(ROUNDS):
            if not left:
                return rejected
            body = {"destinations": [self._destination], field: [entry for _, entry in left], **content}
            named = self._call(method, body)
            if not named:
                return rejected
            if max(named) >= len(left):
                raise BatchRefusedError("Google names rows that weren't sent")
            rejected |= {left[place][0]: reason for place, reason in named.items()}
            left = [entry for place, entry in enumerate(left) if place not in named]
        raise BatchRefusedError("Google finds other rows wrong each time")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _call(self, method: str, body: Mapping[str, Any]) -> dict[int, str]:
        """Call once; returns place -> reason of the entries that are wrong, of which none was taken then."""
        try:
            response = self._client.post(f"{self._url}/v1/{method}", json=body)
        except httpx.HTTPError as error:
            raise UnavailableError(type(error).__name__) from None
        if response.is_success:
            return {}
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS:
            raise ThrottledError(f"status {status}", retry_after(response))
        if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.REQUEST_TIMEOUT:
            raise UnavailableError(f"status {status}")
        if status != httpx.codes.BAD_REQUEST:
            raise AccessRefusedError(
                f"status {status}" + (", the token may be too old" if status in (401, 403) else "")
            )
        return _named(response)


def _number(sync: Sync, field: str) -> str:
    number = str(sync.destination.get(field, "")).replace("-", "")
    if not number.isdecimal():
        raise SyncError(f"sync {sync.name}: destination.{field} must be a number, as Google Ads shows it")
    return number


def _named(response: httpx.Response) -> dict[int, str]:
    """Return place -> reason of what a refusal names; descriptions may show people and are left out."""
    try:
        details = response.json()["error"].get("details", [])
        violations = [violation for detail in details for violation in detail.get("fieldViolations", [])]
    except (ValueError, KeyError, TypeError, AttributeError):
        violations = []
    named: dict[int, str] = {}
    for violation in violations:
        field, reason = str(violation.get("field", "")), str(violation.get("reason", ""))
        reason = reason if REASON.fullmatch(reason) else "INVALID"
        place = NAMED.search(field)
        if place is None or "destination" in field.lower() or OF_THE_ACCOUNT.search(reason):
            raise AccessRefusedError(f"Google says {reason} of the account, the list or the request")
        named.setdefault(int(place[1]), f"Google says {reason}")
    if not named:
        raise BatchRefusedError(f"status {response.status_code}")
    return named


def identifiers(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what Google may find a person by, hashed where Google has it hashed; of an address all four parts or none.

    `fields` may hold email, phone (E.164), given_name, family_name, region_code (two letters) and postal_code.
    """
    told = {name: None if fields.get(name) is None else str(fields[name]) for name in PEOPLE}
    found: list[dict[str, Any]] = []
    if email := matching.hex_hash(told["email"], matching.google_email):
        found.append({"emailAddress": email})
    if phone := matching.hex_hash(told["phone"], matching.google_phone):
        found.append({"phoneNumber": phone})
    address = {
        "givenName": matching.hex_hash(told["given_name"], matching.google_name),
        "familyName": matching.hex_hash(told["family_name"], matching.google_name),
        "regionCode": (told["region_code"] or "").strip().upper(),
        "postalCode": (told["postal_code"] or "").strip(),
    }
    if all(address.values()):
        found.append({"address": address})
    return found
