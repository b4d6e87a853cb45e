"""Errors planted in known amounts: late rows, duplicates, corrections, deletions and broken rows."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo.harvest import DUE, MARK, NEW, Contracts, TableKey
from cardinal.demo.randomness import Array, choose

LATE, DUPLICATE, CORRECTION, DELETION, BAD_DATE, BAD_AMOUNT, MISSING, RAGGED, CARD_NUMBER = range(1, 10)
KINDS = {
    LATE: "late", DUPLICATE: "duplicate", CORRECTION: "correction", DELETION: "deletion", BAD_DATE: "bad_date",
    BAD_AMOUNT: "text_in_amount", MISSING: "missing_required", RAGGED: "ragged_line", CARD_NUMBER: "card_number",
}  # fmt: skip
BROKEN = range(BAD_DATE, CARD_NUMBER + 1)
_RATES = {LATE: 0.002, DUPLICATE: 0.001, CORRECTION: 0.001, DELETION: 0.0002, BAD_DATE: 0.0001}

# Tables of events: their rows may be late, doubled or broken without contradicting a later row of the same key.
_EVENTS: tuple[TableKey, ...] = (
    ("cards", "card_transactions"), ("cards", "point_movements"), ("core_banking", "account_transactions"),
    ("core_banking", "branch_visits"), ("crm", "message_events"), ("digital", "events"), ("experiments", "exposures"),
    ("messenger", "leads"), ("meta_ads", "pixel_events"), ("payments", "payments"), ("website", "registrations"),
)  # fmt: skip
# What a correction changes; never an amount, so that sums and balances stay true.
CORRECTED: dict[TableKey, str] = {
    ("cards", "card_transactions"): "merchant_name",
    ("core_banking", "account_transactions"): "description",
    ("core_banking", "branch_visits"): "service_type",
    ("digital", "events"): "page_title",
    ("payments", "payments"): "counterparty_name",
    ("website", "registrations"): "product_code",
}
_DELETED: tuple[TableKey, ...] = (
    ("core_banking", "branch_visits"), ("crm", "message_events"), ("digital", "events"), ("website", "registrations"),
)  # fmt: skip
# Where the files are CSV, a row can be broken: the column of a date and of an amount or number, and a text column.
BREAKABLE: dict[TableKey, tuple[str, str, str]] = {
    ("cards", "card_transactions"): ("authorised_at", "amount", "merchant_name"),
    ("core_banking", "account_transactions"): ("booked_at", "amount", "description"),
    ("core_banking", "branch_visits"): ("visited_at", "wait_seconds", "service_type"),
    ("digital", "events"): ("event_timestamp", "engagement_time_msec", "page_title"),
    ("payments", "payments"): ("paid_at", "amount", "counterparty_name"),
    ("website", "registrations"): ("registered_at", "monthly_income_amount", "full_name"),
}


def plant(
    frames: dict[TableKey, pl.DataFrame], contracts: Contracts, rng: np.random.Generator
) -> dict[TableKey, pl.DataFrame]:
    """Return the month's rows with errors planted; the hidden mark of a row says which."""
    return {key: _plant_table(frame, key, contracts, rng) if key in _EVENTS else frame for key, frame in frames.items()}


def _plant_table(frame: pl.DataFrame, key: TableKey, contracts: Contracts, rng: np.random.Generator) -> pl.DataFrame:
    alone = _sent_once(frame, contracts[key].key[0])
    wanted = {
        kind: 0 if _excluded(kind, key) else int(np.floor(rate * len(alone) + rng.random()))
        for kind, rate in _RATES.items()
    }
    total = min(sum(wanted.values()), len(alone))
    drawn = alone[rng.permutation(len(alone))[:total]] if total else alone[:0]
    chosen = dict(zip(wanted, np.split(drawn, np.cumsum(list(wanted.values()))[:-1]), strict=True))
    marks = np.zeros(len(frame), dtype=np.uint8)
    due = frame[DUE].to_numpy().copy()
    marks[chosen[LATE]] = LATE
    due[chosen[LATE]] += rng.integers(35, 96, len(chosen[LATE]), dtype=np.int32)
    marks[chosen[BAD_DATE]] = BAD_DATE + choose(rng, (1, 1, 1, 1, 1), len(chosen[BAD_DATE]))
    result = frame.with_columns(pl.Series(MARK, marks), pl.Series(DUE, due))
    extra = [_again(frame, chosen[DUPLICATE], DUPLICATE, _later(rng, len(chosen[DUPLICATE]), 0.5))]
    extra.append(
        _corrected(_again(frame, chosen[CORRECTION], CORRECTION, _later(rng, len(chosen[CORRECTION]), 0)), key)
    )
    extra.append(
        _deleted(_again(frame, chosen[DELETION], DELETION, _later(rng, len(chosen[DELETION]), 0)), key, contracts)
    )
    return pl.concat([result, *(part for part in extra if len(part))])


def _excluded(kind: int, key: TableKey) -> bool:
    return (
        (kind == CORRECTION and key not in CORRECTED)
        or (kind == DELETION and key not in _DELETED)
        or (kind == BAD_DATE and key not in BREAKABLE)
    )


def _sent_once(frame: pl.DataFrame, key: str) -> Array:
    """Return the rows whose key has no other row: an old row that comes late must not undo a newer one."""
    again = frame.filter(~pl.col(NEW))[key]
    if len(again) == 0:
        return np.arange(len(frame))
    return np.flatnonzero(~frame[key].is_in(again.implode()).to_numpy())


def _later(rng: np.random.Generator, size: int, same_day: float) -> Array:
    delay = rng.integers(1, 31, size)
    return np.where(rng.random(size) < same_day, 0, delay).astype(np.int32)


def _again(frame: pl.DataFrame, rows: Array, kind: int, delay: Array) -> pl.DataFrame:
    return frame[rows].with_columns(
        (pl.col(DUE) + pl.Series(delay, dtype=pl.Int32)).alias(DUE),
        pl.lit(False).alias(NEW),
        pl.lit(kind, dtype=pl.UInt8).alias(MARK),
    )


def _corrected(frame: pl.DataFrame, key: TableKey) -> pl.DataFrame:
    if len(frame) == 0:
        return frame
    column = CORRECTED[key]
    if column == "service_type":
        return frame.with_columns(pl.lit("other").alias(column))
    if column == "product_code":
        return frame.with_columns(pl.lit("cr_gold").alias(column))
    return frame.with_columns((pl.col(column).fill_null("") + pl.lit(" (corrected)")).alias(column))


def _deleted(frame: pl.DataFrame, key: TableKey, contracts: Contracts) -> pl.DataFrame:
    if len(frame) == 0:
        return frame
    keep = {*contracts[key].key, DUE, NEW, MARK, "_person"}
    return frame.with_columns(
        *(pl.lit(None, dtype=frame.schema[name]).alias(name) for name in frame.columns if name not in keep),
    ).with_columns(pl.lit("delete").alias("change_type"))
