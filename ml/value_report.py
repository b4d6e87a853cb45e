"""The report of a version that forecasts values: one page that needs nothing beside it, with its model card."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from ml.calibration import Floats
from ml.evaluation import Figure
from ml.pages import page_of
from ml.plots import values_plot
from ml.registry import BASELINE
from ml.slices import LEAST_ROWS, by_group, ranges_of
from ml.task import PERSON, Task
from ml.value_model import COVERED, is_covered

TEMPLATE = "value.html.j2"
# A value, and the ends of its interval.
Forecasts = tuple[Floats, Floats, Floats]


def render_value(
    task: Task,
    facts: dict[str, Any],
    people: dict[str, int],
    gains: dict[str, Figure],
    against: str,
    forecasts: Forecasts,
    truth: Floats,
    slices: list[dict[str, Any]],
) -> str:
    """Return the page.

    people: How many are in each fold. gains: By how much the order is better than each other one, of which `against`
        had to be beaten. forecasts and truth: of each row judged. slices: How it is with groups of people.
    """
    from markupsafe import Markup

    tenths = tenths_of(forecasts, truth)
    return page_of(
        TEMPLATE,
        task=task,
        facts=facts,
        people=people,
        gains=gains,
        against=against,
        baseline=BASELINE,
        covered=COVERED,
        tenths=tenths,
        slices=slices,
        ranges=ranges_of(slices, "inside"),
        least_rows=LEAST_ROWS,
        plot=Markup(values_plot(tenths)),  # noqa: S704 - drawn here, of numbers
    )


def tenths_of(forecasts: Forecasts, truth: Floats) -> list[dict[str, float]]:
    """Return of each tenth of the rows by forecast the medians: of forecasts, of intervals' ends, of what came.

    inside is the share of the tenth whose value lay in its own interval.
    """
    value, low, high = forecasts
    inside = is_covered(truth, low, high)
    return [
        {
            "rows": len(part),
            **{
                name: float(np.median(amounts[part]))
                for name, amounts in {"value": value, "low": low, "high": high, "came": truth}.items()
            },
            "inside": float(inside[part].mean()),
        }
        for part in np.array_split(np.argsort(value, kind="stable"), min(10, len(value)))
    ]


def slices_of_values(
    rows: pl.DataFrame, groups: pl.DataFrame, forecasts: Forecasts, truth: Floats
) -> list[dict[str, Any]]:
    """Return of each group of people the medians of forecasts and of what came, and the share that lay inside."""
    value, low, high = forecasts
    judged = rows.select(PERSON).with_columns(
        value=pl.Series(value), came=pl.Series(truth), inside=pl.Series(is_covered(truth, low, high))
    )
    return [
        {
            "attribute": attribute,
            "group": group,
            "rows": len(part),
            "value": part["value"].median(),
            "came": part["came"].median(),
            "inside": part["inside"].mean(),
        }
        for attribute, group, part in by_group(judged, groups)
    ]
