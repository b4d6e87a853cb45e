"""Alerts: events that a desk looks at, as many as it can, and how much it finds in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import polars as pl

from ml.calibration import Bools, Floats, Integers
from ml.evaluation import WITHIN, Figure, draws_of
from ml.folds import Folds
from ml.learning import on_one_thread
from ml.model import Model, matrix, truth_of
from ml.task import Task

_TREES = 200


def recall(score: Floats, truth: Bools, every: int) -> float:
    """Return the share of the positive rows that are among the alerts, the highest scores of one in so many.

    Of equal scores at the edge, each counts for its share.
    """
    count = max(1, round(len(score) / every))
    edge = np.partition(score, len(score) - count)[len(score) - count]
    above, at = score > edge, score == edge
    return float((truth[above].sum() + (count - above.sum()) * truth[at].mean()) / truth.sum())


def alert_threshold(score: Floats, every: int) -> float:
    """Return the score from which on there is one alert for so many of these rows, in the digits that scores have."""
    if every == 1:
        return 0.0
    return float(np.floor(np.quantile(score, 1 - 1 / every, method="higher") * 1e6) / 1e6)


def alerts_of(task: Task, scores: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """Return the events that reach the threshold, the highest first in rank."""
    found = scores.filter(pl.col("score").cast(pl.Float64) >= threshold).sort("rank")
    ranked = found.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
    return ranked.drop("decile").rename({task.unit: "event_id"})


def compare_recall(task: Task, scores: Mapping[str, Floats], truth: Bools, owners: Integers) -> dict[str, Figure]:
    """Return the recall of each score with its interval of 95 %, and of how much the first is above each other one.

    owners: number of the card of each row; a draw takes cards whole.
    """
    first, *others = scores

    def measured(rows: Integers) -> Floats:
        found = {name: recall(score[rows], truth[rows], task.alert_every) for name, score in scores.items()}
        return np.array([*found.values(), *(found[first] - found[other] for other in others)])

    low, high = np.percentile([measured(rows) for rows in draws_of(owners, truth, task.seed)], WITHIN, axis=0)
    names = [*scores, *(f"{first} over {other}" for other in others)]
    middle = measured(np.arange(len(truth)))
    return {name: Figure(*map(float, figures)) for name, *figures in zip(names, middle, low, high, strict=True)}


def recall_beside(task: Task, model: Model, folds: Folds, margin: Floats) -> dict[str, dict[str, float]]:
    """Return what a desk finds in its alerts of the fold of judgement: by the model, the baseline, and what is odd.

    By the label. Nothing where all are looked at. margin: the model's, of that fold.
    """
    if task.alert_every == 1:
        return {}
    judged = folds.judgement
    scores = {
        "model": margin,
        task.baseline[0]: judged["baseline"].fill_null(strategy="min").to_numpy(),
        "isolation forest": isolation_scores(task, model, folds.learning, judged),
    }
    owners = judged[task.drawn_by].rank("dense").to_numpy().astype(np.int64)
    found = compare_recall(task, scores, truth_of(judged), owners)
    return {name: asdict(figure) for name, figure in found.items()}


@on_one_thread
def isolation_scores(task: Task, model: Model, learning: pl.DataFrame, rows: pl.DataFrame) -> Floats:
    """Return how odd each row is to an isolation forest that saw no label: the rival of what was learned.

    It sees what the trees of the model see, with texts as the model encodes them.
    """
    from sklearn.ensemble import IsolationForest

    (_, known), (_, asked) = (matrix(model, task, frame) for frame in (learning, rows))
    middle = np.nanmedian(known, axis=0)
    forest = IsolationForest(n_estimators=_TREES, random_state=task.seed)
    forest.fit(np.where(np.isnan(known), middle, known))
    odd: Floats = -forest.score_samples(np.where(np.isnan(asked), middle, asked))
    return odd
