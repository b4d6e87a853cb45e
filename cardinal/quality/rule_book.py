"""How far deliveries and builds may differ from what came before, as rules.yml says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cardinal.errors import CardinalError
from cardinal.yaml_files import read_yaml

Severity = Literal["warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("warning", "critical")
RULES_FILE = Path(__file__).with_name("rules.yml")


@dataclass(frozen=True)
class RowRule:
    """How far a number of rows may be from the number before: shares of it, by severity."""

    deviations: float = 0.0
    lost: Mapping[Severity, float] = field(default_factory=dict)
    gained: Mapping[Severity, float] = field(default_factory=dict)

    def bounds(self, before: float, severity: Severity) -> tuple[float | None, float | None]:
        """Return the lowest and highest number of rows; None where anything goes."""
        noise = self.deviations * before**0.5
        lowest = before - max(self.lost[severity] * before, noise) if severity in self.lost else None
        highest = before + max(self.gained[severity] * before, noise) if severity in self.gained else None
        return (lowest if lowest is not None and lowest > 0 else None), highest


@dataclass(frozen=True)
class Total:
    """A sum, a count of rows or of distinct values in a mart."""

    name: str
    table: str
    column: str | None = None
    distinct: str | None = None

    @property
    def expression(self) -> str:
        """The total as SQL."""
        if self.distinct:
            return f'count(distinct "{self.distinct}")'
        return f'sum("{self.column}")' if self.column else "count(*)"


@dataclass(frozen=True)
class History:
    """Which earlier deliveries a day is compared with."""

    days: int
    deliveries: int
    fewest: int


@dataclass(frozen=True)
class LandedRules:
    """The rules of one lake table; columns left out have values that come and go."""

    rows: RowRule
    empty: Mapping[Severity, float]
    new: Mapping[Severity, float]
    drift: Mapping[Severity, float]
    fewest_rows: int
    most_values: int
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PublishedRules:
    """The rules of what is published.

    Attributes:
        flows: Patterns of marts whose rows are another number each day, and may be none.
    """

    rows: RowRule
    flows: frozenset[str]
    key_marts: frozenset[str]
    ratios: frozenset[str]
    totals: tuple[Total, ...]
    total_tolerance: Mapping[Severity, float]


@dataclass(frozen=True)
class RuleBook:
    """All of rules.yml."""

    history: History
    published: PublishedRules
    landed: Mapping[str, Any]

    def landed_rules(self, table: str) -> LandedRules:
        """Return the rules of a lake table: the general ones, and in their place what is said of it alone."""
        said = {**self.landed, **(self.landed.get("tables") or {}).get(table, {})}
        return LandedRules(
            rows=_row_rule(said["rows"]),
            empty=_shares(said["empty"]),
            new=_shares(said["new"]),
            drift=_shares(said["drift"]),
            fewest_rows=int(said["fewest_rows"]),
            most_values=int(said["most_values"]),
            left_out=frozenset(said.get("left_out") or ()),
        )


def load_rule_book(path: Path = RULES_FILE) -> RuleBook:
    """Read the rules.

    Raises:
        CardinalError: The file doesn't say what it must.
    """
    said = read_yaml(path)
    try:
        published, totals = said["published"], said["published"]["totals"]
        book = RuleBook(
            history=History(**said["history"]),
            published=PublishedRules(
                rows=_row_rule(published["rows"]),
                flows=frozenset(published["flows"]),
                key_marts=frozenset(published["key_marts"]),
                ratios=frozenset(published["ratios"]),
                totals=tuple(Total(name, **total) for name, total in totals["of"].items()),
                total_tolerance=_shares(totals),
            ),
            landed=said["landed"],
        )
        for table in ("", *(said["landed"].get("tables") or {})):
            book.landed_rules(table)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CardinalError(f"{path} isn't complete or has something unknown: {error}") from error
    return book


def _shares(said: dict[str, Any] | None) -> dict[Severity, float]:
    return {severity: float(said[severity]) for severity in SEVERITIES if said and said.get(severity) is not None}


def _row_rule(said: dict[str, Any] | None) -> RowRule:
    if said is None:
        return RowRule()
    return RowRule(
        deviations=float(said["deviations"]),
        lost={s: float(said[s]["lost"]) for s in SEVERITIES if "lost" in (said.get(s) or {})},
        gained={s: float(said[s]["gained"]) for s in SEVERITIES if "gained" in (said.get(s) or {})},
    )
