"""The truth beside the files: who every record is of, who people are, and what was planted."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from cardinal.contracts import TableContract
from cardinal.demo import vocabulary
from cardinal.demo.cohort import Cohort
from cardinal.demo.declarations import net_worth
from cardinal.demo.errors import BROKEN, CORRECTED, CORRECTION, KINDS, LATE
from cardinal.demo.harvest import MARK, NEW, PERSON, TRUTH_SCHEMAS, TableKey, pick
from cardinal.demo.months import Month
from cardinal.demo.people import life_stage, segment, true_persons

# Tables that show a personal identifier, and the columns that do. An account number alone is none.
IDENTIFIED: dict[TableKey, tuple[str, ...]] = {
    ("cards", "card_statements"): ("card_token",),
    ("cards", "card_transactions"): ("card_token",),
    ("cards", "credit_cards"): ("card_token", "cif_no"),
    ("cards", "debit_cards"): ("card_token", "cif_no"),
    ("cards", "point_movements"): ("card_token",),
    ("consent", "consent_events"): ("subject_id",),
    ("consent", "privacy_requests"): ("subject_id",),
    ("consent", "suppressions"): ("subject_id",),
    ("core_banking", "account_holders"): ("cif_no",),
    ("core_banking", "branch_visits"): ("cif_no",),
    ("core_banking", "customers"): ("cif_no", "national_id", "member_id", "email", "mobile_phone", "home_phone"),
    ("crm", "call_centre_cases"): ("cif_no", "phone"),
    ("crm", "contacts"): ("cif_no", "member_id", "user_id", "line_user_id", "email", "phone"),
    ("crm", "lead_outcomes"): ("cif_no",),
    ("digital", "events"): ("user_pseudo_id",),
    ("ecommerce", "orders"): ("buyer_id", "email", "phone"),
    ("experiments", "exposures"): ("unit_id",),
    ("google_ads", "conversions"): ("gclid", "user_id"),
    ("insurance", "policies"): ("cif_no",),
    ("lending", "collaterals"): ("loan_no",),
    ("lending", "loan_repayments"): ("loan_no",),
    ("lending", "loans"): ("loan_no", "cif_no"),
    ("manual", "uploads"): ("phone", "email"),
    ("messenger", "leads"): ("psid", "phone", "email"),
    ("meta_ads", "pixel_events"): ("fbp", "fbc", "external_id", "user_pseudo_id"),
    ("partners", "audience_profiles"): ("device_advertising_id", "cookie_id"),
    ("payments", "payments"): ("cif_no", "user_id", "card_token"),
    ("wealth", "fund_holdings"): ("cif_no",),
    ("wealth", "risk_profiles"): ("cif_no",),
    ("website", "registrations"): ("user_pseudo_id", "user_id", "email", "phone", "gclid", "fbclid"),
}
SCHEMAS: dict[str, dict[str, pl.DataType]] = TRUTH_SCHEMAS | {
    "records": {
        "source": pl.String(), "table_name": pl.String(), "record_id": pl.String(), "true_person": pl.Int64(),
    },
    "planted": {
        "kind": pl.String(), "source": pl.String(), "table_name": pl.String(), "record_id": pl.String(),
        "file": pl.String(), "detail": pl.String(),
    },
}  # fmt: skip


def record_ids(frame: pl.DataFrame, contract: TableContract) -> pl.Series:
    """Return each row's key as text; composite keys are joined by `|` in the contract's order."""
    parts = [pl.col(name).cast(pl.String) for name in contract.key]
    return frame.select((parts[0] if len(parts) == 1 else pl.concat_str(parts, separator="|")).alias("id")).to_series()


def seen_records(frame: pl.DataFrame, contract: TableContract) -> pl.DataFrame | None:
    """Return the records that a delivery shows for the first time with an identifier in them."""
    key = (contract.source, contract.name)
    if key not in IDENTIFIED:
        return None
    shown = pl.any_horizontal(pl.col(name).is_not_null() for name in IDENTIFIED[key])
    fresh = frame.filter(pl.col(NEW) & ~pl.col(MARK).is_in(list(BROKEN)) & shown)
    if len(fresh) == 0:
        return None
    return pl.DataFrame(
        [
            pl.repeat(contract.source, len(fresh), eager=True).alias("source"),
            pl.repeat(contract.name, len(fresh), eager=True).alias("table_name"),
            record_ids(fresh, contract).alias("record_id"),
            fresh[PERSON].alias("true_person"),
        ]
    )


def planted_rows(frame: pl.DataFrame, contract: TableContract, file: str) -> pl.DataFrame | None:
    """Return what is planted in one file."""
    marked = frame.filter(pl.col(MARK) > 0)
    if len(marked) == 0:
        return None
    changed = CORRECTED.get((contract.source, contract.name), "")
    code = marked[MARK].to_numpy()
    detail = np.where(code == CORRECTION, f"{changed} changed", "")
    detail = np.where(code == LATE, "delivered after later rows", detail)
    return pl.DataFrame(
        [
            pl.Series("kind", [KINDS[int(mark)] for mark in code]),
            pl.repeat(contract.source, len(marked), eager=True).alias("source"),
            pl.repeat(contract.name, len(marked), eager=True).alias("table_name"),
            record_ids(marked, contract).alias("record_id"),
            pl.repeat(file, len(marked), eager=True).alias("file"),
            pl.Series("detail", detail, dtype=pl.String),
        ]
    )


def person_truth(cohort: Cohort, month: Month) -> pl.DataFrame:
    """Return who the people of a cohort really are at the end of a month."""
    person = cohort.person
    size = cohort.size
    churn = person["churn_month"]
    gone = (churn > 0) & (churn <= month.number)
    ends = np.array([Month(int(number)).last_day if number > 0 else 0 for number in np.unique(churn)])
    churn_day = ends[np.searchsorted(np.unique(churn), churn)]
    dates = {
        "date_of_birth": pl.Series(person["birth"]),
        "churn_date": pl.Series(churn_day).set(pl.Series(~gone), None),
        "customer_since_date": pl.Series(person["registered"]).set(pl.Series(~person["customer"]), None),
    }
    return pl.DataFrame(
        {
            "true_person": true_persons(cohort),
            "income": np.round(person["income"], 2),
            "wealth": np.round(net_worth(cohort), 2),
            "marital_status": pick(vocabulary.MARITAL, person["marital"]),
            "nationality": pick(pl.Series(vocabulary.NATIONALITIES), person["nation"]),
            "gender": pick(vocabulary.GENDERS, person["gender"]),
            **{name: series.cast(pl.Int32).cast(pl.Date) for name, series in dates.items()},
            "household_id": cohort.number * 1_000_000 + person["household"],
            "life_stage": pick(vocabulary.LIFE_STAGES, life_stage(person, month)),
            "segment": pick(vocabulary.SEGMENTS, segment(person)),
            "occupation": pick(vocabulary.OCCUPATIONS, person["occupation"]),
            "children_count": person["children"],
            "owns_home": person["owns_home"],
            "owns_car": person["owns_car"],
            "digital_affinity": np.round(person["digital"], 4),
            "promotion_affinity": np.round(person["promo"], 4),
            "revolver_tendency": np.round(person["revolver"], 4),
            "is_customer": person["customer"] & ~gone,
            "was_customer": person["customer"],
            "product_count": (cohort.tables["holdings"]["held"] > 0).sum(axis=1) if size else np.zeros(0),
        }
    )


def merge_truth(truth: Path, state: Path, known: dict[str, int]) -> dict[str, int]:
    """Append the parts that a run wrote to the truth's files; returns how many rows each has now.

    known: rows that each file had after the last complete run. What lies behind them was appended by a run
    that was broken off before it was complete, and is written again.
    """
    parts = truth / "_parts"
    rows = {}
    for name, schema in SCHEMAS.items():
        target = truth / f"{name}.parquet"
        old = [(target, known.get(name, 0))] if target.exists() else []
        new = [(path, None) for path in sorted((parts / name).glob("*.parquet"))]
        rows[name] = _concatenate([*old, *new], pl.DataFrame(schema=schema), target)
    persons = sorted(state.glob("cohort-*/persons.parquet"))
    _concatenate([(path, None) for path in persons], pl.read_parquet(persons[0], n_rows=0), truth / "persons.parquet")
    shutil.rmtree(parts, ignore_errors=True)
    return rows


def _concatenate(files: Sequence[tuple[Path, int | None]], empty: pl.DataFrame, target: Path) -> int:
    """Write files (or so many of their first rows) into one, a batch at a time, so that memory stays small."""
    beside = target.with_suffix(".writing")
    schema = empty.to_arrow(compat_level=pl.CompatLevel.oldest()).schema
    written = 0
    with pq.ParquetWriter(beside, schema, compression="zstd") as writer:
        for file, rows in files:
            left = pq.ParquetFile(file).metadata.num_rows if rows is None else rows
            for batch in pq.ParquetFile(file).iter_batches(batch_size=1 << 20):
                writer.write_batch(batch.slice(0, left).cast(schema))
                written += min(left, batch.num_rows)
                left = max(left - batch.num_rows, 0)
    beside.replace(target)
    return written
