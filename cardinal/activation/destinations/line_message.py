"""LINE messages: one push a row, with a retry key, so that the same row is never said twice.

    POST /v2/bot/message/push {"to": "U...", "messages": [{"type": "text", "text": ...}]}

LINE answers 409 to a retry key that it has accepted before: then the message is out already.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import httpx

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import AccessRefusedError, Answer, Batch, Row, ThrottledError, UnavailableError
from cardinal.activation.destinations.http import needed_secret
from cardinal.activation.destinations.quiet_hours import is_quiet
from cardinal.settings import Settings

URL = "https://api.line.me"
USER_ID = re.compile(r"U[0-9a-f]{32}")
LONGEST_TEXT = 5_000
NO_ENTRY = {401, 403}


class LineMessage:
    """One official account."""

    def __init__(self, url: str, token: str, timeout_seconds: float) -> None:
        """`token` is the channel's access token."""
        self._url = f"{url.rstrip('/')}/v2/bot/message/push"
        self._client = httpx.Client(
            timeout=timeout_seconds, follow_redirects=False, headers={"authorization": f"Bearer {token}"}
        )

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> LineMessage:
        """Make it from a declaration: `secret`, the name of the channel's token behind CARDINAL_SECRET_."""
        if sync.mode not in ("append", "event"):
            raise SyncError(f"sync {sync.name}: mode must be append or event: what was said can't be taken back")
        for field in ("to", "text"):
            if field not in sync.columns:
                raise SyncError(f"sync {sync.name}: columns must hold to (a LINE user id) and text")
        return cls(str(sync.destination.get("url", URL)), needed_secret(sync, settings), sync.delivery.timeout_seconds)

    def send(self, batch: Batch) -> Answer:
        """Say each row; one that can't be said now is said in the next run, and harms no other."""
        rejected: dict[str, str] = {}
        postponed: dict[str, str] = {}
        for row in batch.rows:
            to, text = str(row.fields.get("to") or ""), str(row.fields.get("text") or "")
            if not USER_ID.fullmatch(to):
                rejected[row.row_id] = "to is no LINE user id"
            elif is_quiet(row.fields, datetime.now(UTC)):
                postponed[row.row_id] = "quiet hours"
            elif not text.strip() or len(text) > LONGEST_TEXT:
                rejected[row.row_id] = f"text has to have 1 to {LONGEST_TEXT} letters"
            else:
                self._push(row, to, text, rejected, postponed)
        return Answer(rejected, postponed)

    def was_taken(self, batch_key: str) -> bool | None:
        """A message can't be asked for; saying it again with its retry key is safe."""
        return None

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _push(self, row: Row, to: str, text: str, rejected: dict[str, str], postponed: dict[str, str]) -> None:
        try:
            response = self._client.post(
                self._url,
                json={"to": to, "messages": [{"type": "text", "text": text}]},
                headers={"x-line-retry-key": row.row_id},
            )
        except httpx.HTTPError as error:
            raise UnavailableError(type(error).__name__) from None
        status = response.status_code
        if response.is_success or status == httpx.codes.CONFLICT:
            return
        if status == httpx.codes.TOO_MANY_REQUESTS:
            raise ThrottledError(f"status {status}", None)
        if status in NO_ENTRY:
            raise AccessRefusedError(f"status {status}")
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            postponed[row.row_id] = f"status {status}"
        else:
            rejected[row.row_id] = f"status {status}"
