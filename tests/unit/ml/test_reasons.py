"""Reasons: contributions are exact, add up to the margin, and are said in words."""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline

from ml.model import Model, margins, matrix
from ml.reasons import contributions, explain
from tests.unit.ml.conftest import CHURN, Learned


def some_trees(seed: int) -> tuple[Model, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(400, 4))
    x[rng.random(x.shape) < 0.1] = np.nan
    y = np.nan_to_num(x[:, 0]) * np.nan_to_num(x[:, 1]) + np.isnan(x[:, 2]) + rng.normal(size=400) / 2 > 0
    trees = HistGradientBoostingClassifier(max_iter=5, max_leaf_nodes=8, min_samples_leaf=5, random_state=seed)
    return Model(Pipeline([("trees", trees)]).fit(x, y), None), x


def expected(nodes: np.ndarray, node: int, row: np.ndarray, known: frozenset[int]) -> float:
    """What a tree says of a row of which only some features are known, by its definition."""
    here = nodes[node]
    if here["is_leaf"]:
        return float(here["value"])
    left, right = int(here["left"]), int(here["right"])
    if here["feature_idx"] in known:
        value = row[here["feature_idx"]]
        goes_left = here["missing_go_to_left"] if np.isnan(value) else value <= here["num_threshold"]
        return expected(nodes, left if goes_left else right, row, known)
    share = nodes[left]["count"] / here["count"]
    return share * expected(nodes, left, row, known) + (1 - share) * expected(nodes, right, row, known)


def shapley(model: Model, row: np.ndarray) -> list[float]:
    """Shapley's formula, subset by subset."""
    all_features, values = range(len(row)), []
    for feature in all_features:
        others, value = [other for other in all_features if other != feature], 0.0
        for size in range(len(others) + 1):
            weight = factorial(size) * factorial(len(row) - size - 1) / factorial(len(row))
            for known in map(frozenset, combinations(others, size)):
                for (tree,) in model.pipeline[-1]._predictors:
                    value += weight * (
                        expected(tree.nodes, 0, row, known | {feature}) - expected(tree.nodes, 0, row, known)
                    )
        values.append(value)
    return values


@pytest.mark.parametrize("seed", [1, 2])
def test_contributions_are_shapley_values(seed: int) -> None:
    model, x = some_trees(seed)
    added = contributions(model, x[:12]).added
    for row, found in zip(x[:12], added, strict=True):
        assert found == pytest.approx(shapley(model, row), abs=1e-9), f"seed {seed}"


def test_contributions_add_up_to_the_margin(learned: Learned) -> None:
    judged = learned.folds.judgement
    _, x = matrix(learned.model, CHURN, judged)
    found = contributions(learned.model, x)
    assert found.common + found.added.sum(axis=1) == pytest.approx(found.margin, abs=1e-9)


def test_what_is_explained_is_what_is_predicted_to_the_last_bit(
    learned: Learned, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In parts or at once: scores are of these margins, the threshold of alerts and the judgement of the pipeline's."""
    judged = learned.folds.judgement
    predicted = margins(CHURN, learned.model, judged)
    at_once, said = explain(learned.model, CHURN, judged, {})
    assert np.array_equal(at_once, predicted)
    monkeypatch.setattr("ml.reasons._ROWS_AT_ONCE", 100)
    in_parts, said_in_parts = explain(learned.model, CHURN, judged, {})
    assert len(judged) > 200
    assert np.array_equal(in_parts, predicted)
    assert said_in_parts.equals(said)


def test_reasons_name_what_speaks_most_and_which_way(learned: Learned) -> None:
    judged = learned.folds.judgement
    names, x = matrix(learned.model, CHURN, judged)
    added = contributions(learned.model, x).added
    _, said = explain(learned.model, CHURN, judged, {"transaction_count": 30.0})
    assert said.columns == ["reason_1", "reason_2", "reason_3"]
    for row in range(0, len(judged), 97):
        first = int(np.argmax(np.abs(added[row])))
        direction = "raises" if added[row, first] > 0 else "lowers"
        assert said["reason_1"][row].startswith(f"{direction}: {CHURN.words_of(names[first])} ")
    shown = said.filter(pl.col("reason_1").str.contains("money movements in the month"))["reason_1"]
    assert shown.str.contains("(half have up to 30)", literal=True).all()
    assert len(shown) > 0


def test_nobody_has_no_reasons(learned: Learned) -> None:
    margin, said = explain(learned.model, CHURN, learned.folds.judgement.head(0), {})
    assert (len(margin), len(said)) == (0, 0)
