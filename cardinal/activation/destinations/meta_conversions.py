"""Meta's Conversions API: what people did after an advertisement.

    POST /<version>/<dataset id>/events
    {"data": [{"event_name": ..., "event_time": ..., "event_id": ..., "action_source": ..., "user_data": {...}}]}

`event_id` is the row's id, by which Meta leaves out what it knows. One wrong event refuses all of its batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import Answer, Batch, Row
from cardinal.activation.destinations import event, matching
from cardinal.activation.destinations.http import needed_secret
from cardinal.activation.destinations.meta_graph import Graph, pseudonym
from cardinal.settings import Settings

MOST_ROWS = 1_000
OLDEST_SECONDS = 7 * 24 * 60 * 60
# Field -> Meta's name of it, and how it is written before it is hashed.
HASHED: dict[str, tuple[str, matching.Normalise]] = {
    "email": ("em", matching.meta_email),
    "phone": ("ph", matching.meta_phone),
    "fn": ("fn", matching.meta_name),
    "ln": ("ln", matching.meta_name),
    "ct": ("ct", matching.meta_place),
    "st": ("st", matching.meta_place),
    "country": ("country", matching.meta_place),
}
EXTERNAL_ID = "external_id"
PLAIN = ("fbc", "fbp", "client_ip_address", "client_user_agent")
ON_A_SITE = ("event_source_url", "client_user_agent")
FIELDS = ("event_at", "value", "currency", "event_source_url", EXTERNAL_ID, *HASHED, *PLAIN)
SOURCES = (
    "app", "business_messaging", "chat", "email", "other", "phone_call", "physical_store", "system_generated",
    "website",
)  # fmt: skip


class MetaConversions:
    """One dataset, and one kind of event."""

    def __init__(
        self,
        events: Graph,
        event_name: str,
        action_source: str,
        secret: bytes,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`events` are those of the dataset; under `secret` our ids become pseudonyms."""
        self._events, self._event_name, self._action_source, self._clock = events, event_name, action_source, clock
        self._secret = secret

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> MetaConversions:
        """Make it from a declaration: `dataset_id`, `secret`, `event_name`, `action_source` (system_generated)."""
        event.check_declared(sync, FIELDS, MOST_ROWS)
        name, source = sync.destination.get("event_name"), sync.destination.get("action_source", "system_generated")
        if not isinstance(name, str) or not name:
            raise SyncError(f"sync {sync.name}: destination.event_name must say what happened, such as Lead")
        if source not in SOURCES:
            raise SyncError(f"sync {sync.name}: destination.action_source must be one of {', '.join(SOURCES)}")
        if source == "website" and not set(ON_A_SITE) <= set(sync.columns):
            raise SyncError(f"sync {sync.name}: columns must hold {' and '.join(ON_A_SITE)} where it was on a website")
        has_ids = EXTERNAL_ID in sync.columns
        secret = needed_secret(sync, settings, "extern_secret").encode() if has_ids else b""
        return cls(Graph.declared(sync, settings, "dataset_id", "events"), name, source, secret)

    def send(self, batch: Batch) -> Answer:
        """Send what happened; what Meta wouldn't take stands by itself, before it harms the others."""
        rejected: dict[str, str] = {}
        events = []
        for row in batch.rows:
            made = self._event(row)
            if isinstance(made, str):
                rejected[row.row_id] = made
            else:
                events.append(made)
        told = self._events.call("POST", {"data": events}) if events else {}
        return Answer(rejected, counts={"events received": told.get("events_received", 0)})

    def was_taken(self, batch_key: str) -> bool | None:
        """Meta can't be asked; it leaves out event ids that it knows."""
        return None

    def close(self) -> None:
        """Close the connection."""
        self._events.close()

    def _event(self, row: Row) -> dict[str, Any] | str:
        """Return the event, or what is wrong with the row."""
        at, worth, user = event.moment(row.fields), event.worth(row.fields), self._user_data(row.fields)
        if at is None:
            return "event_at is no time"
        age = self._clock() - at.timestamp()
        if not 0 <= age <= OLDEST_SECONDS:
            return "event_at is older than 7 days" if age > 0 else "event_at is yet to come"
        if isinstance(worth, str):
            return worth
        # What a browser and its address have in common with many finds nobody.
        if not user.keys() - {"client_ip_address", "client_user_agent", "country", "ct", "st"}:
            return "holds nothing that people are matched by"
        if self._action_source == "website" and not all(row.fields.get(field) for field in ON_A_SITE):
            return f"needs {' and '.join(ON_A_SITE)}, since it was on a website"
        site = row.fields.get("event_source_url")
        return {
            "event_name": self._event_name,
            "event_time": int(at.timestamp()),
            "event_id": row.row_id,
            "action_source": self._action_source,
            "user_data": user,
            **({"event_source_url": str(site)} if site else {}),
            **({"custom_data": {"value": worth[0], "currency": worth[1]}} if worth else {}),
        }

    def _user_data(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return what Meta may find a person by, hashed but for what it has plain."""
        found: dict[str, Any] = {
            name: [digest]
            for field, (name, normalise) in HASHED.items()
            if (value := fields.get(field)) is not None and (digest := matching.hex_hash(str(value), normalise))
        }
        if known := str(fields.get(EXTERNAL_ID) or "").strip():
            found[EXTERNAL_ID] = [pseudonym(self._secret, known)]
        return {**found, **{field: str(fields[field]) for field in PLAIN if fields.get(field)}}
