"""Text messages over a gateway that speaks as Twilio does: a form a row, with basic authentication.

    POST <url>  To=+66...&From=...&Body=...&StatusCallback=...

Gateways differ in whether they know a request again: each message is written into the journal before it is sent and
after the answer, and what was in the air is not sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import (
    AccessRefusedError,
    Answer,
    Batch,
    Row,
    ThrottledError,
    UnavailableError,
)
from cardinal.activation.destinations.http import BEFORE, needed_secret, retry_after, safe_url
from cardinal.activation.destinations.matching import E164
from cardinal.activation.destinations.messaging import NotSaidError, came_of, check_messages, say_each
from cardinal.activation.destinations.segments import count_segments
from cardinal.activation.journal import Journal
from cardinal.activation.templates import Templates, UnfilledError, load_message, why
from cardinal.settings import Settings

MOST_SEGMENTS = 10
OPTED_OUT = 21610
# The account, the address of the gateway: nothing that another message would change.
NO_ENTRY = {401, 402, 403, 404, 405, 407, 410}
# Account not active or suspended, login; a sender that is none or not the account's; a callback that is no address.
WRONG_FOR_ALL = {10001, 20003, 20005, 20006, 21212, 21601, 21603, 21609, 21660, 21661, 21703, 21704, 21705, 30002}
# A sender that may not write to that number, as a short code to another country, or may not yet. Where it may to none,
# each says so, and none is lost.
WRONG_FOR_ONE = {21408, 21606, 21608, 21612, 21659}
# Too fast, or too busy: it says that it did nothing.
NOT_TAKEN = {408, 429, 503}
# The same in the gateway's numbers: requests, the sender's queue, the account's day.
FULL = {20429, 21611, 63038}


@dataclass(frozen=True)
class Form:
    """What is the same in each message: sender, template, why, how many parts at most, where the gateway reports."""

    sender: str
    templates: Templates
    said_why: str
    most_segments: int
    status_callback: str | None

    def text(self, row: Row) -> str:
        """Return a row's text.

        Raises:
            UnfilledError: The row doesn't fill the template.
        """
        return self.templates.for_row(row.fields).fill({**row.fields, "why": self.said_why})["body.txt"].strip()


class Sms:
    """One account at one gateway."""

    def __init__(self, url: str, login: tuple[str, str], form: Form, journal: Journal, timeout_seconds: float) -> None:
        """`login` is user and password."""
        self._url, self._form, self._journal = url, form, journal
        self._client = httpx.Client(timeout=timeout_seconds, follow_redirects=False, auth=login)

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> Sms:
        """Make it from a declaration: url, user, secret, from, template, most_segments and status_callback."""
        user = sync.destination.get("user")
        if not user:
            raise SyncError(f"sync {sync.name}: destination.user is missing: the account at the gateway")
        login = str(user), needed_secret(sync, settings)
        form = sms_form(sync, settings)
        return cls(safe_url(sync), login, form, Journal(settings.outbox), sync.delivery.timeout_seconds)

    def send(self, batch: Batch) -> Answer:
        """Send each row's message; one that can't go now goes in the next run, and harms no other."""
        return say_each(self._journal, batch, lambda row: self._say(batch.sync, row))

    def was_taken(self, batch_key: str) -> bool | None:
        """A gateway isn't asked; the journal knows each message."""
        return None

    def came_of(self, sync: str, key: str) -> tuple[str, str | None] | None:
        """Ask the journal what came of a message."""
        return came_of(self._journal, sync, key)

    def close(self) -> None:
        """Close connection and journal."""
        self._client.close()
        self._journal.close()

    def _say(self, sync: str, row: Row) -> None:
        to, text = str(row.fields.get("to") or ""), self._form.text(row)
        if not E164.fullmatch(to):
            raise NotSaidError("to is no number with + and the country's code")
        parts = count_segments(text)
        if not 0 < parts <= self._form.most_segments:
            raise NotSaidError(f"the text takes {parts} segments, not 1 to {self._form.most_segments}")
        form = {"To": to, "From": self._form.sender, "Body": text}
        if self._form.status_callback:
            # By the row's id the receiver knows whose message it is.
            form["StatusCallback"] = str(httpx.URL(self._form.status_callback).copy_add_param("id", row.row_id))
        self._journal.begin(sync, row.key)
        try:
            response = self._client.post(self._url, data=form, headers={"idempotency-key": row.row_id})
        except BEFORE as error:
            self._journal.drop(sync, row.key)
            raise UnavailableError(type(error).__name__) from None
        except httpx.HTTPError as error:
            raise UnavailableError(type(error).__name__) from None
        self._read(sync, row, response)

    def _read(self, sync: str, row: Row, response: httpx.Response) -> None:
        status = response.status_code
        if response.is_success:
            self._journal.say(sync, row.key)
            return
        if status >= httpx.codes.INTERNAL_SERVER_ERROR and status not in NOT_TAKEN:
            # It stays begun: whatever failed there may have been behind the message.
            raise UnavailableError(f"status {status}")
        self._journal.drop(sync, row.key)
        code = _code(response)
        told = f"status {status}, error {code}" if code else f"status {status}"
        if status in NOT_TAKEN or code in FULL:
            raise ThrottledError(told, retry_after(response))
        if code in WRONG_FOR_ONE:
            raise NotSaidError(told, is_final=False)
        if response.is_redirect or status in NO_ENTRY or code in WRONG_FOR_ALL:
            raise AccessRefusedError(told)
        raise NotSaidError(f"{told} (opted out)" if code == OPTED_OUT else told)


def sms_form(sync: Sync, settings: Settings) -> Form:
    """Read what is the same in each message of a sync.

    Raises:
        SyncError: The declaration is wrong, or the template is too long before anything is filled in.
    """
    check_messages(sync, "a number with + and the country's code")
    given = sync.destination
    most: Any = given.get("most_segments", 2)
    if not isinstance(most, int) or not 0 < most <= MOST_SEGMENTS:
        raise SyncError(f"sync {sync.name}: destination.most_segments must be 1 to {MOST_SEGMENTS}")
    if not given.get("from"):
        raise SyncError(f"sync {sync.name}: destination.from is missing: the number or name that sends")
    callback = safe_url(sync, "status_callback") if given.get("status_callback") else None
    templates = Templates(sync, lambda name: load_message(sync, settings, name, ("body.txt",), ("why",)))
    is_said = templates.only is None or "why" in templates.only.uses["body.txt"]
    form = Form(str(given["from"]), templates, why(sync, settings) if is_said else "", most, callback)
    try:
        parts = count_segments(form.text(Row("", "add", "", dict.fromkeys(sync.columns))))
    except UnfilledError:
        return form
    if parts > most:
        raise SyncError(f"sync {sync.name}: its template takes {parts} segments as it is, and {most} are allowed")
    return form


def preview(sync: Sync, settings: Settings, row: Row) -> str:
    """Return a row's message with the number of its parts, and send nothing."""
    form = sms_form(sync, settings)
    text = form.text(row)
    return f"From: {form.sender}\nSegments: {count_segments(text)} of {form.most_segments}\n\n{text}"


def _code(response: httpx.Response) -> int | None:
    """Return the gateway's own number of an error, if it gives one."""
    try:
        return int(response.json()["code"])
    except (ValueError, KeyError, TypeError):
        return None
