"""Links by which whoever gets a message says that they want no more: signed, without anything that shows a person.

`<base>/u/<token>`; the token is base64url of `["<sync>", "<key>"]`, a dot, and base64url of its HMAC-SHA256. It doesn't
expire: whoever finds a message of years ago can still say no.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json


def make_token(secret: bytes, sync: str, key: str) -> str:
    """Return the token for one row of a sync."""
    said = json.dumps([sync, key], ensure_ascii=False, separators=(",", ":")).encode()
    return f"{_coded(said)}.{_coded(_signature(secret, said))}"


def read_token(secret: bytes, token: str) -> tuple[str, str] | None:
    """Return sync and key of a token; None if it isn't one of ours."""
    said, dot, signature = token.partition(".")
    try:
        content, given = _decoded(said), _decoded(signature)
    except (binascii.Error, ValueError):
        return None
    if not dot or not hmac.compare_digest(given, _signature(secret, content)):
        return None
    sync, key = json.loads(content)
    return sync, key


def _signature(secret: bytes, said: bytes) -> bytes:
    return hmac.new(secret, b"unsubscribe\n" + said, hashlib.sha256).digest()


def _coded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
