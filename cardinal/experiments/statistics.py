"""Statistics: tea-tasting for what is read once, our own for what may be read at any time.

Our own are the relative effect, the interval that holds at every peek, and the Bayesian reading, as GrowthBook's
gbstats computes them; docs/experiments.md names the sources of the formulas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, isfinite, log, sqrt
from typing import TYPE_CHECKING, Any, Literal

from scipy import stats

from cardinal.experiments.aggregates import Sample, columns_of, sample_of

if TYPE_CHECKING:
    from tea_tasting.aggr import Aggregates

    from cardinal.experiments.declaration import Metric

# Arms that differ from their weights with less probability than this were drawn or counted wrongly.
SAMPLE_RATIO_ALARM = 0.001


@dataclass(frozen=True)
class Estimate:
    """An effect with its standard error and an interval."""

    value: float
    error: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class Belief:
    """What to believe of an effect after the data, having expected little before them."""

    mean: float
    deviation: float
    chance_to_win: float
    loss_if_chosen: float
    loss_if_not: float


def difference_of(metric: Metric, control: Aggregates, treatment: Aggregates, alpha: float) -> Estimate:
    """Return the difference of the means as a single reading has it.

    Two shares are compared by their z test, all else by Welch's with CUPED and the delta method.
    """
    from tea_tasting.metrics import Proportion, RatioOfMeans

    total = control + treatment
    one, other = (sample_of(metric, arm, total) for arm in (control, treatment))
    error = sqrt(one.error_variance + other.error_variance)
    if error == 0:
        return Estimate(other.mean - one.mean, 0.0, other.mean - one.mean, other.mean - one.mean, 1.0)
    numer, denom, numer_before, denom_before = columns_of(metric).values()
    test: Any = RatioOfMeans(
        str(numer), denom, numer_before, denom_before, confidence_level=1 - alpha, equal_var=False, use_t=True
    )
    if metric.kind == "proportion" and not numer_before:
        test = Proportion(str(numer), method="norm", correction=False, confidence_level=1 - alpha)
    found = test.analyze_aggregates(control, treatment)
    return Estimate(found.effect_size, error, found.effect_size_ci_lower, found.effect_size_ci_upper, found.pvalue)


def relative_effect(control: Sample, treatment: Sample, alpha: float) -> Estimate | None:
    """Return the difference as a share of the control's mean (delta method); None where that is not above zero."""
    if control.mean <= 0:
        return None
    value = treatment.mean / control.mean - 1
    variance = treatment.error_variance / control.mean**2
    variance += control.error_variance * treatment.mean**2 / control.mean**4
    parts = [(sample.error_variance, sample.count - 1) for sample in (control, treatment)]
    if variance == 0:
        return Estimate(value, 0.0, value, value, 1.0)
    freedom = sum(part for part, _ in parts) ** 2 / sum(part**2 / degrees for part, degrees in parts)
    error, law = sqrt(variance), stats.t(freedom)
    half = float(law.ppf(1 - alpha / 2)) * error
    return Estimate(value, error, value - half, value + half, float(2 * law.sf(abs(value) / error)))


def tuning(planned_sample: int, alpha: float) -> float:
    """Return rho, by which the sequential interval is narrowest at the planned sample of both arms."""
    return sqrt((-2 * log(alpha) + log(-2 * log(alpha) + 1)) / planned_sample)


def at_every_peek(value: float, error: float, count: int, planned_sample: int, alpha: float) -> Estimate:
    """Return the interval that covers the truth at all peeks together (an asymptotic confidence sequence)."""
    if error == 0:
        return Estimate(value, error, value, value, 1.0)
    rho = tuning(planned_sample, alpha)
    grown = count * rho**2 + 1
    half = error * sqrt(count) * sqrt(2 * grown * log(sqrt(grown) / alpha)) / (count * rho)
    p_value = min(1.0, exp(0.5 * log(grown) - rho**2 * count * (value / error) ** 2 / (2 * grown)))
    return Estimate(value, error, value - half, value + half, p_value)


def believe(value: float, error: float, prior_deviation: float | None) -> Belief:
    """Return what to believe of a relative effect; a prior of None expects nothing in particular."""
    if error == 0:
        return Belief(value, 0.0, float(value > 0), max(0.0, -value), max(0.0, value))
    weight = 1 / error**2 + (1 / prior_deviation**2 if prior_deviation else 0)
    mean, deviation = value / error**2 / weight, sqrt(1 / weight)
    law = stats.norm(mean, deviation)
    loss = deviation * float(stats.norm.pdf(mean / deviation)) - mean * float(law.cdf(0))
    return Belief(mean, deviation, float(law.sf(0)), loss, loss + mean)


def adjust(p_values: Mapping[str, float], method: Literal["holm", "bh"]) -> dict[str, float]:
    """Return p values that account for having looked at all of them: Holm's, or Benjamini and Hochberg's."""
    if not p_values:
        return {}
    if method == "bh":
        corrected = stats.false_discovery_control(list(p_values.values()), method="bh")
        return dict(zip(p_values, map(float, corrected), strict=True))
    adjusted, worst = {}, 0.0
    for place, name in enumerate(sorted(p_values, key=lambda name: (p_values[name], name))):
        worst = max(worst, min(1.0, p_values[name] * (len(p_values) - place)))
        adjusted[name] = worst
    return adjusted


def sample_ratio(counts: Sequence[int], weights: Sequence[float]) -> float:
    """Return how probable arms so far from their weights, or further, are (chi-square)."""
    total = sum(counts)
    if total == 0:
        return 1.0
    return float(stats.chisquare(counts, [weight / sum(weights) * total for weight in weights]).pvalue)


def contrast(samples: Sequence[Sample], weights: Sequence[float], alpha: float) -> Estimate:
    """Return a weighted sum of arms' means, such as the effect of a factor over all levels of the others."""
    value = sum(weight * sample.mean for sample, weight in zip(samples, weights, strict=True))
    parts = [
        (weight**2 * sample.error_variance, sample.count - 1)
        for sample, weight in zip(samples, weights, strict=True)
        if weight
    ]
    variance = sum(part for part, _ in parts)
    if variance == 0:
        return Estimate(value, 0.0, value, value, 1.0)
    law = stats.t(variance**2 / sum(part**2 / degrees for part, degrees in parts))
    error = sqrt(variance)
    half = float(law.ppf(1 - alpha / 2)) * error
    return Estimate(value, error, value - half, value + half, float(2 * law.sf(abs(value) / error)))


def minimum_detectable_effect(
    metric: Metric, history: Aggregates, sample: int, ratio: float, alpha: float, power: float
) -> float:
    """Return the relative effect that a sample of two arms shows with the given power."""
    return _solve(metric, history, "rel_effect_size", alpha=alpha, power=power, ratio=ratio, n_obs=sample)


def sample_needed(
    metric: Metric, history: Aggregates, relative: float, ratio: float, alpha: float, power: float
) -> float:
    """Return how many subjects of two arms show a relative effect with the given power."""
    return _solve(metric, history, "n_obs", alpha=alpha, power=power, ratio=ratio, rel_effect_size=relative)


def _solve(metric: Metric, history: Aggregates, wanted: str, **known: float) -> float:
    from tea_tasting.metrics import RatioOfMeans

    numer, denom, numer_before, denom_before = columns_of(metric).values()
    # Nobody plans for so few that Student's law would differ.
    asked = RatioOfMeans(str(numer), denom, numer_before, denom_before, equal_var=False, use_t=False, **known)
    answer = float(getattr(asked.solve_power_from_aggregates(history, wanted)[0], wanted))
    return answer if isfinite(answer) else float("inf")
