"""A home whose campaigns change people by a known amount: many for some, none for most, and for the worse for a few."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from cardinal.settings import Settings

FIRST = [date(2024, month, 1) for month in range(1, 13)] + [date(2025, month, 1) for month in range(1, 5)]
# What a campaign adds to the chance of people by how often they log in: keen, usual, and put off by it.
EFFECTS = (0.5, 0.0, -0.25)
LEFT_ALONE = 0.3


def group_of(logins: np.ndarray) -> np.ndarray:
    """Return the group of each: 0 keen (10 logins or more), 1 usual, 2 put off (2 logins or fewer)."""
    return np.where(logins >= 10, 0, np.where(logins <= 2, 2, 1))


def uplift_bank(
    home: Path,
    people: int = 300,
    seed: int = 3,
    permuted: bool = False,
    left_alone: tuple[float, float, float] = (LEFT_ALONE, LEFT_ALONE, LEFT_ALONE),
) -> Settings:
    """Write the marts of a bank with a campaign each month, in which three of four people are reached for.

    permuted: whether who is reached for is drawn anew after the outcomes, so that nobody is changed.
    left_alone: how likely each group takes the product unasked.
    """
    rng = np.random.default_rng(seed)
    ids = np.array([f"p{n:05d}" for n in range(people)])
    logins = rng.integers(0, 14, people)
    rows = []
    for number, first in enumerate(FIRST[1:-3]):
        treated = rng.random(people) < 0.75
        chance = np.array(left_alone)[group_of(logins)] + treated * np.array(EFFECTS)[group_of(logins)]
        took = rng.random(people) < chance
        if permuted:
            treated = rng.permutation(treated)
        rows.append(
            pl.DataFrame(
                {
                    "campaign_id": f"C{number:02d}", "person_id": ids, "is_treated": treated, "took": took,
                    "assigned_date": first + timedelta(days=2), "product_code": f"P{number % 3}",
                    "known_month_end_date": first - timedelta(days=1),
                }
            )
        )  # fmt: skip
    home.mkdir(parents=True, exist_ok=True)
    settings = Settings(home)
    duckdb.connect(str(settings.warehouse)).close()
    with duckdb.connect(str(settings.mart_files["serving"])) as connection:
        connection.register("drawn", pl.concat(rows).to_arrow())
        people_rows = pl.DataFrame({"person_id": ids, "logins": logins, "noise": rng.normal(size=people)})
        connection.register("people", people_rows.to_arrow())
        connection.register("months", pl.DataFrame({"first": FIRST}).to_arrow())
        connection.execute(MARTS)
    return settings


MARTS = """
    create schema marts;
    create table marts.fct_campaign_members as
    select * exclude (took), 'product' as campaign_kind, 'email' as channel, assigned_date::timestamp as assigned_at
    from drawn;
    create table marts.customer_products as
    select
        person_id, campaign_id || person_id as contract_id, product_code, assigned_date + 10 as opened_date,
        false as is_open
    from drawn where took;
    create table marts.ftr_customer__monthly as
    select
        person_id, last_day(first) as month_end_date, last_day(first) as as_of_date, 2 as product_count,
        logins as app_login_3m_count, noise as deposit_balance_amount, 0 as promotion_view_3m_count,
        0 as promotion_click_3m_count, 0 as web_login_3m_count, 0 as search_3m_count, 12 as tenure_months,
        5 as transaction_count, 1 as last_transaction_day_count, 10.0 as inflow_3m_amount, 9.0 as outflow_3m_amount,
        null::double as salary_amount, 0.0 as card_spend_3m_amount, 0.0 as card_spend_3m_before_amount,
        null::double as card_utilisation_rate, 0 as revolving_month_12m_count, 0 as points_balance,
        0 as complaint_12m_count
    from people cross join months;
    create table marts.ftr_customer__messages as
    select
        person_id, last_day(first) as month_end_date, 3 as message_12m_count, 0.2 as message_opened_12m_ratio,
        0.2 as message_clicked_12m_ratio
    from people cross join months where person_id > 'p00010';
    create table marts.person_id_changes as
    select person_id, 1 as change_no, person_id as current_person_id from people;
    create table marts.customer_360 as
    select person_id, 40 as age_years, 'F' as gender, 'TH' as nationality from people;
"""
