"""Evaluation: how good probabilities are, with intervals, beside a rule that needs no learning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from ml.calibration import Bools, Floats, Integers

Metric = Callable[[Floats, Bools], float]
# So many draws of people, with replacement, give an interval that holds 95 of 100.
DRAWS = 200
WITHIN = (2.5, 97.5)
TOP = 0.1


@dataclass(frozen=True)
class Figure:
    """A measure with its interval of 95 %."""

    value: float
    low: float
    high: float


def average_precision(score: Floats, truth: Bools) -> float:
    """Return the area under precision over recall: what counts where few are positive."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(truth, score))


def roc_auc(score: Floats, truth: Bools) -> float:
    """Return the chance that a positive person is put before a negative one."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(truth, score))


def precision_at_top(score: Floats, truth: Bools, rate: float) -> float:
    """Return the share of positive people among those with the highest scores, a rate of all.

    Of equal scores at the edge, each counts for its share.
    """
    count = max(1, round(len(score) * rate))
    edge = np.partition(score, len(score) - count)[len(score) - count]
    above, at = score > edge, score == edge
    found = truth[above].sum() + (count - above.sum()) * truth[at].mean()
    return float(found / count)


def lift(score: Floats, truth: Bools) -> float:
    """Return how many times as many positive people are in the top tenth as in a tenth at random."""
    return float(precision_at_top(score, truth, TOP) / truth.mean())


def brier(probability: Floats, truth: Bools) -> float:
    """Return the mean squared distance of probabilities from what came true."""
    return float(np.mean((probability - truth) ** 2))


def calibration_error(probability: Floats, truth: Bools) -> float:
    """Return the mean distance between predicted and true share over tenths of the people, by probability.

    Bins of equal width would put nearly everybody into one where few are positive.
    """
    return sum(
        row["rows"] * abs(row["predicted"] - row["observed"]) for row in calibration_table(probability, truth)
    ) / len(truth)


RANKING: dict[str, Metric] = {"pr_auc": average_precision, "roc_auc": roc_auc, "lift_10": lift}
CALIBRATION: dict[str, Metric] = {"ece": calibration_error, "brier": brier}
# By this one a model is better than another.
DECIDING = "pr_auc"


@dataclass(frozen=True)
class Comparison:
    """A model beside others on the same people.

    Attributes:
        model: All measures: of the order by its margin, and of its calibrated probability.
        others: The measures of each other's order, by its name.
        gains: By how much the model's order is better, by the other's name.
    """

    model: dict[str, Figure]
    others: dict[str, dict[str, Figure]]
    gains: dict[str, dict[str, Figure]]


def compare(
    margin: Floats,
    probability: Floats,
    others: dict[str, Floats],
    truth: Bools,
    people: Integers,
    seed: int,
    capacity: float = 0.0,
) -> Comparison:
    """Measure a model and others with intervals of 95 %.

    people: number of the person of each row; a draw takes persons whole.
    capacity: Share of the rows that somebody can be spoken to about; then precision among these is measured too.
    """
    ranking_by = dict(RANKING)
    if capacity:
        ranking_by["precision_at_capacity"] = partial(precision_at_top, rate=capacity)

    def measured(rows: Integers) -> Floats:
        said, came = probability[rows], truth[rows]
        ranking = [[rank(score[rows], came) for rank in ranking_by.values()] for score in (margin, *others.values())]
        calibration = [measure(said, came) for measure in CALIBRATION.values()]
        gains = [np.subtract(ranking[0], other) for other in ranking[1:]]
        return np.concatenate([*ranking, calibration, *gains])

    middle = measured(np.arange(len(truth)))
    draws = np.stack([measured(rows) for rows in draws_of(people, truth, seed)])
    low, high = np.percentile(draws, WITHIN, axis=0)
    figures = iter([Figure(*map(float, values)) for values in zip(middle, low, high, strict=True)])

    def take(names: Iterable[str]) -> dict[str, Figure]:
        return {name: next(figures) for name in names}

    model = take(ranking_by)
    measures = {name: take(ranking_by) for name in others}
    return Comparison(model | take(CALIBRATION), measures, {name: take(ranking_by) for name in others})


def calibration_table(probability: Floats, truth: Bools) -> list[dict[str, float]]:
    """Return of each tenth of the people by probability the rows, the mean prediction and the share that came true."""
    order = np.argsort(probability, kind="stable")
    return [
        {"rows": len(part), "predicted": float(probability[part].mean()), "observed": float(truth[part].mean())}
        for part in np.array_split(order, min(10, len(order)))
    ]


def draws_of(people: Integers, truth: Bools, seed: int) -> Iterator[Integers]:
    """Yield rows of persons drawn with replacement, those among which both answers occur."""
    return (rows for rows in person_draws(people, seed) if truth[rows].any() and not truth[rows].all())


def person_draws(people: Integers, seed: int) -> Iterator[Integers]:
    """Yield rows of persons drawn with replacement, each time as many persons as there are."""
    rng = np.random.default_rng(seed)
    order = np.argsort(people, kind="stable")
    starts = np.flatnonzero(np.diff(people[order], prepend=-1))
    counts = np.diff(starts, append=len(people))
    for _ in range(DRAWS):
        drawn = rng.integers(0, len(starts), len(starts))
        sizes = counts[drawn]
        # The rows of the drawn persons, one person after the other.
        offsets = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        yield order[np.repeat(starts[drawn], sizes) + offsets]
