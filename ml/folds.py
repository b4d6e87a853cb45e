"""Folds of time: what is learned from, then what calibrates, then what judges, with the horizon between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from ml.task import LABEL, MONTH, Task, TooLittleDataError

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
        if min(positive, len(part) - positive) < LEAST_A_CLASS:
            raise TooLittleDataError(
                f"{task.name}: of the {len(part):,} rows for {name}, {positive:,} are positive:"
                f" {LEAST_A_CLASS} of each answer are the least"
            )
    return folds


def split_months(frame: pl.DataFrame, task: Task) -> Folds:
    """Split a frame by its months alone, whatever the label is.

    Raises:
        TaskError: There are too few months.
    """
    months, gap = frame[MONTH].unique().sort().to_list(), task.horizon_months
    size = min(task.fold_months, (len(months) - 2 * (gap - 1)) // 3)
    if size < 1:
        raise TooLittleDataError(
            f"{task.name}: {len(months)} months with known outcomes are too few:"
            f" learning, calibration and judgement with {gap} months between them need {2 * gap + 1}"
        )
    judged = months[-size:]
    calibrated = months[: len(months) - size - gap + 1][-size:]
    learned = months[: months.index(calibrated[0]) - gap + 1]
    return Folds(*(frame.filter(pl.col(MONTH).is_in(part)) for part in (learned, calibrated, judged)))
