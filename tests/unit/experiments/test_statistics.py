"""The statistics against published figures, another library's, and each other.

One of the data sets is public but not ours to give: its test looks for it in `$CARDINAL_SHARED_DATA/experiments`, or in
`../shared/data/experiments` beside the repository.
"""

import csv
import os
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from cardinal.experiments.aggregates import Sample, aggregates_of, explained_by_before, sample_of
from cardinal.experiments.declaration import Metric
from cardinal.experiments.statistics import (
    adjust,
    at_every_peek,
    believe,
    contrast,
    difference_of,
    minimum_detectable_effect,
    relative_effect,
    sample_needed,
    sample_ratio,
    tuning,
)
from cardinal.settings import PROJECT_DIR
from tests.unit.experiments.samples import summed

COOKIE_CATS = (
    Path(os.environ.get("CARDINAL_SHARED_DATA") or PROJECT_DIR.parent / "shared" / "data")
    / "experiments/cookie_cats.csv"
)
TIGHT = 1e-8
# 1,000 of 10,000 against 1,180 of 10,000: what gbstats 0.8.0 makes of it.
CONTROL, TREATMENT = (Sample(share, share * (1 - share), 10_000) for share in (0.1, 0.118))
PROPORTION = Metric("m", "proportion", "lead")


def test_the_relative_effect_is_the_published_one():
    found = relative_effect(CONTROL, TREATMENT, 0.05)
    assert found.value == pytest.approx(0.18, abs=TIGHT)
    assert found.error == pytest.approx(0.0478948849, abs=TIGHT)
    assert (found.low, found.high) == pytest.approx((0.0861220388, 0.2738779612), abs=TIGHT)
    assert found.p_value == pytest.approx(0.00017160833, abs=TIGHT)


def test_the_sequential_interval_is_the_published_one():
    effect = relative_effect(CONTROL, TREATMENT, 0.05)
    found = at_every_peek(effect.value, effect.error, 20_000, 5_000, 0.05)
    assert tuning(5_000, 0.05) == pytest.approx(0.0398400668, abs=TIGHT)
    assert (found.low, found.high) == pytest.approx((0.0302272280, 0.3297727720), abs=TIGHT)
    assert found.p_value == pytest.approx(0.0060839321, abs=TIGHT)


def test_the_beliefs_are_the_published_ones():
    effect = relative_effect(CONTROL, TREATMENT, 0.05)
    assert believe(effect.value, effect.error, None).chance_to_win == pytest.approx(0.99991444, abs=TIGHT)
    found = believe(effect.value, effect.error, 0.3)
    assert (found.mean, found.deviation, found.chance_to_win) == pytest.approx(
        (0.1755261885, 0.0472959379, 0.9998968734), abs=TIGHT
    )


def test_the_losses_are_the_means_of_what_would_be_lost():
    belief = believe(0.02, 0.05, 0.3)
    draws = np.random.default_rng(4).normal(belief.mean, belief.deviation, 2_000_000)
    assert belief.loss_if_chosen == pytest.approx(np.maximum(-draws, 0).mean(), abs=1e-4)
    assert belief.loss_if_not == pytest.approx(np.maximum(draws, 0).mean(), abs=1e-4)


def test_the_sample_ratio_is_the_published_one_and_takes_uneven_weights():
    assert sample_ratio([10_000, 10_400], [0.5, 0.5]) == pytest.approx(0.0051014, abs=5e-8)
    assert sample_ratio([2_000, 3_000, 5_000], [0.2, 0.3, 0.5]) == 1
    assert sample_ratio([3_000, 3_000, 4_000], [0.2, 0.3, 0.5]) < 1e-9
    assert sample_ratio([0, 0], [0.5, 0.5]) == 1


def test_p_values_are_adjusted_as_by_hand():
    p_values = {"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}
    assert adjust(p_values, "holm") == pytest.approx({"d": 0.02, "a": 0.03, "c": 0.06, "b": 0.06})
    assert adjust(p_values, "bh") == pytest.approx({"a": 0.02, "b": 0.04, "c": 0.04, "d": 0.02})
    assert adjust({"a": 0.6, "b": 0.7}, "holm") == {"a": 1, "b": 1}
    assert adjust({}, "holm") == adjust({}, "bh") == {}


@pytest.mark.skipif(not COOKIE_CATS.exists(), reason="the Cookie Cats data are not here (CARDINAL_SHARED_DATA)")
def test_the_cookie_cats_come_out_as_published():
    arms: dict[str, list[tuple[bool, bool]]] = {"gate_30": [], "gate_40": []}
    with COOKIE_CATS.open() as file:
        for row in csv.DictReader(file):
            arms[row["test_version"]].append((row["retention_1"] == "True", row["retention_7"] == "True"))
    by_day = [[aggregates_of(summed(np.array(arms[arm])[:, day]), PROPORTION) for arm in arms] for day in (0, 1)]
    day_1, day_7 = (difference_of(PROPORTION, *both, 0.05) for both in by_day)
    assert sum(map(len, arms.values())) == 90_189
    assert day_1.p_value == pytest.approx(0.0744, abs=5e-5)
    assert day_7.p_value == pytest.approx(0.00155, abs=5e-6)
    assert -day_7.value == pytest.approx(0.0082, abs=5e-5)
    assert (-day_7.high, -day_7.low) == pytest.approx((0.0031, 0.0133), abs=5e-5)


def test_a_mean_is_compared_as_scipy_does():
    rng = np.random.default_rng(3)
    one, other = rng.gamma(2, 50, 900), rng.gamma(2, 55, 700)
    metric = Metric("m", "mean", "card_spending")
    found = difference_of(metric, *(aggregates_of(summed(values), metric) for values in (one, other)), 0.05)
    expected = stats.ttest_ind(other, one, equal_var=False)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval(0.95)), rel=1e-9)


def test_cuped_takes_out_what_was_before_and_leaves_the_effect():
    rng = np.random.default_rng(5)
    rho, size = 0.7, 40_000
    before = rng.normal(100, 20, size)
    after = rho * before + rng.normal(0, 20 * sqrt(1 - rho**2), size)
    after[size // 2 :] += 1.0
    plain, adjusted = Metric("m", "mean", "visit"), Metric("m", "mean", "visit", covariate_days=28)
    halves = slice(None, size // 2), slice(size // 2, None)
    rows = [aggregates_of(summed(after[half], before=before[half]), adjusted) for half in halves]
    total = rows[0] + rows[1]
    theta = np.cov(after, before)[0, 1] / before.var(ddof=1)
    assert explained_by_before(adjusted, total) == pytest.approx(theta, rel=1e-9)
    assert explained_by_before(plain, total) == 0
    one, other = (sample_of(adjusted, row, total) for row in rows)
    by_hand = [after[half] - theta * (before[half] - before.mean()) for half in halves]
    assert (one.mean, one.variance) == pytest.approx((by_hand[0].mean(), by_hand[0].var(ddof=1)), rel=1e-9)
    assert other.mean - one.mean == pytest.approx(1, abs=4 * sqrt(one.error_variance + other.error_variance))
    found = difference_of(adjusted, *rows, 0.05)
    assert found.value == pytest.approx(by_hand[1].mean() - by_hand[0].mean(), rel=1e-9)
    assert found.error == pytest.approx(sqrt(one.error_variance + other.error_variance), rel=1e-12)
    assert (found.high - found.low) / 2 == pytest.approx(stats.norm.ppf(0.975) * found.error, rel=1e-3)


def test_a_ratio_varies_as_the_delta_method_says():
    rng = np.random.default_rng(6)
    visits = rng.poisson(3, 5_000) + 1.0
    clicks = rng.binomial(visits.astype(int), 0.2).astype(float)
    metric = Metric("m", "ratio", "promotion_click", per="visit")
    row = aggregates_of(summed(clicks, per=visits), metric)
    sample = sample_of(metric, row, row)
    m, d = clicks.mean(), visits.mean()
    cov = np.cov(clicks, visits)
    expected = cov[0, 0] / d**2 + cov[1, 1] * m**2 / d**4 - 2 * cov[0, 1] * m / d**3
    assert (sample.mean, sample.variance) == pytest.approx((m / d, expected), rel=1e-9)


def test_factorial_effects_are_contrasts_of_arms():
    arms = [Sample(mean, 4.0, 100) for mean in (10, 12, 11, 15)]
    found = contrast(arms, (-0.5, 0.5, -0.5, 0.5), 0.05)
    assert (found.value, found.error) == pytest.approx((3, 0.2))
    one, other = Sample(1, 2, 50), Sample(2, 3, 70)
    assert contrast([one, other], (-1, 1), 0.05).p_value == pytest.approx(
        stats.ttest_ind_from_stats(2, sqrt(3), 70, 1, sqrt(2), 50, equal_var=False).pvalue
    )


def test_power_is_that_of_the_textbook():
    history = aggregates_of(summed(np.repeat([1, 0], [1_000, 9_000])), PROPORTION)
    # 16 p (1 - p) / d^2 an arm, nearly: 15.7 for 80 % at 5 %.
    needed = sample_needed(PROPORTION, history, 0.1, 1, 0.05, 0.8)
    assert needed == pytest.approx(2 * 15.7 * 0.09 / 0.01**2, rel=0.005)
    assert minimum_detectable_effect(PROPORTION, history, round(needed), 1, 0.05, 0.8) == pytest.approx(0.1, rel=1e-3)


def test_without_variance_nothing_is_claimed():
    flat = aggregates_of(summed(np.zeros(50)), PROPORTION)
    assert difference_of(PROPORTION, flat, flat, 0.05).p_value == 1
    assert relative_effect(Sample(0, 0, 50), Sample(0, 0, 50), 0.05) is None
    assert at_every_peek(0, 0, 100, 5_000, 0.05).p_value == 1
    assert believe(0, 0, 0.3).chance_to_win == 0
