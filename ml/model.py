"""The model: one scikit-learn pipeline of shallow boosted trees, and the calibration of its margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ml.calibration import Bools, Floats, fit_margin_calibrator
from ml.learning import on_one_thread
from ml.task import LABEL, Task, TaskError

TREES: dict[str, Any] = {
    "max_iter": 150,
    "learning_rate": 0.05,
    # So few splits a tree that the contribution of each feature can be told exactly (ml/reasons.py).
    "max_leaf_nodes": 8,
    "min_samples_leaf": 40,
    "l2_regularization": 5.0,
    "early_stopping": False,
}


@dataclass(frozen=True)
class Model:
    """What was learned.

    Attributes:
        pipeline: From a frame's features to the margin (the log odds, uncalibrated).
        calibrator: From the margin to the probability.
    """

    pipeline: Any
    calibrator: Any


@on_one_thread
def fit_model(task: Task, learning: pl.DataFrame, calibration: pl.DataFrame) -> Model:
    """Learn from one fold and calibrate on a later one.

    Raises:
        TaskError: Nothing is known of anybody.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    trees = HistGradientBoostingClassifier(random_state=task.seed, **(TREES | task.learning))
    pipeline = pipeline_of(task, learning, trees).fit(features_of(task, learning), truth_of(learning))
    found = Model(pipeline, None)
    return Model(pipeline, fit_margin_calibrator(margins(task, found, calibration), truth_of(calibration)))


def margins(task: Task, model: Model, frame: pl.DataFrame) -> Floats:
    """Return the log odds, uncalibrated."""
    margin: Floats = model.pipeline.decision_function(features_of(task, frame))
    return margin


def probabilities(model: Model, margin: Floats) -> Floats:
    """Return the calibrated probability that belongs to each margin."""
    from sklearn.isotonic import IsotonicRegression

    if isinstance(model.calibrator, IsotonicRegression):
        found: Floats = model.calibrator.predict(margin)
        return found
    sigmoid: Floats = model.calibrator.predict_proba(margin[:, None])[:, 1]
    return sigmoid


def matrix(model: Model, task: Task, frame: pl.DataFrame) -> tuple[list[str], Floats]:
    """Return what the trees see: names of its columns, and the columns as numbers."""
    encoder = model.pipeline[0]
    return list(encoder.get_feature_names_out()), np.asarray(encoder.transform(features_of(task, frame)), np.float64)


def features_of(task: Task, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the features of a frame, each of its kind and in the task's order."""
    kinds = {"number": pl.Float64, "text": pl.String}
    return frame.select(pl.col(feature.name).cast(kinds[feature.kind]) for feature in task.features)


def truth_of(frame: pl.DataFrame) -> Bools:
    """Return the labels."""
    truth: Bools = frame[LABEL].cast(pl.Boolean).to_numpy()
    return truth


def pipeline_of(task: Task, learning: pl.DataFrame, trees: Any) -> Any:
    """Return the pipeline, yet to be fitted, from a frame's features to what the trees see, and the trees.

    Raises:
        TaskError: Nothing is known of anybody.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import TargetEncoder

    # A bank without cards knows nothing of cards: a column without a value has nothing to split.
    known = [feature for feature in task.features if learning[feature.name].count()]
    if not known:
        raise TaskError(f"{task.name}: all of its features are empty in marts.{task.mart}")
    by_kind = {kind: [feature.name for feature in known if feature.kind == kind] for kind in ("number", "text")}
    # A text becomes the share of its people for whom it came true, told by others than themselves; a new one
    # everybody's. A missing number goes the way of the trees.
    texts = TargetEncoder(target_type="binary", cv=StratifiedKFold(5, shuffle=True, random_state=task.seed))
    encoder = ColumnTransformer(
        [("numbers", "passthrough", by_kind["number"]), ("texts", texts, by_kind["text"])],
        verbose_feature_names_out=False,
    )
    return Pipeline([("encoder", encoder), ("trees", trees)])
