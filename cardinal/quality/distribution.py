"""How the values of a delivery are spread, against the deliveries before it; everything is counted within DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from cardinal.contracts import Column, TableContract
from cardinal.quality.deliveries import TableDeliveries
from cardinal.quality.rule_book import LandedRules

if TYPE_CHECKING:
    import duckdb

CATEGORICAL_TYPES = ("varchar", "boolean")
NUMERIC_TYPES = ("decimal", "integer", "bigint", "double", "smallint")
# Numbers are compared by the fifths of what came before.
CUTS = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class Part:
    """Rows of one value or one range of values: on the day, and in the history before it."""

    condition: str
    label: str
    day_rows: int
    history_rows: int


@dataclass(frozen=True)
class Spread:
    """The parts of one column.

    Attributes:
        column: Its name.
        is_categorical: Whether parts are values; else they are ranges.
        parts: All of them; rows without a value are in none.
    """

    column: str
    is_categorical: bool
    parts: tuple[Part, ...]

    @property
    def day_rows(self) -> int:
        """Rows of the day that have a value."""
        return sum(part.day_rows for part in self.parts)

    @property
    def history_rows(self) -> int:
        """Rows of the history that have one."""
        return sum(part.history_rows for part in self.parts)

    def growth(self, part: Part) -> float:
        """By how much the share of a part grew."""
        return part.day_rows / self.day_rows - part.history_rows / self.history_rows

    @property
    def shift(self) -> float:
        """The share of the day's rows that would need another value for the shares to be what they were."""
        return sum(max(self.growth(part), 0.0) for part in self.parts)

    @property
    def grown(self) -> list[Part]:
        """The parts whose share grew, most first."""
        return sorted((part for part in self.parts if self.growth(part) > 0), key=lambda part: -self.growth(part))

    @property
    def new(self) -> list[Part]:
        """The values that no earlier row had."""
        return [part for part in self.parts if self.is_categorical and part.day_rows and not part.history_rows]


@dataclass(frozen=True)
class Profile:
    """Of a day and of the history before it: rows, rows without a value by column, and how values are spread."""

    day_rows: int
    history_rows: int
    empty: dict[str, tuple[int, int]]
    spreads: tuple[Spread, ...]


def sound_rows(contract: TableContract) -> str:
    """Return the condition for rows that say something; a delete says nothing but its key."""
    return "change_type is distinct from 'delete'" if "change_type" in contract.column_names else "true"


def read_profile(
    connection: duckdb.DuckDBPyConnection,
    table: TableDeliveries,
    day: date,
    history: Sequence[date],
    rules: LandedRules,
) -> Profile | None:
    """Profile a day against its history; None if there are too few rows to tell shares."""
    in_history = sum(table.rows.get(other, 0) for other in history)
    if min(table.rows.get(day, 0), in_history) < rules.fewest_rows:
        return None
    contract = table.contract
    source = f"{table.read([*history, day])} where {sound_rows(contract)}"
    is_day = f"ingest_date = date '{day}'"
    optional = [column.name for column in contract.columns if not column.required and column.name != "change_type"]
    figures = [
        f'count(*) filter ({is_day} and "{name}" is null), count(*) filter (not {is_day} and "{name}" is null)'
        for name in optional
    ]
    categories = [column for column in _categorical(contract) if column.name not in rules.left_out]
    numbers = [column for column in _numeric(contract) if column.name not in rules.left_out]
    figures += [f'approx_count_distinct("{column.name}")' for column in categories]
    figures += [f'approx_quantile("{column.name}", {list(CUTS)}) filter (not {is_day})' for column in numbers]
    counted = f"count(*) filter ({is_day}), count(*) filter (not {is_day})"
    row = connection.execute(f"select {', '.join([counted, *figures])} from {source}").fetchone()
    if row is None or min(row[0], row[1]) < rules.fewest_rows:
        return None
    rest = list(row[2:])
    empty = {name: (rest.pop(0), rest.pop(0)) for name in optional}
    spreads = []
    for column in categories:
        # The estimate is good to some percent; more values than these are no categories in any case.
        if rest.pop(0) <= 2 * rules.most_values:
            spreads.append(_spread_of_values(connection, source, is_day, column.name))
    for column in numbers:
        cuts = sorted(set(rest.pop(0) or ()))
        if cuts:
            spreads.append(_spread_of_ranges(connection, source, is_day, column, cuts))
    kept = (
        spread
        for spread in spreads
        if min(spread.day_rows, spread.history_rows) >= rules.fewest_rows and len(spread.parts) <= rules.most_values
    )
    return Profile(row[0], row[1], empty, tuple(kept))


def _categorical(contract: TableContract) -> list[Column]:
    """Return the columns whose values may be shown and may be few."""
    return [
        column
        for column in contract.columns
        if column.pii == "none"
        and column.name not in (*contract.key, contract.event_time)
        and column.data_type in CATEGORICAL_TYPES
    ]


def _numeric(contract: TableContract) -> list[Column]:
    """Return the columns with figures: what is personal in one row isn't in the fifths of hundreds."""
    return [
        column
        for column in contract.columns
        if column.pii != "secret"
        and column.name not in (*contract.key, contract.event_time)
        and column.data_type.startswith(NUMERIC_TYPES)
    ]


def _spread_of_values(connection: duckdb.DuckDBPyConnection, source: str, is_day: str, column: str) -> Spread:
    found = connection.execute(
        f'select "{column}"::varchar as found_value, count(*) filter ({is_day}), count(*) filter (not {is_day})'
        f' from {source} and "{column}" is not null group by all order by found_value'
    ).fetchall()
    return Spread(
        column,
        True,
        tuple(Part(f'"{column}"::varchar = {_literal(value)}', value, day, history) for value, day, history in found),
    )


def _spread_of_ranges(
    connection: duckdb.DuckDBPyConnection, source: str, is_day: str, contracted: Column, cuts: list[float]
) -> Spread:
    """Count rows by range; where single values are personal, ranges go by their number instead of their ends."""
    column = contracted.name
    ends = [None, *cuts, None]
    ranges = [
        " and ".join(
            part
            for part in (
                f'"{column}" > {low}' if low is not None else "",
                f'"{column}" <= {high}' if high is not None else "",
            )
            if part
        )
        for low, high in pairwise(ends)
    ]
    figures = ", ".join(
        f"count(*) filter ({is_day} and {inside}), count(*) filter (not {is_day} and {inside})" for inside in ranges
    )
    row = list(connection.execute(f"select {figures} from {source}").fetchall()[0])
    parts = []
    for number, inside in enumerate(ranges, start=1):
        shown = inside.replace(f'"{column}" ', "").replace(" and ", ", ")
        label = shown if contracted.pii == "none" else f"range {number} of {len(ranges)}"
        parts.append(Part(inside, label, row.pop(0), row.pop(0)))
    return Spread(column, False, tuple(parts))


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
