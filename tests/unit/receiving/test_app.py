"""What is taken, what is refused, and what it becomes; over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from cardinal.activation.destinations.webhook import sign
from cardinal.activation.unsubscribe import make_token
from cardinal.ingestion.run import ingest
from cardinal.settings import Settings
from tests.unit.receiving.serving import KEY, LINE, TWILIO, UNSUBSCRIBE, URL, Sender, receiving

ROW = str(uuid.uuid5(uuid.NAMESPACE_URL, "row"))
NOW = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
PHONE = "+66812345679"
USER = "U" + "0123456789abcdef" * 2


def event(kind: str = "opened", **changes: Any) -> dict[str, Any]:
    return {"kind": kind, "id": ROW, "occurred_at": NOW, **changes}


def reason(response: httpx.Response, status: int) -> str:
    assert response.status_code == status, response.text
    return str(response.json()["reason"])


def test_events_become_rows_that_name_nobody(sender: Sender) -> None:
    told = [
        event("delivered"),
        event("clicked", link="https://bank.example/offer?customer=somchai", email="a@example.org"),
        event("bounced", reason="550 5.1.1 <somchai@example.org> unknown"),
        event("bounced", is_permanent=False, reason="4.2.2"),
        event("converted", amount=1500.5, currency="THB"),
    ]
    answer = sender.post({"events": told})
    assert answer.json() == {"taken": 5, "rejected": []}
    rows = sender.rows()
    assert [row["event_type"] for row in rows] == ["delivered", "clicked", "bounced", "deferred", "converted"]
    assert {row["row_id"] for row in rows} == {ROW}
    assert rows[1]["link_url"] == "https://bank.example/offer"
    assert [row.get("failure_reason") for row in rows] == [None, None, None, "4.2.2", None]
    assert (rows[4]["sale_amount"], rows[4]["currency_code"]) == ("1500.5", "THB")
    assert "somchai" not in json.dumps(rows) and "example.org" not in json.dumps(rows)
    # A full mailbox withdraws nobody.
    assert [(one["reason"], one["row_id"]) for one in sender.withdrawals()] == [("bounced", ROW)]


def test_what_was_taken_goes_through_ingestion_once(home: Settings) -> None:
    with receiving(home) as sender:
        for _ in range(2):
            assert sender.post([event("delivered"), event("unsubscribed")]).json()["taken"] == 2
    report = ingest(home)
    assert not report.rejected_files and not any(batch.rejects for batch in report.batches)
    rows = sender.rows(pattern="*.jsonl")
    assert len(rows) == 4 and len({row["message_event_id"] for row in rows}) == 2
    assert not sender.rows(pattern="*.part")


@pytest.mark.parametrize(
    ("headers", "secret"),
    [
        ({"webhook-signature": "v1,bm9wZQ=="}, KEY),
        ({"webhook-signature": "v1,น"}, KEY),
        ({"webhook-timestamp": "0"}, KEY),
        ({"webhook-timestamp": "soon"}, KEY),
        ({"webhook-id": "msg_another"}, KEY),
    ],
)
def test_wrong_signatures_are_refused_and_leave_nothing(sender: Sender, headers: dict[str, str], secret: bytes) -> None:
    raw = {name: value.encode() for name, value in headers.items()}
    assert reason(sender.post([event()], **raw), 401) == "signature"  # type: ignore[arg-type]
    assert not sender.rows()


def test_a_signature_of_another_time_or_body_is_refused_and_one_of_several_suffices(sender: Sender) -> None:
    body, now = json.dumps(event()).encode(), int(time.time())

    def post(moment: int, signature: str) -> int:
        headers = {"webhook-id": "m", "webhook-timestamp": str(moment), "webhook-signature": signature}
        return sender.client.post("/events/mailer", content=body, headers=headers).status_code

    assert post(now - 301, sign(KEY, "m", now - 301, body)) == 401
    assert post(now + 330, sign(KEY, "m", now + 330, body)) == 401
    assert post(now, sign(KEY, "m", now, body + b" ")) == 401
    assert post(now, f"v1a,xyz {sign(b'old', 'm', now, body)} {sign(KEY, 'm', now - 0, body)}") == 200


def test_a_replay_changes_nothing(sender: Sender) -> None:
    assert sender.post([event()], "msg_same").json()["taken"] == 1
    assert sender.post([event()], "msg_same").json() == {"taken": 0, "is_replay": True}
    assert len(sender.rows()) == 1


@pytest.mark.parametrize("source", ["nobody", "meta", "UNSUBSCRIBE", "%2e%2e"])
def test_what_is_no_source_is_not_there(sender: Sender, source: str) -> None:
    assert sender.client.post(f"/events/{source}", content=b"{}").status_code == 404


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"not json", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "expected an event"),
        (b'"word"', "expected an event"),
        ([[]], "event 0: an event must be an object"),
        ([event(["opened"])], "event 0: kind must be one of delivered"),  # type: ignore[arg-type]
        ([event(id="p0001")], "event 0: id must be the id of the row"),
        ([event(occurred_at="2026-01-01T00:00:00")], "event 0: occurred_at must be an ISO 8601 time with an offset"),
        ([event(occurred_at="1970-01-01T00:00:00Z")], "event 0: occurred_at is more than 400 days ago"),
        ([event("converted", amount="1e99", currency="THB")], "event 0: amount must be a number"),
    ],
)
def test_nonsense_is_refused_with_a_reason_and_counted(sender: Sender, content: Any, why: str) -> None:
    assert reason(sender.post(content), 400).startswith(why)
    counts = sender.client.get("/health").json()["counts"]
    assert any(name.startswith("refused: ") for name in counts)
    assert not sender.rows()


def test_a_bad_event_harms_no_other(sender: Sender) -> None:
    answer = sender.post([event(), event(id="nobody"), event("delivered")])
    assert answer.json() == {
        "taken": 2, "rejected": [{"index": 1, "reason": "id must be the id of the row that was sent"}],
    }  # fmt: skip
    assert len(sender.rows()) == 2


def test_half_a_letter_in_a_link_harms_no_other(sender: Sender) -> None:
    """A link that was cut within an emoji is legal JSON, and can't be written down."""
    for link in ("https://bank.example/a\ud83d", "https://bank\ud83d.example/a"):
        answer = sender.post({"events": [event("unsubscribed"), event("clicked", link=link)]})
        assert (answer.status_code, answer.text) == (200, '{"taken":2,"rejected":[]}')
    assert [row.get("link_url") for row in sender.rows()] == [None] * 4
    assert {one["reason"] for one in sender.withdrawals()} == {"unsubscribed"}


def test_too_much_is_refused_whatever_its_length_says(sender: Sender) -> None:
    assert reason(sender.post(b" " * 1_000_001), 413) == "too large"
    chunks = (b" " * 100_000 for _ in range(20))
    assert sender.client.post("/events/mailer", content=chunks).status_code == 413


def test_following_a_link_changes_nothing_and_the_click_unsubscribes_once_a_day(sender: Sender) -> None:
    token = make_token(UNSUBSCRIBE.encode(), "win_back", "pก1")
    page = sender.client.get(f"/u/{token}")
    assert page.status_code == 200 and '<form method="post">' in page.text
    assert not sender.rows() and not sender.withdrawals()
    for _ in range(2):
        click = sender.client.post(f"/u/{token}", content=b"List-Unsubscribe=One-Click")
        assert click.status_code == 200 and "set-cookie" not in click.headers
    rows = sender.rows()
    assert {(row["event_type"], row["sync"], row["row_key"]) for row in rows} == {("unsubscribed", "win_back", "pก1")}
    assert len({row["message_event_id"] for row in rows}) == 1
    assert {(one["sync"], one["key"]) for one in sender.withdrawals()} == {("win_back", "pก1")}
    for other in (token[:-2], "x", make_token(b"another", "win_back", "pก1")):
        assert sender.client.post(f"/u/{other}").status_code == 404


def test_a_link_holds_by_whatever_its_sync_signs_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped example signs by a secret of another name than the usual one."""
    sync = {
        "model": "audiences.sync_email__win_back", "database": "restricted", "key": "person_id", "mode": "append",
        "columns": ["email"], "destination": {"type": "email", "unsubscribe_secret": "links"},
    }  # fmt: skip
    (tmp_path / "activation").mkdir()
    (tmp_path / "activation" / "syncs.yml").write_text(json.dumps({"syncs": {"win_back": sync}}))
    monkeypatch.delenv("CARDINAL_SECRET_UNSUBSCRIBE", raising=False)
    monkeypatch.setenv("CARDINAL_SECRET_LINKS", "l1nks")
    with receiving(Settings(tmp_path / "home", project_dir=tmp_path)) as sender:
        for secret, status in ((b"l1nks", 200), (UNSUBSCRIBE.encode(), 404), (b"", 404)):
            assert sender.client.post(f"/u/{make_token(secret, 'win_back', 'p1')}").status_code == status
        assert len(sender.withdrawals()) == 1


def test_who_unfollows_on_line_withdraws_and_who_follows_does_not_agree(sender: Sender) -> None:
    def post(body: bytes, secret: str = LINE) -> int:
        signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
        return sender.client.post("/line", content=body, headers={"x-line-signature": signature}).status_code

    said = {"source": {"type": "user", "userId": USER}, "timestamp": int(time.time() * 1000), "webhookEventId": "e1"}
    body = json.dumps({"destination": "x", "events": [{"type": "unfollow", **said}, {"type": "follow", **said}]})
    assert post(body.encode(), "another") == 401
    assert [post(body.encode()) for _ in range(2)] == [200, 200]
    assert post(b'{"destination": "x", "events": []}') == 200
    assert post(b'{"events": [{"type": "unfollow", "timestamp": 1}]}') == 400
    long_ago = {"type": "unfollow", "source": {"userId": USER}, "timestamp": -(10**30)}
    assert post(json.dumps({"events": [long_ago]}).encode()) == 400
    rows = sender.rows("consent_events")
    assert len(rows) == 10 and len({row["consent_event_id"] for row in rows}) == 5
    assert {(row["subject_id"], row["channel"], row["decision"]) for row in rows} == {(USER, "line", "withdrawn")}
    assert {one["line_user_id"] for one in sender.withdrawals()} == {USER}


def test_half_a_letter_in_an_id_of_line_hinders_no_withdrawal(sender: Sender) -> None:
    said = {"type": "unfollow", "source": {"type": "user", "userId": USER}, "timestamp": int(time.time() * 1000)}
    body = json.dumps({"events": [{**said, "webhookEventId": "e\ud83d"}, {**said, "webhookEventId": "e1"}]}).encode()
    signature = base64.b64encode(hmac.new(LINE.encode(), body, hashlib.sha256).digest()).decode()
    for _ in range(2):
        answer = sender.client.post("/line", content=body, headers={"x-line-signature": signature})
        assert answer.status_code == 200
    assert len({one["event_id"] for one in sender.withdrawals()}) == 2


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        ("delivered", "", "delivered"), ("undelivered", "30005", "bounced"), ("failed", "21610", "unsubscribed"),
        ("undelivered", "30008", "failed"), ("sent", "", None),
    ],
)  # fmt: skip
def test_what_twilio_tells_of_an_sms(sender: Sender, status: str, code: str, kind: str | None) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": status, "ErrorCode": code, "To": PHONE}
    path = f"/sms/status?id={ROW}"
    said = URL + path + "".join(name + form[name] for name in sorted(form))
    signature = base64.b64encode(hmac.new(TWILIO.encode(), said.encode(), hashlib.sha1).digest()).decode()
    assert sender.client.post(path, data=form, headers={"x-twilio-signature": "x"}).status_code == 401
    assert sender.client.post(path, data=form, headers={"x-twilio-signature": signature}).status_code == 204
    assert [row["event_type"] for row in sender.rows()] == ([kind] if kind else [])
    assert "6681" not in json.dumps(sender.rows())


def reply(sender: Sender, secret: str = TWILIO, **form: str) -> int:
    """Pass on what somebody wrote, as Twilio does."""
    said = URL + "/sms/reply" + "".join(name + form[name] for name in sorted(form))
    signature = base64.b64encode(hmac.new(secret.encode(), said.encode(), hashlib.sha1).digest()).decode()
    return sender.client.post("/sms/reply", data=form, headers={"x-twilio-signature": signature}).status_code


@pytest.mark.parametrize(
    "text",
    ["STOP", " stop. ", "Stop all", "STOPALL", "Unsubscribe", "cancel", "END", "quit!", "หยุด", "ยกเลิก\n", "“เลิกรับ”"],
)
def test_who_replies_stop_withdraws(sender: Sender, text: str) -> None:
    form = {"From": PHONE, "To": "+66200000000", "Body": text, "MessageSid": "SM1"}
    assert reply(sender, "another", **form) == 401
    assert not sender.withdrawals()
    # Told twice, it is one; without an id, what is told of a day is one.
    nameless = {name: value for name, value in form.items() if name != "MessageSid"}
    assert [reply(sender, **told) for told in (form, form, nameless, nameless)] == [204] * 4
    rows = sender.rows("consent_events")
    assert len(rows) == 20 and len({row["consent_event_id"] for row in rows}) == 10
    assert {row["purpose"] for row in rows} >= {"marketing", "credit_offers"}
    assert {
        (row["subject_type"], row["subject_id"], row["channel"], row["decision"], row["collected_via"]) for row in rows
    } == {("phone", PHONE, "sms", "withdrawn", "sms_reply")}
    assert {(one["phone"], one["reason"]) for one in sender.withdrawals()} == {(PHONE, "unsubscribed")}
    assert len({one["event_id"] for one in sender.withdrawals()}) == 2


def test_another_reply_is_no_withdrawal_and_agrees_to_nothing(sender: Sender) -> None:
    for text in ("START", "ขอบคุณ", "please stop by", "", "weekend"):
        assert reply(sender, From=PHONE, Body=text, MessageSid="SM2") == 204
    assert not sender.rows("consent_events") and not sender.withdrawals()
    # Twilio knows words of a bank's own.
    assert reply(sender, From=PHONE, Body="ไม่เอา", OptOutType="STOP", MessageSid="SM3") == 204
    assert len(sender.withdrawals()) == 1
    assert reply(sender, From="BANK", Body="STOP", MessageSid="SM4") == 400
    assert reply(sender, Body="STOP") == 400


def test_the_signature_is_the_one_that_twilio_documents() -> None:
    from cardinal.receiving.signatures import is_twilio_request

    caller = "+14158675309"
    form = {"CallSid": "CA1234567890ABCDE", "Digits": "1234", "From": caller, "To": "+18005551212", "Caller": caller}
    headers = {"x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert is_twilio_request(b"12345", headers, url, form.items())
    assert not is_twilio_request(b"12345", headers, url + "&baz=3", form.items())
