"""Meta Custom Audiences: people are added to and taken out of an audience by hashed identifiers.

    POST or DELETE /<version>/<audience id>/users
    {"session": {...}, "payload": {"schema": ["EXTERN_ID", "EMAIL", ...], "is_raw": true, "data": [[...], ...]}}

The audience is a set: the same rows again change nothing. Meta says how many entries were invalid and not which, and
tells nobody who was matched.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import Answer, Batch, Row
from cardinal.activation.destinations import matching
from cardinal.activation.destinations.http import needed_secret
from cardinal.activation.destinations.meta_graph import Graph, pseudonym
from cardinal.settings import Settings

NAMES = {"DELETE": "taken out", "POST": "received"}
MOST_ROWS = 10_000
EXTERN_ID = "extern_id"
# How each key is written before it is hashed; None stands for ours, of which a pseudonym goes.
KEYS: dict[str, matching.Normalise | None] = {
    EXTERN_ID: None,
    "email": matching.meta_email,
    "phone": matching.meta_phone,
    "fn": matching.meta_name,
    "ln": matching.meta_name,
    "ct": matching.meta_place,
    "st": matching.meta_place,
    "country": matching.meta_place,
}


class MetaAudience:
    """One audience."""

    def __init__(self, users: Graph, secret: bytes) -> None:
        """`users` are those of the audience; under `secret` our ids become pseudonyms."""
        self._users, self._secret = users, secret

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> MetaAudience:
        """Make it from a declaration: `audience_id`, `secret`, the token's name, `app_secret`, and `extern_secret`."""
        for field in sync.columns:
            if field not in KEYS:
                raise SyncError(f"sync {sync.name}: columns: {field} is none of {', '.join(KEYS)}")
        if EXTERN_ID not in sync.columns:
            raise SyncError(f"sync {sync.name}: columns must hold extern_id, or nobody could be taken out by it")
        if sync.delivery.batch_rows > MOST_ROWS:
            raise SyncError(f"sync {sync.name}: delivery.batch_rows may be {MOST_ROWS} at most")
        secret = needed_secret(sync, settings, "extern_secret").encode()
        return cls(Graph.declared(sync, settings, "audience_id", "users"), secret)

    @staticmethod
    def known_by(_: Sync) -> tuple[str, ...]:
        """Couples share phones, and small firms addresses."""
        return ("email", "phone")

    def send(self, batch: Batch) -> Answer:
        """Take out what people were matched by before and aren't now, then add what they are matched by now."""
        gone = [held for row in batch.rows for held in _held(row)]
        there = [row for row in batch.rows if row.op != "remove"]
        rejected = {
            row.row_id: "holds nothing that people are matched by"
            for row in there
            if not any(self._entry(list(KEYS), row.fields))
        }
        there = [row for row in there if row.row_id not in rejected]
        counts: Counter[str] = Counter()
        for method, entries in (("DELETE", gone), ("POST", [row.fields for row in there])):
            schema = [key for key in KEYS if any(key in fields for fields in entries)]
            data = [values for fields in entries if any(values := self._entry(schema, fields))]
            if data:
                told = self._call(method, batch.batch_key, schema, data)
                counts[f"entries {NAMES[method]}"] += told.get("num_received", 0)
                counts["entries invalid"] += told.get("num_invalid_entries", 0)
        return Answer(rejected, counts=counts)

    def was_taken(self, batch_key: str) -> bool | None:
        """Meta can't be asked."""
        return None

    def close(self) -> None:
        """Close the connection."""
        self._users.close()

    def _call(self, method: str, batch_key: str, schema: Sequence[str], data: list[list[str]]) -> dict[str, int]:
        session = {
            # The same for the same rows, and within 63 bits.
            "session_id": uuid.UUID(batch_key).int >> 65,
            "batch_seq": 1,
            "last_batch_flag": True,
            "estimated_num_total": len(data),
        }
        payload = {"schema": [key.upper() for key in schema], "is_raw": True, "data": data}
        return self._users.call(method, {"session": session, "payload": payload})

    def _entry(self, schema: Sequence[str], fields: Mapping[str, Any]) -> list[str]:
        """Return values in the order of the schema; "" for what isn't known."""
        values = []
        for key in schema:
            normalise, text = KEYS[key], "" if fields.get(key) is None else str(fields[key])
            if normalise is not None:
                values.append(matching.hex_hash(text, normalise) or "")
            else:
                values.append(pseudonym(self._secret, text) if text.strip() else "")
        return values


def _held(row: Row) -> list[dict[str, Any]]:
    """Return what the audience may hold of a row and shall not hold any longer."""
    if row.op == "remove":
        return list(row.before) or [row.fields]
    return [held for held in row.before if held != row.fields]
