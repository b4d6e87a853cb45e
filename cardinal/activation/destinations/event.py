"""Events that ad platforms take: when they happened, what they are worth, what they aren't."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cardinal.activation.declaration import Sync, SyncError

CURRENCY = re.compile("[A-Z]{3}")


def check_declared(sync: Sync, known: tuple[str, ...], most_rows: int) -> None:
    """Check that a declaration is of events that the platform can take, with `event_at`.

    Raises:
        SyncError: The message says what is wrong.
    """
    if sync.mode not in ("append", "event"):
        raise SyncError(f"sync {sync.name}: mode must be append or event: what happened can't be taken back")
    if "event_at" not in sync.columns:
        raise SyncError(f"sync {sync.name}: columns must hold event_at, the time at which it happened (UTC)")
    for field in sync.columns:
        if field not in known:
            raise SyncError(f"sync {sync.name}: columns: {field} is none of {', '.join(known)}")
    if sync.delivery.batch_rows > most_rows:
        raise SyncError(f"sync {sync.name}: delivery.batch_rows may be {most_rows} at most")


def moment(fields: Mapping[str, Any]) -> datetime | None:
    """Return `event_at` as a time that knows its zone (UTC where it doesn't say); None where it is none."""
    try:
        told = datetime.fromisoformat(str(fields.get("event_at")))
    except ValueError:
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def worth(fields: Mapping[str, Any]) -> tuple[float, str] | str | None:
    """Return `value` and `currency` of an event, None where it has no value, or what is wrong with them."""
    if fields.get("value") is None:
        return None
    currency = str(fields.get("currency") or "")
    try:
        value = float(fields["value"])
    except (TypeError, ValueError):
        return "value is no number"
    if not 0 <= value < float("inf"):
        return "value is below nought"
    return (value, currency) if CURRENCY.fullmatch(currency) else "currency has to be three letters of ISO 4217"
