"""Survival against a count by hand and against a simulation with a known hazard."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ml.customer_value import relationship_values
from ml.survival import STRETCHES, WATCHED, closing_hazards, months_ahead, survival_ahead


def test_hazards_count_only_months_that_were_watched() -> None:
    entered, left = np.array([0, 10, 30]), np.array([5, 13, 40])
    closed = np.array([True, False, True])
    hazards = closing_hazards(entered, left, closed)
    # 0..5 and 10, 11 of the first year; 12, 13 of the second; 30..35 of the third; 36..40 of the next.
    watched, events = np.array([8, 2, 6, 5, 0, 0]), np.array([1, 0, 0, 1, 0, 0])
    overall = 2.5 / 22
    assert hazards == pytest.approx((events + WATCHED * overall) / (watched + WATCHED))


def test_a_known_hazard_is_found_although_early_leavers_were_never_seen() -> None:
    rng = np.random.default_rng(5)
    print("seed 5")
    people, true = 60_000, 0.02
    entered = rng.integers(0, 100, people)
    stays = rng.geometric(true, people) - 1
    left, closed = np.where(stays < 12, entered + stays, entered + 11), stays < 12
    hazards = closing_hazards(entered, left, closed)
    assert hazards[:5] == pytest.approx(np.full(5, true), rel=0.1)


def test_survival_and_months_follow_from_the_hazard() -> None:
    survival = survival_ahead(np.full(len(STRETCHES), 0.1), np.array([0, 50]), 3)
    assert survival == pytest.approx(np.array([[0.9, 0.81, 0.729]] * 2))
    mean, variance = months_ahead(survival)
    # Stays 0, 1, 2 or 3 of the months ahead.
    chance = np.array([0.1, 0.09, 0.081, 0.729])
    expected = chance @ np.arange(4)
    assert mean == pytest.approx(np.full(2, expected))
    assert variance == pytest.approx(np.full(2, chance @ np.arange(4) ** 2 - expected**2))


def people(**columns: list) -> pl.DataFrame:
    given = {"entered_months": [1, 1], "tenure_months": [12, 12], "has_closed": [False, True], "month_count": [11, 5]}
    value = {"mean_value": [100.0, 100.0], "value_deviation": [0.0, 10.0]}
    return pl.DataFrame({"person_id": ["a", "b"], **given, **value, **columns})


def test_a_closed_relationship_is_worth_nothing_and_the_interval_holds_the_value() -> None:
    values = relationship_values(people())
    kept, closed = values.rows(named=True)
    assert closed["value"] == closed["value_high"] == closed["survival"] == 0
    assert kept["value"] == pytest.approx(100 * kept["expected_months"])
    assert kept["value_low"] < kept["value"] < kept["value_high"]


def test_a_less_steady_customer_has_a_wider_interval() -> None:
    steady, wild = relationship_values(people(has_closed=[False, False])).rows(named=True)
    assert steady["value_high"] - steady["value_low"] < wild["value_high"] - wild["value_low"]


def test_nobody_is_worth_nothing() -> None:
    assert len(relationship_values(people().clear())) == 0
