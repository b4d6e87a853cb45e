"""How often a person will buy again, and for how much: BG/NBD and Gamma-Gamma.

A person's purchase days come at a rate of their own until, after one of them, the person is gone for good
(Fader, Hardie and Lee, "Counting your customers" the easy way, 2005). What they spend on a day varies around a mean
of their own (Fader and Hardie, The Gamma-Gamma model of monetary value, 2013). Times are in one unit throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BetaGeometric:
    """r, alpha: how purchase rates differ between people. a, b: how the chance of leaving does."""

    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True)
class GammaGamma:
    """p: how a person's days differ. q, v: how people's means do."""

    p: float
    q: float
    v: float


def fit_beta_geometric(frequency: Floats, recency: Floats, age: Floats, penalty: float = 0.0) -> BetaGeometric:
    """Fit by maximum likelihood.

    frequency: purchase days after the first. recency: time from the first to the last. age: from the first to now.
    penalty: weight of the squared parameters, for data that say little.
    """
    from scipy.special import betaln, gammaln

    (x, t_x, t), weight = _distinct(frequency, recency, age)
    # Times of about one keep the search in a sound range; alpha is brought back to the unit in the end.
    scale = float(np.average(t, weights=weight)) or 1.0
    t_x, t = t_x / scale, t / scale

    def loss(logs: Floats) -> float:
        r, alpha, a, b = np.exp(logs)
        rate = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        stays = betaln(a, b + x) - (r + x) * np.log(alpha + t)
        leaves = np.where(x > 0, betaln(a + 1, b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + t_x), -np.inf)
        likelihood = rate - betaln(a, b) + np.logaddexp(stays, leaves)
        return float(-np.average(likelihood, weights=weight) + penalty * np.sum(np.exp(2 * logs)))

    r, alpha, a, b = _least(loss, np.zeros(4))
    return BetaGeometric(r, alpha * scale, a, b)


def expected_purchases(model: BetaGeometric, frequency: Floats, recency: Floats, age: Floats, ahead: float) -> Floats:
    """Return how many purchase days are expected in the time ahead."""
    from scipy.special import hyp2f1

    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    x = np.asarray(frequency, dtype=np.float64)
    z = ahead / (alpha + age + ahead)
    # Euler's transformation of the published formula: its powers cancel, and nothing overflows for many purchases.
    series = (1 - z) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, z)
    # At a = 1 the formula is a limit.
    edge = a - 1 if abs(a - 1) > 1e-9 else 1e-9
    expected: Floats = (a + b + x - 1) / edge * (1 - series) * probability_alive(model, x, recency, age)
    return np.maximum(expected, 0)


def probability_alive(model: BetaGeometric, frequency: Floats, recency: Floats, age: Floats) -> Floats:
    """Return the probability that a person still buys; of who bought once only, nothing tells against it."""
    x = np.asarray(frequency, dtype=np.float64)
    odds = np.log(model.a) - np.log(model.b + np.maximum(x, 1) - 1)
    odds = odds + (model.r + x) * (np.log(model.alpha + age) - np.log(model.alpha + recency))
    alive: Floats = np.where(x > 0, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)
    return alive


def fit_gamma_gamma(frequency: Floats, mean_value: Floats, penalty: float = 0.0) -> GammaGamma:
    """Fit by maximum likelihood on people who bought again; mean_value: mean amount of those purchase days."""
    from scipy.special import gammaln

    again = (np.asarray(frequency) > 0) & (np.asarray(mean_value) > 0)
    (x, m), weight = _distinct(np.asarray(frequency)[again], np.asarray(mean_value)[again])
    scale = float(np.average(m, weights=weight)) or 1.0
    m = m / scale

    def loss(logs: Floats) -> float:
        p, q, v = np.exp(logs)
        likelihood = (
            gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
            + (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * np.log(x * m + v)
        )  # fmt: skip
        return float(-np.average(likelihood, weights=weight) + penalty * np.sum(np.exp(2 * logs)))

    p, q, v = _least(loss, np.zeros(3))
    return GammaGamma(p, q, v * scale)


def expected_spend(model: GammaGamma, frequency: Floats, mean_value: Floats) -> Floats:
    """Return the expected amount of a purchase day: a person's own mean, drawn to everybody's the less they bought."""
    x = np.asarray(frequency, dtype=np.float64)
    # With q at most 1 the population has no mean; one just above it is the best that there is.
    own = model.p * x
    everybody = max(model.q - 1, 1e-3)
    spend: Floats = (model.p * model.v + own * np.where(x > 0, mean_value, 0)) / (own + everybody)
    return spend


def _distinct(*columns: Floats) -> tuple[Floats, Floats]:
    """Return distinct rows and how often each occurs: many people look alike."""
    table = np.column_stack([np.asarray(column, dtype=np.float64) for column in columns])
    rows, counts = np.unique(table, axis=0, return_counts=True)
    return rows.T, counts.astype(np.float64)


def _least(loss: Callable[[Floats], float], start: Floats) -> list[float]:
    from scipy.optimize import minimize

    # A search without derivatives, begun again where it stopped, settles to the fourth digit.
    place = start
    for _ in range(3):
        place = minimize(loss, place, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-10, "maxiter": 4_000}).x
    return [float(value) for value in np.exp(np.clip(place, -30, 30))]
