"""A mail server on this machine that keeps its letters, and misbehaves as it is told."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER, PASSWORD = "news", "p4ss"


@dataclass
class Office:
    """What arrived, and what is to be said to the next senders, addresses and texts: a line, or a fault.

    Faults of texts: "hang up before" and "hang up after" taking it, "late": it is taken and never answered,
    "unreadable": it is taken, and the answer has no number.
    """

    letters: list[tuple[str, EmailMessage]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    at_text: Callable[[int], None] = lambda _: None
    after_text: Callable[[int], None] = lambda _: None

    async def handle_EHLO(self, _server: Any, session: Any, _envelope: Any, name: str, lines: list[str]) -> list[str]:  # noqa: N802
        session.host_name = name
        self.connections += 1
        return lines

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        said = self.senders.pop(0) if self.senders else "250 OK"
        if said.startswith("2"):
            envelope.mail_from, envelope.mail_options = address, options
        return said

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        said = self.addresses.get(address, "250 OK")
        if said.endswith("hang up"):
            said = "450 4.2.1 busy" if "for now" in said else "550 5.1.1 no such user"
            await server.push(said)
            server.transport.close()
            await asyncio.sleep(0)
        if said.startswith("2"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        number = len(self.letters)
        self.at_text(number)
        said = self.texts.pop(0) if self.texts else "250 OK"
        if said.startswith("2") or said in ("hang up after", "late", "unreadable"):
            letter = message_from_bytes(envelope.content, policy=default)
            self.raw.append(envelope.content)
            self.letters += [(address, letter) for address in envelope.rcpt_tos]
        self.after_text(number)
        if said == "late":
            await asyncio.sleep(1)
        if said.startswith("hang up"):
            server.transport.abort()
        if said == "unreadable":
            return "OK queued"
        return said if said[0].isdigit() else "250 OK"


def _authenticate(*arguments: Any) -> AuthResult:
    login = arguments[-1]
    is_right = isinstance(login, LoginPassword) and login == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=is_right)


@contextmanager
def open_office(office: Office, tls: ssl.SSLContext | None = None, needs_login: bool = False) -> Iterator[Office]:
    """Let an office listen on a free port of this machine."""
    options: dict[str, Any] = {"tls_context": tls, "require_starttls": tls is not None, "enable_SMTPUTF8": True}
    if needs_login:
        options |= {"authenticator": _authenticate, "auth_required": True, "auth_require_tls": tls is not None}
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listening = loop.create_server(lambda: SMTP(office, loop=loop, **options), "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(listening, loop).result()
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def make_certificate(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate for a name; returns its file, for those who are to trust it, and a server's context."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / f"{name}.pem", folder / f"{name}.key"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context
