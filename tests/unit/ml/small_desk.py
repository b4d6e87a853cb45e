"""A home whose card payments are known, with their frauds and reports: the bank of the tests about events."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from cardinal.settings import Settings
from ml.tasks import task_of

FRAUD = task_of("fraud")
FIRST, DAYS, A_DAY = date(2024, 1, 1), 300, 40

SERVING = """
    create table marts.ftr_card_transaction__risk as from rows;
    create table marts.customer_products as
    select 'cards' as source_name, card_token as contract_id, 'p' || card_token as person_id from rows group by all
"""
RESTRICTED = """
    create table marts.customer_360 as
    select 'p' || card_token as person_id, 40 as age_years, 'female' as gender, 'TH' as nationality
    from rows group by all
"""


def books_until(day: date) -> str:
    return f"create table intermediate.int_customer__as_of as select date '{day}' as as_of_date"


def small_desk(home: Path, seed: int = 5) -> Settings:
    """Write the mart of a bank whose frauds are fast and dear; a tenth of them is declined, and never reported."""
    rng = np.random.default_rng(seed)
    size = DAYS * A_DAY
    is_fraud = rng.random(size) < 0.04
    numbers = {
        feature.name: rng.gamma(2.0, 1.0, size)
        + 4.0 * is_fraud * (feature.name in ("card_1h_count", "amount_deviations"))
        for feature in FRAUD.features
        if feature.kind == "number"
    }
    days = [FIRST + timedelta(days=int(day)) for day in np.arange(size) // A_DAY]
    declined = is_fraud & (rng.random(size) < 0.1)
    rows = pl.DataFrame(
        {
            "card_transaction_id": [f"t{number:06d}" for number in range(size)],
            "card_token": [f"k{card:03d}" for card in rng.integers(0, 400, size)],
            "transaction_date": days,
            **{name: np.round(values) if name.endswith("_count") else values for name, values in numbers.items()},
            **{name: values > 2 for name, values in numbers.items() if name.startswith("is_")},
            "is_at_night": rng.random(size) < 0.1,
            "is_online": rng.random(size) < 0.4,
            "entry_mode": np.where(is_fraud, "ecommerce", "chip"),
            "spending_category": "home",
            "is_approved": ~declined,
            "reported_at": np.where(
                is_fraud & ~declined,
                np.array([day + timedelta(days=20) for day in days], "datetime64[us]"),
                np.datetime64("NaT"),
            ),
        }
    )
    home.mkdir(parents=True)
    settings = Settings(home)
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute(f"create schema intermediate; {books_until(days[-1])}")
    for name, tables in (("serving", SERVING), ("restricted", RESTRICTED)):
        with duckdb.connect(str(settings.mart_files[name])) as connection:
            connection.register("rows", rows.to_arrow())
            connection.execute(f"create schema marts; {tables}")
    return settings
