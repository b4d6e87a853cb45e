"""Plots of a read-out, as SVG that a page holds in itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from io import StringIO
from typing import Any

from cardinal.experiments.comparison import Comparison
from cardinal.experiments.novelty import Novelty

# Twice the standard error: nearly 95 of 100.
TWICE = 1.96
GOOD, GREY, LIGHT = "#1f6f54", "#555555", "#9db8c9"
SIZE = 6.8


def effects_plot(comparisons: Sequence[Comparison]) -> str:
    """Draw the relative effects with both intervals: of a single reading, and at every peek."""
    shown = [one for one in comparisons if one.relative and one.relative_sequential]
    figure, axis = _figure(0.9 + 0.42 * len(shown))
    for place, one in enumerate(reversed(shown)):
        single, peek = one.relative, one.relative_sequential
        if single is None or peek is None:
            continue
        axis.plot([100 * peek.low, 100 * peek.high], [place, place], color=LIGHT, linewidth=6, solid_capstyle="butt")
        axis.plot([100 * single.low, 100 * single.high], [place, place], color=GREY, linewidth=2)
        axis.plot([100 * single.value], [place], "o", color=GOOD if one.difference.p_value < 0.05 else GREY)
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set_yticks(range(len(shown)), [f"{one.metric.name}, {one.arm}" for one in reversed(shown)])
    axis.set_xlabel("effect in % of the control")
    return _svg(figure)


def novelty_plot(novelty: Novelty) -> str:
    """Draw the effect by day since the first exposure."""
    figure, axis = _figure(2.4)
    days = [day.day for day in novelty.days]
    errors = [TWICE * day.error for day in novelty.days]
    axis.errorbar(days, [day.value for day in novelty.days], errors, fmt="o", color=GREY, ecolor=LIGHT, markersize=3)
    axis.axhline(0, color="black", linewidth=0.8)
    axis.set_xlabel("days since the first exposure")
    axis.set_ylabel("difference")
    return _svg(figure)


def readings_plot(readings: Sequence[tuple[date, float, float, float]]) -> str:
    """Draw how the difference was read, day by day, with the interval that holds at every peek."""
    figure, axis = _figure(2.4)
    days = [day for day, *_ in readings]
    axis.fill_between(days, [low for _, low, _, _ in readings], [high for *_, high in readings], color=LIGHT)
    axis.plot(days, [value for _, _, value, _ in readings], "o-", color=GREY, markersize=3)
    axis.axhline(0, color="black", linewidth=0.8)
    axis.set_ylabel("difference")
    figure.autofmt_xdate()
    return _svg(figure)


def _figure(height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SIZE, height), layout="constrained")
    axis = figure.add_subplot()
    axis.spines[["top", "right"]].set_visible(False)
    return figure, axis


def _svg(figure: Any) -> str:
    import matplotlib

    text = StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "cardinal", "svg.fonttype": "none"}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    return re.sub(r"^.*?(?=<svg)", "", text.getvalue(), flags=re.S)
