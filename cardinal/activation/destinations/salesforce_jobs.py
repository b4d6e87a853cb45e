"""Salesforce's Bulk API 2.0: jobs that take a file, and say of each of its lines what came of it.

POST /services/data/<version>/jobs/ingest, PUT .../<job>/batches, PATCH .../<job> {"state": "UploadComplete"},
GET .../<job> until it has ended, GET .../<job>/successfulResults, failedResults, unprocessedrecords
POST /services/data/<version>/composite {"compositeRequest": [{"method": "GET", "url": ".../query?q=select ..."}]}

Which records are there is asked in the body of a composite request: an address stands in the logs of whatever lies on
the way, and external ids may be e-mail addresses.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from cardinal.activation.destination import AccessRefusedError, UnavailableError
from cardinal.activation.destinations.http import ask, content

ENDED = {"JobComplete", "Failed", "Aborted"}
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 20.0
# Addresses may be 16 kB long, and an answer of a query holds 200 records at least.
LONGEST_LIST, MOST_IDS = 12_000, 200
RESULTS = {"taken": "successfulResults", "refused": "failedResults", "left": "unprocessedrecords"}


@dataclass(frozen=True)
class Login:
    """A connected app that logs in for itself: OAuth's client credentials."""

    client_id: str
    client_secret: str = field(repr=False)


class Jobs:
    """The ingest jobs of one user on one type of records."""

    def __init__(
        self, url: str, version: str, login: Login, kind: Mapping[str, str], timeout_seconds: float, wait_seconds: float
    ) -> None:
        """`kind` holds object and externalIdFieldName; `wait_seconds` is how long a job may take."""
        self._url, self._login, self._kind, self._wait_seconds = url, login, dict(kind), wait_seconds
        self._data = f"{url}/services/data/{version}"
        self._jobs = f"{self._data}/jobs/ingest"
        self._client = httpx.Client(timeout=timeout_seconds, follow_redirects=False)
        self._user = ""
        self.sleep: Callable[[float], None] = time.sleep

    def held(self, ids: Iterable[str]) -> set[str]:
        """Return those of some external ids whose records are there, and not deleted."""
        name, kind = self._kind["externalIdFieldName"], self._kind["object"]
        found: set[str] = set()
        wanted = list(ids)
        for some in _that_fit(wanted):
            query = f"select {name} from {kind} where {name} in ({some})"
            records = self._query(query).get("records") or []
            # Fields are unique in any case, unless they are declared to be otherwise.
            found |= {str(record.get(name)).casefold() for record in records}
        return {known for known in wanted if known.casefold() in found}

    def create(self) -> str:
        """Open a job; returns its id."""
        wanted = {**self._kind, "operation": "upsert", "contentType": "CSV", "lineEnding": "LF"}
        return str(content(self._ask("POST", self._jobs, json=wanted))["id"])

    def run(self, job: str, lines: str) -> str:
        """Hand over the file and wait until it is worked through; returns the state in which the job ended.

        Raises:
            UnavailableError: It takes too long.
        """
        headers = {"content-type": "text/csv"}
        self._ask("PUT", f"{self._jobs}/{job}/batches", content=lines.encode(), headers=headers)
        self._ask("PATCH", f"{self._jobs}/{job}", json={"state": "UploadComplete"})
        pause, waited = FIRST_PAUSE, 0.0
        while (state := self.state(job)) not in ENDED:
            if waited >= self._wait_seconds:
                raise UnavailableError(f"the job isn't done after {waited:,.0f} seconds")
            self.sleep(pause)
            pause, waited = min(pause * 2, LONGEST_PAUSE), waited + pause
        return state

    def state(self, job: str) -> str:
        """Return the state of a job; Aborted where it isn't known any longer."""
        response = self._ask("GET", f"{self._jobs}/{job}", may_be_missing=True)
        return "Aborted" if response.status_code == httpx.codes.NOT_FOUND else str(content(response).get("state"))

    def results(self, job: str, which: str) -> Iterator[dict[str, str]]:
        """Return the lines that were `taken`, `refused` (with sf__Error) or `left`, page by page."""
        locator: str | None = None
        while locator != "null":
            page = {"locator": locator} if locator else None
            response = self._ask("GET", f"{self._jobs}/{job}/{RESULTS[which]}", params=page)
            yield from csv.DictReader(io.StringIO(response.text, newline=""))
            locator = response.headers.get("sforce-locator", "null")

    def abort(self, job: str) -> None:
        """End a job that hasn't ended."""
        if self.state(job) not in ENDED:
            self._ask("PATCH", f"{self._jobs}/{job}", json={"state": "Aborted"}, may_be_missing=True)

    def abort_open(self) -> None:
        """End the jobs on these records that our user opened and never handed a file over for."""
        page = content(self._ask("GET", self._jobs, params={"jobType": "V2Ingest"}))
        ours = {**self._kind, "operation": "upsert", "state": "Open"}
        for job in page.get("records") or []:
            is_our_kind = all(job.get(name) == value for name, value in ours.items())
            if is_our_kind and self._user and str(job.get("createdById", "")).startswith(self._user[:15]):
                self.abort(str(job["id"]))

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _query(self, query: str) -> dict[str, Any]:
        url = f"{self._data.removeprefix(self._url)}/query?q={quote(query)}"
        asked = {"method": "GET", "url": url, "referenceId": "held"}
        said = content(self._ask("POST", f"{self._data}/composite", json={"compositeRequest": [asked]}))
        try:
            answer = said["compositeResponse"][0]
            status, found = int(answer["httpStatusCode"]), answer["body"]
        except (LookupError, TypeError, ValueError):
            raise UnavailableError("a composite answer without an answer") from None
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise UnavailableError(f"status {status}")
        if status != httpx.codes.OK or not isinstance(found, dict):
            raise AccessRefusedError(f"status {status} {_code(found)}".strip())
        return found

    def _ask(self, method: str, url: str, may_be_missing: bool = False, **request: Any) -> httpx.Response:
        """Ask; a token that has run out is renewed once."""
        if "authorization" not in self._client.headers:
            self._log_in()
        try:
            response = ask(self._client, method, url, **request)
        except AccessRefusedError:
            self._log_in()
            response = ask(self._client, method, url, **request)
        is_expected = response.is_success or (may_be_missing and response.status_code == httpx.codes.NOT_FOUND)
        if not is_expected:
            # The job, the object, the field: nothing that another file would change.
            raise AccessRefusedError(f"status {response.status_code} {_code(_json(response))}".strip())
        return response

    def _log_in(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._login.client_id,
            "client_secret": self._login.client_secret,
        }
        self._client.headers.pop("authorization", None)
        response = ask(self._client, "POST", f"{self._url}/services/oauth2/token", data=form)
        if not response.is_success:
            raise AccessRefusedError(f"no token: status {response.status_code}")
        said = content(response)
        self._client.headers["authorization"] = f"Bearer {said['access_token']}"
        self._user = str(said.get("id", "")).rpartition("/")[2]


def _that_fit(ids: Iterable[str]) -> Iterator[str]:
    """Yield ids as lists of SOQL, each of what an address and an answer have room for."""
    some: list[str] = []
    room = LONGEST_LIST
    for known in ids:
        text = "'" + known.replace("\\", "\\\\").replace("'", "\\'") + "'"
        room -= len(quote(text)) + len(quote(", "))
        if some and (room < 0 or len(some) == MOST_IDS):
            yield ", ".join(some)
            some, room = [], LONGEST_LIST - len(quote(text))
        some.append(text)
    if some:
        yield ", ".join(some)


def _code(said: Any) -> str:
    """Return the name of an error: [{"errorCode": "INVALIDJOB", "message": ...}]."""
    try:
        return str(said[0]["errorCode"])[:60]
    except (LookupError, TypeError):
        return ""


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None
