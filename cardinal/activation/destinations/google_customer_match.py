"""Google Customer Match: people are added to and taken out of a list by hashed identifiers (Data Manager API).

    POST /v1/audienceMembers:ingest or :remove
    {"destinations": [...], "audienceMembers": [{"userData": {"userIdentifiers": [...]}}], "encoding": "HEX", ...}

The list is a set: the same members again change nothing. Membership ends after 540 days at the latest, so that
what stays is sent again before.
"""

from __future__ import annotations

from typing import Any

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import Answer, Batch, KnownBy, Row
from cardinal.activation.destinations.google import CONSENT, PEOPLE, DataManager, identifiers
from cardinal.settings import Settings

MOST_ROWS = 10_000
TERMS = {"customerMatchTermsOfServiceStatus": "ACCEPTED"}


class GoogleCustomerMatch:
    """One list."""

    refresh_days = 500

    def __init__(self, manager: DataManager) -> None:
        """`manager` speaks for the list."""
        self._manager = manager

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> GoogleCustomerMatch:
        """Make it from a declaration: `user_list_id`, the account, and `terms: accepted`, which only a bank can say."""
        if sync.mode not in ("mirror", "upsert"):
            raise SyncError(f"sync {sync.name}: mode must be mirror or upsert: a list holds people, not events")
        for field in sync.columns:
            if field not in PEOPLE:
                raise SyncError(f"sync {sync.name}: columns: {field} is none of {', '.join(PEOPLE)}")
        if sync.destination.get("terms") != "accepted":
            raise SyncError(
                f"sync {sync.name}: destination.terms must be accepted: Google takes members only from those who have"
                " accepted the terms of Customer Match in their account"
            )
        if sync.delivery.batch_rows > MOST_ROWS:
            raise SyncError(f"sync {sync.name}: delivery.batch_rows may be {MOST_ROWS} at most")
        return cls(DataManager.declared(sync, settings, "user_list_id"))

    @staticmethod
    def known_by(_: Sync) -> KnownBy:
        """Couples share phones, small firms addresses, and namesakes a postal code: compared as they are hashed."""
        return lambda fields: [str(found) for found in identifiers(fields)]

    def send(self, batch: Batch) -> Answer:
        """Take out what people were known by before and aren't now, then add what they are known by now."""
        # Each by itself: what Google can't read it can't hold, but it may hold the rest of the person.
        gone = [(row.row_id, _member([found])) for row in batch.rows for found in _gone(row)]
        for start in range(0, len(gone), MOST_ROWS):
            part = gone[start : start + MOST_ROWS]
            self._manager.send("audienceMembers:remove", "audienceMembers", part, {"encoding": "HEX"})
        rejected = {}
        there = []
        for row in batch.rows:
            if row.op == "remove":
                continue
            if found := identifiers(row.fields):
                there.append((row.row_id, _member(found)))
            else:
                rejected[row.row_id] = "holds nothing that people are matched by"
        content = {"consent": CONSENT, "encoding": "HEX", "termsOfService": TERMS}
        return Answer(rejected | self._manager.send("audienceMembers:ingest", "audienceMembers", there, content))

    def was_taken(self, batch_key: str) -> bool | None:
        """Google can't be asked by our key; the same members again change nothing."""
        return None

    def close(self) -> None:
        """Close the connection."""
        self._manager.close()


def _member(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {"userData": {"userIdentifiers": found}}


def _gone(row: Row) -> list[dict[str, Any]]:
    """Return what the list may hold of a row and shall not hold any longer, once each."""
    now = [] if row.op == "remove" else identifiers(row.fields)
    held = list(row.before) or ([row.fields] if row.op == "remove" else [])
    gone: list[dict[str, Any]] = []
    for fields in held:
        gone += [found for found in identifiers(fields) if found not in now and found not in gone]
    return gone
