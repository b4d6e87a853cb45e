"""A link of a message says for whom it stands, to us alone, and nobody else can make one."""

from __future__ import annotations

import pytest

from cardinal.activation.unsubscribe import make_token, read_token

SECRET = b"a secret of this test"


@pytest.mark.parametrize("key", ["p0123", "ป้า", "", 'with "quotes" and . dots'])
def test_a_token_says_for_whom_it_stands(key: str) -> None:
    assert read_token(SECRET, make_token(SECRET, "win_back", key)) == ("win_back", key)


def test_a_token_goes_into_a_url_as_it_is() -> None:
    token = make_token(SECRET, "win_back", "p?&=/+")
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


@pytest.mark.parametrize("token", ["", ".", "x", "W10.AAAA", "ก.ข", "a b.c"])
def test_what_is_no_token_stands_for_nobody(token: str) -> None:
    assert read_token(SECRET, token) is None


def test_a_token_of_another_secret_or_for_another_person_stands_for_nobody() -> None:
    token, other = make_token(SECRET, "win_back", "p1"), make_token(SECRET, "win_back", "p2")
    assert read_token(b"another", token) is None
    assert read_token(SECRET, token.split(".")[0] + "." + other.split(".")[1]) is None
