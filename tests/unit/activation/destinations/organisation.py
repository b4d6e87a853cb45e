"""A Salesforce organisation on this machine: jobs, their files and what came of each line."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.unit.activation.destinations.platform import Asked, Platform

LONGEST_PATH = 16_384
USER = "005000000000001AAA"


@dataclass
class Organisation(Platform):
    """What it holds by external id, and how it misbehaves.

    Attributes:
        refuse: External id -> error of its line.
        leave: External ids that are left unprocessed.
        faults: Step (query, create, upload, close, state, results) -> what to say the next times instead of doing it.
        after: Likewise, said after doing it.
        end: In what state jobs end.
        is_stuck: They never do.
        within: What a composite answer says the next times.
    """

    records: dict[str, dict[str, str]] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuse: dict[str, str] = field(default_factory=dict)
    leave: set[str] = field(default_factory=set)
    faults: dict[str, list[Any]] = field(default_factory=dict)
    after: dict[str, list[Any]] = field(default_factory=dict)
    end: str = "JobComplete"
    tokens: list[str] = field(default_factory=list)
    page_rows: int = 2
    is_stuck: bool = False
    within: list[tuple[int, Any]] = field(default_factory=list)

    def answer(self, asked: Asked) -> Any:
        address = urlsplit(asked.path)
        if address.path == "/services/oauth2/token":
            form = parse_qs(asked.content)
            if form["client_secret"] != ["s3cret"]:
                return 400, {"error": "invalid_client"}
            self.tokens.append(f"token{len(self.tokens)}")
            return 200, {"access_token": self.tokens[-1], "id": f"https://login.salesforce.com/id/00D/{USER}"}
        if asked.headers.get("authorization") != f"Bearer {self.tokens[-1]}":
            return 401, [{"errorCode": "INVALID_SESSION_ID"}]
        step, *rest = self._step(asked.method, address.path)
        if self.faults.get(step):
            return self.faults[step].pop(0)
        said = getattr(self, f"_{step}")(asked, parse_qs(address.query), *rest)
        return self.after[step].pop(0) if self.after.get(step) else said

    def _step(self, method: str, path: str) -> list[str]:
        if (method, path) == ("POST", "/services/data/v62.0/composite"):
            return ["query"]
        parts = path.removeprefix("/services/data/v62.0/jobs/ingest").strip("/").split("/")
        if parts == [""]:
            return ["create" if method == "POST" else "list"]
        if method == "PUT":
            return ["upload", parts[0]]
        if method == "PATCH":
            return ["close", parts[0]]
        return ["state", parts[0]] if len(parts) == 1 else ["results", *parts]

    def _create(self, asked: Asked, _query: Any) -> Any:
        job = f"750{len(self.jobs)}"
        self.jobs[job] = {**asked.content, "id": job, "state": "Open", "createdById": USER}
        return 200, self.jobs[job]

    def _query(self, asked: Asked, _query: Any) -> Any:
        """One request in a composite one, answered in its answer."""
        (wanted,) = asked.content["compositeRequest"]
        status, body = self.within.pop(0) if self.within else self._found(wanted["method"], wanted["url"])
        answer = {"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": wanted["referenceId"]}
        return 200, {"compositeResponse": [answer]}

    def _found(self, method: str, address: str) -> tuple[int, Any]:
        """Of `select X from Y where X in ('...', '...')` what is there, as SOQL compares: in any case."""
        assert method == "GET" and address.startswith("/services/data/v62.0/query?")
        if len(address) > LONGEST_PATH:
            return 414, None
        query = parse_qs(urlsplit(address).query)
        found = re.fullmatch(r"select (\w+) from \w+ where \1 in \((.*)\)", query["q"][0])
        assert found is not None
        texts = re.findall(r"'((?:[^'\\]|\\.)*)'", found[2])
        asked_for = {re.sub(r"\\(.)", r"\1", text).lower() for text in texts}
        records = [{"attributes": {}, found[1]: known} for known in self.records if known.lower() in asked_for]
        return 200, {"totalSize": len(records), "done": True, "records": records}

    def _list(self, _asked: Asked, _query: Any) -> Any:
        return 200, {"records": list(self.jobs.values())}

    def _upload(self, asked: Asked, _query: Any, job: str) -> Any:
        self.jobs[job]["file"] = asked.content
        return 201, ""

    def _close(self, asked: Asked, _query: Any, job: str) -> Any:
        self.jobs[job]["state"] = asked.content["state"]
        return 200, {}

    def _state(self, _asked: Asked, _query: Any, job: str) -> Any:
        if job not in self.jobs:
            return 404, [{"errorCode": "NOT_FOUND"}]
        found = self.jobs[job]
        if self.is_stuck:
            pass
        elif found["state"] == "InProgress":
            self._work(found)
        elif found["state"] == "UploadComplete":
            found["state"] = "InProgress"
        return 200, {"state": found["state"]}

    def _work(self, job: dict[str, Any]) -> None:
        job |= {"state": self.end, "successfulResults": [], "failedResults": [], "unprocessedrecords": []}
        name = job["externalIdFieldName"]
        for line in csv.DictReader(io.StringIO(job["file"])):
            known = line[name]
            if self.end != "JobComplete" or known in self.leave:
                job["unprocessedrecords"].append(line)
            elif known in self.refuse:
                job["failedResults"].append({"sf__Id": "", "sf__Error": self.refuse[known], **line})
            else:
                same = next((each for each in self.records if each.lower() == known.lower()), known)
                held = self.records.setdefault(same, {})
                held |= {field: "" if value == "#N/A" else value for field, value in line.items() if value}
                job["successfulResults"].append({"sf__Id": "003", "sf__Created": "true", **line})

    def _results(self, _asked: Asked, query: dict[str, list[str]], job: str, which: str) -> Any:
        start = int(query.get("locator", ["0"])[0])
        lines = self.jobs[job].get(which, [])
        page, end = lines[start : start + self.page_rows], start + self.page_rows
        text = io.StringIO()
        if page:
            writer = csv.DictWriter(text, page[0])
            writer.writeheader()
            writer.writerows(page)
        return 200, text.getvalue(), {"sforce-locator": str(end) if end < len(lines) else "null"}
