"""What is said in a request, as rows of the contracts that it becomes.

No row has an address or a name: what was sent is known by its id, and whose it was stands in the house. Only who writes
that they want no more is known by what they write from: a LINE id or a number.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn
from urllib.parse import urlsplit

from cardinal.activation.destination import NAMESPACE
from cardinal.activation.destinations.matching import E164

KINDS = ("delivered", "opened", "clicked", "bounced", "complained", "unsubscribed", "converted", "failed")
# After these nothing may go out that way any more, from this moment.
WITHDRAWING = ("bounced", "complained", "unsubscribed")
PURPOSES = ("marketing", "analytics", "personalisation", "third_party_sharing", "credit_offers")
OLDEST, NEWEST = timedelta(days=400), timedelta(days=1)
LONGEST_LINK = 500
# A word or a code such as 5.1.1, and no sentence that may hold an address.
REASON = re.compile(r"[A-Za-z][A-Za-z_ -]{0,39}|\d{1,6}|\d\.\d{1,3}\.\d{1,3}")
AMOUNT = re.compile(r"\d{1,14}(\.\d{1,2})?")
LATEST_MS = 10**14
LINE_USER = re.compile(r"U[0-9a-f]{32}")
# Twilio: the recipient opted out; the number is unknown, or can't get messages.
OPTED_OUT, DEAD_NUMBERS = "21610", {"21211", "21614", "30005", "30006"}
# The whole of a reply, whatever its case, blanks and stops.
STOP_WORDS = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "หยุด", "ยกเลิก", "เลิกรับ"}


class EventError(ValueError):
    """An event that can't be used; the message says why and shows nothing of it."""


@dataclass
class Taken:
    """Rows of `activation.message_events` and `consent.consent_events`, and what withdraws at once."""

    message_events: list[dict[str, Any]] = field(default_factory=list)
    consent_events: list[dict[str, Any]] = field(default_factory=list)
    withdrawals: list[dict[str, Any]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.message_events) + len(self.consent_events)

    def add(self, source: str, kind: str, now: datetime, said: Mapping[str, Any], identity: tuple[str, ...]) -> None:
        """Add an event of a message. The same `identity` is the same event, however often it is told."""
        event_id = _event_id(source, kind, *identity)
        row = {"message_event_id": event_id, "source": source, "event_type": kind, "received_at": _told(now), **said}
        self.message_events.append(row)
        if kind in WITHDRAWING:
            # A consent may be of before or after somebody said no, as the warehouse sees it too.
            moment = said["occurred_at"] if kind == "unsubscribed" else _told(now)
            self._withdraw(event_id, kind, moment, {name: said.get(name) for name in ("row_id", "sync", "row_key")})

    def unfollow(self, line_user_id: str, occurred_at: datetime, identity: str) -> None:
        """Add that somebody doesn't follow the bank on LINE any more: whatever it would write them for."""
        self._leave(("line", "unfollowed", identity), {"line_user_id": line_user_id}, "line_unfollow", occurred_at)

    def stop(self, phone: str, occurred_at: datetime, identity: str) -> None:
        """Add that somebody wants no more text messages: whatever the bank would write them for."""
        self._leave(("twilio", "unsubscribed", identity), {"phone": phone}, "sms_reply", occurred_at)

    def _leave(self, event: tuple[str, str, str], whom: Mapping[str, str], via: str, occurred_at: datetime) -> None:
        ((subject_type, subject_id),) = whom.items()
        for purpose in PURPOSES:
            self.consent_events.append(
                {
                    "consent_event_id": _event_id(*event, purpose),
                    "subject_type": subject_type,
                    "subject_id": subject_id,
                    "purpose": purpose,
                    "channel": via.partition("_")[0],
                    "decision": "withdrawn",
                    "occurred_at": _told(occurred_at),
                    "collected_via": via,
                }
            )
        self._withdraw(_event_id(*event), event[1], _told(occurred_at), whom)

    def _withdraw(self, event_id: str, reason: str, moment: str, whom: Mapping[str, Any]) -> None:
        told = {"key" if name == "row_key" else name: value for name, value in whom.items() if value is not None}
        self.withdrawals.append({"event_id": event_id, "reason": reason, "withdrawn_at": moment, **told})


def read_events(source: str, content: object, now: datetime) -> tuple[Taken, list[tuple[int, str]]]:
    """Read `{"events": [...]}`, a list or one event; returns what was taken, and number and reason of the others.

    Raises:
        EventError: There are no events in it.
    """
    listed = content.get("events", [content]) if isinstance(content, dict) else content
    if not isinstance(listed, list) or not listed:
        raise EventError('expected an event, a list of them, or {"events": [...]}')
    taken, refused = Taken(), []
    for number, event in enumerate(listed):
        try:
            _read_event(taken, source, event, now)
        except EventError as error:
            refused.append((number, str(error)))
    return taken, refused


def _read_event(taken: Taken, source: str, event: object, now: datetime) -> None:
    if not isinstance(event, dict):
        raise EventError("an event must be an object")
    kind = event.get("kind")
    if kind not in KINDS:
        raise EventError(f"kind must be one of {', '.join(KINDS)}")
    said: dict[str, Any] = {"row_id": _row_id(event.get("id")), "occurred_at": _moment(event.get("occurred_at"), now)}
    if kind == "bounced" and event.get("is_permanent", True) is False:
        # A full mailbox says nothing of the address.
        kind = "deferred"
    if kind == "clicked":
        said["link_url"] = _link(event.get("link"))
    if kind in ("bounced", "deferred", "failed"):
        said["failure_reason"] = _reason(event.get("reason"))
    if kind == "converted":
        said["sale_amount"], said["currency_code"] = _sale(event)
    taken.add(source, kind, now, said, (said["row_id"], said["occurred_at"], said.get("link_url") or ""))


def read_line(content: object, now: datetime) -> Taken:
    """Read a webhook of LINE: who unfollows withdraws; all else is left out.

    Raises:
        EventError: It isn't one.
    """
    listed = content.get("events") if isinstance(content, dict) else None
    if not isinstance(listed, list) or not all(isinstance(event, dict) for event in listed):
        raise EventError('expected {"events": [...]}')
    taken = Taken()
    for event in listed:
        if event.get("type") != "unfollow":
            continue
        source = event.get("source")
        user = source.get("userId") if isinstance(source, dict) else None
        moment = event.get("timestamp")
        is_moment = type(moment) is int and 0 <= moment <= LATEST_MS
        if not isinstance(user, str) or not LINE_USER.fullmatch(user) or not is_moment:
            raise EventError("an unfollow without a user or a time")
        occurred = _in_time(moment / 1000, now)
        told = str(event.get("webhookEventId") or "")[:100]
        taken.unfollow(user, occurred, told if told and _is_whole(told) else f"{user}{moment}")
    return taken


def read_sms_status(form: Mapping[str, str], row_id: str | None, now: datetime) -> Taken:
    """Read a status of Twilio; the id of the row stands in the address that it calls. What is on its way says nothing.

    Raises:
        EventError: The message or its row isn't named.
    """
    message, status, code = form.get("MessageSid", ""), form.get("MessageStatus", ""), form.get("ErrorCode", "")
    if not re.fullmatch(r"[A-Za-z0-9]{1,64}", message):
        raise EventError("MessageSid is missing")
    said: dict[str, Any] = {"row_id": _row_id(row_id), "occurred_at": _told(now)}
    taken = Taken()
    if status == "delivered":
        taken.add("twilio", "delivered", now, said, (message,))
    elif status in ("undelivered", "failed"):
        kind = "unsubscribed" if code == OPTED_OUT else "bounced" if code in DEAD_NUMBERS else "failed"
        taken.add("twilio", kind, now, {**said, "failure_reason": _reason(code)}, (message,))
    return taken


def read_sms_reply(form: Mapping[str, str], now: datetime) -> Taken:
    """Read a reply as a gateway passes it on: who says stop withdraws; all else is left out, and nobody agrees so.

    Raises:
        EventError: It doesn't say from which number.
    """
    phone, said = form.get("From", ""), unicodedata.normalize("NFC", form.get("Body", "")).casefold()
    if not E164.fullmatch(phone):
        raise EventError("From must be a number with + and the country's code")
    word = "".join(sign for sign in said if unicodedata.category(sign)[0] not in "CPZ")
    taken = Taken()
    # Twilio says so itself where it knows words of a bank's own.
    if word in STOP_WORDS or form.get("OptOutType") == "STOP":
        message = form.get("MessageSid", "")
        # Several times a day is once, where messages have no id.
        is_named = re.fullmatch(r"[A-Za-z0-9]{1,64}", message)
        taken.stop(phone, now, message if is_named else f"{phone} {now:%Y-%m-%d}")
    return taken


def unsubscribed(sync: str, key: str, now: datetime) -> Taken:
    """Return that somebody followed the link that unsubscribes; several times a day is once."""
    taken = Taken()
    said = {"sync": sync, "row_key": key, "occurred_at": _told(now)}
    taken.add("unsubscribe_link", "unsubscribed", now, said, (sync, key, f"{now:%Y-%m-%d}"))
    return taken


def _event_id(*parts: str) -> str:
    return str(uuid.uuid5(NAMESPACE, "received\n" + "\n".join(parts)))


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _row_id(value: object) -> str:
    try:
        return (
            str(uuid.UUID(value)) if isinstance(value, str) else _refuse("id must be the id of the row that was sent")
        )
    except ValueError:
        _refuse("id must be the id of the row that was sent")


def _moment(value: object, now: datetime) -> str:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        _refuse("occurred_at must be an ISO 8601 time with an offset")
    return _told(_in_time(moment.timestamp(), now))


def _in_time(seconds: float, now: datetime) -> datetime:
    if not (now - OLDEST).timestamp() <= seconds <= (now + NEWEST).timestamp():
        _refuse("occurred_at is more than 400 days ago, or to come")
    return datetime.fromtimestamp(seconds, UTC)


def _link(value: object) -> str | None:
    """What stands behind a question mark may be about the person."""
    if not isinstance(value, str) or not _is_whole(value):
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.hostname}{parts.path}"[:LONGEST_LINK] if parts.hostname else None


def _is_whole(text: str) -> bool:
    """JSON may hold half a letter (a lone surrogate), which no file and no hash takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _reason(value: object) -> str | None:
    return value if isinstance(value, str) and REASON.fullmatch(value) else None


def _sale(event: Mapping[str, Any]) -> tuple[str | None, str | None]:
    amount, currency = event.get("amount"), event.get("currency")
    if amount is None:
        return None, None
    is_amount = isinstance(amount, int | float | str) and AMOUNT.fullmatch(str(amount))
    if not is_amount or not isinstance(currency, str) or not re.fullmatch("[A-Z]{3}", currency):
        _refuse("amount must be a number of at most two decimals, with a currency of three letters")
    return str(amount), currency


def _refuse(why: str) -> NoReturn:
    raise EventError(why)
