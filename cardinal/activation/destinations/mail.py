"""E-mail by SMTP: a message a row, over TLS, with a link that unsubscribes in one click (RFC 8058).

SMTP knows no message again. Each is written into the journal before its text goes and after the answer, and what was in
the air when the line broke is not sent again.
"""

from __future__ import annotations

import smtplib
import ssl
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import AccessRefusedError, Answer, Batch, Row, UnavailableError
from cardinal.activation.destinations.http import LOOPBACK, needed_secret, safe_url
from cardinal.activation.destinations.mail_line import PORTS, Account, Line, Reply
from cardinal.activation.destinations.mail_message import checked_address, compose
from cardinal.activation.destinations.messaging import NotSaidError, came_of, check_messages, say_each
from cardinal.activation.journal import Journal
from cardinal.activation.templates import Message, Templates, check_shows, load_message, why
from cardinal.activation.unsubscribe import make_token
from cardinal.settings import Settings

AUTHENTICATE = {530, 534, 535, 538}
CLOSING, PERMANENT = 421, 500
PREVIEWED = Address("", "somebody", "example.com")


class Mail:
    """One sender on one server; the connection stays open from batch to batch."""

    def __init__(
        self,
        account: Account,
        sender: Address,
        templates: Templates,
        said_why: str,
        unsubscribe: tuple[str, bytes],
        journal: Journal,
    ) -> None:
        """`unsubscribe` is where links lead, and the key that signs them."""
        self._account, self._sender, self._templates, self._why = account, sender, templates, said_why
        self._unsubscribe, self._journal = unsubscribe, journal
        self._line: Line | None = None

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> Mail:
        """Make it from a declaration: host, port, tls, user, secret, from, template, unsubscribe_url and its secret."""
        check_messages(sync, "an e-mail address")
        unsubscribe = safe_url(sync, "unsubscribe_url"), needed_secret(sync, settings, "unsubscribe_secret").encode()
        return cls(
            _account(sync, settings),
            _sender(sync),
            mail_templates(sync, settings),
            why(sync, settings),
            unsubscribe,
            Journal(settings.outbox),
        )

    def send(self, batch: Batch) -> Answer:
        """Send each row's message; one that can't go now goes in the next run, and harms no other."""
        return say_each(self._journal, batch, lambda row: self._say(batch.sync, row))

    def was_taken(self, batch_key: str) -> bool | None:
        """A server can't be asked; the journal knows each message."""
        return None

    def came_of(self, sync: str, key: str) -> tuple[str, str | None] | None:
        """Ask the journal what came of a message."""
        return came_of(self._journal, sync, key)

    def close(self) -> None:
        """Hang up."""
        self._hang_up()
        self._journal.close()

    def _say(self, sync: str, row: Row) -> None:
        address = checked_address(str(row.fields.get("to") or ""))
        if address is None:
            raise NotSaidError("to is no e-mail address")
        template = self._templates.for_row(row.fields)
        message = composed(sync, row, self._sender, address, template, self._why, self._unsubscribe)
        message["Date"] = format_datetime(datetime.now(UTC))
        try:
            reply = self._hand_over(sync, row, address, message)
        except OSError as error:
            self._hang_up()
            raise UnavailableError(type(error).__name__) from None
        if not reply.is_yes:
            raise NotSaidError(reply.reason, is_final=reply.code >= PERMANENT)

    def _hand_over(self, sync: str, row: Row, to: Address, message: EmailMessage) -> Reply:
        """Hand a message over; returns the server's last word. An OSError leaves it in doubt if its text was sent."""
        line = self._connected()
        reply = line.begin(self._sender, to)
        if not reply.is_yes:
            self._check(reply)
            if reply.step == "sender":
                # No address was named yet: it says nothing of the row.
                refused = AccessRefusedError if reply.code >= PERMANENT else UnavailableError
                raise refused(f"the sender isn't taken: {reply.reason}")
            return reply
        self._journal.begin(sync, row.key)
        reply = line.finish(message)
        if reply.is_yes:
            self._journal.say(sync, row.key)
        elif reply.is_no:
            self._journal.drop(sync, row.key)
            self._check(reply)
        else:
            # It may have been taken: it stays begun.
            self._hang_up()
            raise UnavailableError(reply.reason)
        return reply

    def _check(self, reply: Reply) -> None:
        if reply.code == CLOSING:
            self._hang_up()
            raise UnavailableError(reply.reason)
        if reply.code in AUTHENTICATE:
            raise AccessRefusedError(reply.reason)

    def _connected(self) -> Line:
        """Return a line that is up: servers hang up on those who say nothing for a while."""
        if self._line is not None and not self._line.is_up():
            self._hang_up()
        if self._line is None:
            try:
                self._line = Line(self._account)
            except smtplib.SMTPResponseException as error:
                # 454 and its like: it can't look up passwords now.
                is_final = isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= PERMANENT
                refused = AccessRefusedError if is_final else UnavailableError
                raise refused(f"the server doesn't let us in: status {error.smtp_code}") from None
            except ssl.SSLCertVerificationError:
                raise AccessRefusedError("the server's certificate isn't good for its name") from None
            except smtplib.SMTPServerDisconnected:
                raise
            except smtplib.SMTPException:
                raise AccessRefusedError("the server offers no STARTTLS, or no way to log in that we know") from None
        return self._line

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None


def composed(
    sync: str,
    row: Row,
    sender: Address,
    to: Address,
    message: Message,
    said_why: str,
    unsubscribe: tuple[str, bytes],
) -> EmailMessage:
    """Return a row's message.

    Raises:
        UnfilledError: The row doesn't fill the template.
    """
    base, secret = unsubscribe
    url = f"{base}/u/{make_token(secret, sync, row.key)}"
    texts = message.fill({**row.fields, "why": said_why, "unsubscribe_url": url})
    return compose(sender, to, texts, f"<{row.row_id}@{sender.domain}>", url)


def mail_templates(sync: Sync, settings: Settings) -> Templates:
    """Read the templates of a sync, each body of which has to say why it was sent and how to end it."""
    return Templates(sync, lambda name: _load(sync, settings, name))


def preview(sync: Sync, settings: Settings, row: Row) -> str:
    """Return a row's message as people read it, and send nothing; its link leads nowhere."""
    unsubscribe = safe_url(sync, "unsubscribe_url"), b"preview"
    template = mail_templates(sync, settings).for_row(row.fields)
    message = composed(sync.name, row, _sender(sync), PREVIEWED, template, why(sync, settings), unsubscribe)
    headers = "\n".join(f"{name}: {message[name]}" for name in ("From", "To", "Subject", "List-Unsubscribe"))
    bodies = [str(part.get_content()) for part in message.walk() if not part.is_multipart()]
    return "\n\n".join([headers, *bodies])


def _load(sync: Sync, settings: Settings, name: str) -> Message:
    given = ("why", "unsubscribe_url")
    message = load_message(sync, settings, name, ("subject.txt", "body.txt"), given)
    check_shows(sync, message, given)
    return message


def _account(sync: Sync, settings: Settings) -> Account:
    given = sync.destination
    host, tls, user = str(given.get("host", "")), str(given.get("tls", "starttls")), given.get("user")
    if not host or tls not in PORTS:
        raise SyncError(f"sync {sync.name}: destination.host is missing, or destination.tls none of {', '.join(PORTS)}")
    if host not in LOOPBACK and (tls == "none" or not user):
        raise SyncError(f"sync {sync.name}: {host} is another machine: destination needs a user, and tls")
    port = given.get("port", PORTS[tls])
    if not isinstance(port, int):
        raise SyncError(f"sync {sync.name}: destination.port must be a number")
    password = needed_secret(sync, settings) if user else None
    return Account(host, port, tls, str(user) if user else None, password, sync.delivery.timeout_seconds)


def _sender(sync: Sync) -> Address:
    name, text = parseaddr(str(sync.destination.get("from", "")))
    address = checked_address(text, name)
    if address is None or not address.username.isascii():
        raise SyncError(f"sync {sync.name}: destination.from must be an address: Bank <news@bank.example>")
    return address
