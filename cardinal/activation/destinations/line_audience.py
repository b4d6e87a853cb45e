"""LINE audiences: people can be added to one, but not taken out, so a new one takes the place of the old one.

    POST /v2/bot/audienceGroup/upload/byFile (on api-data.line.me), GET .../<id> until it is READY, DELETE the old one

`outbox/line_audience/<sync>.json` tells the number of the audience that holds people now, and the name, made by
chance, that all audiences of this sync begin with. Whatever is killed in between, the next run makes an audience, waits
until it is ready, and then deletes every other one of that name, half-made ones too.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import AccessRefusedError, Answer, Batch, ThrottledError, UnavailableError
from cardinal.activation.destinations.http import needed_secret, safe_url
from cardinal.activation.destinations.line_message import USER_ID
from cardinal.ingestion.atomic import publish
from cardinal.settings import Settings

URL, FILES_URL = "https://api.line.me", "https://api-data.line.me"
GROUPS = "/v2/bot/audienceGroup"
MOST_ROWS = 1_500_000
PAGE = 40
UNDER_WAY = ("IN_PROGRESS", "ACTIVATING")
TOO_FEW, NOT_FOUND = "AUDIENCE_GROUP_AUDIENCE_INSUFFICIENT", "AUDIENCE_GROUP_NOT_FOUND"
# 60 requests a minute, and no Retry-After.
THROTTLED_SECONDS = 60.0
POLL_SECONDS, LONGEST_SECONDS = 10.0, 3600.0
CODE = re.compile("[A-Z_]+")


class LineAudience:
    """The audience of one sync. LINE deletes one after 180 days, so that another has to be made before."""

    refresh_days = 150

    def __init__(
        self,
        urls: tuple[str, str],
        token: str,
        kept: Path,
        timeout_seconds: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`urls` are those of the API and of its files, `kept` is where its number and name are kept."""
        self._url, self._files_url = urls
        self._kept, self._upload, self._sleep = kept, kept.with_suffix(".upload"), sleep
        self._count = 0
        self._suffix = secrets.token_hex(4)
        self._client = httpx.Client(
            timeout=timeout_seconds, follow_redirects=False, headers={"authorization": f"Bearer {token}"}
        )

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> LineAudience:
        """Make it from a declaration: `secret`, the name of the channel's token behind CARDINAL_SECRET_."""
        if sync.mode != "mirror":
            raise SyncError(f"sync {sync.name}: mode must be mirror: an audience is made anew with whom it holds")
        if list(sync.columns) != ["user_id"]:
            raise SyncError(f"sync {sync.name}: columns must hold user_id (a LINE user id) and nothing else")
        urls = safe_url(sync, default=URL), safe_url(sync, "files_url", FILES_URL)
        kept = settings.outbox / "line_audience" / f"{sync.name}.json"
        return cls(urls, needed_secret(sync, settings), kept, sync.delivery.timeout_seconds)

    def send(self, batch: Batch) -> Answer:
        """Put people on the list that goes out at the end; who leaves isn't put on it."""
        rejected: dict[str, str] = {}
        if not self._count:
            self._kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._upload.unlink(missing_ok=True)
            self._upload.touch(mode=0o600)
        with self._upload.open("a", encoding="ascii") as upload:
            for row in batch.rows:
                user = str(row.fields.get("user_id") or "")
                if row.op != "remove" and not USER_ID.fullmatch(user):
                    rejected[row.row_id] = "user_id is no LINE user id"
                elif row.op != "remove":
                    upload.write(f"{user}\n")
                    self._count += 1
        return Answer(rejected)

    def finish(self) -> str | None:
        """Make the new audience, and delete the others when it is ready."""
        if self._count > MOST_ROWS:
            raise AccessRefusedError(f"{self._count:,} people, but LINE takes {MOST_ROWS:,} in an audience")
        name = self._name()
        group = self._made(name) if self._count else None
        said = self._wait(group, name) if group else "nobody is left: there is no audience"
        self._keep(name, group)
        self._delete_all(name, but=group)
        return said

    def was_taken(self, batch_key: str) -> bool | None:
        """What was sent holds only after the change, and is sent again otherwise."""
        return None

    def close(self) -> None:
        """Close the connection; the list of people isn't kept."""
        self._upload.unlink(missing_ok=True)
        self._client.close()

    def _name(self) -> str:
        """Return what all audiences of this sync begin with; it tells nothing of whom they hold."""
        if not self._kept.exists():
            self._keep(f"aud_{secrets.token_hex(6)}", None)
        return str(json.loads(self._kept.read_text(encoding="utf-8"))["name"])

    def _keep(self, name: str, group: int | None) -> None:
        self._kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = self._kept.with_suffix(".tmp")
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps({"name": name, "audience_group_id": group}), encoding="utf-8")
        publish([(unfinished, self._kept)])

    def _made(self, name: str) -> int:
        """Make the audience, or find it where it was made and the answer got lost."""
        description = f"{name}_{self._suffix}"
        for group in self._groups(name):
            if group["description"].lower() == description:
                return int(group["audienceGroupId"])
        with self._upload.open("rb") as upload:
            made = self._call(
                "POST",
                f"{self._files_url}{GROUPS}/upload/byFile",
                data={"description": description, "isIfaAudience": "false"},
                files={"file": ("list.txt", upload, "text/plain")},
            )
        return int(made["audienceGroupId"])

    def _wait(self, group: int, name: str) -> str:
        """Wait until the audience is ready; returns how many it holds."""
        waited = 0.0
        while True:
            told = self._call("GET", f"{self._url}{GROUPS}/{group}")
            status = told["audienceGroup"].get("status")
            if status == "READY":
                return f"LINE's audience {group} holds {int(told['audienceGroup'].get('audienceCount', 0)):,} people"
            if status not in UNDER_WAY:
                break
            if waited >= LONGEST_SECONDS:
                raise AccessRefusedError(f"LINE's audience {group} isn't ready after an hour; the old one stays")
            self._sleep(POLL_SECONDS)
            waited += POLL_SECONDS
        if any(job.get("failedType") == TOO_FEW for job in told.get("jobs", [])):
            # The old one would keep who withdrew.
            self._keep(name, None)
            self._delete_all(name, but=None)
            raise AccessRefusedError(
                f"{self._count:,} people are too few for LINE to make an audience of; the old one was deleted, since"
                " people left it"
            )
        raise AccessRefusedError(f"LINE's new audience {group} is {status}; the old one stays")

    def _delete_all(self, name: str, but: int | None) -> None:
        for group in list(self._groups(name)):
            if group["audienceGroupId"] != but:
                self._call("DELETE", f"{self._url}{GROUPS}/{group['audienceGroupId']}")

    def _groups(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the audiences that are of this sync. LINE finds a name in the middle of others too."""
        page = 1
        while True:
            query = {"page": page, "size": PAGE, "description": name, "includesExternalPublicGroups": "false"}
            told = self._call("GET", f"{self._url}{GROUPS}/list", params=query)
            for group in told.get("audienceGroups", []):
                if str(group.get("description", "")).lower().startswith(f"{name}_"):
                    yield group
            if not told.get("hasNextPage"):
                return
            page += 1

    def _call(self, method: str, url: str, **content: Any) -> dict[str, Any]:
        try:
            response = self._client.request(method, url, **content)
        except httpx.HTTPError as error:
            raise UnavailableError(type(error).__name__) from None
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS:
            raise ThrottledError(f"status {status}", THROTTLED_SECONDS)
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise UnavailableError(f"status {status}")
        try:
            told = response.json() if response.content else {}
            codes = [str(detail.get("message")) for detail in told.get("details", [])]
        except (ValueError, AttributeError):
            raise UnavailableError(f"status {status}, but no JSON") from None
        if response.is_success or (method == "DELETE" and NOT_FOUND in codes):
            return dict(told)
        said = ", ".join(code for code in codes if CODE.fullmatch(code))
        raise AccessRefusedError(f"status {status}" + (f", {said}" if said else ""))
