"""What platforms match by: published vectors, and Thai that survives."""

from __future__ import annotations

import hashlib
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardinal.activation.destinations import matching

EMPTY = hashlib.sha256(b"").hexdigest()


def test_googles_published_vectors() -> None:
    email = matching.hex_hash(" AlexZ@Example.com", matching.google_email)
    assert email == "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a"
    phone = matching.hex_hash("+18005550100", matching.google_phone)
    assert phone == "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"
    name = matching.hex_hash("Given Name", matching.google_name)
    assert name == "128a07bfe2df877c52076e60d7774cf5baaa046c5a6c48daf30ff43ecca2f814"
    coded = matching.base64_hash("alexz@example.com", matching.uid2_email)
    assert coded == "UJ6TMBm7KFoTSpM0uLtnnf950M4CPVKa9L10TUe0/Yo="


def test_thai_names_are_hashed_whole() -> None:
    expected = "70a003b381e338190fc3a79a18a6247a446a9a1b0456ea027a5dc5408a901d91"
    for normalise in (matching.meta_name, matching.google_name):
        assert matching.hex_hash(" สมชาย ", normalise) == expected
    assert matching.meta_name("น้ำ") == "น้ำ", "the vowel stays in one piece"
    assert matching.meta_name("สมชิก") == "สมชิก", "vowels and tone marks are no punctuation"
    assert matching.meta_place("กรุงเทพ มหานคร.") == "กรุงเทพมหานคร"


@pytest.mark.parametrize(
    ("normalise", "value", "expected"),
    [
        (matching.meta_email, " Somchai.K+x@Gmail.com", "somchai.k+x@gmail.com"),
        (matching.google_email, "Somchai.K+x@Gmail.com", "somchaik+x@gmail.com"),
        (matching.google_email, "a.b@googlemail.com", "ab@googlemail.com"),
        (matching.google_email, "a.b@example.com", "a.b@example.com"),
        (matching.uid2_email, "Somchai.K+x@Gmail.com", "somchaik@gmail.com"),
        (matching.uid2_email, "a.b+c@googlemail.com", "a.b+c@googlemail.com"),
        (matching.meta_phone, "+66812345678", "66812345678"),
        (matching.google_phone, "+66812345678", "+66812345678"),
        (matching.google_phone, "0812345678", None),
        (matching.meta_phone, "0812345678", None),
        (matching.google_email, "nobody", None),
        (matching.meta_name, "O'Neill-Smith Jr.", "oneillsmith jr"),
        (matching.google_name, "O'Neill-Smith Jr.", "oneillsmithjr"),
    ],
)
def test_each_platform_writes_in_its_own_way(normalise: matching.Normalise, value: str, expected: str | None) -> None:
    assert normalise(value) == expected


@pytest.mark.parametrize("value", [None, "", "   ", "...", "a" * 64])
def test_nothing_and_what_is_hashed_already_is_not_hashed(value: str | None) -> None:
    assert matching.hex_hash(value, matching.meta_name) is None
    assert matching.base64_hash(value, matching.meta_name) is None


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=40))
def test_no_value_hashes_like_nothing_and_writing_twice_changes_nothing(value: str) -> None:
    for normalise in (matching.meta_email, matching.meta_name, matching.meta_place, matching.google_name):
        assert matching.hex_hash(value, normalise) != EMPTY
        written = normalise(value)
        if written is not None and unicodedata.is_normalized("NFC", written):
            assert normalise(written) == written
