"""BG/NBD and Gamma-Gamma on the published data, and against the published formulas."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.special import hyp2f1

from ml.lifetime_value import (
    BetaGeometric,
    GammaGamma,
    expected_purchases,
    expected_spend,
    fit_beta_geometric,
    fit_gamma_gamma,
    probability_alive,
)

CDNOW = BetaGeometric(0.2426, 4.4135, 0.7929, 2.4258)


def cdnow(name: str) -> pl.DataFrame:
    """Read a table that the package `lifetimes` ships, without importing it."""
    spec = importlib.util.find_spec("lifetimes")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the package lifetimes, which ships CDNOW, isn't installed")
    return pl.read_csv(Path(spec.submodule_search_locations[0]) / "datasets" / name)


def test_beta_geometric_on_cdnow_is_the_published_one() -> None:
    data = cdnow("cdnow_customers_summary.csv")
    model = fit_beta_geometric(*(data[name].to_numpy() for name in ("frequency", "recency", "T")))
    found = (model.r, model.alpha, model.a, model.b)
    assert found == pytest.approx((CDNOW.r, CDNOW.alpha, CDNOW.a, CDNOW.b), rel=0.01)


def test_the_fit_does_not_depend_on_the_unit_of_time() -> None:
    data = cdnow("cdnow_customers_summary.csv").head(600)
    columns = [data[name].to_numpy() for name in ("frequency", "recency", "T")]
    weeks = fit_beta_geometric(*columns)
    days = fit_beta_geometric(columns[0], columns[1] * 7, columns[2] * 7)
    assert (days.r, days.alpha / 7, days.a, days.b) == pytest.approx((weeks.r, weeks.alpha, weeks.a, weeks.b), rel=1e-3)


def test_gamma_gamma_on_cdnow_is_the_published_one() -> None:
    """p 6.25, q 3.74, gamma 15.44: Fader and Hardie (2013), on the 946 people who came again."""
    data = cdnow("cdnow_customers_summary_with_transactions.csv")
    model = fit_gamma_gamma(data["x"].to_numpy(), data["zbar"].to_numpy())
    assert (model.p, model.q, model.v) == pytest.approx((6.25, 3.74, 15.44), rel=0.01)


def test_expected_purchases_are_the_published_formula_and_survive_many_purchases() -> None:
    x, t_x, t, ahead = np.array([0.0, 2.0, 7.0]), np.array([0.0, 30.43, 35.0]), np.full(3, 38.86), 39.0
    r, alpha, a, b = CDNOW.r, CDNOW.alpha, CDNOW.a, CDNOW.b
    z = ahead / (alpha + t + ahead)
    power = ((alpha + t) / (alpha + t + ahead)) ** (r + x)
    series = 1 - power * hyp2f1(r + x, b + x, a + b + x - 1, z)
    left = np.where(x > 0, a / (b + np.maximum(x, 1) - 1) * ((alpha + t) / (alpha + t_x)) ** (r + x), 0)
    published = (a + b + x - 1) / (a - 1) * series / (1 + left)
    assert expected_purchases(CDNOW, x, t_x, t, ahead) == pytest.approx(published, rel=1e-9)
    # The paper's own example: two purchases, the last in week 30.43, 39 weeks ahead.
    assert published[1] == pytest.approx(1.226, abs=0.001)
    many = expected_purchases(CDNOW, np.array([2_000.0]), np.array([38.8]), np.array([38.86]), ahead)
    assert 1_000 < many[0] < 2_100


def test_whoever_stays_away_long_is_less_likely_alive() -> None:
    alive = probability_alive(
        CDNOW, np.array([0.0, 5.0, 5.0, 900.0]), np.array([0.0, 38.0, 10.0, 1.0]), np.full(4, 38.86)
    )
    assert alive[0] == 1
    assert alive[1] > 0.8 > 0.2 > alive[2] > alive[3] >= 0


def test_expected_spend_moves_from_everybodys_mean_to_ones_own() -> None:
    model = GammaGamma(6.25, 3.74, 15.44)
    spend = expected_spend(model, np.array([0.0, 1.0, 1_000.0]), np.array([np.nan, 100.0, 100.0]))
    everybody = model.p * model.v / (model.q - 1)
    assert spend[0] == pytest.approx(everybody)
    assert everybody < spend[1] < spend[2] < 100
    assert spend[2] == pytest.approx(100, rel=0.01)
