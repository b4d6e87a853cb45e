"""Ids that receivers, journals and mailboxes know for years: whatever changes here, they must not."""

from __future__ import annotations

from cardinal.activation.destination import Batch, Row, row_id
from cardinal.activation.unsubscribe import make_token, read_token


def test_a_change_of_a_row_has_the_id_that_it_always_had() -> None:
    assert row_id("people", "p1", 1) == "37b2f252-f0da-50cc-a504-789c94129966"


def test_a_batch_has_the_key_that_it_always_had() -> None:
    rows = [Row("p1", "add", "r1", {}), Row("p2", "add", "r2", {})]
    assert Batch("people", "run", rows).batch_key == "1b7c1cfa-94c1-5d8a-9e9a-9cb8f85f8bb2"


def test_the_link_of_an_old_message_still_ends_them() -> None:
    old = "WyJ3aW5fYmFjayIsInAxIl0.HxeJd_g4WKN3hgfyTKqhk3K40GNU6ck7qg5DakMT4j8"
    assert make_token(b"secret", "win_back", "p1") == old
    assert read_token(b"secret", old) == ("win_back", "p1")
