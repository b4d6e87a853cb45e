"""The report of an uplift version: one page that needs nothing beside it, with its model card."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from ml.calibration import Floats
from ml.evaluation import TOP
from ml.folds import Folds
from ml.pages import page_of
from ml.plots import gains_plot
from ml.qini import Trial, effect_of, gain_curve
from ml.registry import BASELINE
from ml.slices import LEAST_ROWS, by_group, ranges_of
from ml.task import PERSON
from ml.uplift_frames import CAMPAIGN, TREATED
from ml.uplift_tasks import UpliftTask

TEMPLATE = "uplift.html.j2"


def render_uplift(
    task: UpliftTask, facts: dict[str, Any], folds: Folds, trial: Trial, scores: dict[str, Floats], groups: pl.DataFrame
) -> str:
    """Return the page."""
    from markupsafe import Markup

    curves = {name: gain_curve(score, trial) for name, score in scores.items()}
    score = scores[facts["learner"]]
    slices = _selected(folds.judgement, score, groups)
    return page_of(
        TEMPLATE,
        task=task,
        facts=facts,
        baseline=BASELINE,
        plot=Markup(gains_plot(curves)),  # noqa: S704 - drawn here, of numbers
        fifths=fifths_of(score, trial),
        slices=slices,
        ranges=ranges_of(slices, "selected"),
        least_rows=LEAST_ROWS,
        campaigns=folds.judgement[CAMPAIGN].n_unique(),
        treated=int(folds.judgement[TREATED].sum()),
        interval=_interval,
    )


def fifths_of(score: Floats, trial: Trial) -> list[dict[str, float]]:
    """Return of each fifth of the members by uplift what was expected, and what was observed."""
    order = np.argsort(-score, kind="stable")
    return [
        {"rows": len(part), "predicted": float(score[part].mean()), "observed": effect_of(trial.take(part))}
        for part in np.array_split(order, 5)
    ]


def _selected(rows: pl.DataFrame, score: Floats, groups: pl.DataFrame) -> list[dict[str, Any]]:
    """Return which share of each group of people is in the tenth with the highest uplift."""
    edge = np.sort(score)[-max(1, round(len(score) * TOP))]
    judged = rows.select(pl.col("current_id").alias(PERSON), selected=pl.Series(score >= edge))
    return [
        {"attribute": attribute, "group": group, "rows": len(part), "selected": part["selected"].mean()}
        for attribute, group, part in by_group(judged, groups)
    ]


def _interval(figure: dict[str, float]) -> str:
    return f"{figure['value']:+.5f} ({figure['low']:+.5f} to {figure['high']:+.5f})"
