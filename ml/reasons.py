"""Reasons: what each feature adds to a person's margin, exactly, and in words.

The contribution of a feature is its Shapley value in the trees, as TreeSHAP defines it: a feature that isn't known yet
sends a person down both branches, by the shares of the people learned from. They add up to the margin. A tree of few
splits has few patterns of going left or right, so that the values of all patterns are computed once and looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial
from typing import Any

import numpy as np
import polars as pl

from ml.calibration import Floats, Integers
from ml.model import Model, matrix
from ml.task import Task

REASONS = 3
_ROWS_AT_ONCE = 100_000


def contributions(model: Model, x: Floats) -> tuple[float, Floats]:
    """Return everybody's margin in common, and what each feature (column of x) adds to it for each person (row)."""
    trees = model.pipeline[-1]
    # scikit-learn has no public name for its trees.
    common = float(np.ravel(trees._baseline_prediction)[0])
    added = np.zeros((x.shape[1], len(x)))
    for (tree,) in trees._predictors:
        nodes = tree.nodes
        expected, features, values = _values_of_patterns(nodes)
        common += expected
        pattern = np.zeros(len(x), dtype=np.int64)
        for bit, node in enumerate(nodes[nodes["is_leaf"] == 0]):
            column = x[:, node["feature_idx"]]
            left = column <= node["num_threshold"]
            if node["missing_go_to_left"]:
                left |= np.isnan(column)
            pattern += left.astype(np.int64) << bit
        for place, feature in enumerate(features):
            added[feature] += values[:, place][pattern]
    return common, added.T


def _values_of_patterns(nodes: Any) -> tuple[float, list[int], Floats]:
    """Return a tree's expected value, its features, and their Shapley values for each pattern of going left (bit 1)."""
    splits = {int(node): bit for bit, node in enumerate(np.flatnonzero(nodes["is_leaf"] == 0))}
    features = sorted({int(nodes[node]["feature_idx"]) for node in splits})
    patterns, subsets = np.arange(1 << len(splits)), np.arange(1 << len(features))

    def value(node: int) -> Floats:
        """The value below a node, by pattern and by subset of the features that are known."""
        row = nodes[node]
        if row["is_leaf"]:
            return np.full((1, 1), row["value"])
        left, right = value(int(row["left"])), value(int(row["right"]))
        share = nodes[int(row["left"])]["count"] / row["count"]
        goes_left = (patterns >> splits[node] & 1).astype(bool)[:, None]
        is_known = (subsets >> features.index(int(row["feature_idx"])) & 1).astype(bool)[None, :]
        found: Floats = np.where(is_known, np.where(goes_left, left, right), share * left + (1 - share) * right)
        return found

    values = np.broadcast_to(value(0), (len(patterns), len(subsets)))
    return float(values[0, 0]), features, values @ _weights(len(features))


def _weights(count: int) -> Floats:
    """Return by how much the value with each subset known speaks for each of so many features."""
    subsets = np.arange(1 << count)
    size = np.array([int(subset).bit_count() for subset in subsets])
    weight = np.array([factorial(s) * factorial(count - s - 1) / factorial(count) for s in range(count)] + [0.0])
    has = (subsets[:, None] >> np.arange(count)[None, :] & 1).astype(bool)
    found: Floats = np.where(has, weight[np.maximum(size - 1, 0)][:, None], -weight[size][:, None])
    return found


def reasons(model: Model, task: Task, frame: pl.DataFrame, typical: dict[str, float | None]) -> pl.DataFrame:
    """Return the features that speak most for or against each person, in words: reason_1 to reason_3.

    typical: the middle value of each number among the people learned from.
    """
    parts = [
        _worded(model, task, frame.slice(start, _ROWS_AT_ONCE), typical)
        for start in range(0, max(1, len(frame)), _ROWS_AT_ONCE)
    ]
    return pl.concat(parts)


def _worded(model: Model, task: Task, frame: pl.DataFrame, typical: dict[str, float | None]) -> pl.DataFrame:
    names, x = matrix(model, task, frame)
    return told(task, names, frame, contributions(model, x)[1], typical)


def told(
    task: Task, names: Sequence[str], frame: pl.DataFrame, added: Floats, typical: dict[str, float | None]
) -> pl.DataFrame:
    """Return the features that add most to each row or take most from it, in words.

    added: what each feature (column, of names) adds to each row of the frame.
    """
    order = np.argsort(-np.abs(added), axis=1, kind="stable")[:, :REASONS]
    return pl.DataFrame(
        [
            _words(task, names, frame, added, order[:, place], typical).alias(f"reason_{place + 1}")
            if place < order.shape[1]
            else pl.Series(f"reason_{place + 1}", [None] * len(frame), pl.String)
            for place in range(REASONS)
        ]
    )


def _words(
    task: Task, names: Sequence[str], frame: pl.DataFrame, added: Floats, chosen: Integers,
    typical: dict[str, float | None],
) -> pl.Series:  # fmt: skip
    """Say of each person what one chosen feature is, and which way it speaks; null where it says nothing."""
    strength = np.take_along_axis(added, chosen[:, None], axis=1)[:, 0]
    said = pl.DataFrame({"row": np.arange(len(frame)), "feature": chosen, "strength": strength})
    parts = []
    for (place,), rows in said.group_by("feature", maintain_order=True):
        name = names[int(place)]
        words, usual = task.words_of(name), typical.get(name)
        value = frame[name][rows["row"]]
        shown = _shown(value) if value.dtype.is_numeric() else value
        text = pl.select(
            pl.when(pl.lit(rows["strength"]) > 0).then(pl.lit("raises: ")).otherwise(pl.lit("lowers: "))
            + pl.lit(f"{words} ")
            + pl.lit(shown).fill_null("unknown")
            + pl.lit("" if usual is None else f" (half have up to {_shown(pl.Series([usual]))[0]})")
        ).to_series()
        parts.append(pl.DataFrame({"row": rows["row"], "strength": rows["strength"], "text": text}))
    if not parts:
        return pl.Series([], dtype=pl.String)
    together = pl.concat(parts).sort("row")
    return together.select(pl.when(pl.col("strength") != 0).then(pl.col("text"))).to_series()


def _shown(values: pl.Series) -> pl.Series:
    """Write numbers for people: whole above ten, else with two digits, and no decimals that say nothing."""
    rounded = pl.select(
        pl.when(pl.lit(values).abs() >= 10).then(pl.lit(values).round(0)).otherwise(pl.lit(values).round(2))
    ).to_series()
    return rounded.cast(pl.String).str.strip_suffix(".0")
