"""LINE messages: one push a row, with a retry key, so that the same row is never said twice.

    POST /v2/bot/message/push {"to": "U...", "messages": [{"type": "text", "text": ...}]}

LINE answers 409 to a retry key that it has accepted before: then the message is out already. It knows a key for 24
hours after the first request with it. So each message is written into the journal too: what was said is not said again,
and what was in the air goes again with its key only so long.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from cardinal.activation.declaration import Sync
from cardinal.activation.destination import (
    NAMESPACE,
    AccessRefusedError,
    Answer,
    Batch,
    Row,
    ThrottledError,
    UnavailableError,
)
from cardinal.activation.destinations.http import BEFORE, needed_secret, safe_url
from cardinal.activation.destinations.messaging import NotSaidError, came_of, check_messages, say_each
from cardinal.activation.journal import Journal
from cardinal.activation.templates import Message, Templates, check_shows, load_message, why
from cardinal.settings import Settings

URL = "https://api.line.me"
USER_ID = re.compile(r"U[0-9a-f]{32}")
LONGEST_TEXT = 5_000
# The channel, the address: nothing that another message would change.
NO_ENTRY = {301, 302, 303, 307, 308, 401, 403, 404, 405}
# An hour less than LINE says, for clocks that differ and requests that take their time.
KNOWN_FOR = timedelta(hours=23)


@dataclass(frozen=True)
class Words:
    """What is the same in each message: template and why."""

    templates: Templates
    said_why: str

    def text(self, row: Row) -> str:
        """Return a row's text.

        Raises:
            UnfilledError: The row doesn't fill the template.
        """
        return self.templates.for_row(row.fields).fill({**row.fields, "why": self.said_why})["body.txt"].strip()


class LineMessage:
    """One official account."""

    def __init__(self, url: str, token: str, words: Words, journal: Journal, timeout_seconds: float) -> None:
        """`token` is the channel's access token."""
        self._words = words
        self._url, self._journal = f"{url}/v2/bot/message/push", journal
        self._client = httpx.Client(
            timeout=timeout_seconds, follow_redirects=False, headers={"authorization": f"Bearer {token}"}
        )

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> LineMessage:
        """Make it from a declaration: template, why, and secret, the channel's token behind CARDINAL_SECRET_."""
        words = line_words(sync, settings)
        url, token = safe_url(sync, default=URL), needed_secret(sync, settings)
        return cls(url, token, words, Journal(settings.outbox), sync.delivery.timeout_seconds)

    def send(self, batch: Batch) -> Answer:
        """Say each row; one that can't be said now is said in the next run, and harms no other."""
        return say_each(self._journal, batch, lambda row: self._say(batch.sync, row), KNOWN_FOR)

    def was_taken(self, batch_key: str) -> bool | None:
        """A message can't be asked for; the journal knows each."""
        return None

    def came_of(self, sync: str, key: str) -> tuple[str, str | None] | None:
        """Ask the journal what came of a message."""
        return came_of(self._journal, sync, key, KNOWN_FOR)

    def close(self) -> None:
        """Close connection and journal."""
        self._client.close()
        self._journal.close()

    def _say(self, sync: str, row: Row) -> None:
        to, text = str(row.fields.get("to") or ""), self._words.text(row)
        if not USER_ID.fullmatch(to):
            raise NotSaidError("to is no LINE user id")
        if not text or len(text) > LONGEST_TEXT:
            raise NotSaidError(f"the text has to have 1 to {LONGEST_TEXT} letters")
        before = self._journal.step(sync, row.key)
        begun_at = before[1] if before else self._journal.begin(sync, row.key)
        try:
            self._push(to, text, _retry_key(sync, row, begun_at))
        except (ThrottledError, AccessRefusedError, NotSaidError, _NotReachedError):
            # It says nothing of an earlier request, which may have been taken.
            if not before:
                self._journal.drop(sync, row.key)
            raise
        self._journal.say(sync, row.key)

    def _push(self, to: str, text: str, retry_key: str) -> None:
        try:
            response = self._client.post(
                self._url,
                json={"to": to, "messages": [{"type": "text", "text": text}]},
                headers={"x-line-retry-key": retry_key},
            )
        except BEFORE as error:
            raise _NotReachedError(type(error).__name__) from None
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
            # It may have been taken: it stays begun.
            raise UnavailableError(f"status {status}")
        raise NotSaidError(f"status {status}")


def line_words(sync: Sync, settings: Settings) -> Words:
    """Read what is the same in each message of a sync.

    Raises:
        SyncError: The declaration is wrong, or the template doesn't show why.
    """
    check_messages(sync, "a LINE user id")

    def load(name: str) -> Message:
        message = load_message(sync, settings, name, ("body.txt",), ("why",))
        check_shows(sync, message, ("why",))
        return message

    return Words(Templates(sync, load), why(sync, settings))


def preview(sync: Sync, settings: Settings, row: Row) -> str:
    """Return a row's message as people read it, and send nothing."""
    return line_words(sync, settings).text(row)


class _NotReachedError(UnavailableError):
    """Nobody was there: nothing was taken."""


def _retry_key(sync: str, row: Row, begun_at: datetime) -> str:
    """Return the key of a message since it was begun: the day for which LINE knows it may have begun with a refusal."""
    return str(uuid.uuid5(NAMESPACE, f"{sync}\n{row.key}\n{begun_at.isoformat()}"))
