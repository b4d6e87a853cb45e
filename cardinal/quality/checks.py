"""What a gate checks: a figure and the bounds that it must keep."""

from __future__ import annotations

from dataclasses import dataclass

from cardinal.quality.rule_book import Severity


@dataclass(frozen=True)
class Check:
    """One expectation of one table.

    Attributes:
        table: What is looked at, by schema or source and name.
        rule: What is measured of it, and of which column.
        found: The figure.
        lowest: The lowest figure that passes; None if there is none.
        highest: The highest one.
        severity: What it means if it doesn't pass.
        expected: What was expected, for people.
        found_text: What was found, for people.
        failing_rows: A query for the keys of the rows behind it, never for anything personal; None if there are none.
    """

    table: str
    rule: str
    found: float
    lowest: float | None
    highest: float | None
    severity: Severity
    expected: str
    found_text: str
    failing_rows: str | None = None

    @property
    def name(self) -> str:
        """Name it on the command line."""
        return f"{self.table}:{self.rule}"


@dataclass(frozen=True)
class Measured:
    """What a gate measured.

    Attributes:
        batch: What was looked at: a day of arrival, a build.
        checks: Everything that is expected of it.
        notes: What couldn't be checked and why.
    """

    batch: str
    checks: tuple[Check, ...]
    notes: tuple[str, ...] = ()


def row_bounds(lowest: float | None, highest: float | None) -> str:
    """Write bounds of a number of rows for people."""
    least = f"at least {lowest:,.0f}" if lowest is not None else ""
    most = f"at most {highest:,.0f}" if highest is not None else ""
    return ", ".join(part for part in (least, most) if part)


def share(value: float) -> str:
    """Write a share for people."""
    return f"{100 * value:.1f} %"
