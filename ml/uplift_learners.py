"""Learners of uplift: shallow boosted trees whose weighted sum says by how much a campaign changes a person."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from ml.calibration import Floats
from ml.learning import on_one_thread
from ml.model import Model, features_of, matrix
from ml.reasons import contributions
from ml.task import LABEL, TaskError
from ml.uplift_frames import ARM_RATE, TREATED
from ml.uplift_tasks import UpliftTask

# Effects are small beside what people differ in anyway: small steps, few splits, half of the features for each.
TREES: dict[str, Any] = {
    "max_iter": 100,
    "learning_rate": 0.04,
    "max_leaf_nodes": 4,
    "min_samples_leaf": 50,
    "l2_regularization": 5.0,
    "max_features": 0.5,
    "early_stopping": False,
}
T_LEARNER, X_LEARNER, TRANSFORMED = "T-learner", "X-learner", "transformed outcome"
LEARNERS = (T_LEARNER, X_LEARNER, TRANSFORMED)


@on_one_thread
def fit_uplift(task: UpliftTask, rows: pl.DataFrame) -> dict[str, Model]:
    """Learn uplift in each way.

    - T-learner: what those do who are reached for, less what those do who are kept free.
    - X-learner: what each did less what the other arm's model expects of them, learned of both arms, and weighted.
    - transformed outcome: an outcome weighted so that its mean is the effect.

    Each model's pipeline holds the encoder, `parts` (weight and trees, whose weighted sum is the uplift), and the trees
    of each arm (`treated`, `left_alone`).

    Raises:
        TaskError: Nothing is known of anybody.
    """
    outcome, treated, rate = (rows[name].cast(pl.Float64).to_numpy() for name in (LABEL, TREATED, ARM_RATE))
    is_treated = treated == 1
    # What all do in common tells nothing of the effect and would only make it noisy.
    weighted = (outcome - outcome.mean()) * (treated / rate - (1 - treated) / (1 - rate))
    encoder, x = _encoder(task, rows, weighted)
    reached = _trees(task).fit(x[is_treated], outcome[is_treated])
    alone = _trees(task).fit(x[~is_treated], outcome[~is_treated])
    gained = _trees(task).fit(x[is_treated], outcome[is_treated] - alone.predict(x[is_treated]))
    missed = _trees(task).fit(x[~is_treated], reached.predict(x[~is_treated]) - outcome[~is_treated])
    # The arm with more people has the better model of its outcome, so that the other arm's differences count more.
    share = float(rate.mean())
    parts = {
        T_LEARNER: [[1.0, reached], [-1.0, alone]],
        X_LEARNER: [[1.0 - share, gained], [share, missed]],
        TRANSFORMED: [[1.0, _trees(task).fit(x, weighted)]],
    }
    common = {"encoder": encoder, "treated": reached, "left_alone": alone}
    return {name: Model({**common, "parts": part}, None) for name, part in parts.items()}


@on_one_thread
def uplifts(task: UpliftTask, model: Model, rows: pl.DataFrame) -> Floats:
    """Return by how much the campaign is expected to change each row's outcome."""
    x = numbers(task, model, rows)[1]
    found: Floats = sum(weight * trees.predict(x) for weight, trees in model.pipeline["parts"])
    return found


@on_one_thread
def outcomes(task: UpliftTask, model: Model, rows: pl.DataFrame, arm: str) -> Floats:
    """Return the outcome expected of each row where it is `treated`, or `left_alone`."""
    found: Floats = model.pipeline[arm].predict(numbers(task, model, rows)[1])
    return np.clip(found, 0.0, 1.0) if task.is_yes_or_no else np.maximum(found, 0.0)


def uplift_contributions(model: Model, x: Floats) -> Floats:
    """Return what each feature (column of x) adds to each row's uplift: the Shapley values of the weighted sum."""
    added = np.zeros(x.shape)
    for weight, trees in model.pipeline["parts"]:
        added += weight * contributions(Model([trees], None), x).added
    return added


def numbers(task: UpliftTask, model: Model, rows: pl.DataFrame) -> tuple[list[str], Floats]:
    """Return what the trees see: names of its columns, and the columns as numbers."""
    return matrix(Model([model.pipeline["encoder"]], None), task, rows)


def _encoder(task: UpliftTask, rows: pl.DataFrame, weighted: Floats) -> tuple[Any, Floats]:
    """Return the fitted encoder, and the rows as the trees see them: a text is the mean effect on the others of it."""
    from sklearn.compose import ColumnTransformer
    from sklearn.model_selection import KFold
    from sklearn.preprocessing import TargetEncoder

    known = [feature for feature in task.features if rows[feature.name].count()]
    if not known:
        raise TaskError(f"{task.name}: all of its features are empty in marts.{task.mart}")
    by_kind = {kind: [feature.name for feature in known if feature.kind == kind] for kind in ("number", "text")}
    texts = TargetEncoder(target_type="continuous", cv=KFold(5, shuffle=True, random_state=task.seed))
    encoder = ColumnTransformer(
        [("numbers", "passthrough", by_kind["number"]), ("texts", texts, by_kind["text"])],
        verbose_feature_names_out=False,
    )
    x = np.asarray(encoder.fit_transform(features_of(task, rows), weighted), np.float64)
    return encoder, x


def _trees(task: UpliftTask) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(random_state=task.seed, **TREES)
