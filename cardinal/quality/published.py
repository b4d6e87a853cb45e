"""The second gate: the marts of a build, against what is promised of them and what readers see now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from cardinal.quality.checks import Check, Measured, row_bounds
from cardinal.quality.mart_columns import read_pii_classes
from cardinal.quality.marts import Mart, attach_marts
from cardinal.quality.rule_book import SEVERITIES, PublishedRules, Severity, Total

if TYPE_CHECKING:
    import duckdb

HIDDEN = ("personal", "secret")


@dataclass(frozen=True)
class _Comparison:
    """The marts of the build, and those that readers see now; there are none before the first publication."""

    connection: duckdb.DuckDBPyConnection
    new: Mapping[str, Mart]
    seen: Mapping[str, Mart]
    pii: Mapping[str, Mapping[str, str]]

    def figure(self, expression: str, mart: Mart) -> float:
        row = self.connection.execute(f"select {expression} from {mart.relation}").fetchall()[0]
        return float(row[0] or 0)

    def shown_key(self, mart: Mart) -> list[str]:
        """Return the columns of a mart's key that tell nobody's name."""
        declared = self.pii.get(mart.model, {})
        return [f'"{column}"' for column in mart.key if declared.get(column) in ("none", "pseudonymous")]


def measure_published(
    connection: duckdb.DuckDBPyConnection,
    files: Mapping[str, Path],
    seen: Mapping[str, Path] | None,
    project_dir: Path,
    rules: PublishedRules,
) -> Measured:
    """Measure the files of marts of a build; `seen` are those that readers see now, if they see any."""
    new = attach_marts(connection, files, "new")
    old = attach_marts(connection, seen, "seen") if seen else {}
    comparison = _Comparison(connection, new, old, read_pii_classes(project_dir))
    checks: list[Check] = []
    for mart in new.values():
        checks += _columns(comparison, mart)
        checks += _rates(comparison, mart, rules)
    for name in old:
        checks += _rows(comparison, name, rules)
        checks += _dates(comparison, name)
    for total in rules.totals:
        checks += _total(comparison, total, rules)
    notes = [] if seen else ["readers see nothing yet: there was nothing to compare with"]
    build = connection.execute("select build_id from new_serving.cardinal.build").fetchall()[0][0]
    return Measured(str(build), tuple(checks), tuple(notes))


def _columns(comparison: _Comparison, mart: Mart) -> list[Check]:
    """Look at what the columns of a serving mart are, not at what is in them."""
    if mart.file != "serving":
        return []
    declared = comparison.pii.get(mart.model, {})
    personal = [column for column in mart.columns if declared.get(column) in HIDDEN]
    unknown = [column for column in mart.columns if declared.get(column, "undeclared") == "undeclared"]
    found: list[tuple[str, Severity, list[str], str]] = [
        ("personal", "critical", personal, "no column declared personal or secret in a serving mart"),
        ("undeclared", "warning", unknown, "a PII class for each column of a serving mart, in the mart's yml"),
    ]
    return [
        Check(
            table=mart.name,
            rule=rule,
            found=len(columns),
            lowest=None,
            highest=0,
            severity=severity,
            expected=expected,
            found_text=", ".join(columns) or "none",
        )
        for rule, severity, columns, expected in found
    ]


def _rates(comparison: _Comparison, mart: Mart, rules: PublishedRules) -> list[Check]:
    columns = [column for column in mart.columns if column.endswith("_rate") and column not in rules.ratios]
    if not columns or not mart.rows:
        return []
    figures = ", ".join(f'count(*) filter (not "{column}" between 0 and 1)' for column in columns)
    outside = comparison.connection.execute(f"select {figures} from {mart.relation}").fetchall()[0]
    checks = []
    for column, found in zip(columns, outside, strict=True):
        checks.append(
            Check(
                table=mart.name,
                rule=f"share:{column}",
                found=found,
                lowest=None,
                highest=0,
                severity="critical",
                expected=f"{column} from 0 to 1, as a share is",
                found_text=f"{found:,} of {mart.rows:,} rows outside",
                failing_rows=_keys_where(comparison, mart, f'not "{column}" between 0 and 1'),
            )
        )
    return checks


def _keys_where(comparison: _Comparison, mart: Mart, condition: str) -> str | None:
    key = ", ".join(comparison.shown_key(mart))
    return f"select {key} from {mart.relation} where {condition} order by all" if key else None


def _rows(comparison: _Comparison, name: str, rules: PublishedRules) -> list[Check]:
    seen, new = comparison.seen[name], comparison.new.get(name)
    found = new.rows if new else 0
    found_text = f"{found:,} rows" if new else "the mart isn't there any more"
    checks = []
    is_flow = new is not None and any(fnmatchcase(name, pattern) for pattern in rules.flows)
    for severity in () if is_flow else SEVERITIES:
        lowest, highest = rules.rows.bounds(seen.rows, severity)
        if (lowest is None and highest is None) or not seen.rows:
            continue
        checks.append(
            Check(
                table=name,
                rule="rows",
                found=found,
                lowest=lowest,
                highest=highest,
                severity=severity,
                expected=f"{row_bounds(lowest, highest)} rows: readers see {seen.rows:,}",
                found_text=found_text,
                failing_rows=_lost_keys(comparison, seen, new) if new and found < seen.rows else None,
            )
        )
    if seen.rows and name in rules.key_marts:
        expected = f"not empty: readers see {seen.rows:,} rows"
        checks.append(Check(name, "filled", found, 1, None, "critical", expected, found_text))
    return checks


def _lost_keys(comparison: _Comparison, seen: Mart, new: Mart) -> str | None:
    """Return a query for what readers see now and wouldn't see any more."""
    key = comparison.shown_key(seen)
    if not key or seen.key != new.key or len(key) < len(seen.key):
        return None
    columns = ", ".join(key)
    return f"select {columns} from {seen.relation} anti join {new.relation} using ({columns}) order by all"


def _dates(comparison: _Comparison, name: str) -> list[Check]:
    seen, new = comparison.seen[name], comparison.new.get(name)
    if new is None or "as_of_date" not in new.columns or "as_of_date" not in seen.columns:
        return []
    before, found = (
        comparison.connection.execute(f"select max(as_of_date)::date from {mart.relation}").fetchall()[0][0]
        for mart in (seen, new)
    )
    if before is None or found is None:
        return []
    expected = f"as_of_date not before {before}, which readers see"
    return [Check(name, "as_of_date", (found - before).days, 0, None, "critical", expected, f"{found}")]


def _total(comparison: _Comparison, total: Total, rules: PublishedRules) -> list[Check]:
    seen, new = comparison.seen.get(total.table), comparison.new.get(total.table)
    used = total.column or total.distinct
    if seen is None or new is None or (used and not {used} <= set(seen.columns) & set(new.columns)):
        return []
    before, found = (comparison.figure(total.expression, mart) for mart in (seen, new))
    if not before:
        return []
    checks = []
    for severity, tolerance in rules.total_tolerance.items():
        lowest, highest = before - tolerance * abs(before), before + tolerance * abs(before)
        checks.append(
            Check(
                table=total.table,
                rule=f"total:{total.name}",
                found=found,
                lowest=lowest,
                highest=highest,
                severity=severity,
                expected=f"{total.name} from {lowest:,.0f} to {highest:,.0f}: readers see {before:,.0f}",
                found_text=f"{found:,.0f}",
            )
        )
    return checks
