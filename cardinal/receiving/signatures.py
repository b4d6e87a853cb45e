"""Who speaks: signatures over the very bytes of a request, compared in constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping

from cardinal.activation.destinations.webhook import sign

TOLERANCE_SECONDS = 300
LONGEST_ID = 200


def is_standard_webhook(secret: bytes, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether one of the signatures of a Standard Webhooks request is ours, and not older or newer than five minutes.

    There are several while a sender changes its secret.
    """
    message_id, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not 0 < len(message_id) <= LONGEST_ID or not (moment.isascii() and moment.isdigit() and len(moment) <= 12):
        return False
    if abs(now - int(moment)) > TOLERANCE_SECONDS:
        return False
    expected = sign(secret, message_id, int(moment), body)
    return any(_same(expected, given) for given in headers.get("webhook-signature", "").split(" "))


def is_line_webhook(channel_secret: bytes, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether `X-Line-Signature` is base64 of the HMAC-SHA256 of the body."""
    expected = base64.b64encode(hmac.new(channel_secret, body, hashlib.sha256).digest()).decode()
    return _same(expected, headers.get("x-line-signature", ""))


def is_twilio_request(token: bytes, headers: Mapping[str, str], url: str, form: Iterable[tuple[str, str]]) -> bool:
    """Whether `X-Twilio-Signature` is base64 of the HMAC-SHA1 of the URL and the form's fields, sorted by name.

    `url` is the one that Twilio was given, with its query.
    """
    said = url + "".join(name + value for name, value in sorted(set(form)))
    expected = base64.b64encode(hmac.new(token, said.encode(), hashlib.sha1).digest()).decode()
    return _same(expected, headers.get("x-twilio-signature", ""))


def _same(expected: str, given: str) -> bool:
    # As bytes: strings that aren't ASCII can't be compared so.
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape"))
