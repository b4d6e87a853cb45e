"""The report of a look-alike version: one page with the reach curve and what the likeness is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml.pages import page_of

if TYPE_CHECKING:
    from ml.lookalike import Reach

TEMPLATE = "lookalike.html.j2"


def render_lookalike(
    segment: str, facts: dict[str, Any], reaches: tuple[Reach, ...], weights: list[tuple[str, float]]
) -> str:
    """Return the page."""
    return page_of(TEMPLATE, segment=segment, facts=facts, reaches=reaches, weights=weights[:20])
