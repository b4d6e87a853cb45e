"""Plots of a model's report, as SVG that stands in the page."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from ml.calibration import Bools, Floats

MODEL, OTHER, REFERENCE = "#1f5fa8", "#c2703d", "#999999"
# More points than a screen has would only make the page heavy.
_POINTS = 200


def ranking_plot(scores: Mapping[str, Floats], truth: Bools) -> str:
    """Draw the ROC curve and precision over recall, of the model and of others."""
    from sklearn.metrics import precision_recall_curve, roc_curve

    figure, (left, right) = _panels(2)
    for color, (name, score) in zip((MODEL, OTHER, "#5a8f3d"), scores.items(), strict=False):
        false, true, _ = roc_curve(truth, score)
        left.plot(*_thinned(false, true), color=color, label=name)
        precision, recall, _ = precision_recall_curve(truth, score)
        right.plot(*_thinned(recall, precision), color=color, label=name)
    left.plot([0, 1], [0, 1], color=REFERENCE, linestyle=":")
    right.axhline(truth.mean(), color=REFERENCE, linestyle=":")
    _name(left, "ROC", "share of the negative selected", "share of the positive found")
    _name(right, "Precision and recall", "share of the positive found", "share of the selected that is positive")
    left.legend()
    return _svg(figure)


def calibration_plot(table: list[dict[str, float]], probability: Floats) -> str:
    """Draw predicted against observed by tenths of the people, and how probabilities are spread."""
    figure, (left, right) = _panels(2)
    predicted, observed = ([row[name] for row in table] for name in ("predicted", "observed"))
    most = max([*predicted, *observed, 1e-3]) * 1.05
    left.plot([0, most], [0, most], color=REFERENCE, linestyle=":")
    left.plot(predicted, observed, color=MODEL, marker="o")
    right.hist(probability, bins=40, color=MODEL, log=True)
    _name(left, "Calibration by tenths of the people", "predicted share", "share that came true")
    _name(right, "Probabilities", "probability", "rows (logarithmic)")
    return _svg(figure)


def gain_plot(scores: Mapping[str, Floats], truth: Bools) -> str:
    """Draw which share of the positive is found among so many people, and how many times as many as at random."""
    figure, (left, right) = _panels(2)
    share = np.arange(1, len(truth) + 1) / len(truth)
    for color, (name, score) in zip((MODEL, OTHER, "#5a8f3d"), scores.items(), strict=False):
        found = np.cumsum(truth[np.argsort(-score, kind="stable")]) / truth.sum()
        left.plot(*_thinned(share, found), color=color, label=name)
        ahead = slice(max(1, len(truth) // 100), None)
        right.plot(*_thinned(share[ahead], (found / share)[ahead]), color=color, label=name)
    left.plot([0, 1], [0, 1], color=REFERENCE, linestyle=":")
    right.axhline(1, color=REFERENCE, linestyle=":")
    _name(left, "Gain", "share of the people, best first", "share of the positive found")
    _name(right, "Lift", "share of the people, best first", "times as many as at random")
    left.legend()
    return _svg(figure)


def gains_plot(curves: Mapping[str, tuple[Floats, Floats]]) -> str:
    """Draw what reaching for so many people gains, by each order of them, and by lot."""
    figure, axes = _panels(1)
    colors = (MODEL, OTHER, "#5a8f3d", "#8a5fa8", "#777711")
    for color, (name, (share, gain)) in zip(colors, curves.items(), strict=False):
        axes.plot(*_thinned(share, gain), color=color, label=name)
        axes.plot([0, 1], [0, gain[-1]], color=REFERENCE, linestyle=":")
    _name(axes, "Gain", "share of the people reached for, best first", "change of the mean outcome")
    axes.legend()
    return _svg(figure)


def months_plot(months: list[dict[str, Any]]) -> str:
    """Draw month by month how good the order was, and predicted beside observed."""
    figure, (left, right) = _panels(2)
    names = [str(month["month"])[:7] for month in months]
    left.plot(names, [month["roc_auc"] for month in months], color=MODEL, marker="o", label="ROC-AUC")
    left.plot(names, [month["pr_auc"] for month in months], color=OTHER, marker="o", label="PR-AUC")
    right.plot(names, [month["predicted"] for month in months], color=MODEL, marker="o", label="predicted")
    right.plot(names, [month["observed"] for month in months], color=OTHER, marker="o", label="came true")
    left.set_ylim(0, 1)
    right.set_ylim(0, None)
    for axes in (left, right):
        axes.tick_params(axis="x", rotation=45)
        axes.legend()
    _name(left, "Order by month", "", "")
    _name(right, "Predicted and observed by month", "", "share of the people")
    return _svg(figure)


def values_plot(tenths: list[dict[str, float]]) -> str:
    """Draw the medians of each tenth by forecast: of the forecasts, of their intervals' ends, and of what came."""
    figure, axes = _panels(1)
    places = np.arange(1, len(tenths) + 1)
    value, low, high, came = (np.array([row[name] for row in tenths]) for name in ("value", "low", "high", "came"))
    axes.vlines(places, low, high, color=REFERENCE, linewidth=6, alpha=0.5, label="interval")
    axes.plot(places, value, color=MODEL, marker="o", linestyle="", label="forecast")
    axes.plot(places, came, color=OTHER, marker="x", linestyle="", label="what came")
    # A few people earn a hundred times what others do, and some cost.
    axes.set_yscale("symlog", linthresh=max(1.0, float(np.median(np.abs(came)))))
    axes.set_xticks(places)
    _name(axes, "Medians of forecast and what came", "tenths by forecast, lowest first", "amount")
    axes.legend()
    return _svg(figure)


def themes_plot(names: list[str], themes: list[str], apart: Floats, told: list[list[str]]) -> str:
    """Draw how far each group is from everybody in each theme, in standard deviations, and write its mean there."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 0.9 + 0.38 * len(names)), layout="constrained")
    axes = figure.subplots()
    axes.pcolormesh(apart, cmap="RdBu", vmin=-2, vmax=2, edgecolors="white")
    for row, column in np.ndindex(*apart.shape):
        color = "white" if abs(apart[row, column]) > 1.2 else "black"
        axes.text(column + 0.5, row + 0.5, told[row][column], ha="center", va="center", fontsize=8, color=color)
    axes.set_xticks(np.arange(len(themes)) + 0.5, themes)
    axes.set_yticks(np.arange(len(names)) + 0.5, names, parse_math=False)
    axes.invert_yaxis()
    _name(axes, "Means by persona: blue more than all, red less", "", "")
    return _svg(figure)


def _panels(count: int) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.8 * count, 3.6), layout="constrained")
    return figure, figure.subplots(1, count)


def _name(axes: Any, title: str, across: str, up: str) -> None:
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(across, fontsize=9)
    axes.set_ylabel(up, fontsize=9)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    _, places = np.unique(np.round(x * _POINTS), return_index=True)
    return x[places], y[places]


def _svg(figure: Any) -> str:
    import matplotlib as mpl

    written = io.StringIO()
    # The same model has the same report: no date in it, and names that don't change.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "cardinal", "legend.fontsize": 8}):
        figure.savefig(written, format="svg", metadata={"Date": None})
    text = written.getvalue()
    return text[text.index("<svg") :]
