"""The report of a version: one page that needs nothing beside it, with its model card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from ml.drift import SHIFTED, STABLE, stability_index
from ml.evaluation import average_precision, roc_auc
from ml.folds import LEAST_A_CLASS, Folds
from ml.model import Model, margins, probabilities, truth_of
from ml.pages import page_of
from ml.plots import calibration_plot, gain_plot, months_plot, ranking_plot
from ml.registry import BASELINE
from ml.slices import LEAST_ROWS, gaps_of, slices_of
from ml.task import MONTH, Task

if TYPE_CHECKING:
    from ml.training import Judged

TEMPLATE = "report.html.j2"


def render_report(
    task: Task, facts: dict[str, Any], folds: Folds, model: Model, judged: Judged, groups: pl.DataFrame
) -> str:
    """Return the page."""
    from markupsafe import Markup

    scores = {"model": judged.margin, facts["baseline"]["name"]: judged.others[BASELINE]}
    slices = slices_of(folds.judgement, groups, judged.margin, judged.probability, judged.truth)
    plots = {
        "ranking": ranking_plot(scores, judged.truth),
        "gain": gain_plot(scores, judged.truth),
        "calibration": calibration_plot(facts["calibration"], judged.probability),
        "months": months_plot(_by_month(task, model, folds)),
    }
    return page_of(
        TEMPLATE,
        task=task,
        facts=facts,
        plots={name: Markup(plot) for name, plot in plots.items()},  # noqa: S704 - drawn here, of numbers
        drift=_drift(task, model, folds),
        slices=slices,
        gaps=gaps_of(slices),
        baseline=BASELINE,
        stable=STABLE,
        shifted=SHIFTED,
        least_rows=LEAST_ROWS,
        least_true=LEAST_A_CLASS,
        interval=_interval,
        percent=_percent,
    )


def _by_month(task: Task, model: Model, folds: Folds) -> list[dict[str, Any]]:
    """Return how the model was in each month that it didn't learn from."""
    months = []
    for part in (folds.calibration, folds.judgement):
        for (month,), rows in part.group_by(MONTH, maintain_order=True):
            truth = truth_of(rows)
            if truth.any() and not truth.all():
                margin = margins(task, model, rows)
                months.append(
                    {
                        "month": month,
                        "roc_auc": roc_auc(margin, truth),
                        "pr_auc": average_precision(margin, truth),
                        "predicted": float(probabilities(model, margin).mean()),
                        "observed": float(truth.mean()),
                    }
                )
    return months


def _drift(task: Task, model: Model, folds: Folds) -> dict[str, Any]:
    before, after = (pl.Series(margins(task, model, part)) for part in (folds.calibration, folds.judgement))
    features = [
        (name, stability_index(folds.learning[name], folds.judgement[name]))
        for name in task.names
        if folds.learning[name].count()
    ]
    return {"score": stability_index(before, after), "features": sorted(features, key=lambda pair: -pair[1])}


def _interval(figure: dict[str, float], signed: bool = False) -> str:
    sign = "+" if signed else ""
    return f"{figure['value']:{sign}.3f} ({figure['low']:{sign}.3f} to {figure['high']:{sign}.3f})"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
