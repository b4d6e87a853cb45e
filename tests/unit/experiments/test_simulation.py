"""Thousands of simulated experiments: how often a look at any time is wrong, and what the checks find."""

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from cardinal.experiments.aggregates import COLUMNS, aggregates_of, sample_of
from cardinal.experiments.declaration import Metric
from cardinal.experiments.statistics import SAMPLE_RATIO_ALARM, at_every_peek, difference_of, sample_ratio

pytestmark = pytest.mark.slow
SEED = 20_261_129
TESTS = 2_000
ALPHA, PLANNED = 0.05, 5_000
# The first look comes at the least sample of 150 an arm, the last at four times the planned one.
PEEKS = np.unique(np.geomspace(150, 2 * PLANNED, 40).astype(int))


def moments(rng, kind):
    """Return mean and variance of an arm of each test at each peek, drawn in one go."""
    steps = np.diff(PEEKS, prepend=0)
    if kind == "proportion":
        counts = rng.binomial(steps, 0.1, (TESTS, len(steps))).cumsum(axis=1)
        means = counts / PEEKS
        return means, means * (1 - means)
    sums = np.empty((TESTS, len(steps)))
    squares = np.empty((TESTS, len(steps)))
    for place, step in enumerate(steps):
        # As skewed as money is.
        drawn = rng.exponential(1.0, (TESTS, step)).astype(np.float32)
        sums[:, place], squares[:, place] = drawn.sum(axis=1), (drawn**2).sum(axis=1)
    sums, squares = sums.cumsum(axis=1), squares.cumsum(axis=1)
    means = sums / PEEKS
    return means, (squares - PEEKS * means**2) / (PEEKS - 1)


@pytest.mark.parametrize("kind", ["proportion", "mean"])
def test_two_thousand_equal_pairs_looked_at_all_the_time_rarely_alarm(kind):
    print(f"seed {SEED}")
    rng = np.random.default_rng(SEED)
    (one, of_one), (other, of_other) = moments(rng, kind), moments(rng, kind)
    value, error = other - one, np.sqrt((of_one + of_other) / PEEKS)
    alarmed = np.zeros(TESTS, dtype=bool)
    naive = (np.abs(value) > 1.96 * error).any(axis=1)
    for test in range(TESTS):
        for peek, count in enumerate(PEEKS):
            found = at_every_peek(value[test, peek], error[test, peek], 2 * int(count), PLANNED, ALPHA)
            # The p value and the interval say the same.
            assert (found.p_value < ALPHA) == (found.low > 0 or found.high < 0)
            if found.p_value < ALPHA:
                alarmed[test] = True
                break
    print(f"{kind}: {alarmed.mean():.2%} alarm at any of {len(PEEKS)} peeks; {naive.mean():.1%} without the correction")
    assert alarmed.mean() <= 0.055
    # Reading a single reading's interval all the time is what it protects from.
    assert naive.mean() > 0.2


def test_what_is_there_is_found_at_the_planned_sample():
    rng = np.random.default_rng(SEED)
    found = 0
    for _ in range(500):
        one, other = (rng.binomial(PLANNED, share) / PLANNED for share in (0.1, 0.13))
        error = sqrt(one * (1 - one) / PLANNED + other * (1 - other) / PLANNED)
        found += at_every_peek(other - one, error, 2 * PLANNED, 2 * PLANNED, ALPHA).p_value < ALPHA
    assert found / 500 > 0.95


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.9])
def test_what_was_before_takes_out_as_much_as_theory_says(rho):
    rng = np.random.default_rng(SEED)
    adjusted, plain = Metric("m", "mean", "visit", covariate_days=28), Metric("m", "mean", "visit")
    values: dict[str, list[float]] = {"adjusted": [], "plain": []}
    size = 400
    for _ in range(TESTS):
        arms = []
        for _ in range(2):
            before = rng.normal(50, 10, size)
            after = rho * before + rng.normal(0, 10 * sqrt(1 - rho**2), size)
            arms.append(row_of(after, before))
        for name, metric in (("adjusted", adjusted), ("plain", plain)):
            one, other = (aggregates_of(row, metric) for row in arms)
            total = one + other
            values[name].append(sample_of(metric, other, total).mean - sample_of(metric, one, total).mean)
    ratio = np.var(values["adjusted"]) / np.var(values["plain"])
    print(f"rho {rho}: variance ratio {ratio:.3f}, theory {1 - rho**2:.3f}")
    # The standard error of a ratio of two variances of so many tests, three times.
    assert ratio == pytest.approx(1 - rho**2, rel=3 * sqrt(4 / TESTS))


def test_intervals_of_a_single_reading_cover_the_effect_as_often_as_they_say():
    rng = np.random.default_rng(SEED)
    metric, covered, tests = Metric("m", "ratio", "promotion_click", per="visit"), 0, 600
    for _ in range(tests):
        arms = []
        for share in (0.2, 0.22):
            visits = rng.poisson(3, 500) + 1.0
            arms.append(aggregates_of(row_of(rng.binomial(visits.astype(int), share), 0 * visits, visits), metric))
        found = difference_of(metric, *arms, ALPHA)
        covered += found.low <= 0.02 <= found.high
    print(f"{covered / tests:.1%} of intervals cover")
    assert covered / tests == pytest.approx(0.95, abs=3.3 * sqrt(0.95 * 0.05 / tests))


@pytest.mark.parametrize(
    ("size", "share"), [(20_000, 0.5), (100_000, 0.4949), (20_000, 0.48), (400_000, 0.4975), (1_000_000, 0.497)]
)
def test_the_check_of_sizes_finds_known_skews_and_seldom_anything_else(size, share):
    rng = np.random.default_rng(SEED)
    drawn = rng.binomial(size, share, TESTS)
    found = np.mean([sample_ratio([n, size - n], [0.5, 0.5]) < SAMPLE_RATIO_ALARM for n in drawn.tolist()])
    # So far a skew moves the counts, in standard errors; from so many on it is an alarm.
    moved, alarm = 2 * sqrt(size) * (0.5 - share), stats.norm.isf(SAMPLE_RATIO_ALARM / 2)
    expected = stats.norm.sf(alarm - moved) + stats.norm.sf(alarm + moved)
    print(f"{share:.2%} of {size:,}: found in {found:.1%}, expected in {expected:.1%}")
    assert found == pytest.approx(expected, abs=3.3 * sqrt(expected * (1 - expected) / TESTS) + 0.002)


def row_of(value, before, per=None):
    """What the mart holds of an arm."""
    nothing = np.zeros(len(value))
    variables = [np.asarray(one, float) for one in (value, nothing if per is None else per, before, nothing)]
    sums = [one.sum() for one in variables] + [(one * one).sum() for one in variables]
    sums += [(one * two).sum() for place, one in enumerate(variables) for two in variables[place + 1 :]]
    return dict(zip(COLUMNS, [len(variables[0]), *sums], strict=True))
