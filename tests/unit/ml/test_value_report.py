"""The report of a forecast: its figures, why it does or doesn't forecast, what isn't tested, and nothing unescaped."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl
import pytest

from ml.evaluation import Figure
from ml.registry import BASELINE
from ml.tasks.value import TASK
from ml.value_report import render_value, slices_of_values, tenths_of

TRUTH = np.arange(-10.0, 190.0)
# Of each twenty, the last two earned more than their interval holds.
FORECASTS = (TRUTH, TRUTH - 5, TRUTH + np.where(np.arange(200) % 20 < 18, 5, -1))
ROWS = pl.DataFrame({"person_id": [f"p{number}" for number in range(200)]})
# Of the women's values none lies outside, of the men's a fifth.
GROUPS = ROWS.with_columns(
    age=pl.lit("30 to 44"),
    gender=pl.when(pl.int_range(200) % 20 < 10).then(pl.lit("female")).otherwise(pl.lit("male")),
    nationality=pl.lit("domestic"),
)
BETTER, NOT_SHOWN = Figure(0.03, 0.01, 0.05), Figure(0.02, -0.01, 0.05)


def page(gained: Figure = BETTER, coverage: float = 0.82, parted_by: str = "people", rival: str = BASELINE) -> str:
    against = "last 6 months" if rival == BASELINE else rival
    folds = ("learning", "calibration", "judgement")
    facts: dict[str, Any] = {
        "task": "value",
        "version": "<b>v1</b>",
        "code_version": "c0de",
        "schema_hash": "5c4e",
        "not_for": ["limits & <script>prices</script>"],
        "parted_by": parted_by,
        "window": {fold: ["2025-08-31", "2025-10-31"] for fold in folds},
        "rows": {"learning": 16_868, "calibration": 1_315, "judgement": 1_280},
        "metrics": {
            "coverage": asdict(Figure(0.79, 0.75, coverage)),
            "model": asdict(Figure(0.834, 0.77, 0.892)),
            against: asdict(Figure(0.816, 0.761, 0.861)),
        },
        "rival": {"name": rival, "measure": "rank_correlation", "difference": asdict(gained)},
    }
    people = {"learning": 1_460, "calibration": 444, "judgement": 428}
    slices = slices_of_values(ROWS, GROUPS, FORECASTS, TRUTH)
    return render_value(TASK, facts, people, {against: gained}, against, FORECASTS, TRUTH, slices)


def test_it_shows_its_figures() -> None:
    text = page()
    for shown in (
        "1,280 rows of 428 people",
        "0.790 (0.750 to 0.820)",
        "0.834 (0.770 to 0.892)",
        "0.816 (0.761 to 0.861)",
        "+0.030 (+0.010 to +0.050)",
        "last 6 months (to be beaten)",
        "better than that of a year of what the last 6 months earned",
        "It becomes champion and forecasts.",
    ):
        assert shown in text
    assert text.count("<svg") == 1
    assert page() == text


def test_it_shows_groups_of_people_and_how_far_they_lie_apart() -> None:
    slices = {(one["attribute"], one["group"]): one for one in slices_of_values(ROWS, GROUPS, FORECASTS, TRUTH)}
    assert slices["gender", "female"]["inside"] == 1.0
    assert slices["gender", "male"]["inside"] == pytest.approx(0.8)
    assert slices["gender", "male"]["came"] == np.median(TRUTH[np.arange(200) % 20 >= 10])
    text = page().replace("\n", "")
    assert '<td>gender</td><td class="number">80.0%</td><td class="number">100.0%</td>' in text


def test_what_is_put_in_is_escaped() -> None:
    text = page(rival="<i>v0</i>")
    assert "limits &amp; &lt;script&gt;prices&lt;/script&gt;" in text
    assert "&lt;b&gt;v1&lt;/b&gt;" in text
    assert "the champion &lt;i&gt;v0&lt;/i&gt;" in text
    assert not any(raw in text for raw in ("<script", "<b>", "<i>"))


@pytest.mark.parametrize(
    ("gained", "coverage", "said"),
    [(NOT_SHOWN, 0.82, "is not shown to be better"), (BETTER, 0.79, "is shown to hold fewer than 80%")],
)
def test_it_says_why_it_does_not_forecast(gained: Figure, coverage: float, said: str) -> None:
    text = page(gained, coverage)
    assert said in text
    assert "So it doesn't become champion." in text
    assert said not in page()


def test_it_says_what_is_not_tested() -> None:
    assert "Months are too few to be parted by time</span> (37 are needed)" in page()
    assert "Months are too few" not in page(parted_by="time")


def test_tenths_tell_what_came_of_them() -> None:
    tenths = tenths_of(FORECASTS, TRUTH)
    assert [tenth["rows"] for tenth in tenths] == [20] * 10
    assert tenths[0] == {"rows": 20, "value": -0.5, "low": -5.5, "high": 4.5, "came": -0.5, "inside": 0.9}
