"""Google's lists against a server that speaks the Data Manager API."""

from __future__ import annotations

import dataclasses
import hashlib
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
from cardinal.activation.destinations.google_customer_match import GoogleCustomerMatch
from cardinal.settings import Settings
from tests.unit.activation.destinations.platform import Platform

# Hashes that Google's own library makes of these (data-manager-python, tests/formatter_test.py).
EMAIL, EMAIL_HASH = "AlexZ@example.com ", "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a"
PHONE, PHONE_HASH = "+18005550100", "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"
GIVEN, GIVEN_HASH = "Given Name", "128a07bfe2df877c52076e60d7774cf5baaa046c5a6c48daf30ff43ecca2f814"
THAI, THAI_HASH = "สมชาย", "70a003b381e338190fc3a79a18a6247a446a9a1b0456ea027a5dc5408a901d91"
EVERYTHING = {
    "email": EMAIL, "phone": PHONE, "given_name": GIVEN, "family_name": THAI, "region_code": "th",
    "postal_code": "10110 ",
}  # fmt: skip


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CARDINAL_SECRET_GOOGLE", "t0ken")
    return Settings(tmp_path)


def declared(url: str, **destination: Any) -> Sync:
    return parse_sync(
        "best",
        {
            "model": "audiences.sync_google__best_customers", "key": "person_id", "mode": "mirror",
            "columns": {"email": "email", "phone": "phone", "given_name": "first_name"},
            "destination": {
                "type": "google_customer_match", "account_id": "123-456-7890", "user_list_id": 42, "secret": "google",
                "terms": "accepted", "url": url, **destination,
            },
        },
    )  # fmt: skip


def people(*emails: str) -> Batch:
    return Batch("best", "run", [Row(f"p{n}", "add", f"r{n}", {"email": email}) for n, email in enumerate(emails)])


def refused(*violations: tuple[str, str]) -> tuple[int, Any]:
    found = [{"field": field, "reason": reason, "description": "a@example.org"} for field, reason in violations]
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo"}, {"fieldViolations": found}]
    return 400, {"error": {"code": 400, "status": "INVALID_ARGUMENT", "details": details}}


def members(platform: Platform, request: int) -> list[list[dict[str, Any]]]:
    return [member["userData"]["userIdentifiers"] for member in platform.asked[request].content["audienceMembers"]]


def test_members_are_hashed_as_google_hashes_them(platform: Platform, settings: Settings) -> None:
    target = GoogleCustomerMatch.declared(declared(platform.url, login_account_id=99), settings)
    incomplete = {**EVERYTHING, "email": None, "postal_code": ""}
    batch = [Row("p1", "add", "r1", EVERYTHING), Row("p2", "add", "r2", incomplete), Row("p3", "add", "r3", {})]
    answer = target.send(Batch("best", "run", batch))
    assert answer.rejected == {"r3": "holds nothing that people are matched by"}
    (asked,) = platform.asked
    assert (asked.method, asked.path) == ("POST", "/v1/audienceMembers:ingest")
    assert asked.headers["authorization"] == "Bearer t0ken"
    address = {"givenName": GIVEN_HASH, "familyName": THAI_HASH, "regionCode": "TH", "postalCode": "10110"}
    assert members(platform, 0) == [
        [{"emailAddress": EMAIL_HASH}, {"phoneNumber": PHONE_HASH}, {"address": address}],
        # An address without its postal code is no address.
        [{"phoneNumber": PHONE_HASH}],
    ]
    granted = {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}
    assert {name: value for name, value in asked.content.items() if name != "audienceMembers"} == {
        "destinations": [
            {
                "operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": "1234567890"},
                "loginAccount": {"accountType": "GOOGLE_ADS", "accountId": "99"},
                "productDestinationId": "42",
            }
        ],
        "consent": granted,
        "encoding": "HEX",
        "termsOfService": {"customerMatchTermsOfServiceStatus": "ACCEPTED"},
    }


def test_people_go_by_all_that_was_ever_sent_of_them(platform: Platform, settings: Settings) -> None:
    old, older = {"email": "old@example.org", "phone": PHONE}, {"email": "older@example.org"}
    rows = [
        Row("p1", "remove", "r1", old, (older, old)),
        Row("p2", "change", "r2", {"email": "new@example.org", "phone": PHONE}, (old,)),
        Row("p3", "remove", "r3", {"email": "only@example.org"}),
    ]
    GoogleCustomerMatch.declared(declared(platform.url), settings).send(Batch("best", "run", rows))
    out, added = platform.asked
    assert (out.path, added.path) == ("/v1/audienceMembers:remove", "/v1/audienceMembers:ingest")
    assert members(platform, 0) == [
        [{"emailAddress": sha256("older@example.org")}],
        [{"emailAddress": sha256("old@example.org")}],
        [{"phoneNumber": PHONE_HASH}],
        # What they are still known by stays.
        [{"emailAddress": sha256("old@example.org")}],
        [{"emailAddress": sha256("only@example.org")}],
    ]
    # Google refuses fields that it doesn't know.
    assert sorted(out.content) == ["audienceMembers", "destinations", "encoding"]
    assert members(platform, 1) == [[{"emailAddress": sha256("new@example.org")}, {"phoneNumber": PHONE_HASH}]]


def test_wrong_rows_are_left_out_and_the_others_go(platform: Platform, settings: Settings) -> None:
    platform.answers += [
        refused(("audience_members[1].user_data", "INVALID_SHA256_FORMAT"), ("audienceMembers[3]", "<script>")),
        refused(("audience_members.audience_members[0]", "INVALID_AUDIENCE_MEMBER")),
    ]
    answer = GoogleCustomerMatch.declared(declared(platform.url), settings).send(people("a@x", "b@x", "c@x", "d@x"))
    assert answer.rejected == {
        "r1": "Google says INVALID_SHA256_FORMAT",
        "r3": "Google says INVALID",
        "r0": "Google says INVALID_AUDIENCE_MEMBER",
    }
    assert [len(members(platform, request)) for request in range(3)] == [4, 2, 1]


def test_who_cannot_be_read_is_out_already(platform: Platform, settings: Settings) -> None:
    platform.answers.append(refused(("audience_members[0]", "INVALID_SHA256_FORMAT")))
    rows = [
        Row("p1", "remove", "r1", {"email": "a@x", "phone": PHONE}),
        Row("p2", "remove", "r2", {"email": "b@x"}),
    ]
    answer = GoogleCustomerMatch.declared(declared(platform.url), settings).send(Batch("best", "run", rows))
    assert answer.rejected == {}
    assert members(platform, 1) == [[{"phoneNumber": PHONE_HASH}], [{"emailAddress": sha256("b@x")}]]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((429, {}, {"retry-after": "7"}), ThrottledError),
        ((503, {}), UnavailableError),
        ((500, "<html>"), UnavailableError),
        ("hang up", UnavailableError),
        ((401, {}), AccessRefusedError),
        ((403, {"error": {"status": "PERMISSION_DENIED"}}), AccessRefusedError),
        ((404, {}), AccessRefusedError),
        (refused(("audience_members[0]", "INVALID_USER_LIST_TYPE")), AccessRefusedError),
        (refused(("audience_members[0]", "TERMS_AND_CONDITIONS_NOT_SIGNED")), AccessRefusedError),
        (refused(("audience_members[0].destination_references[0]", "INVALID_FORMAT")), AccessRefusedError),
        (refused(("destinations[0].product_destination_id", "INVALID_FORMAT")), AccessRefusedError),
        (refused(("audience_members[5]", "INVALID_FORMAT")), BatchRefusedError),
        ((400, {"error": {"message": "a@example.org"}}), BatchRefusedError),
        ((400, "<html>"), BatchRefusedError),
    ],
)
def test_errors_are_what_google_means_by_them(
    platform: Platform, settings: Settings, answer: Any, error: type[Exception]
) -> None:
    platform.answers.append(answer)
    with pytest.raises(error) as caught:
        GoogleCustomerMatch.declared(declared(platform.url), settings).send(people("a@example.org"))
    assert "example.org" not in str(caught.value)
    assert "t0ken" not in str(caught.value)
    if isinstance(caught.value, ThrottledError):
        assert caught.value.wait_seconds == 7


def test_a_declaration_of_no_use_is_refused(settings: Settings) -> None:
    sound = declared("http://127.0.0.1")
    for changed, message in (
        ({"destination": {**sound.destination, "user_list_id": "best"}}, "user_list_id must be a number"),
        ({"destination": {**sound.destination, "account_id": ""}}, "account_id must be a number"),
        ({"destination": {**sound.destination, "terms": None}}, "terms must be accepted"),
        ({"destination": {**sound.destination, "secret": "other"}}, "CARDINAL_SECRET_OTHER"),
        ({"columns": {"income": "income"}}, "columns: income is none of email"),
        ({"mode": "event"}, "mode must be mirror or upsert"),
        ({"delivery": dataclasses.replace(sound.delivery, batch_rows=10_001)}, "10000 at most"),
    ):
        with pytest.raises(SyncError, match=message):
            GoogleCustomerMatch.declared(dataclasses.replace(sound, **changed), settings)
