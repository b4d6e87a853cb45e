"""Aggregates: what the database counted and summed of an arm, as tea-tasting and our own statistics take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from tea_tasting.aggr import Aggregates

from cardinal.experiments.declaration import Metric

COUNT = "subject_count"
# What is known of a subject: the outcome and what it is divided by, after the first exposure and before it.
VALUE, PER, VALUE_BEFORE, PER_BEFORE = VARIABLES = ("value", "per", "value_before", "per_before")
SUMS = {variable: f"{variable}_sum" for variable in VARIABLES}
SQUARES = {variable: f"{variable}_square_sum" for variable in VARIABLES}
PRODUCTS = {pair: f"{pair[0]}_{pair[1]}_sum" for pair in combinations(VARIABLES, 2)}
COLUMNS = (COUNT, *SUMS.values(), *SQUARES.values(), *PRODUCTS.values())


@dataclass(frozen=True)
class Sample:
    """An arm as a comparison sees it: mean of the metric, variance of a subject's part of it, subjects."""

    mean: float
    variance: float
    count: int

    @property
    def error_variance(self) -> float:
        """The variance of the mean."""
        return self.variance / self.count


def aggregates_of(row: Mapping[str, Any], metric: Metric) -> Aggregates:
    """Return means, variances and covariances of one row of `experiment_arm_metrics`.

    Whether something happened varies by p(1 - p): there is nothing to estimate beside p.
    """
    count = int(row[COUNT])
    means = {variable: row[SUMS[variable]] / count for variable in VARIABLES}
    variances = {
        variable: max(0.0, (row[SQUARES[variable]] - count * means[variable] ** 2) / (count - 1))
        for variable in VARIABLES
    }
    if metric.kind == "proportion":
        variances[VALUE] = means[VALUE] * (1 - means[VALUE])
    covariances = {
        (one, other): (row[column] - count * means[one] * means[other]) / (count - 1)
        for (one, other), column in PRODUCTS.items()
    }
    return Aggregates(count, dict(means), dict(variances), dict(covariances))


def columns_of(metric: Metric) -> dict[str, str | None]:
    """Return which variables a metric is made of, as tea-tasting's RatioOfMeans takes them."""
    is_ratio, is_adjusted = metric.kind == "ratio", metric.covariate_days is not None
    return {
        "numer": VALUE,
        "denom": PER if is_ratio else None,
        "numer_covariate": VALUE_BEFORE if is_adjusted else None,
        "denom_covariate": PER_BEFORE if is_ratio and is_adjusted else None,
    }


def explained_by_before(metric: Metric, total: Aggregates) -> float:
    """Return by how much the metric moves with what was before (CUPED's theta), over all arms together."""
    names = columns_of(metric)
    before = total.ratio_var(names["numer_covariate"], names["denom_covariate"])
    return float(total.ratio_cov(*names.values()) / before) if before > 0 else 0.0


def sample_of(metric: Metric, arm: Aggregates, total: Aggregates) -> Sample:
    """Return an arm's mean and variance (by the delta method where it is a ratio), less what was before explains."""
    names = columns_of(metric)
    numer, denom, numer_before, denom_before = names.values()
    theta = explained_by_before(metric, total)
    mean = arm.mean(numer) / arm.mean(denom)
    variance = arm.ratio_var(numer, denom)
    if theta:
        before, of_all = (one.mean(numer_before) / one.mean(denom_before) for one in (arm, total))
        mean -= theta * (before - of_all)
        variance += theta**2 * arm.ratio_var(numer_before, denom_before)
        variance -= 2 * theta * arm.ratio_cov(numer, denom, numer_before, denom_before)
    return Sample(float(mean), float(variance), arm.count())
