"""What a customer earns the bank in twelve months, with an interval that holds as many values as it says.

Boosted trees learn the tenth, the middle and the ninetieth of a hundred values; on people whom they didn't learn from,
it is measured how far the interval has to be drawn out, or in, to hold eight of ten of theirs (Romano, Patterson and
Candès, Conformalized quantile regression, 2019). All of it on a scale that is even near zero and logarithmic beyond,
on either side: a few people earn a hundred times what others do, and some cost.
"""

from __future__ import annotations

from math import ceil

import numpy as np
import polars as pl

from ml.calibration import Bools, Floats
from ml.learning import on_one_thread
from ml.model import TREES, Model, features_of, pipeline_of
from ml.task import LABEL, Task

QUANTILES = (0.1, 0.5, 0.9)
COVERED = 0.8


@on_one_thread
def fit_values(task: Task, learning: pl.DataFrame, calibration: pl.DataFrame) -> Model:
    """Learn from some people and months, and measure on others how wide the interval has to be."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    earned = learning[LABEL].to_numpy().astype(np.float64)
    scale = float(np.median(np.abs(earned[earned != 0]))) if earned.any() else 1.0
    settings = TREES | task.learning
    quantiles = [
        pipeline_of(
            task, learning,
            HistGradientBoostingRegressor(loss="quantile", quantile=one, random_state=task.seed, **settings),
        ).fit(features_of(task, learning), np.arcsinh(earned / scale))
        for one in QUANTILES
    ]  # fmt: skip
    found = Model(quantiles, {"scale": scale, "width": 0.0})
    low, _, high = _on_scale(task, found, calibration)
    width = conformal_width(low, high, np.arcsinh(calibration[LABEL].to_numpy().astype(np.float64) / scale))
    return Model(quantiles, {"scale": scale, "width": width})


def values_of(task: Task, model: Model, frame: pl.DataFrame) -> tuple[Floats, Floats, Floats]:
    """Return of each row the middle value, and the ends of the interval."""
    low, middle, high = _on_scale(task, model, frame)
    scale, width = model.calibrator["scale"], model.calibrator["width"]
    ends = np.minimum(low - width, middle), np.maximum(high + width, middle)
    return np.sinh(middle) * scale, np.sinh(ends[0]) * scale, np.sinh(ends[1]) * scale


def conformal_width(low: Floats, high: Floats, truth: Floats) -> float:
    """Return by how much intervals have to be drawn out on both sides to hold their share; negative draws them in."""
    beyond = np.sort(np.maximum(low - truth, truth - high))
    # One more than there are: the next value is as likely to fall between any two of them, or beyond.
    return float(beyond[min(len(beyond), ceil((len(beyond) + 1) * COVERED)) - 1])


def is_covered(truth: Floats, low: Floats, high: Floats) -> Bools:
    """Tell which values lie in their interval."""
    found: Bools = (truth >= low) & (truth <= high)
    return found


def rank_correlation(score: Floats, truth: Floats) -> float:
    """Return Spearman's rank correlation; 0 where all are alike."""
    from scipy.stats import rankdata

    ranks = rankdata(score), rankdata(truth)
    if any(np.ptp(rank) == 0 for rank in ranks):
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])


def _on_scale(task: Task, model: Model, frame: pl.DataFrame) -> list[Floats]:
    asked = features_of(task, frame)
    return [one.predict(asked) for one in model.pipeline]
