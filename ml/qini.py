"""Qini: how much more a campaign gains by an order of people than by lot, when not all are reached for.

Members are put in an order. Among the first of them, those reached for and those kept free are compared: the difference
of their mean outcomes times the share that they are of all is what reaching for so many gains. The area between that
curve and the straight line of a draw by lot is the Qini coefficient, in outcome per member.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ml.calibration import Bools, Floats, Integers
from ml.evaluation import WITHIN, Figure, draws_of


@dataclass(frozen=True)
class Trial:
    """What became of members of campaigns.

    Attributes:
        outcome: What each did.
        treated: Whether the campaign reached for them.
        arm_rate: Share of their campaign's members that were reached for: campaigns with other shares count alike.
        people: Number of each row's person; a draw takes persons whole.
    """

    outcome: Floats
    treated: Bools
    arm_rate: Floats
    people: Integers

    def take(self, rows: Integers) -> Trial:
        """Return the trial of these rows."""
        return Trial(self.outcome[rows], self.treated[rows], self.arm_rate[rows], self.people[rows])


def gain_curve(score: Floats, trial: Trial) -> tuple[Floats, Floats]:
    """Return by share of the members, the highest score first, what reaching for them gains; equal scores at once."""
    order = np.argsort(-score, kind="stable")
    outcome, treated, rate = trial.outcome[order], trial.treated[order], trial.arm_rate[order]
    reached, free = treated / rate, ~treated / (1 - rate)
    sums = [np.cumsum(part) for part in (reached * outcome, reached, free * outcome, free)]
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    did_reached, of_reached, did_free, of_free = (part[ends] for part in sums)
    both = (of_reached > 0) & (of_free > 0)
    effect = np.zeros(len(ends))
    effect[both] = did_reached[both] / of_reached[both] - did_free[both] / of_free[both]
    share = (ends + 1) / len(score)
    return np.append(0.0, share), np.append(0.0, share * effect)


def qini(score: Floats, trial: Trial) -> float:
    """Return the Qini coefficient: 0 for any order that knows nothing of who is changed."""
    share, gain = gain_curve(score, trial)
    return float(np.trapezoid(gain, share) - gain[-1] / 2)


def effect_of(trial: Trial) -> float:
    """Return by how much reaching for all of them changes the mean outcome."""
    return float(gain_curve(np.zeros(len(trial.outcome)), trial)[1][-1])


def compare_qini(scores: Mapping[str, Floats], trial: Trial, seed: int) -> tuple[dict[str, Figure], dict[str, Figure]]:
    """Return the Qini coefficient of each order, and by how much the first one's is above each other's."""
    first, *others = scores

    def measured(rows: Integers) -> Floats:
        part = trial.take(rows)
        found = {name: qini(score[rows], part) for name, score in scores.items()}
        return np.array([*found.values(), *(found[first] - found[other] for other in others)])

    figures = _with_intervals(measured, trial, seed)
    return dict(zip(scores, figures, strict=False)), dict(zip(others, figures[len(scores) :], strict=True))


def effect_figure(trial: Trial, seed: int) -> Figure:
    """Return the effect on all with its interval of 95 %."""
    (figure,) = _with_intervals(lambda rows: np.array([effect_of(trial.take(rows))]), trial, seed)
    return figure


def _with_intervals(measured: Callable[[Integers], Floats], trial: Trial, seed: int) -> list[Figure]:
    draws = [measured(rows) for rows in draws_of(trial.people, trial.treated, seed)]
    low, high = np.percentile(draws, WITHIN, axis=0)
    middle = measured(np.arange(len(trial.outcome)))
    return [Figure(*map(float, values)) for values in zip(middle, low, high, strict=True)]
