"""Folds of events: how many months are needed, with so many days between them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from ml.folds import split_by_time
from ml.task import LABEL, MONTH, TooLittleDataError
from ml.tasks import task_of


def events_of(months: int, first: int = 0) -> pl.DataFrame:
    """Return fifty events a month from a month of 2024 on, half of them positive."""
    ends = [date(2024 + month // 12, month % 12 + 1, 1) for month in range(first, first + months)]
    return (
        pl.DataFrame({MONTH: ends})
        .with_columns(pl.col(MONTH).dt.month_end())
        .join(pl.DataFrame({LABEL: [True, False] * 25}), how="cross")
    )


def test_folds_of_leads_have_a_month_between_and_one_more_after_january() -> None:
    lead = replace(task_of("lead"), fold_months=1)
    assert split_by_time(events_of(7), lead).windows() == {
        "learning": (date(2024, 1, 31), date(2024, 3, 31)),
        "calibration": (date(2024, 5, 31), date(2024, 5, 31)),
        "judgement": (date(2024, 7, 31), date(2024, 7, 31)),
    }
    # A lead of 31 January may be won until 1 March.
    assert split_by_time(events_of(6), lead).windows()["learning"] == (date(2024, 1, 31), date(2024, 2, 29))
    with pytest.raises(TooLittleDataError, match=r"lead: 4 months .* with 1 months between them need 6 here"):
        split_by_time(events_of(4), lead)


@pytest.mark.parametrize("name", ["fraud", "lead"])
@pytest.mark.parametrize("first", range(12))
def test_so_many_months_as_are_said_to_be_needed_are_enough_and_one_less_is_not(name: str, first: int) -> None:
    """Sixty days from the end of a month reach into the third one after it around February."""
    task = replace(task_of(name), fold_months=1)
    with pytest.raises(TooLittleDataError) as refused:
        split_by_time(events_of(2, first), task)
    needed = int(re.search(r"need (\d+) here", str(refused.value))[1])  # type: ignore[index]
    split_by_time(events_of(needed, first), task)
    with pytest.raises(TooLittleDataError):
        split_by_time(events_of(needed - 1, first), task)
