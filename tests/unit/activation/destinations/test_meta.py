"""Meta's audiences against a server that speaks their protocol."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest

from cardinal.activation.declaration import Sync, SyncError, parse_sync
from cardinal.activation.destination import (
    AccessRefusedError,
    Batch,
    BatchRefusedError,
    Row,
    ThrottledError,
    UnavailableError,
)
from cardinal.activation.destinations.meta import MetaAudience
from cardinal.settings import Settings
from tests.unit.activation.destinations.platform import Platform

TOKEN = "t0ken"  # noqa: S105 - made up
ADD = Row("p1", "add", "r1", {"extern_id": "x1", "email": " A@Example.org", "phone": "+66812345678", "fn": "สมชาย"})
WITHOUT_PHONE = Row("p2", "change", "r2", {"extern_id": "x2", "email": "b@example.org", "phone": None})
REMOVE = Row("p3", "remove", "r3", {"extern_id": "x3", "email": "c@example.org"})
NOBODY = Row("p4", "add", "r4", {"extern_id": "", "email": " "})


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def known(extern_id: str) -> str:
    return hmac.new(b"secret", f"meta\n{extern_id}".encode(), hashlib.sha256).hexdigest()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CARDINAL_SECRET_META", TOKEN)
    monkeypatch.setenv("CARDINAL_SECRET_APP", "app secret")
    monkeypatch.setenv("CARDINAL_SECRET_IDS", "secret")
    return Settings(tmp_path)


def declared(url: str, **destination: Any) -> Sync:
    return parse_sync(
        "best",
        {
            "model": "audiences.sync_meta__best_customers", "key": "person_id", "mode": "mirror",
            "columns": {"extern_id": "person_id", "email": "email", "phone": "phone", "fn": "full_name"},
            "destination": {"type": "meta", "audience_id": 42, "secret": "meta", "extern_secret": "ids", "url": url,
                **destination,
            },
        },
    )  # fmt: skip


def test_people_are_taken_out_then_added_by_what_they_are_hashed_to(platform: Platform, settings: Settings) -> None:
    target = MetaAudience.declared(declared(platform.url), settings)
    batch = Batch("best", "run", [REMOVE, ADD, WITHOUT_PHONE, NOBODY])
    platform.answers += [
        (200, {"num_received": 1, "num_invalid_entries": 0}),
        (200, {"num_received": 2, "num_invalid_entries": 1}),
    ]
    answer = target.send(batch)
    assert answer.rejected == {"r4": "holds nothing that people are matched by"}
    assert answer.counts == {"entries taken out": 1, "entries received": 2, "entries invalid": 1}
    out, added = platform.asked
    assert (out.method, out.path) == ("DELETE", "/v25.0/42/users")
    assert out.content["payload"] == {
        "schema": ["EXTERN_ID", "EMAIL"], "is_raw": True, "data": [[known("x3"), sha256("c@example.org")]],
    }  # fmt: skip
    assert (added.method, added.headers["authorization"]) == ("POST", f"Bearer {TOKEN}")
    assert added.content["payload"]["schema"] == ["EXTERN_ID", "EMAIL", "PHONE", "FN"]
    assert added.content["payload"]["data"] == [
        [known("x1"), sha256("a@example.org"), sha256("66812345678"), sha256("สมชาย")],
        [known("x2"), sha256("b@example.org"), "", ""],
    ]
    session = added.content["session"]
    assert session["estimated_num_total"] == 2
    assert 0 <= session["session_id"] < 2**63
    target.send(batch)
    assert platform.asked[-1].content["session"] == session, "the same rows have the same session"


def test_meta_gets_no_id_of_ours(platform: Platform, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it gets is pinned: by anything else nobody could be taken out again."""
    MetaAudience.declared(declared(platform.url), settings).send(Batch("best", "run", [ADD]))
    ((first, *_),) = platform.asked[0].content["payload"]["data"]
    assert first == "4d8339fe6bebdd1d5da27a14b23127d249931dd9f3b81801d60710378d750b4d"
    # Under another secret the same person is somebody else: two lists can't be joined.
    monkeypatch.setenv("CARDINAL_SECRET_IDS", "another")
    MetaAudience.declared(declared(platform.url), settings).send(Batch("best", "run", [ADD]))
    assert platform.asked[1].content["payload"]["data"][0][0] != first


def test_what_a_changed_person_was_matched_by_is_taken_out(platform: Platform, settings: Settings) -> None:
    before = {"extern_id": "x1", "email": "old@example.org"}
    row = Row("p1", "change", "r1", {"extern_id": "x1", "email": "new@example.org"}, (before,))
    MetaAudience.declared(declared(platform.url), settings).send(Batch("best", "run", [row]))
    told = [(asked.method, asked.content["payload"]["data"]) for asked in platform.asked]
    assert told == [
        ("DELETE", [[known("x1"), sha256("old@example.org")]]),
        ("POST", [[known("x1"), sha256("new@example.org")]]),
    ]


def test_the_app_is_proven_where_it_has_a_secret(platform: Platform, settings: Settings) -> None:
    MetaAudience.declared(declared(platform.url, app_secret="app"), settings).send(Batch("best", "run", [ADD]))  # noqa: S106
    (asked,) = platform.asked
    signed = f"{TOKEN}|{asked.content['appsecret_time']}".encode()
    assert asked.content["appsecret_proof"] == hmac.new(b"app secret", signed, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("code", "subcode", "error"),
    [
        *((code, 0, UnavailableError) for code in (1, 2, 341, 368, 5000, 21009)),
        *((code, 0, ThrottledError) for code in (4, 17, 80003)),
        *((code, 0, AccessRefusedError) for code in (200, 294, 2650, 2655, 1487301, 1487366)),
        *((190, subcode, AccessRefusedError) for subcode in (0, 460, 463)),
        *((100, subcode, AccessRefusedError) for subcode in (33, 1713230)),
        *((code, 0, BatchRefusedError) for code in (100, 105)),
    ],
)
def test_errors_are_what_meta_means_by_them(
    platform: Platform, settings: Settings, code: int, subcode: int, error: type[Exception]
) -> None:
    words = "a@example.org has +66812345678"
    said = {"message": words, "error_user_msg": words, "error_user_title": words, "error_data": words}
    platform.answers.append((400, {"error": {"code": code, "error_subcode": subcode, **said}}))
    with pytest.raises(error) as caught:
        MetaAudience.declared(declared(platform.url), settings).send(Batch("best", "run", [ADD]))
    assert str(code) in str(caught.value)
    assert "example.org" not in str(caught.value) and "6681" not in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(("status", "content"), [(502, "<html>a@example.org</html>"), (500, {"error": {"code": 7}})])
def test_what_is_broken_is_tried_again(platform: Platform, settings: Settings, status: int, content: Any) -> None:
    platform.answers.append((status, content))
    with pytest.raises(UnavailableError) as caught:
        MetaAudience.declared(declared(platform.url), settings).send(Batch("best", "run", [ADD]))
    assert "example.org" not in str(caught.value)


def test_no_answer_leaves_open_what_was_taken(platform: Platform, settings: Settings) -> None:
    platform.answers.append("hang up")
    with pytest.raises(UnavailableError):
        MetaAudience.declared(declared(platform.url), settings).send(Batch("best", "run", [ADD]))


def test_a_declaration_of_no_use_is_refused(settings: Settings) -> None:
    sound = declared("http://127.0.0.1")
    for changed, message in (
        ({"destination": {**sound.destination, "audience_id": "name"}}, "audience_id must be the number"),
        ({"destination": {**sound.destination, "secret": "other"}}, "CARDINAL_SECRET_OTHER"),
        ({"destination": {**sound.destination, "app_secret": "other"}}, "destination.app_secret must name a secret"),
        ({"destination": {**sound.destination, "extern_secret": None}}, "destination.extern_secret must name a secret"),
        ({"columns": {"email": "email"}}, "columns must hold extern_id"),
        ({"columns": {"extern_id": "person_id", "fax": "fax"}}, "columns: fax is none of extern_id"),
    ):
        with pytest.raises(SyncError, match=message):
            MetaAudience.declared(dataclasses.replace(sound, **changed), settings)
