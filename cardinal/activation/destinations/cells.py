"""Cells that a spreadsheet takes for what they are: a text stays a text."""

from __future__ import annotations

import re
from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# In E.164 it is no formula, and with an apostrophe no number for those who read the list.
PHONE = re.compile(r"\+\d{6,15}")


def harmless(value: Any) -> Any:
    """Return a value with an apostrophe before what a spreadsheet would take for a formula."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS) and not PHONE.fullmatch(value):
        return "'" + value
    return value
