"""The signature, and what answers mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from cardinal.activation.declaration import SyncError
from cardinal.activation.destination import (
    AccessRefusedError,
    BatchRefusedError,
    ThrottledError,
    UnavailableError,
)
from cardinal.activation.destinations.catalogue import open_destination
from cardinal.activation.destinations.webhook import NO_CODE, _read, decode_secret, sign
from tests.unit.activation.desk import desk
from tests.unit.activation.destinations.receiver import CODED_SECRET, SECRET, Receiver, listening

# The example of the specification (standard-webhooks/spec, "Signature scheme").
EXAMPLE = {
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "message_id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "timestamp": 1614265330,
    "body": b'{"test": 2432232314}',
    "signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def test_the_signature_is_that_of_standard_webhooks() -> None:
    secret = decode_secret(str(EXAMPLE["secret"]))
    found = sign(secret, str(EXAMPLE["message_id"]), int(str(EXAMPLE["timestamp"])), b'{"test": 2432232314}')
    assert found == EXAMPLE["signature"]


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64!", "plain text", "whsec_YQ=b"])
def test_a_secret_of_another_form_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(SyncError) as raised:
        decode_secret(secret)
    shown = secret.removeprefix("whsec_")
    assert not shown or shown not in str(raised.value)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, BatchRefusedError), (413, BatchRefusedError), (422, BatchRefusedError), (401, AccessRefusedError),
        (403, AccessRefusedError), (404, AccessRefusedError), (429, ThrottledError), (500, UnavailableError),
        (502, UnavailableError), (503, UnavailableError), (302, UnavailableError), (408, UnavailableError),
    ],
)  # fmt: skip
def test_what_a_status_means(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        _read(httpx.Response(status))


def test_retry_after_is_seconds_or_a_date() -> None:
    for status, header, low, high in (
        (429, "12.5", 12.5, 12.5),
        (503, "3", 3, 3),
        (429, format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True), 50, 60),
        (429, format_datetime(datetime.now(UTC) - timedelta(seconds=60), usegmt=True), 0, 0),
    ):
        with pytest.raises(ThrottledError) as raised:
            _read(httpx.Response(status, headers={"retry-after": header}))
        assert raised.value.wait_seconds is not None
        assert low <= raised.value.wait_seconds <= high
    with pytest.raises(ThrottledError) as raised:
        _read(httpx.Response(429, headers={"retry-after": "soon"}))
    assert raised.value.wait_seconds is None


def test_rows_named_in_an_answer_are_rejected_or_wait() -> None:
    rejected = [{"id": "a", "reason": "bad_phone"}, {"id": "b", "is_retryable": True}, "nonsense"]
    answer = _read(httpx.Response(207, json={"rejected": rejected}))
    assert (answer.rejected, answer.postponed) == ({"a": "bad_phone"}, {"b": NO_CODE})
    for content in (b"", b"<html>", b"[]", b'{"rejected": "none"}'):
        assert not _read(httpx.Response(200, content=content)).rejected


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ("INVALID_PHONE", True), ("contact.not-found", True), ("5.1.1", True), (4001, True), ("E10001", True),
        ("somchai@example.org is unknown", False), ("+66812345678", False), ("0812345678", False),
        ("081-234-5678", False), ("1985-03-12", False), ("สมชาย", False), ("code\n", False), ("x" * 61, False),
        ("0" * 100_000, False), ("", False), (None, False), ({"phone": "0812"}, False),
    ],
)  # fmt: skip
def test_a_reason_is_kept_only_where_it_is_a_code(reason: object, kept: bool) -> None:
    """A receiver's own words may show the person, and reasons go where nothing may show anybody."""
    answer = _read(httpx.Response(200, json={"rejected": [{"id": "a", "reason": reason}]}))
    assert answer.rejected == {"a": str(reason) if kept else NO_CODE}


def test_a_declared_webhook_signs_with_the_secret_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening(Receiver()) as receiver:
        table = desk(tmp_path / "home", receiver.url)
        table.publish([("p0", "0")])
        with pytest.raises(SyncError, match="CARDINAL_SECRET_TEST"):
            open_destination(table.sync, table.settings)
        monkeypatch.setenv("CARDINAL_SECRET_TEST", CODED_SECRET)
        assert decode_secret(CODED_SECRET) == SECRET
        table.apply(target=open_destination(table.sync, table.settings))
        assert list(receiver.rows) == ["p0"]


def test_a_wrong_signature_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDINAL_SECRET_TEST", "whsec_b3RoZXI=")
    with listening(Receiver()) as receiver:
        table = desk(tmp_path / "home", receiver.url)
        table.publish([("p0", "0")])
        outcome = table.apply(target=open_destination(table.sync, table.settings))
    assert outcome and outcome.status == "stopped" and "401" in str(outcome.message)


def test_people_are_sent_over_tls_only(tmp_path: Path) -> None:
    table = desk(tmp_path / "home", "http://example.com/hook")
    with pytest.raises(SyncError, match="must begin with https://"):
        open_destination(table.sync, table.settings)
