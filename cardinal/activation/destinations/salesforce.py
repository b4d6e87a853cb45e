"""Salesforce: records are made or changed by an external id, a bulk job a batch.

A job is written down in the outbox before its file is handed over: after a kill it is ended or read, and none stays
open.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import AccessRefusedError, Answer, Batch
from cardinal.activation.destinations.http import needed_secret, safe_url
from cardinal.activation.destinations.membership import Membership, as_text, ids_to_leave, read_membership
from cardinal.activation.destinations.salesforce_jobs import Jobs, Login
from cardinal.ingestion.atomic import publish
from cardinal.settings import Settings

VERSION = "v62.0"
MOST_ROWS = 100_000
WAIT_SECONDS = 900.0
API_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
ERROR = re.compile(r"[A-Z_]+")
BUSY = {"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "REQUEST_RUNNING_TOO_LONG"}
# What empties a field; an empty cell leaves it as it is.
NOTHING, CLEARED = "", "#N/A"


class Salesforce:
    """One type of records in one organisation."""

    def __init__(
        self, jobs: Jobs, identifier: str, membership: Membership | None, clears: bool, fields: list[str], notes: Path
    ) -> None:
        """`fields` are the columns of each file; `notes` is where jobs are written down."""
        self._jobs, self._identifier, self._membership, self._clears = jobs, identifier, membership, clears
        self._fields, self._notes, self._may_be_open = fields, notes, False

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> Salesforce:
        """Make it from a declaration: url, client_id, secret, object, external_id, membership and null_clears."""
        given = sync.destination
        kind, identifier = str(given.get("object", "Contact")), str(given.get("external_id", ""))
        for name in (kind, *sync.columns):
            if not API_NAME.fullmatch(name):
                raise SyncError(f"sync {sync.name}: destination.object and columns must be API names")
        if not given.get("client_id"):
            raise SyncError(f"sync {sync.name}: destination.client_id is missing: the connected app that logs in")
        if sync.delivery.batch_rows > MOST_ROWS:
            raise SyncError(f"sync {sync.name}: delivery.batch_rows may be {MOST_ROWS} at most")
        membership = read_membership(sync, identifier)
        jobs = Jobs(
            safe_url(sync),
            VERSION,
            Login(str(given["client_id"]), needed_secret(sync, settings)),
            {"object": kind, "externalIdFieldName": identifier},
            sync.delivery.timeout_seconds,
            WAIT_SECONDS,
        )
        notes = settings.outbox / "salesforce" / f"{sync.name}.json"
        return cls(jobs, identifier, membership, given.get("null_clears") is True, list(sync.columns), notes)

    @staticmethod
    def known_by(sync: Sync) -> tuple[str, ...]:
        """The field that records are found by."""
        return (str(sync.destination.get("external_id", "")),)

    @staticmethod
    def takes_back(sync: Sync) -> bool:
        """Without a field for it, nothing says who belongs no longer."""
        return "membership" in sync.destination

    def send(self, batch: Batch) -> Answer:
        """Run a job for the batch. One that was broken off is ended with the next attempt."""
        self._tidy()
        lines, owners, answer = self._lines(batch)
        if not lines:
            return answer
        # Until the answer is here, a job may be open that nobody knows.
        self._may_be_open = True
        job = self._jobs.create()
        self._note({"batch_key": batch.batch_key, "job": job, "is_whole": not answer.rejected})
        self._may_be_open = False
        state = self._jobs.run(job, self._as_csv(lines))
        said = self._said(job)
        self._note({})
        if state != "JobComplete" and not any(reason is None for reason in said.values()):
            raise AccessRefusedError(f"the job ended as {state}: look at it in Salesforce")
        for known, row_ids in owners.items():
            reason = said.get(known, "Salesforce said nothing of it")
            if reason is not None:
                is_final = ERROR.fullmatch(reason) is not None and reason not in BUSY
                (answer.rejected if is_final else answer.postponed).update(dict.fromkeys(row_ids, reason))
        return answer

    def was_taken(self, batch_key: str) -> bool | None:
        """End what a killed run left open; the batch counts as taken if a job worked through each line."""
        noted = self._noted()
        job = noted.get("job") if noted.get("batch_key") == batch_key else None
        self._may_be_open = job is None
        self._tidy()
        # Of a batch that isn't whole some rows were never sent: it goes again, and is refused them again.
        if job is None or not noted.get("is_whole") or self._jobs.state(job) != "JobComplete":
            return None
        return all(reason is None for reason in self._said(job).values())

    def close(self) -> None:
        """Close the connection."""
        self._jobs.close()

    def _lines(self, batch: Batch) -> tuple[list[dict[str, str]], dict[str, list[str]], Answer]:
        """Return the lines of the file, the rows that each id stands for, and what can't go into it."""
        answer, lines = Answer(), []
        owners: dict[str, list[str]] = {}
        there = [row for row in batch.rows if row.op != "remove" and row.fields.get(self._identifier)]
        staying = {as_text(row.fields[self._identifier]) for row in there}
        for row in batch.rows:
            if row.op != "remove" and not row.fields.get(self._identifier):
                answer.rejected[row.row_id] = f"{self._identifier} is empty"
            for known in ids_to_leave(row, self._identifier, staying) if self._membership else ():
                owners.setdefault(known, []).append(row.row_id)
        # A job would make those again who were deleted there: they have left already.
        held = self._jobs.held(owners)
        owners = {known: row_ids for known, row_ids in owners.items() if known in held}
        for known in owners:
            lines.append(self._line(known, {}, self._membership.gone if self._membership else NOTHING))
        for row in there:
            known = as_text(row.fields[self._identifier])
            if known in owners:
                answer.rejected[row.row_id] = f"{self._identifier} is another row's too"
                continue
            lines.append(self._line(known, row.fields, self._membership.there if self._membership else NOTHING))
            owners[known] = [row.row_id]
        return lines, owners, answer

    def _line(self, known: str, fields: Mapping[str, object], membership: str) -> dict[str, str]:
        empty = CLEARED if self._clears else NOTHING
        line = {name: empty if value is None else as_text(value) for name, value in fields.items()}
        line[self._identifier] = known
        return {**line, self._membership.field: membership} if self._membership else line

    def _as_csv(self, lines: list[dict[str, str]]) -> str:
        text = io.StringIO()
        fields = [*self._fields, self._membership.field] if self._membership else self._fields
        writer = csv.DictWriter(text, fields, restval=NOTHING, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
        return text.getvalue()

    def _said(self, job: str) -> dict[str, str | None]:
        """Return what came of each id: None where it was taken, else the name of the error."""
        said: dict[str, str | None] = {}
        for line in self._jobs.results(job, "left"):
            said[line[self._identifier]] = "not worked through"
        for line in self._jobs.results(job, "refused"):
            code = ERROR.match(line.get("sf__Error", ""))
            said[line[self._identifier]] = code[0] if code else "REFUSED"
        for line in self._jobs.results(job, "taken"):
            said[line[self._identifier]] = None
        return said

    def _tidy(self) -> None:
        """End what an attempt or a run before this one left open."""
        if job := self._noted().get("job"):
            self._jobs.abort(job)
            self._note({})
        if self._may_be_open:
            self._jobs.abort_open()
        self._may_be_open = False

    def _note(self, note: dict[str, Any]) -> None:
        self._notes.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self._notes.with_suffix(".tmp")
        beside.write_text(json.dumps(note), encoding="utf-8")
        publish([(beside, self._notes)])

    def _noted(self) -> dict[str, Any]:
        try:
            noted: dict[str, Any] = json.loads(self._notes.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return noted
