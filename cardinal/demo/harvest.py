"""What a month yields: rows by source table, each with the day from which the bank can send it."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from cardinal.contracts import TableContract
from cardinal.demo.randomness import Array

TableKey = tuple[str, str]
Contracts = dict[TableKey, TableContract]

# Hidden columns beside the contract's: the day a row is known, who it is really about, whether its key is
# new, and what is planted in it.
DUE, PERSON, NEW, MARK = "_due", "_person", "_new", "_mark"
NEVER = -1  # stands for no date; the day before 1970 is given up for it
HIDDEN = {DUE: pl.Int32(), PERSON: pl.Int64(), NEW: pl.Boolean(), MARK: pl.UInt8()}
TRUTH = "truth"

TRUTH_SCHEMAS: dict[str, dict[str, pl.DataType]] = {
    "life_events": {
        "true_person": pl.Int64(),
        "event_type": pl.String(),
        "occurred_date": pl.Date(),
    },
    "treatment_effects": {
        "true_person": pl.Int64(),
        "effect_kind": pl.String(),
        "campaign_id": pl.String(),
        "unit_id": pl.String(),
        "outcome": pl.String(),
        "assigned_date": pl.Date(),
        "arm": pl.String(),
        "probability_control": pl.Float64(),
        "probability_treatment": pl.Float64(),
        "true_effect": pl.Float64(),
        "has_converted": pl.Boolean(),
    },
    "fraud_episodes": {
        "fraud_episode_id": pl.String(),
        "true_person": pl.Int64(),
        "fraud_kind": pl.String(),
        "source": pl.String(),
        "table_name": pl.String(),
        "record_id": pl.String(),
        "occurred_date": pl.Date(),
        "reported_date": pl.Date(),
        "amount": pl.Float64(),
    },
    "device_sessions": {
        "user_pseudo_id": pl.String(),
        "ga_session_id": pl.Int64(),
        "true_person": pl.Int64(),
        "device_kind": pl.String(),
        "is_shared": pl.Boolean(),
        "started_date": pl.Date(),
    },
}


def column_type(data_type: str) -> pl.DataType:
    """Return the type in which a contracted column is simulated."""
    if data_type.startswith("decimal"):
        return pl.Float64()
    types: dict[str, pl.DataType] = {
        "varchar": pl.String(),
        "integer": pl.Int64(),
        "bigint": pl.Int64(),
        "date": pl.Date(),
        "timestamp": pl.Datetime("us"),
        "boolean": pl.Boolean(),
    }
    return types[data_type]


class Harvest:
    """Collects a month's rows. Times are local seconds, dates are days since 1970, -1 is no date."""

    def __init__(self, contracts: Contracts) -> None:
        self._schemas: dict[TableKey, dict[str, pl.DataType]] = {
            key: {column.name: column_type(column.data_type) for column in contract.columns}
            for key, contract in contracts.items()
        }
        self._schemas |= {(TRUTH, name): schema for name, schema in TRUTH_SCHEMAS.items()}
        self._frames: dict[TableKey, list[pl.DataFrame]] = {}

    def add(
        self, source: str, table: str, /, *, person: Array, due: Array, new: bool | Array = True, **columns: Any
    ) -> None:
        """Add rows. `due` is the local day on which they are known; scalars stand for all rows."""
        size = len(due)
        if size == 0:
            return
        schema = self._schemas[source, table]
        unknown = set(columns) - set(schema)
        if unknown:
            raise KeyError(f"{source}.{table} has no columns {sorted(unknown)}")
        data = [_series(name, columns.get(name), data_type, size) for name, data_type in schema.items()]
        data.append(pl.Series(DUE, due).cast(pl.Int32))
        data.append(_series(PERSON, person, pl.Int64(), size))
        data.append(_series(NEW, new, pl.Boolean(), size))
        data.append(_series(MARK, 0, pl.UInt8(), size))
        self._frames.setdefault((source, table), []).append(pl.DataFrame(data))

    def amend(self, source: str, table: str, /, **columns: Any) -> None:
        """Fill columns of all rows that were added so far, with what is only known now."""
        if (source, table) not in self._frames:
            return
        rows, schema = pl.concat(self._frames[source, table]), self._schemas[source, table]
        filled = [_series(name, values, schema[name], len(rows)) for name, values in columns.items()]
        self._frames[source, table] = [rows.with_columns(filled)]

    def gather(self) -> dict[TableKey, pl.DataFrame]:
        """Return one frame a table, in a fixed order, and forget them."""
        gathered = {key: pl.concat(self._frames[key]) for key in sorted(self._frames)}
        self._frames = {}
        return gathered


def _series(name: str, value: Any, data_type: pl.DataType, size: int) -> pl.Series:
    if value is None or isinstance(value, str | bool | int | float):
        return pl.repeat(value, size, dtype=data_type, eager=True).alias(name)
    series = value if isinstance(value, pl.Series) else pl.Series(name, value)
    if len(series) != size:
        raise ValueError(f"{name}: {len(series)} values for {size} rows")
    if isinstance(data_type, pl.Datetime) and series.dtype.is_numeric():
        return _dated(series, series.cast(pl.Int64) * 1_000_000, pl.Datetime("us")).alias(name)
    if isinstance(data_type, pl.Date) and series.dtype.is_numeric():
        return _dated(series, series.cast(pl.Int32), pl.Date()).alias(name)
    if isinstance(data_type, pl.Float64):
        series = series.fill_nan(None) if series.dtype.is_float() else series
    return series.cast(data_type).alias(name)


def _dated(raw: pl.Series, number: pl.Series, data_type: pl.DataType) -> pl.Series:
    """Cast, with null where the raw number is -1; other negative ones lie before 1970."""
    unknown = raw == NEVER
    return (number.set(unknown, None) if unknown.any() else number).cast(data_type)


def pick(vocabulary: pl.Series, codes: Array) -> pl.Series:
    """Look codes up; a negative code is null."""
    if len(codes) and codes.min() < 0:
        open_vocabulary = pl.concat([vocabulary, pl.Series([None], dtype=vocabulary.dtype)])
        return open_vocabulary.gather(np.where(codes < 0, len(vocabulary), codes))
    return vocabulary.gather(codes)
