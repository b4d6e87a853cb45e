"""Reports are pages that stand beside this file as templates: everything that is put into them is escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def page_of(template: str, **values: Any) -> str:
    """Return a page. A value that the template asks for and isn't given is an error."""
    import jinja2

    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    return pages.get_template(template).render(**values)
