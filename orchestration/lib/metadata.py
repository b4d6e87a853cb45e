"""What every asset says of itself."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import dagster as dg

Said = str | int | float | bool | dg.MetadataValue


def describe(*, rows: int, window: str, seconds: float, link: Path, **more: Said) -> dict[str, Said]:
    """Return the metadata of an asset.

    rows: It has or got. window: Days or build that it is of. link: Where it lies, or what to read about it.
    """
    return {
        "dagster/row_count": rows,
        "window": window,
        "seconds": seconds,
        "link": dg.MetadataValue.path(str(link)),
        **more,
    }


def since(started: float) -> float:
    """Return the seconds since a moment of time.monotonic."""
    return round(monotonic() - started, 3)
