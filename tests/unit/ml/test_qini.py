"""Qini: what an order of people gains beyond a draw by lot, on members whose effects are known."""

from __future__ import annotations

import numpy as np
import pytest

from ml.qini import Trial, compare_qini, effect_figure, effect_of, gain_curve, qini

SEED = 11


def trial_of(outcome: list[float], treated: list[int], rate: float = 0.5) -> Trial:
    count = len(outcome)
    return Trial(np.array(outcome, float), np.array(treated, bool), np.full(count, rate), np.arange(count))


def planted(size: int = 8_000, rate: float = 0.75) -> tuple[np.ndarray, Trial]:
    """Return the true effect of each member, 0.4 for one in four and 0 for the rest, and what became of them."""
    print(f"seed {SEED}")
    rng = np.random.default_rng(SEED)
    effect = np.where(rng.random(size) < 0.25, 0.4, 0.0)
    treated = rng.random(size) < rate
    outcome = (rng.random(size) < 0.2 + effect * treated).astype(float)
    return effect, Trial(outcome, treated, np.full(size, rate), np.arange(size))


def test_by_hand() -> None:
    # Best first: the first two gain 1, all four gain 0.5 on average.
    trial = trial_of([1, 0, 0, 0], [1, 0, 1, 0])
    share, gain = gain_curve(np.array([4.0, 3.0, 2.0, 1.0]), trial)
    assert share.tolist() == [0, 0.25, 0.5, 0.75, 1]
    # Of the first alone nothing can be said: nobody was kept free.
    assert gain.tolist() == [0, 0, 0.5, pytest.approx(0.375), 0.5]
    assert effect_of(trial) == 0.5
    area = (0 + 0.5) / 8 + (0.5 + 0.375) / 8 + (0.375 + 0.5) / 8
    assert qini(np.array([4.0, 3.0, 2.0, 1.0]), trial) == pytest.approx(area - 0.25)


def test_an_order_that_says_nothing_has_none() -> None:
    effect, trial = planted()
    assert qini(np.zeros(len(effect)), trial) == 0
    by_lot = np.random.default_rng(SEED + 1).random(len(effect))
    figures, _ = compare_qini({"lot": by_lot}, trial, SEED)
    assert figures["lot"].low < 0 < figures["lot"].high


def test_the_true_effect_has_what_can_be_had() -> None:
    effect, trial = planted()
    # The gain rises to 0.1 at a quarter and stays: (0.1 * 0.25 / 2 + 0.1 * 0.75) - 0.05.
    figures, over = compare_qini({"truth": effect, "inverse": -effect}, trial, SEED)
    assert figures["truth"].value == pytest.approx(0.0375, abs=0.006)
    assert figures["truth"].low > 0
    assert figures["inverse"].high < 0
    assert over["inverse"].low > 0
    assert effect_figure(trial, SEED).value == pytest.approx(0.1, abs=0.025)


def test_campaigns_with_other_shares_count_alike() -> None:
    """A campaign among likelier people that reaches for more of them would else look like an effect."""
    rng = np.random.default_rng(SEED)
    rate = np.repeat([0.9, 0.3], 20_000)
    treated = rng.random(len(rate)) < rate
    outcome = (rng.random(len(rate)) < np.where(rate > 0.5, 0.5, 0.1)).astype(float)
    trial = Trial(outcome, treated, rate, np.arange(len(rate)))
    assert outcome[treated].mean() - outcome[~treated].mean() > 0.2
    assert effect_of(trial) == pytest.approx(0, abs=0.02)
