"""Values that are never kept as they come: national ids become keyed hashes."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from cardinal.contracts import Column

_BLOCK = 64  # bytes of one block of SHA-256


def key_parameters(key: bytes) -> dict[str, str]:
    """Return the query parameters that `hashed` needs. The key never stands in the text of a query."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    return {
        "inner_pad": bytes(byte ^ 0x36 for byte in block).hex(),
        "outer_pad": bytes(byte ^ 0x5C for byte in block).hex(),
    }


def bare_value(column: Column, text: str, country: str, project_dir: Path) -> str:
    """SQL for what is hashed of a protected column; null if the text is no such value."""
    if column.protect != "national_id":
        raise ValueError(f"{column.name}: no rule to protect '{column.protect}'")
    return _render(project_dir, "national_id_digits", text, country)


def hashed(value: str, project_dir: Path) -> str:
    """SQL for the keyed hash of a bare value."""
    return _render(project_dir, "keyed_hash", value, "$inner_pad", "$outer_pad")


def _render(project_dir: Path, macro: str, *arguments: str) -> str:
    return str(getattr(_module(project_dir, macro), macro)(*arguments)).strip()


@cache
def _module(project_dir: Path, macro: str) -> Any:
    """Load the file of the dbt macro itself, so that the rule exists once."""
    source = (project_dir / "macros" / "normalise" / f"{macro}.sql").read_text(encoding="utf-8")
    # The result is SQL, not HTML: escaping would break it.
    return jinja2.Environment(autoescape=False).from_string(source).module  # noqa: S701
