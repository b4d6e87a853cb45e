"""The receiver: HTTP endpoints for what comes back. It knows secrets and writes files; it opens no table of the bank.

    POST /events/<source>   Standard Webhooks, secret CARDINAL_SECRET_<SOURCE>
    POST /line              X-Line-Signature, the channel's secret in CARDINAL_SECRET_LINE_CHANNEL
    POST /sms/status?id=    X-Twilio-Signature, the account's token in CARDINAL_SECRET_TWILIO
    POST /sms/reply         likewise: who replies STOP
    GET, POST /u/<token>    the page and the click that unsubscribe, signed by the sync's unsubscribe_secret
    GET /health             that it runs, and counts

2xx means that it is on the disk. What has no secret isn't there.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from cardinal.activation.destinations.webhook import SECRET_PREFIX, decode_secret
from cardinal.activation.unsubscribe import read_token
from cardinal.errors import CardinalError
from cardinal.receiving import page
from cardinal.receiving.events import (
    EventError,
    read_events,
    read_line,
    read_sms_reply,
    read_sms_status,
    unsubscribed,
)
from cardinal.receiving.intake import Intake, OverloadedError
from cardinal.receiving.links import link_secrets
from cardinal.receiving.signatures import is_line_webhook, is_standard_webhook, is_twilio_request
from cardinal.receiving.spool import Spool
from cardinal.settings import Settings

LARGEST_BODY = 1_000_000
BODY_SECONDS = 10
SOURCE = re.compile(r"[a-z][a-z0-9_]{0,49}")
Endpoint = Callable[[Request], Awaitable[Response]]


class _RefusedError(Exception):
    def __init__(self, status: int, reason: str, **headers: str) -> None:
        super().__init__(reason)
        self.status, self.reason, self.headers = status, reason, headers


class Receiver:
    """The endpoints."""

    def __init__(self, settings: Settings, url: str | None, clock: Callable[[], float] = time.time) -> None:
        """`url` is the public address of this receiver, which Twilio signs."""
        self._settings, self._url, self._clock = settings, (url or "").rstrip("/"), clock
        self._links = link_secrets(settings)
        self.intake: Intake | None = None

    async def events(self, request: Request) -> Response:
        """Events of messages, signed as Standard Webhooks has it."""
        source = request.path_params["source"]
        coded = self._settings.secret(source) if SOURCE.fullmatch(source) else None
        if coded is None or not coded.startswith(SECRET_PREFIX):
            raise _RefusedError(404, "no such source")
        body = await _body(request)
        if not is_standard_webhook(_decoded(coded), request.headers, body, self._clock()):
            raise _RefusedError(401, "signature")
        message_id = request.headers["webhook-id"]
        if self._intake.has_seen(source, message_id):
            return JSONResponse({"taken": 0, "is_replay": True})
        taken, refused = read_events(source, _json(body), self._now())
        for _, reason in refused:
            self._intake.counts[f"refused: {reason}"] += 1
        if refused and not len(taken):
            raise _RefusedError(400, f"event {refused[0][0]}: {refused[0][1]}")
        await self._intake.take(taken)
        self._intake.remember(source, message_id)
        rejected = [{"index": number, "reason": reason} for number, reason in refused]
        return JSONResponse({"taken": len(taken), "rejected": rejected})

    async def line(self, request: Request) -> Response:
        """Who unfollows on LINE."""
        secret = self._secret("line_channel")
        body = await _body(request)
        if not is_line_webhook(secret, request.headers, body):
            raise _RefusedError(401, "signature")
        await self._intake.take(read_line(_json(body), self._now()))
        return Response(status_code=200)

    async def sms_status(self, request: Request) -> Response:
        """What became of an SMS, told by Twilio."""
        fields = await self._twilio(request)
        await self._intake.take(read_sms_status(fields, request.query_params.get("id"), self._now()))
        return Response(status_code=204)

    async def sms_reply(self, request: Request) -> Response:
        """What somebody replied to an SMS, passed on by Twilio."""
        await self._intake.take(read_sms_reply(await self._twilio(request), self._now()))
        return Response(status_code=204)

    async def ask(self, request: Request) -> Response:
        """The page with the button. It changes nothing: scanners of mail follow links too."""
        self._whose(request)
        return _page(page.ASK)

    async def unsubscribe(self, request: Request) -> Response:
        """The click on it, or that of a mail program (RFC 8058)."""
        sync, key = self._whose(request)
        await _body(request)
        await self._intake.take(unsubscribed(sync, key, self._now()))
        return _page(page.DONE)

    async def health(self, _: Request) -> Response:
        """Counts."""
        return JSONResponse({"status": "ok", "counts": dict(sorted(self._intake.counts.items()))})

    def answered(self, endpoint: Endpoint) -> Endpoint:
        """Let what is refused be answered and counted."""

        async def answer(request: Request) -> Response:
            try:
                return await endpoint(request)
            except _RefusedError as refused:
                self._intake.counts[f"refused: {refused.reason}"] += 1
                return JSONResponse({"reason": refused.reason}, refused.status, refused.headers)
            except EventError as error:
                self._intake.counts[f"refused: {error}"] += 1
                return JSONResponse({"reason": str(error)}, 400)
            except (OverloadedError, OSError) as error:
                reason = "overloaded" if isinstance(error, OverloadedError) else "it can't be written now"
                self._intake.counts[f"put off: {reason}"] += 1
                return JSONResponse({"reason": reason}, 503, {"retry-after": "5"})
            except ClientDisconnect:
                return Response(status_code=400)

        return answer

    @property
    def _intake(self) -> Intake:
        assert self.intake is not None  # noqa: S101 - it starts before the first request
        return self.intake

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def _secret(self, name: str) -> bytes:
        secret = self._settings.secret(name)
        if secret is None:
            raise _RefusedError(404, "not set up")
        return secret.encode()

    async def _twilio(self, request: Request) -> dict[str, str]:
        """The fields of a form that Twilio signed."""
        secret = self._secret("twilio")
        if not self._url:
            raise _RefusedError(404, "not set up: start the receiver with --url")
        fields = _form(await _body(request))
        query = f"?{request.url.query}" if request.url.query else ""
        if not is_twilio_request(secret, request.headers, f"{self._url}{request.url.path}{query}", fields):
            raise _RefusedError(401, "signature")
        return dict(fields)

    def _whose(self, request: Request) -> tuple[str, str]:
        found = (read_token(secret, request.path_params["token"]) for secret in self._links)
        whose = next((told for told in found if told), None)
        if whose is None:
            raise _RefusedError(404, "no such link")
        return whose


def make_app(
    settings: Settings, url: str | None = None, spool: Spool | None = None, clock: Callable[[], float] = time.time
) -> Starlette:
    """Make the application; it opens the spool of the home when it starts."""
    receiver = Receiver(settings, url, clock)

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        receiver.intake = Intake(spool or Spool(settings))
        receiver.intake.start()
        yield
        await receiver.intake.stop()

    routes: list[tuple[str, str, Endpoint]] = [
        ("POST", "/events/{source}", receiver.events),
        ("POST", "/line", receiver.line),
        ("POST", "/sms/status", receiver.sms_status),
        ("POST", "/sms/reply", receiver.sms_reply),
        ("GET", "/u/{token}", receiver.ask),
        ("POST", "/u/{token}", receiver.unsubscribe),
        ("GET", "/health", receiver.health),
    ]
    return Starlette(
        routes=[Route(path, receiver.answered(endpoint), methods=[method]) for method, path, endpoint in routes],
        lifespan=life,
    )


async def _body(request: Request) -> bytes:
    """Read no more than is allowed, whatever the request says of its length, and not for ever."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > LARGEST_BODY:
        raise _RefusedError(413, "too large")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_BODY:
                    raise _RefusedError(413, "too large")
    except TimeoutError:
        raise _RefusedError(408, "too slow") from None
    return bytes(body)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise EventError("not JSON") from None


def _form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        raise EventError("not a form") from None


def _decoded(coded: str) -> bytes:
    try:
        return decode_secret(coded)
    except CardinalError:
        raise _RefusedError(404, "no such source") from None


def _page(content: str) -> Response:
    return HTMLResponse(content, headers=page.HEADERS)
