"""Ids of devices and browsers: the only ones that go to DSPs and ad servers, who are to know nobody by name."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from cardinal.activation.declaration import Sync, SyncError

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# What each kind looks like. An e-mail address, a phone number, a LINE user id and a hash of one in hexadecimal digits
# look like none of them. But a UID2 looks like the base64 of a hash, and a cookie's id may look like a name: there
# COLUMNS alone keep people out.
KINDS: dict[str, re.Pattern[str]] = {
    "daid": UUID,
    "tdid": UUID,
    "uid2": re.compile(r"[A-Za-z0-9+/]{43}="),
    # Of the app: a UUID, or what Android apps call theirs; shorter than any hash of a person.
    "device_id": re.compile(rf"{UUID.pattern}|(?!\d+$)[0-9a-z]{{16,24}}", re.IGNORECASE),
    "cookie_id": re.compile(r"(?!(U?[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$)(?!\d+$)[a-z0-9._-]{8,64}", re.IGNORECASE),
}
# Columns that hold such ids; whatever else a column is called, it may hold a person.
COLUMNS = {
    "daid": ("daid", "advertising_id"),
    "tdid": ("tdid",),
    "uid2": ("uid2",),
    "device_id": ("device_id",),
    "cookie_id": ("cookie_id", "user_pseudo_id"),
}
# What a phone says whose owner wants no ads.
OPTED_OUT = "00000000-0000-0000-0000-000000000000"


def declared_kind(sync: Sync, kinds: Collection[str]) -> str:
    """Return the one field that a sync sends: an id of one of these kinds, out of a column that holds such ids.

    Raises:
        SyncError: Something else would leave.
    """
    if len(sync.columns) != 1 or next(iter(sync.columns)) not in kinds:
        raise SyncError(f"sync {sync.name}: columns must hold one of {', '.join(kinds)} and nothing else")
    ((kind, column),) = sync.columns.items()
    if column not in COLUMNS[kind]:
        known = " or ".join(COLUMNS[kind])
        raise SyncError(f"sync {sync.name}: columns.{kind}: {column} may hold a person: it must be {known}")
    return kind


def device(kind: str, fields: Mapping[str, Any]) -> str | None:
    """Return the id in a row's fields; None where it is none of that kind, or of a phone that wants no ads."""
    told = str(fields.get(kind) or "").strip()
    return told if KINDS[kind].fullmatch(told) and told != OPTED_OUT else None
