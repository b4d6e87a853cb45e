"""Where the rows lie that didn't meet an expectation: their keys and their place, never anything personal."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from cardinal.build import quoted
from cardinal.quality.checks import Check

if TYPE_CHECKING:
    import duckdb

FOLDER = "failed_rows"
# Enough to see what they have in common.
MOST_ROWS = 10_000


def clear_failed_rows(quality: Path, gate: str) -> None:
    """Remove what the last run of a gate left; the folder may be entered by its owner only."""
    folder = quality / FOLDER / gate
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)


def write_failed_rows(connection: duckdb.DuckDBPyConnection, quality: Path, gate: str, check: Check) -> str | None:
    """Write the rows behind a failed check, and return where in the folder of the gates; None if there are none."""
    if check.failing_rows is None:
        return None
    name = re.sub(r"[^\w.]+", "__", check.name)
    path = quality / FOLDER / gate / f"{name}.csv"
    connection.execute(f"copy ({check.failing_rows} limit {MOST_ROWS}) to '{quoted(path)}' (header)")
    path.chmod(0o600)
    return str(path.relative_to(quality))
