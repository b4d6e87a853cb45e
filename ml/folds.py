"""Folds of time: what is learned from, then what calibrates, then what judges, with the horizon between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from ml.task import LABEL, MONTH, FewMonthsError, SmallFoldError, Task, TooLittleDataError

# Of each answer, in each fold; fewer teach and prove nothing.
LEAST_A_CLASS = 20


@dataclass(frozen=True)
class Folds:
    """The three parts of a labelled frame, in the order of time."""

    learning: pl.DataFrame
    calibration: pl.DataFrame
    judgement: pl.DataFrame

    def windows(self) -> dict[str, tuple[date, date]]:
        """Return the first and the last month of each fold."""
        return {name: (part[MONTH].min(), part[MONTH].max()) for name, part in vars(self).items()}


def split_by_time(frame: pl.DataFrame, task: Task) -> Folds:
    """Split a labelled frame so that the outcomes of a fold are known when the next one begins.

    Raises:
        TaskError: There are too few months or people.
    """
    folds = split_months(frame, task)
    for name, part in vars(folds).items():
        positive = int(part[LABEL].sum())
        fewest = min(positive, len(part) - positive)
        if fewest < LEAST_A_CLASS:
            raise too_few(fewest, len(part) >= 2 * LEAST_A_CLASS)(
                f"{task.name}: of the {len(part):,} rows for {name}, {positive:,} are positive:"
                f" {LEAST_A_CLASS} of each answer are the least"
            )
    return folds


def too_few(fewest: int, has_rows: bool) -> type[TooLittleDataError]:
    """Return the error of a fold with too few of an answer; none at all where there were many is no chance."""
    return SmallFoldError if fewest and has_rows else TooLittleDataError


def split_months(frame: pl.DataFrame, task: Task) -> Folds:
    """Split a frame by its months alone, whatever the label is.

    Raises:
        TaskError: There are too few months.
    """
    months = frame[MONTH].unique().sort().to_list()
    parts = _parts_of(months, task)
    if parts:
        return Folds(*(frame.filter(pl.col(MONTH).is_in(part)) for part in parts))
    enough = [*months]
    while not _parts_of(enough, task):
        enough.append(_month_after(enough[-1]))
    raise FewMonthsError(
        f"{task.name}: {len(months)} months with known outcomes are too few: learning, calibration and judgement with"
        f" {task.horizon_months} months between them need {len(enough)} here"
    )


def _parts_of(months: list[date], task: Task) -> tuple[list[date], ...]:
    """Return the months of each fold, of as many as the task likes and there are; none where there are too few."""
    for size in range(task.fold_months, 0, -1):
        judged = months[-size:]
        calibrated = _over_before(judged, months, task)[-size:]
        learned = _over_before(calibrated, months, task)
        if len(learned) >= size:
            return learned, calibrated, judged
    return ()


def _month_after(month: date) -> date:
    """Return the last day of the month after one that a last day ends."""
    return (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _over_before(later: list[date], months: list[date], task: Task) -> list[date]:
    """Return the months whose outcomes are known when later ones begin; people are asked about at their end only."""
    if not later:
        return []
    first = later[0]
    if task.event_date:
        return [month for month in months if month + timedelta(days=task.horizon_days) < first.replace(day=1)]
    number = 12 * first.year + first.month - task.horizon_months
    return [month for month in months if 12 * month.year + month.month <= number]
