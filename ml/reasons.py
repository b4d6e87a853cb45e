"""Reasons: what each feature adds to a person's margin, exactly, and in words.

The contribution of a feature is its Shapley value in the trees, as TreeSHAP defines it: a feature that isn't known yet
sends a person down both branches, by the shares of the people learned from. They add up to the margin. A tree of few
splits has few patterns of going left or right, so that the values of all patterns are computed once and looked up.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import factorial
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from ml.calibration import Floats, Integers
from ml.model import Model, matrix
from ml.task import Task

REASONS = 3
_ROWS_AT_ONCE = 100_000


@dataclass(frozen=True)
class Contributions:
    """What the trees say of each row (of x), and why.

    Attributes:
        margin: The row's margin, bit by bit what the pipeline predicts.
        common: Everybody's margin in common, where nothing is known of anybody.
        added: What each feature (column of x) adds to that for each row (row); together with it they are the margin.
    """

    margin: Floats
    common: float
    added: Floats


class _Tree(NamedTuple):
    splits: list[Any]
    features: list[int]
    # By pattern of going left: one row a feature, and what the leaf says.
    values: Floats
    leaf: Floats


def contributions(model: Model, x: Floats) -> Contributions:
    """Return the margin of each row and what each feature adds to it."""
    return _added(*_trees_of(model), x)


def _trees_of(model: Model) -> tuple[float, list[_Tree], float]:
    """Return where the margin begins, the trees, and what they say where nothing is known."""
    trees = model.pipeline[-1]
    # scikit-learn has no public name for its trees.
    begin = float(np.ravel(trees._baseline_prediction)[0])
    common, found = begin, []
    for (tree,) in trees._predictors:
        expected, features, values, leaf = _values_of_patterns(tree.nodes)
        common += expected
        splits = list(tree.nodes[tree.nodes["is_leaf"] == 0])
        found.append(_Tree(splits, features, np.ascontiguousarray(values.T), leaf))
    return begin, found, common


def _added(begin: float, trees: list[_Tree], common: float, x: Floats) -> Contributions:
    added = np.zeros((x.shape[1], len(x)))
    # Added up in the pipeline's order, so that no bit differs from what it predicts.
    margin = np.full(len(x), begin)
    # Columns are read over and over: each in one piece, and where nothing is known of a row found once.
    columns = np.asfortranarray(x)
    is_unknown = np.isnan(columns)
    for splits, features, values, leaf in trees:
        pattern = np.zeros(len(x), dtype=np.min_scalar_type((1 << len(splits)) - 1))
        for bit, node in enumerate(splits):
            left = columns[:, node["feature_idx"]] <= node["num_threshold"]
            if node["missing_go_to_left"]:
                left |= is_unknown[:, node["feature_idx"]]
            pattern |= left.astype(pattern.dtype) << pattern.dtype.type(bit)
        for place, feature in enumerate(features):
            added[feature] += values[place][pattern]
        margin += leaf[pattern]
    return Contributions(margin, common, added.T)


def _values_of_patterns(nodes: Any) -> tuple[float, list[int], Floats, Floats]:
    """Return what a tree expects, its features, and by pattern of going left (bit 1) their Shapley values and leaf."""
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
    # Where all features are known, no shares of branches come in: it is the leaf's own value.
    return float(values[0, 0]), features, values @ _weights(len(features)), values[:, -1].copy()


def _weights(count: int) -> Floats:
    """Return by how much the value with each subset known speaks for each of so many features."""
    subsets = np.arange(1 << count)
    size = np.array([int(subset).bit_count() for subset in subsets])
    weight = np.array([factorial(s) * factorial(count - s - 1) / factorial(count) for s in range(count)] + [0.0])
    has = (subsets[:, None] >> np.arange(count)[None, :] & 1).astype(bool)
    found: Floats = np.where(has, weight[np.maximum(size - 1, 0)][:, None], -weight[size][:, None])
    return found


def explain(
    model: Model, task: Task, frame: pl.DataFrame, typical: dict[str, float | None]
) -> tuple[Floats, pl.DataFrame]:
    """Return each row's margin, and the features that speak most for or against it in words: reason_1 to reason_3.

    Part by part on all cores: no row's answer depends on another's.

    typical: the middle value of each number among the people learned from.
    """
    trees = _trees_of(model)

    def part(start: int) -> tuple[Floats, pl.DataFrame]:
        rows = frame.slice(start, _ROWS_AT_ONCE)
        names, x = matrix(model, task, rows)
        found = _added(*trees, x)
        return found.margin, told(task, names, rows, found.added, typical)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(part, range(0, max(1, len(frame)), _ROWS_AT_ONCE)))
    return np.concatenate([margin for margin, _ in parts]), pl.concat([words for _, words in parts])


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
