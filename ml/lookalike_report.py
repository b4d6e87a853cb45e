"""The report of a look-alike version: one page with the reach curve and what the likeness is made of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ml.lookalike import Reach

TEMPLATE = "lookalike.html.j2"


def render_lookalike(
    segment: str, facts: dict[str, Any], reaches: tuple[Reach, ...], weights: list[tuple[str, float]]
) -> str:
    """Return the page."""
    import jinja2

    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    return pages.get_template(TEMPLATE).render(segment=segment, facts=facts, reaches=reaches, weights=weights[:20])
