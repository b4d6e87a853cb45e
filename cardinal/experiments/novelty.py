"""Novelty: the effect by day since the first exposure, and whether it wears off or only begins later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from scipy import stats

from cardinal.experiments.declaration import Experiment, Metric

if TYPE_CHECKING:
    import duckdb

# A trend is named only if chance makes one so rarely: it is looked for in every metric.
ALARM = 0.01
LEAST_DAYS = 5
LEAST_SUBJECTS = 3

# Arm, day, subjects, sums of the value, of its square, of what divides it, of its square, of both multiplied.
DaySums = tuple[str, int, int, float, float, float, float, float]


@dataclass(frozen=True)
class DayEffect:
    """The difference of the arm and the control on one day."""

    day: int
    value: float
    error: float


@dataclass(frozen=True)
class Novelty:
    """The effects by day, and their trend; a p value of None says that there are too few days."""

    metric: str
    arm: str
    days: tuple[DayEffect, ...]
    slope: float | None
    p_value: float | None

    @property
    def in_words(self) -> str:
        """Say whether the effect changes with time."""
        if self.p_value is None or self.slope is None:
            return "too few days to say whether the effect lasts"
        if self.p_value >= ALARM:
            return "no sign that the effect changes with time"
        first, last = self.days[0].day, self.days[-1].day
        word = "falls" if self.slope < 0 else "grows"
        return f"the effect {word} from day {first} to day {last}: read it once people are used to it"


def novelty_of(connection: duckdb.DuckDBPyConnection, experiment: Experiment, metric: Metric, arm: str) -> Novelty:
    """Return the effect of an arm by day, from the sums of `experiment_metric_days`."""
    rows = connection.execute(
        """
        select arm, day_no, subject_count, value_sum, value_square_sum, per_sum, per_square_sum, value_per_sum
        from marts.experiment_metric_days
        where experiment_key = $key and metric = $metric and arm in ($arm, $control)
        """,
        {"key": experiment.key, "metric": metric.name, "arm": arm, "control": experiment.control.name},
    ).fetchall()
    return Novelty(metric.name, arm, *_judged(effects_of(metric, experiment.control.name, arm, rows)))


def effects_of(metric: Metric, control: str, arm: str, rows: Sequence[DaySums]) -> list[DayEffect]:
    """Return the difference of each day on which both arms have somebody.

    A subject's part varies as it does in both arms on that day, and at least as on all days together: where by chance
    hardly anybody did anything there is hardly any variance, and the day would count for more than all others.
    """
    usable = [row for row in rows if row[2] >= LEAST_SUBJECTS and (row[5] > 0 or not metric.per)]
    usual = _variance(metric, usable)
    days = []
    for day in sorted({row[1] for row in usable}):
        both = {row[0]: row for row in usable if row[1] == day}
        if len(both) < 2 or not usual:
            continue
        variance = max(usual, _variance(metric, list(both.values())))
        one, other = (_mean(metric, both[name]) for name in (control, arm))
        days.append(DayEffect(day, other[0] - one[0], sqrt(variance * (one[1] + other[1]))))
    return days


def _variance(metric: Metric, rows: Sequence[DaySums]) -> float:
    """Return the variance of a subject's part around the mean of all, of a ratio before it is divided."""
    subjects = sum(row[2] for row in rows)
    if not subjects:
        return 0.0
    overall = sum(row[3] for row in rows) / sum(row[5] if metric.per else row[2] for row in rows)
    spread = 0.0
    for _, _, count, value, value_square, _, per_square, product in rows:
        of_per, both = (per_square, product) if metric.per else (count, value)
        spread += value_square - 2 * overall * both + overall**2 * of_per
    return spread / subjects


def _mean(metric: Metric, row: DaySums) -> tuple[float, float]:
    """Return the mean of an arm's day, and by what a subject's variance is multiplied to be the mean's."""
    _, _, count, value, _, per, *_ = row
    divisor = per / count if metric.per else 1.0
    return value / count / divisor, 1 / count / divisor**2


def _judged(days: list[DayEffect]) -> tuple[tuple[DayEffect, ...], float | None, float | None]:
    return (tuple(days), *trend(days))


def trend(days: Sequence[DayEffect]) -> tuple[float | None, float | None]:
    """Return the slope of the effects by day, weighted by how well each is known, and how probable chance makes it.

    The same people stand behind all days, so their effects are nearly, not wholly, independent.
    """
    if len(days) < LEAST_DAYS:
        return None, None
    weights = [1 / day.error**2 for day in days]
    total = sum(weights)
    middle = sum(weight * day.day for weight, day in zip(weights, days, strict=True)) / total
    spread = sum(weight * (day.day - middle) ** 2 for weight, day in zip(weights, days, strict=True))
    slope = sum(w * (day.day - middle) * day.value for w, day in zip(weights, days, strict=True)) / spread
    return slope, float(2 * stats.norm.sf(abs(slope) * sqrt(spread)))
