"""The page for people shows values as text, whatever they hold, and empty columns not at all."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

from cardinal.privacy.access import Access, Held, as_json, as_page

ROWS = [
    {"full_name": "<script>alert(1)</script>", "born": date(1980, 5, 1), "note": None, "amount": Decimal("1.50")},
    {"full_name": "สมชาย ใจดี", "born": None, "note": None, "amount": None},
]
CONTACTS = Held("crm.contacts", "One row per contact.", {"note": "A note."}, ROWS)
ACCESS = Access("p1", datetime(2026, 11, 1, 8), [], [], [CONTACTS], [], [])


def test_a_value_is_never_taken_for_html() -> None:
    page = as_page(ACCESS)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "สมชาย ใจดี" in page


def test_columns_that_nothing_fills_are_left_out_of_the_page_and_kept_in_json() -> None:
    assert '<th title="A note.">note</th>' not in as_page(ACCESS)
    kept = json.loads(as_json(ACCESS))["sources"][0]["rows"][0]
    assert kept == {"full_name": ROWS[0]["full_name"], "born": "1980-05-01", "note": None, "amount": "1.50"}


def test_whom_nothing_is_known_of_gets_a_page_that_says_so() -> None:
    page = as_page(Access("p1", datetime(2026, 11, 1), [], [], [], [], []))
    assert "Nothing was sent to any destination." in page
    assert "nothing was agreed to" in page
