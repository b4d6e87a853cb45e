"""An e-mail as it goes over the wire: addresses, headers and parts (RFC 5322, 2047, 8058)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy

LINK = "list-unsubscribe"
LONGEST_MAILBOX, LONGEST_ADDRESS = 64, 254
MAILBOX = re.compile(r"[^\s\x00-\x1f\x7f()<>\[\]:;@\\,\".]+(\.[^\s\x00-\x1f\x7f()<>\[\]:;@\\,\".]+)*")
DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


class MailPolicy(EmailPolicy):
    """Headers as the library folds them, but for a link: a long one would be coded as words, which no mailbox reads."""

    def fold(self, name: str, value: str) -> str:
        """Return a header's lines."""
        return f"{name}: {value}\r\n" if name.lower() == LINK else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return a header's lines as bytes."""
        return self.fold(name, value).encode() if name.lower() == LINK else super().fold_binary(name, value)


# 7 bits only: whatever relays lie between, Thai arrives as it was written.
POLICY = MailPolicy(cte_type="7bit", linesep="\r\n", max_line_length=78)


def checked_address(text: str, name: str = "") -> Address | None:
    """Return an address, its domain as the DNS has it (คน.ไทย is xn--42c6b.xn--o3cw4h); None if it isn't one."""
    mailbox, _, domain = unicodedata.normalize("NFC", text.strip()).rpartition("@")
    try:
        coded = domain.encode("idna").decode().lower()
    except UnicodeError:
        return None
    is_sound = MAILBOX.fullmatch(mailbox) and DOMAIN.fullmatch(coded)
    is_short = len(mailbox.encode()) <= LONGEST_MAILBOX and len(mailbox.encode()) + len(coded) < LONGEST_ADDRESS
    return Address(one_line(name), mailbox, coded) if is_sound and is_short else None


def one_line(text: str) -> str:
    """Return a text that fits in a header: no line breaks, no control signs; a header can't be put in by a name."""
    visible = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text)
    return " ".join(visible.split())


def compose(
    sender: Address, to: Address, texts: Mapping[str, str], message_id: str, unsubscribe_url: str
) -> EmailMessage:
    """Put an e-mail together: plain text, HTML beside it if there is any, and the headers by which one click ends it.

    There is no Date: it is put in when the message goes, so that a preview is always the same.
    """
    message = EmailMessage(POLICY if to.username.isascii() else POLICY.clone(utf8=True))
    message["From"] = sender
    message["To"] = to
    message["Subject"] = one_line(texts["subject.txt"])
    message["Message-ID"] = message_id
    message["List-Unsubscribe"] = f"<{unsubscribe_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(texts["body.txt"])
    if "body.html" in texts:
        message.add_alternative(texts["body.html"], subtype="html")
    return message
