"""Folds with too few of an answer: what comes and goes with the months, and what only lost data does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from ml.folds import split_by_time
from ml.task import LABEL, MONTH, PERSON, SmallFoldError, TooLittleDataError
from ml.tasks import TASKS
from ml.uplift_frames import DRAWN, TREATED, split_members
from ml.uplift_tasks import UPLIFT_TASKS

CHURN = TASKS["churn"]
PRODUCT = UPLIFT_TASKS["product"]
MONTHS = pl.date_range(date(2024, 1, 1), date(2025, 12, 1), "1mo", eager=True).dt.month_end().to_list()


def people(count: int, positive: int) -> pl.DataFrame:
    """Return months of people, so many of them positive; in the months of judgement `positive` altogether."""
    judged = MONTHS[-CHURN.fold_months :]
    return pl.DataFrame(
        [
            {PERSON: f"p{number}", MONTH: month, LABEL: number < (positive if month == judged[0] else 0)}
            if month in judged
            else {PERSON: f"p{number}", MONTH: month, LABEL: number % 3 == 0}
            for month in MONTHS
            for number in range(count)
        ]
    )


def members(kept_free: int, did: int) -> pl.DataFrame:
    """Return 200 members of a campaign each month; in the fold of judgement so many kept free, so many who did it."""
    judged = MONTHS[9:12]
    return pl.DataFrame(
        [
            {
                MONTH: month,
                DRAWN: month.replace(day=15),
                TREATED: number >= least,
                LABEL: float(number < doing),
            }
            for month in MONTHS[:12]
            for least, doing in [
                (100, 100) if month not in judged else (kept_free, did) if month == judged[0] else (0, 0)
            ]
            for number in range(200)
        ]
    )


def kind_of(split: Callable[[], object]) -> type[Exception]:
    with pytest.raises(TooLittleDataError, match="are the least") as refused:
        split()
    return type(refused.value)


@pytest.mark.parametrize(
    ("count", "positive", "kind"),
    [(60, 18, SmallFoldError), (60, 1, SmallFoldError), (60, 0, TooLittleDataError), (12, 9, TooLittleDataError)],
)
def test_some_of_an_answer_come_and_go_none_and_no_rows_do_not(
    count: int, positive: int, kind: type[Exception]
) -> None:
    assert kind_of(lambda: split_by_time(people(count, positive), CHURN)) is kind


def test_twenty_of_each_answer_do() -> None:
    assert split_by_time(people(60, 20), CHURN).judgement[LABEL].sum() == 20


@pytest.mark.parametrize(
    ("kept_free", "did", "kind"),
    [(18, 100, SmallFoldError), (100, 18, SmallFoldError), (0, 100, TooLittleDataError), (100, 0, TooLittleDataError)],
)
def test_arms_and_answers_of_campaigns_come_and_go_too(kept_free: int, did: int, kind: type[Exception]) -> None:
    assert kind_of(lambda: split_members(members(kept_free, did), PRODUCT)) is kind
