"""Calibration: a predicted probability of 0.7 should come true seven times in ten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Calibrator = Callable[[Floats], Floats]

# A step function follows the noise of few people; below this a sigmoid of two parameters is fitted.
ISOTONIC_FROM = 10_000
ISOTONIC_FROM_A_CLASS = 1_000


def expected_calibration_error(probability: Floats, is_true: Bools, bins: int = 10) -> float:
    """Return the mean distance between predicted and true share over bins of probability, weighted by people."""
    if len(probability) == 0:
        return 0.0
    place = probability_bins(probability, bins)
    people = np.bincount(place, minlength=bins)
    predicted = np.bincount(place, weights=probability, minlength=bins)
    true = np.bincount(place, weights=is_true.astype(np.float64), minlength=bins)
    return float(np.abs(predicted - true).sum() / people.sum())


def probability_bins(probability: Floats, bins: int = 10) -> Integers:
    """Return the bin of each probability; 1 belongs to the last."""
    place: Integers = np.minimum((probability * bins).astype(np.int64), bins - 1)
    return place


def fit_calibrator(raw: Floats, is_true: Bools) -> Calibrator:
    """Fit a monotone function from raw predictions, made for people not learned from, to shares that came true."""
    if is_true.all() or not is_true.any():
        share = (is_true.sum() + 1) / (len(is_true) + 2)
        return lambda values: np.full(len(values), share)
    # Nobody is certain of what n people never contradicted.
    least = 1 / (len(raw) + 2)
    if len(raw) >= ISOTONIC_FROM:
        from sklearn.isotonic import IsotonicRegression

        steps = IsotonicRegression(out_of_bounds="clip").fit(raw, is_true)
        return lambda values: np.clip(steps.predict(values), least, 1 - least)
    from sklearn.linear_model import LogisticRegression

    sigmoid = LogisticRegression(C=1e3).fit(_log_odds(raw)[:, None], is_true)
    return lambda values: np.clip(sigmoid.predict_proba(_log_odds(values)[:, None])[:, 1], least, 1 - least)


def fit_margin_calibrator(margin: Floats, is_true: Bools) -> Any:
    """Fit the scikit-learn model that leads from a margin (log odds) to the share that came true.

    A sigmoid for few people, isotonic steps for many; both answers must be there.
    """
    if len(margin) >= ISOTONIC_FROM and min(is_true.sum(), (~is_true).sum()) >= ISOTONIC_FROM_A_CLASS:
        from sklearn.isotonic import IsotonicRegression

        least = 1 / (len(margin) + 2)
        return IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip").fit(margin, is_true)
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=1e3).fit(margin[:, None], is_true)


def cross_calibrate(raw: Floats, is_true: Bools, folds: Integers) -> Floats:
    """Calibrate each fold by what the other folds show, so that nobody's truth is in their own prediction."""
    calibrated = np.empty(len(raw))
    for fold in np.unique(folds):
        inside = folds == fold
        calibrated[inside] = fit_calibrator(raw[~inside], is_true[~inside])(raw[inside])
    return calibrated


def _log_odds(probability: Floats) -> Floats:
    bounded = np.clip(probability, 1e-6, 1 - 1e-6)
    odds: Floats = np.log(bounded / (1 - bounded))
    return odds
