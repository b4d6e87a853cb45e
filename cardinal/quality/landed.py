"""The first gate: what arrived in the lake on a day, against the contracts and the weeks before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from cardinal.contracts import TableContract, load_contracts
from cardinal.quality.checks import Check, Measured, row_bounds, share
from cardinal.quality.deliveries import TableDeliveries, comparable_days, read_deliveries, usual_rows
from cardinal.quality.distribution import Profile, Spread, read_profile, sound_rows
from cardinal.quality.rule_book import LandedRules, RuleBook, Severity
from cardinal.settings import Settings

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[str, int, int], None]
# What is shown of the values that came more often.
SHOWN_VALUES = 3


@dataclass(frozen=True)
class Day:
    """The day that is looked at, what it is compared with, until when things had time to arrive, whether all have."""

    arrived: date
    history: Sequence[date]
    fewest: int
    until: datetime
    is_over: bool


def measure_landed(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    book: RuleBook,
    progress: Progress,
    as_of: datetime | None = None,
    is_over: bool = True,
) -> Measured:
    """Measure the newest day of arrival (until `as_of`, if that is given).

    Freshness is measured at `as_of`; without it, at the newest arrival of any table, so that the same lake gives the
    same figures on any day. Of a day that isn't over, fewer rows than usual are no finding.
    """
    contracts = load_contracts(settings.project_dir).values()
    until = as_of.date() if as_of else None
    tables = [read_deliveries(connection, settings.lake, contract, until) for contract in contracts]
    days = sorted({day for table in tables for day in table.rows})
    if not days:
        return Measured("nothing", (), ("nothing has arrived in the lake yet",))
    arrivals = {table.name: _last_arrival(connection, table) for table in tables if table.rows}
    history = comparable_days(days, days[-1], book.history)
    day = Day(days[-1], history, book.history.fewest, as_of or max(arrivals.values()), is_over)
    notes = []
    if len(history) < day.fewest:
        notes.append(
            f"only {len(history)} earlier deliveries are like that of {day.arrived}, {day.fewest} are needed:"
            " rows and values weren't compared"
        )
    checks: list[Check] = []
    for done, table in enumerate(tables):
        progress(table.name, done, len(tables))
        if table.rows:
            rules = book.landed_rules(table.name)
            checks += _freshness(table, arrivals[table.name], day.until)
            checks += _rows(table, day, rules)
            checks += _values(connection, table, day, rules)
    progress("done", len(tables), len(tables))
    never = [table.name for table in tables if not table.rows]
    if never:
        notes.append(f"nothing ever arrived in {', '.join(never)}")
    return Measured(f"{day.arrived}", tuple(checks), tuple(notes))


def _last_arrival(connection: duckdb.DuckDBPyConnection, table: TableDeliveries) -> datetime:
    newest = table.read([max(table.rows)])
    found: datetime = connection.execute(f"select max(_ingested_at) from {newest}").fetchall()[0][0]
    return found


def _freshness(table: TableDeliveries, arrived_at: datetime, until: datetime) -> list[Check]:
    hours = max((until - arrived_at).total_seconds() / 3600, 0.0)
    promised = table.contract.freshness
    limits: list[tuple[Severity, float | None]] = [
        ("warning", promised.warn_after_hours),
        ("critical", promised.error_after_hours),
    ]
    return [
        Check(
            table=table.name,
            rule="freshness",
            found=hours,
            lowest=None,
            highest=limit,
            severity=severity,
            expected=f"something new at most {limit:g} hours before {until:%Y-%m-%d %H:%M} UTC",
            found_text=f"the newest row arrived {hours:,.0f} hours before, at {arrived_at:%Y-%m-%d %H:%M} UTC",
            failing_rows=_batches(table, max(table.rows)),
        )
        for severity, limit in limits
        if limit is not None
    ]


def _rows(table: TableDeliveries, day: Day, rules: LandedRules) -> list[Check]:
    usual = usual_rows(table.rows, day.history, day.arrived, day.fewest)
    if usual is None or usual[0] == 0:
        return []
    (before, origin), found = usual, table.rows.get(day.arrived, 0)
    severities: tuple[Severity, ...] = ("warning", "critical")
    checks = []
    for severity in severities:
        lowest, highest = rules.rows.bounds(before, severity)
        lowest = lowest if day.is_over else None
        if lowest is None and highest is None:
            continue
        checks.append(
            Check(
                table=table.name,
                rule="rows",
                found=found,
                lowest=lowest,
                highest=highest,
                severity=severity,
                expected=f"{row_bounds(lowest, highest)} rows on {day.arrived}: {before:,.0f} are {origin}",
                found_text=f"{found:,} rows",
                failing_rows=_batches(table, day.arrived) if found else None,
            )
        )
    return checks


def _values(connection: duckdb.DuckDBPyConnection, table: TableDeliveries, day: Day, rules: LandedRules) -> list[Check]:
    if len(day.history) < day.fewest:
        return []
    profile = read_profile(connection, table, day.arrived, day.history, rules)
    if profile is None:
        return []
    checks = _empty(table, day, rules, profile)
    for spread in profile.spreads:
        checks += _new(table, day, rules, spread)
        checks += _drift(table, day, rules, spread)
    return checks


def _empty(table: TableDeliveries, day: Day, rules: LandedRules, profile: Profile) -> list[Check]:
    checks = []
    for column, (on_day, in_history) in profile.empty.items():
        found, before = on_day / profile.day_rows, in_history / profile.history_rows
        for severity, tolerance in rules.empty.items():
            highest = before + max(tolerance, _noise(2, profile.day_rows, rules))
            if highest >= 1:
                continue
            checks.append(
                Check(
                    table=table.name,
                    rule=f"empty:{column}",
                    found=found,
                    lowest=None,
                    highest=highest,
                    severity=severity,
                    expected=f"{column} empty in at most {share(highest)} of the rows: {share(before)} before",
                    found_text=f"empty in {share(found)}",
                    failing_rows=_keys(table, day.arrived, f'"{column}" is null'),
                )
            )
    return checks


def _new(table: TableDeliveries, day: Day, rules: LandedRules, spread: Spread) -> list[Check]:
    if not spread.is_categorical:
        return []
    found = sum(part.day_rows for part in spread.new) / spread.day_rows
    values = ", ".join(f"'{part.label}'" for part in spread.new[:SHOWN_VALUES])
    more = f" and {len(spread.new) - SHOWN_VALUES} more" if len(spread.new) > SHOWN_VALUES else ""
    return [
        Check(
            table=table.name,
            rule=f"new:{spread.column}",
            found=found,
            lowest=None,
            highest=highest,
            severity=severity,
            expected=f"a value of {spread.column} that no earlier delivery had in at most {share(highest)} of the rows",
            found_text=f"{values}{more} in {share(found)}" if values else "none",
            failing_rows=_any_of(table, day.arrived, [part.condition for part in spread.new]),
        )
        for severity, highest in rules.new.items()
    ]


def _drift(table: TableDeliveries, day: Day, rules: LandedRules, spread: Spread) -> list[Check]:
    grown = spread.grown
    most = "; ".join(
        f"{part.label}: {share(part.day_rows / spread.day_rows)},"
        f" {share(part.history_rows / spread.history_rows)} before"
        for part in grown[:SHOWN_VALUES]
    )
    checks = []
    for severity, tolerance in rules.drift.items():
        highest = max(tolerance, _noise(len(spread.parts), spread.day_rows, rules))
        if highest >= 1:
            continue
        checks.append(
            Check(
                table=table.name,
                rule=f"drift:{spread.column}",
                found=spread.shift,
                lowest=None,
                highest=highest,
                severity=severity,
                expected=f"{spread.column} spread as before, but for at most {share(highest)} of the rows",
                found_text=f"{share(spread.shift)} of the rows moved" + (f" ({most})" if most else ""),
                failing_rows=_any_of(table, day.arrived, [part.condition for part in grown]),
            )
        )
    return checks


def _noise(parts: int, rows: int, rules: LandedRules) -> float:
    """Return what chance alone may move: rows are drawn anew each day."""
    return float(rules.rows.deviations * 0.25 * (parts / rows) ** 0.5)


def _any_of(table: TableDeliveries, day: date, conditions: list[str]) -> str | None:
    return _keys(table, day, " or ".join(conditions)) if conditions else None


def _keys(table: TableDeliveries, day: date, condition: str) -> str:
    """Return a query for the place in the lake and the keys of rows, as far as keys aren't personal."""
    columns = ", ".join(f'"{name}"' for name in (*_shown_keys(table.contract), "_batch_id", "_row"))
    rows = table.read([day])
    return f"select {columns} from {rows} where {sound_rows(table.contract)} and ({condition}) order by _batch_id, _row"


def _shown_keys(contract: TableContract) -> list[str]:
    return [name for name in contract.key if contract.column(name).pii in ("none", "pseudonymous")]


def _batches(table: TableDeliveries, day: date) -> str:
    """Return a query for what arrived on a day, file by file: where rows lack, there are none to show."""
    return (
        "select _batch_id, count(*) as row_count, min(_ingested_at) as first_ingested_at,"
        f" max(_ingested_at) as last_ingested_at from {table.read([day])} group by _batch_id order by _batch_id"
    )
