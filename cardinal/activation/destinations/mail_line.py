"""A line to an SMTP server (RFC 5321): a message in two steps, so that it is known when it may arrive."""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage

# How the line is kept from being read, and the usual port.
PORTS = {"starttls": 587, "implicit": 465, "none": 25}
ENHANCED = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b")
MAILBOX_IN_UTF8, GO_ON = (553, b"5.6.7"), 354


@dataclass(frozen=True)
class Account:
    """Where, how (a key of PORTS) and as whom to log in; nobody without a user."""

    host: str
    port: int
    tls: str
    user: str | None
    password: str | None = field(repr=False)
    timeout_seconds: float


@dataclass(frozen=True)
class Reply:
    """What the server said, and to what: `sender`, `address`, `start` (of the text) or `text`."""

    step: str
    code: int
    said: bytes

    @property
    def is_yes(self) -> bool:
        """Whether it goes on, or took the message."""
        return self.code == GO_ON if self.step == "start" else 200 <= self.code < 300

    @property
    def is_no(self) -> bool:
        """Whether it says no. Neither yes nor no is a line that isn't SMTP's: it says nothing."""
        return 400 <= self.code < 600

    @property
    def reason(self) -> str:
        """The codes. What stands behind them may name people."""
        enhanced = ENHANCED.match(self.said)
        return f"status {self.code}" + (f" {enhanced[1].decode()}" if enhanced else "")


class Line:
    """One connection."""

    def __init__(self, account: Account) -> None:
        """Connect and log in; raises smtplib's errors, which are OSErrors, where that fails."""
        context, seconds = ssl.create_default_context(), account.timeout_seconds
        self._line = (
            smtplib.SMTP_SSL(account.host, account.port, timeout=seconds, context=context)
            if account.tls == "implicit"
            else smtplib.SMTP(account.host, account.port, timeout=seconds)
        )
        try:
            if account.tls == "starttls":
                self._line.starttls(context=context)
            self._line.ehlo_or_helo_if_needed()
            if account.user is not None:
                self._line.login(account.user, account.password or "")
        except BaseException:
            self._line.close()
            raise

    def is_up(self) -> bool:
        """Whether the server still listens."""
        try:
            return self._line.noop()[0] == 250
        except OSError:
            return False

    def begin(self, sender: Address, to: Address) -> Reply:
        """Say from whom and to whom, up to where the text is asked for; nothing arrives by that."""
        options = [] if to.username.isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
        if options and not self._line.has_extn("smtputf8"):
            return Reply("address", *MAILBOX_IN_UTF8)
        reply = Reply("sender", *self._line.mail(sender.addr_spec, options))
        if reply.is_yes:
            reply = Reply("address", *self._line.rcpt(to.addr_spec))
        if reply.is_yes:
            reply = Reply("start", *self._line.docmd("DATA"))
        if not reply.is_yes:
            # A server may hang up on a refusal: what it refused is known all the same.
            with suppress(OSError):
                self._line.rset()
        return reply

    def finish(self, message: EmailMessage) -> Reply:
        """Hand over the text. An error here leaves open whether it arrives."""
        content = re.sub(rb"(?m)^\.", b"..", message.as_bytes())
        self._line.send(content + (b"" if content.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        return Reply("text", *self._line.getreply())

    def close(self) -> None:
        """Hang up."""
        self._line.close()
