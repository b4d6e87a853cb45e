"""The report of personas: one page that needs nothing beside it, with its model card."""

from __future__ import annotations

from typing import Any

import numpy as np

from ml.calibration import Floats, Integers
from ml.pages import page_of
from ml.persona_names import THEMES, apart_of, shown
from ml.plots import themes_plot

TEMPLATE = "personas.html.j2"


def render_personas(facts: dict[str, Any], x: Floats, groups: Integers, tried: dict[str, Any]) -> str:
    """Return the page.

    x: a row per person, a column per theme. groups: the number of each person's group. tried: The counts of groups, the
        resamples with the share of people in each, and the agreement that is needed.
    """
    from markupsafe import Markup

    own, apart = apart_of(x, groups)
    largest_first = np.argsort([-persona["people"] for persona in facts["personas"]], kind="stable")
    personas = [facts["personas"][group] for group in largest_first]
    plot = themes_plot(
        [persona["name"] for persona in personas],
        [theme.name.replace("_", " ") for theme in THEMES],
        apart[largest_first],
        [[shown(theme, mean) for theme, mean in zip(THEMES, own[group], strict=True)] for group in largest_first],
    )
    return page_of(
        TEMPLATE,
        facts=facts,
        personas=personas,
        tried=tried,
        themes=[(theme, shown(theme, mean)) for theme, mean in zip(THEMES, x.mean(axis=0), strict=True)],
        plot=Markup(plot),  # noqa: S704 - drawn here, and matplotlib escapes names
    )
