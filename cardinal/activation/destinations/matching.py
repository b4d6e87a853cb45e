"""What platforms match people by: e-mail addresses, numbers and names, written and hashed as each of them has it.

Each platform has rules of its own, and a value written by another's is another person there. Three things hold for
all: text is NFC (NFKC takes a Thai vowel apart), punctuation goes by its Unicode category (`\\W` drops Thai vowels and
tone marks), and nothing empty or hashed already is ever hashed.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable

HASHED = re.compile(r"[0-9a-f]{64}")
E164 = re.compile(r"\+[1-9]\d{6,14}")
Normalise = Callable[[str], str | None]


def _text(value: str) -> str:
    return unicodedata.normalize("NFC", value).strip().lower()


def _letters(value: str) -> str:
    """Return a text in lower case without punctuation and signs; what belongs to letters stays."""
    return "".join(sign for sign in _text(value) if unicodedata.category(sign)[0] not in "PS")


def meta_email(value: str) -> str | None:
    """Meta: trimmed, in lower case."""
    return _text(value) or None


def meta_phone(value: str) -> str | None:
    """Meta: digits with the country's code, without the plus."""
    return value.strip().removeprefix("+") if E164.fullmatch(value.strip()) else None


def meta_name(value: str) -> str | None:
    """Meta, first and last names: trimmed, in lower case, without punctuation; every script stays."""
    return _letters(value).strip() or None


def meta_place(value: str) -> str | None:
    """Meta, cities and states: likewise, without blanks."""
    return "".join(_letters(value).split()) or None


def google_email(value: str) -> str | None:
    """Google: in lower case, without blanks; the dots of Gmail's mailboxes go, what is behind a plus stays."""
    return _without_dots("".join(_text(value).split()), {"gmail.com", "googlemail.com"})


def google_phone(value: str) -> str | None:
    """Google: E.164 with the plus."""
    return value.strip() if E164.fullmatch(value.strip()) else None


def google_name(value: str) -> str | None:
    """Google, given and family names: in lower case, without punctuation and blanks."""
    return "".join(_letters(value).split()) or None


def uid2_email(value: str) -> str | None:
    """UID2 and The Trade Desk: in lower case, without blanks; of gmail.com without dots and what is behind a plus."""
    mailbox, at, domain = "".join(_text(value).split()).partition("@")
    if domain == "gmail.com":
        mailbox = mailbox.partition("+")[0]
    return _without_dots(mailbox + at + domain, {"gmail.com"})


def uid2_phone(value: str) -> str | None:
    """UID2 and The Trade Desk: E.164 with the plus."""
    return google_phone(value)


def hex_hash(value: str | None, normalise: Normalise) -> str | None:
    """Return the SHA-256 of a value in hexadecimal digits (Meta, Google); None where there is nothing to match by."""
    digest = _digest(value, normalise)
    return digest.hex() if digest else None


def base64_hash(value: str | None, normalise: Normalise) -> str | None:
    """Return the SHA-256 of a value in base64 (UID2, The Trade Desk); None where there is nothing to match by."""
    digest = _digest(value, normalise)
    return base64.b64encode(digest).decode() if digest else None


def _digest(value: str | None, normalise: Normalise) -> bytes | None:
    """Hash a value. Whoever hashes what is empty makes all people without it one person."""
    written = normalise(value) if value else None
    if not written or HASHED.fullmatch(written):
        return None
    return hashlib.sha256(written.encode()).digest()


def _without_dots(address: str, domains: set[str]) -> str | None:
    mailbox, at, domain = address.partition("@")
    if domain in domains:
        mailbox = mailbox.replace(".", "")
    return mailbox + at + domain if mailbox and domain else None
