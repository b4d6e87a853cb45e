"""The report of personas: who they are, how well they are parted, and nothing unescaped."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from ml.evaluation import Figure
from ml.persona_names import THEMES
from ml.personas import NOT_FOR
from ml.personas_report import render_personas

FOUND_AGAIN = Figure(0.874, 0.844, 0.904)
GROUPS = np.repeat([0, 1], [30, 70])
# The first group invests, nine in ten of it have loans; the other logs in.
X = np.zeros((100, len(THEMES)))
X[:30, 0], X[:27, 1], X[30:, 5] = 1.0, 1.0, 4.5


def page(agreement: Figure = FOUND_AGAIN, name: str = "Investors") -> str:
    facts: dict[str, Any] = {
        "task": "personas",
        "version": "<b>v1</b>",
        "not_for": [*NOT_FOR, "<script>prices</script>"],
        "window": {"judgement": ["2026-10-31", "2026-10-31"]},
        "rows": {"learning": 100},
        "metrics": {"agreement": asdict(agreement), "silhouette": 0.359},
        "personas": [
            {"name": name, "description": "100% hold funds (all: 30%)", "people": 30},
            {"name": "Digital users", "description": "4.5 logins & more", "people": 70},
        ],
    }
    tried = {"counts": range(5, 9), "resamples": 10, "sample_rate": 0.8, "agreement": 0.8}
    return render_personas(facts, X, GROUPS, tried)


def test_it_shows_who_they_are_and_how_well_they_are_parted() -> None:
    text = page()
    for shown in (
        "2 groups of 100 customers of 2026-10-31",
        "0.874 (0.844 to 0.904)",
        "0.359",
        "100% hold funds (all: 30%)",
        "5 to 8 groups",
        "find them again, so people are assigned",
        NOT_FOR[1],
    ):
        assert shown in text
    # The largest first, in the table and in the plot; the plot has the means of each.
    table, plot = text.split("<svg")
    for part in (table, plot):
        assert part.index("Digital users") < part.index("Investors")
    assert plot.index(">4.5<") < plot.index(">90%<")
    assert page() == text


def test_what_is_not_found_again_is_said_not_to_be_used() -> None:
    assert "are not shown to find them again" in page(Figure(0.8, 0.75, 0.85))
    assert "are not shown to find them again" not in page()


def test_what_is_put_in_is_escaped() -> None:
    text = page(name="<i>Rich</i> $x$")
    assert "&lt;b&gt;v1&lt;/b&gt;" in text
    assert "4.5 logins &amp; more" in text
    # In the table and in the plot.
    assert text.count("&lt;i&gt;Rich&lt;/i&gt; $x$") == 2
    assert not any(raw in text for raw in ("<script", "<b>", "<i>"))
