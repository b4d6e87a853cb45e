"""A home with the marts that churn is learned from, made by hand: people fade for three months before they leave."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from cardinal.settings import Settings

MONTHS = [date(2023, m, 1) for m in range(1, 13)] + [date(2024, m, 1) for m in range(1, 5)]
FADE = {3: 0.7, 2: 0.4, 1: 0.15, 0: 0.05}


def small_bank(home: Path, people: int = 500, seed: int = 1) -> Settings:
    """Write the marts of a bank of so many people over 16 months, of whom some leave each month."""
    rng = np.random.default_rng(seed)
    usual = rng.gamma(8.0, 3.0, people) + 8
    leaves = np.where(rng.random(people) < 0.6, rng.integers(3, len(MONTHS) + 6, people), 99)
    rows = [
        pl.DataFrame(
            {
                "person_id": [f"p{person:05d}" for person in present],
                "month_end_date": [first] * len(present),
                "is_lost": leaves[present] == number,
                "is_customer": leaves[present] > number,
                "transaction_count": rng.poisson(
                    usual[present] * np.array([FADE.get(int(left), 1.0) for left in leaves[present] - number])
                ),
                "deposit_balance_amount": np.round(rng.gamma(2.0, 900.0, len(present)), 2),
            }
        )
        for number, first in enumerate(MONTHS)
        if len(present := np.flatnonzero(leaves >= number))
    ]
    months = pl.concat(rows)
    home.mkdir(parents=True, exist_ok=True)
    settings = Settings(home)
    duckdb.connect(str(settings.warehouse)).close()
    with duckdb.connect(str(settings.mart_files["serving"])) as connection:
        connection.register("months", months.to_arrow())
        connection.execute(MARTS)
    with duckdb.connect(str(settings.mart_files["restricted"])) as connection:
        connection.register("months", months.to_arrow())
        connection.execute(PEOPLE)
    return settings


MARTS = """
    create schema marts;
    create table marts.fct_customer_months as
    select
        person_id, last_day(month_end_date) as month_end_date, is_lost, is_customer, transaction_count > 0 as is_active,
        true as is_complete
    from months;
    create table marts.ftr_customer__monthly as
    select
        person_id, last_day(month_end_date) as month_end_date, last_day(month_end_date) as as_of_date,
        transaction_count, cast(deposit_balance_amount as decimal(18, 2)) as deposit_balance_amount,
        case when transaction_count > 0 then cast(30 // transaction_count as integer) end as last_transaction_day_count,
        cast(transaction_count * 100 as decimal(18, 2)) as inflow_amount,
        cast(transaction_count * 90 as decimal(18, 2)) as outflow_amount,
        cast(0 as decimal(18, 2)) as salary_amount, 0 as card_purchase_count,
        cast(0 as decimal(18, 2)) as card_spend_12m_amount, 1 as deposit_account_count,
        cast(null as decimal(18, 2)) as card_limit_amount, cast(null as decimal(18, 2)) as card_balance_amount,
        24 as tenure_months, 2 as product_count, 2 as contract_count,
        cast(0 as decimal(18, 2)) as debt_outstanding_amount,
        0 as app_login_3m_count, 0 as web_login_3m_count, cast(null as integer) as last_seen_day_count,
        0 as complaint_3m_count, 0 as complaint_12m_count, 0 as closure_request_12m_count,
        cast(null as integer) as last_satisfaction_score
    from months;
    create table marts.person_id_changes as
    select person_id, 1 as change_no, person_id as current_person_id from months group by person_id;
"""

PEOPLE = """
    create schema marts;
    create table marts.customer_360 as
    select
        person_id, cast(20 + cast(right(person_id, 2) as integer) % 60 as integer) as age_years,
        case cast(right(person_id, 1) as integer) % 3 when 0 then 'female' when 1 then 'male' end as gender,
        case when person_id < 'p00050' then 'MM' else 'TH' end as nationality
    from months group by person_id;
"""
