"""HubSpot: records are made or changed by a property of theirs, 100 at a time.

    POST /crm/v3/objects/<object>/batch/upsert
    {"inputs": [{"idProperty": "email", "id": "a@b.c", "objectWriteTraceId": <row id>, "properties": {...}}]}

207 names the inputs that were not taken by their trace ids. The same rows again change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import httpx

from cardinal.activation.declaration import NAME, Sync, SyncError
from cardinal.activation.destination import AccessRefusedError, Answer, Batch, BatchRefusedError, Row
from cardinal.activation.destinations.http import ask, content, needed_secret, safe_url
from cardinal.activation.destinations.membership import Membership, as_text, ids_to_leave, read_membership
from cardinal.settings import Settings

URL = "https://api.hubapi.com"
MOST_ROWS = 100
CATEGORY = re.compile(r"[A-Z_]{1,60}")
# The type of records, a property of all rows: nothing that a smaller batch would change.
NO_ENTRY, NO_PROPERTY = {404, 405, 415}, "PROPERTY_DOESNT_EXIST"
NOT_THERE = "OBJECT_NOT_FOUND"
BUSY = {"RATE_LIMITS", "SERVER_ERROR", "INTERNAL_ERROR", "TIMEOUT"}
Input = dict[str, Any]


class HubSpot:
    """One type of records in one account."""

    def __init__(
        self, url: str, token: str, identifier: str, membership: Membership | None, clears: bool, timeout_seconds: float
    ) -> None:
        """`url` ends with the type of records; `clears`: what isn't known is emptied there."""
        self._url, self._identifier, self._membership, self._clears = url, identifier, membership, clears
        self._client = httpx.Client(
            timeout=timeout_seconds, follow_redirects=False, headers={"authorization": f"Bearer {token}"}
        )

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> HubSpot:
        """Make it from a declaration: secret (a token), object, id_property, membership and null_clears."""
        kind, identifier = str(sync.destination.get("object", "contacts")), sync.destination.get("id_property", "email")
        if not NAME.fullmatch(kind):
            raise SyncError(f"sync {sync.name}: destination.object must be a type of records, such as contacts")
        if sync.delivery.batch_rows > MOST_ROWS:
            raise SyncError(f"sync {sync.name}: delivery.batch_rows may be {MOST_ROWS} at most")
        membership = read_membership(sync, str(identifier))
        return cls(
            f"{safe_url(sync, default=URL)}/crm/v3/objects/{kind}/batch",
            needed_secret(sync, settings),
            str(identifier),
            membership,
            sync.destination.get("null_clears") is True,
            sync.delivery.timeout_seconds,
        )

    @staticmethod
    def known_by(sync: Sync) -> tuple[str, ...]:
        """The property that records are found by."""
        return (str(sync.destination.get("id_property", "email")),)

    @staticmethod
    def takes_back(sync: Sync) -> bool:
        """Without a field for it, nothing says who belongs no longer."""
        return "membership" in sync.destination

    def send(self, batch: Batch) -> Answer:
        """Let those leave who shall, then write those who are there."""
        answer = Answer()
        there = []
        for row in batch.rows:
            if row.op != "remove":
                if row.fields.get(self._identifier):
                    there.append(row)
                else:
                    answer.rejected[row.row_id] = f"{self._identifier} is empty"
        self._write("update", self._leaving(batch, there), answer)
        # Who is still known by an old id stays as a whole as it was.
        entering = (row for row in there if row.row_id not in {*answer.postponed, *answer.rejected})
        self._write("upsert", map(self._entering, entering), answer)
        return answer

    def was_taken(self, batch_key: str) -> bool | None:
        """It isn't asked: the same rows again change nothing."""
        return None

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _leaving(self, batch: Batch, there: list[Row]) -> Iterator[Input]:
        """By update, so that nobody who was deleted there comes back."""
        if self._membership is None:
            return
        staying = {str(row.fields[self._identifier]) for row in there}
        for row in batch.rows:
            for number, known in enumerate(ids_to_leave(row, self._identifier, staying)):
                properties = {self._membership.field: self._membership.gone}
                yield self._input(f"{row.row_id}:{number}", known, properties)

    def _entering(self, row: Row) -> Input:
        properties = {
            field: "" if value is None else as_text(value)
            for field, value in row.fields.items()
            if field != self._identifier and (value is not None or self._clears)
        }
        if self._membership is not None:
            properties[self._membership.field] = self._membership.there
        return self._input(row.row_id, str(row.fields[self._identifier]), properties)

    def _input(self, trace: str, known: str, properties: dict[str, str]) -> Input:
        return {"idProperty": self._identifier, "id": known, "objectWriteTraceId": trace, "properties": properties}

    def _write(self, what: str, inputs: Iterator[Input], answer: Answer) -> None:
        while some := list(islice(inputs, MOST_ROWS)):
            response = ask(self._client, "POST", f"{self._url}/{what}", json={"inputs": some})
            if response.status_code in NO_ENTRY or NO_PROPERTY in response.text:
                raise AccessRefusedError(f"status {response.status_code}: look at destination.object and columns")
            if not response.is_success:
                raise BatchRefusedError(f"status {response.status_code}")
            if response.status_code == httpx.codes.MULTI_STATUS:
                for error in content(response).get("errors") or []:
                    _note(error, what, some, answer)


def _note(error: Any, what: str, inputs: list[Input], answer: Answer) -> None:
    """Note which rows an error is about. Its words may name people; its category doesn't.

    Raises:
        BatchRefusedError: It names none; sent again in smaller batches, which changes nothing else, it will tell.
    """
    context = error.get("context") if isinstance(error, dict) else None
    context = context if isinstance(context, dict) else {}
    traces, ids = (set(map(str, context.get(name) or ())) for name in ("objectWriteTraceId", "ids"))
    category = str(error.get("category", "")) if isinstance(error, dict) else ""
    category = category if CATEGORY.fullmatch(category) else "no category"
    about = [each["objectWriteTraceId"] for each in inputs if each["objectWriteTraceId"] in traces or each["id"] in ids]
    if not about:
        raise BatchRefusedError(f"an error that names no row: {category}")
    if what == "update" and category == NOT_THERE:
        return
    for trace in about:
        (answer.postponed if category in BUSY else answer.rejected)[trace.partition(":")[0]] = category
