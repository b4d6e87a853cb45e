"""Identifiers are unique over all cohorts and can't be taken for card numbers."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from cardinal.demo import identifiers
from cardinal.demo.identifiers import mobile_numbers, national_ids, phone_text, uuids
from cardinal.demo.randomness import Array

# The first people of cohorts far apart, as `Cohort.unique_numbers` numbers them.
NUMBERS = np.concatenate([np.arange(3_000) + cohort * 1_000_000 for cohort in (0, 1, 7, 19, 150, 299)])


@pytest.mark.parametrize(
    "make",
    [
        identifiers.account_numbers,
        identifiers.outside_account_numbers,
        identifiers.customer_numbers,
        identifiers.card_tokens,
        identifiers.cookies,
        lambda numbers: identifiers.click_ids("g", numbers, 3),
        lambda numbers: identifiers.uuids(numbers, 3),
        lambda numbers: pl.Series(mobile_numbers(numbers)),
    ],
)
def test_identifiers_are_unique(make: Callable[[Array], pl.Series]) -> None:
    made = make(NUMBERS)
    assert made.n_unique() == len(NUMBERS)
    assert made.null_count() == 0


def test_no_identifier_holds_thirteen_digits_in_a_row() -> None:
    for made in (
        identifiers.account_numbers(NUMBERS),
        identifiers.outside_account_numbers(NUMBERS),
        identifiers.customer_numbers(NUMBERS),
        identifiers.card_tokens(NUMBERS),
        identifiers.click_ids("g", NUMBERS, 3),
        uuids(NUMBERS, 3),
        identifiers.numbered("U", NUMBERS),
    ):
        assert not any(re.search(r"\d(?:[ -]?\d){12}", text) for text in made)


def test_national_ids_end_with_their_check_digit() -> None:
    valid = NUMBERS % 3 > 0
    made = national_ids(NUMBERS, valid, NUMBERS % 2 == 0).str.replace_all("-", "")
    assert made.n_unique() == len(NUMBERS)
    for text, expected in zip(made, valid, strict=True):
        digits = [int(letter) for letter in text]
        check = (11 - sum(d * w for d, w in zip(digits[:12], range(13, 1, -1), strict=True)) % 11) % 10
        assert (digits[12] == check) == expected


def test_every_way_of_writing_a_phone_is_the_same_number() -> None:
    phones = np.full(6, 812_345_678)
    written = phone_text(phones, np.arange(6))
    assert written.n_unique() == 6
    assert {re.sub(r"^(\+?66|0)", "", text.replace("-", "").replace(" ", "")) for text in written} == {"812345678"}


def test_mobile_numbers_keep_to_the_numbering_plan() -> None:
    made = pl.Series(mobile_numbers(np.concatenate([NUMBERS, 500_000 + NUMBERS]))).cast(pl.String)
    assert made.str.contains(r"^(6[1-6]|8\d|9\d)\d{7}$").all()
    assert made.str.slice(0, 2).n_unique() == 26
    assert made.n_unique() == len(made)


def test_an_unknown_number_is_null() -> None:
    assert identifiers.account_numbers(np.array([-1, 5])).to_list()[0] is None
    assert identifiers.numbered("X", np.array([3, -1])).to_list() == ["X3", None]
