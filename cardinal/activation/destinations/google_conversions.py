"""Google Ads offline conversions: what became of a click (Data Manager API).

    POST /v1/events:ingest
    {"destinations": [...], "events": [{"transactionId": ..., "eventTimestamp": ..., "adIdentifiers": {"gclid": ...}}]}

`transactionId` is the row's id: Google counts it once, however often it is sent.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import Answer, Batch, Row
from cardinal.activation.destinations import event
from cardinal.activation.destinations.google import CONSENT, PEOPLE, DataManager, identifiers
from cardinal.settings import Settings

MOST_ROWS = 2_000
SOURCES = ("WEB", "APP", "IN_STORE", "PHONE", "MESSAGE", "OTHER")
CLICKS = ("gclid", "gbraid", "wbraid")
FIELDS = ("event_at", "value", "currency", *CLICKS, *PEOPLE)


class GoogleConversions:
    """One conversion action."""

    def __init__(self, manager: DataManager, source: str) -> None:
        """`manager` speaks for the conversion action; `source` is where its events happen."""
        self._manager, self._source = manager, source

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> GoogleConversions:
        """Make it from a declaration: `conversion_action_id`, the account, and `event_source` (WEB)."""
        event.check_declared(sync, FIELDS, MOST_ROWS)
        source = sync.destination.get("event_source", "WEB")
        if source not in SOURCES:
            raise SyncError(f"sync {sync.name}: destination.event_source must be one of {', '.join(SOURCES)}")
        return cls(DataManager.declared(sync, settings, "conversion_action_id"), source)

    def send(self, batch: Batch) -> Answer:
        """Send what happened; what Google can't take stands by itself."""
        rejected: dict[str, str] = {}
        events = []
        for row in batch.rows:
            made = _event(row)
            if isinstance(made, str):
                rejected[row.row_id] = made
            else:
                events.append((row.row_id, {**made, "eventSource": self._source}))
        content = {"consent": CONSENT, "encoding": "HEX"}
        return Answer(rejected | self._manager.send("events:ingest", "events", events, content))

    def was_taken(self, batch_key: str) -> bool | None:
        """Google can't be asked by our key; a transaction id that it knows is counted once."""
        return None

    def close(self) -> None:
        """Close the connection."""
        self._manager.close()


def _event(row: Row) -> dict[str, Any] | str:
    """Return the event, or what is wrong with the row."""
    at, worth = event.moment(row.fields), event.worth(row.fields)
    clicks = {click: str(row.fields[click]) for click in CLICKS if row.fields.get(click)}
    people = identifiers(row.fields)
    if at is None:
        return "event_at is no time"
    if isinstance(worth, str):
        return worth
    if not clicks and not people:
        return "holds neither a click nor anything that people are matched by"
    return {
        "transactionId": row.row_id,
        "eventTimestamp": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        **({"adIdentifiers": clicks} if clicks else {}),
        **({"userData": {"userIdentifiers": people}} if people else {}),
        **({"conversionValue": worth[0], "currency": worth[1]} if worth else {}),
    }
