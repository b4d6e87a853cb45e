"""Monitoring: whether people still are as those learned from, and whether what was said of them comes true.

What counts as a warning and as an alarm is said here (of an index, in ml/drift.py) and nowhere else; the marts and
their tests show what was found.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl

from ml.calibration import Floats
from ml.drift import SHIFTED, STABLE, Spread, spread_of
from ml.folds import Folds
from ml.task import LABEL, MONTH, Task

OK, WARNING, ALARM = "ok", "warning", "alarm"
SCORE = "score"
# So many times as often, or as seldom, as was said: the whole interval lies beyond.
FAR = 1.5
# 95 of 100 lie within so many standard deviations.
_WITHIN = 1.96
_SIX_DIGITS = pl.Decimal(18, 6)
# Of months on which a version was judged when it was learned, and of those that it scored.
TRAINING, SCORING = "training", "scoring"


def spreads_of(task: Task, folds: Folds, score: Floats) -> dict[str, dict[str, Any]]:
    """Return how inputs and score lay in the fold of calibration, for later ones to be held against them.

    These are the newest people whom a version knows. The first ones it learned from lack a past, and of those it says
    too clearly what they are. score: what it says of the fold.
    """
    spreads = {SCORE: spread_of(pl.Series(score))}
    # What was unknown of everybody it learned from, the model doesn't look at.
    spreads |= {name: spread_of(folds.calibration[name]) for name in task.names if folds.learning[name].count()}
    return {name: asdict(spread) for name, spread in spreads.items()}


def drift_of(task: Task, spreads: dict[str, dict[str, Any]], frame: pl.DataFrame, score: pl.Series) -> pl.DataFrame:
    """Return how far the score and each input of those scored now are from those in the fold of calibration."""
    rows = []
    for name, kept in spreads.items():
        # Of a version that was learned before this, the edges of the score had more digits than scores have.
        edges = np.round(kept["edges"], 6) if name == SCORE else kept["edges"]
        spread = Spread(kept["rows"], tuple(edges), tuple(kept["words"]), tuple(kept["shares"]))
        values = score if name == SCORE else frame[name]
        index, chance = spread.index_of(values), spread.chance_of(len(values))
        rows.append(
            {
                "subject": name,
                "words": "what the model says" if name == SCORE else task.words_of(name),
                "row_count": len(values),
                "value_count": values.drop_nulls().n_unique(),
                "stability_index": index,
                "chance_index": chance,
                # A text that is new counts as missing: the model knows nothing of it.
                "missing_rate": float(spread.shares_of(values)[-1]),
                "learned_missing_rate": spread.shares[-1],
                "state": drift_state(index, chance),
            }
        )
    return _for_the_lake(pl.DataFrame(rows, schema=_DRIFT))


_DRIFT = {
    "subject": pl.String, "words": pl.String, "row_count": pl.Int64, "value_count": pl.Int64,
    "stability_index": pl.Float64, "chance_index": pl.Float64, "missing_rate": pl.Float64,
    "learned_missing_rate": pl.Float64, "state": pl.String,
}  # fmt: skip


def drift_state(index: float, chance: float) -> str:
    """Return what an index means: what few rows do by chance is nothing."""
    if index < max(STABLE, chance):
        return OK
    return WARNING if index < SHIFTED else ALARM


def judged_months(task: Task, judgement: pl.DataFrame, probability: Floats) -> list[dict[str, Any]]:
    """Return outcomes by month of the fold of judgement, to be kept with the version."""
    rows = judgement.select(
        MONTH, LABEL, owner=pl.col(task.drawn_by).hash(), model_version=pl.lit(""), probability=pl.Series(probability)
    )
    return [{**row, MONTH: str(row[MONTH])} for row in outcomes_of(rows).drop("model_version").iter_rows(named=True)]


def outcomes_of(said: pl.DataFrame) -> pl.DataFrame:
    """Return by version and month how many came true beside how many were said to, with an interval of 95 %.

    said: model_version, month_end_date, owner, probability, label. What comes true of one owner comes together, so
    that many rows of few owners say less.
    """
    month = ["model_version", MONTH]
    # In millionths, whose sum is the same in any order.
    millionths = (pl.col("probability").cast(pl.Float64) * 1e6).round().cast(pl.Int64)
    by_owner = said.group_by(*month, "owner").agg(
        rows=pl.len().cast(pl.Int64), came=pl.col(LABEL).cast(pl.Int64).sum(), said=millionths.sum()
    )
    rows, came = pl.col("rows").sum(), pl.col("came").sum()
    found = by_owner.group_by(month).agg(
        judged_count=rows,
        came_count=came,
        judged_predicted_rate=pl.col("said").sum() / 1e6 / rows,
        realised_rate=came / rows,
        # Whole numbers, too, so that the order of owners changes nothing.
        came_squared=(pl.col("came") ** 2).sum(),
        came_times_rows=(pl.col("came") * pl.col("rows")).sum(),
        rows_squared=(pl.col("rows") ** 2).sum(),
    )
    states = [_with_state(row) for row in found.sort(month).iter_rows(named=True)]
    return pl.DataFrame(states, schema=_OUTCOMES)


_OUTCOMES = {
    "model_version": pl.String, MONTH: pl.Date, "judged_count": pl.Int64, "came_count": pl.Int64,
    "judged_predicted_rate": pl.Float64, "realised_rate": pl.Float64, "realised_low_rate": pl.Float64,
    "realised_high_rate": pl.Float64, "state": pl.String,
}  # fmt: skip


def _with_state(row: dict[str, Any]) -> dict[str, Any]:
    worth = row["judged_count"] / max(1.0, _design_effect(row))
    low, high = wilson(row["realised_rate"], worth)
    return {
        **row,
        "realised_low_rate": low,
        "realised_high_rate": high,
        "state": outcome_state(row["judged_predicted_rate"], low, high),
    }


def _design_effect(row: dict[str, Any]) -> float:
    """Take the sums of an owner's rows out, and return by how much the variance of their share is larger for them.

    It is the sum of (came - rows * share)^2 over owners, by what it would be if each row were an owner's only one.
    """
    rows, came = row["judged_count"], row["came_count"]
    squared, crossed, sizes = row.pop("came_squared"), row.pop("came_times_rows"), row.pop("rows_squared")
    if came in (0, rows):
        # Nothing shows that they come together.
        return 1.0
    effect: float = (rows**2 * squared - 2 * came * rows * crossed + came**2 * sizes) / (rows * came * (rows - came))
    return effect


def wilson(share: float, count: float) -> tuple[float, float]:
    """Return Wilson's interval of 95 % of a share of so many."""
    square = _WITHIN**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    reach = _WITHIN / (1 + square / count) * np.sqrt(share * (1 - share) / count + square / (4 * count**2))
    return max(0.0, float(middle - reach)), min(1.0, float(middle + reach))


def outcome_state(predicted: float, low: float, high: float) -> str:
    """Return what it means that the share that came true lies between low and high, where another was predicted."""
    if low <= predicted <= high:
        return OK
    return ALARM if low > predicted * FAR or high < predicted / FAR else WARNING


def outcome_rows(version: str, kept: list[dict[str, Any]], scored: pl.DataFrame) -> pl.DataFrame:
    """Return the outcomes of a task for the lake.

    kept: months on which the version was judged when it was learned. scored: outcomes of months that were scored.
    """
    trained = pl.DataFrame(kept, schema=_OUTCOMES | {MONTH: pl.String})
    trained = trained.with_columns(pl.col(MONTH).str.to_date(), model_version=pl.lit(version), origin=pl.lit(TRAINING))
    return _for_the_lake(pl.concat([trained, scored.with_columns(origin=pl.lit(SCORING))]))


def _for_the_lake(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col(pl.Float64).cast(_SIX_DIGITS))
