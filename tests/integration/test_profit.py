"""Profit of the demo bank, against its own ledgers and a reckoning by hand."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from cardinal.settings import PROJECT_DIR
from tests.integration.house import House

CENT = Decimal("0.01")


def test_interest_and_fees_are_those_of_the_ledgers(house: House) -> None:
    booked = house.query("""
        with ledgers as (
            select
                booked_at as happened_at,
                transaction_type,
                case direction when 'debit' then amount else -amount end as amount
            from staging.stg_core_banking__account_transactions
            union all
            select authorised_at, transaction_type, amount
            from staging.stg_cards__card_transactions where is_approved
            union all
            select due_date - interval 7 hour, 'interest', interest_amount from staging.stg_lending__loan_repayments
        ),
        months as (select *, last_day(cast(happened_at + interval 7 hour as date)) as month_end_date from ledgers)
        select
            month_end_date,
            sum(amount) filter (where transaction_type = 'interest'),
            sum(amount) filter (where transaction_type = 'fee')
        from months
        where month_end_date in (select month_end_date from intermediate.int_customer__calendar)
        group by all order by all
    """)
    reported = house.query(
        "select month_end_date, interest_amount, fee_amount from marts.bank_profit_monthly order by 1"
    )
    assert len(reported) == 3
    assert reported == booked


def test_treasury_pays_for_each_deposit_what_a_reckoning_by_hand_gives(house: House) -> None:
    with (PROJECT_DIR / "seeds" / "finance" / "transfer_prices.csv").open(encoding="utf-8") as file:
        prices = [row for row in csv.DictReader(file) if row["product_family"] == "deposit"]

    def price(group: str, day: date) -> Decimal:
        valid = {
            row["product_group"]: Decimal(row["transfer_rate"])
            for row in prices
            if row["currency_code"] == "THB"
            and row["valid_from"] <= day.isoformat()
            and (not row["valid_to"] or day.isoformat() < row["valid_to"])
        }
        return valid.get(group, valid["any"])

    groups: dict[str, str] = {}
    expected: dict[str, Decimal] = defaultdict(Decimal)
    september, october = date(2026, 9, 30), date(2026, 10, 31)
    for account, group, opening, closing in house.query("""
        select accounts.account_no, products.product_group, before.ledger_balance_amount, now.ledger_balance_amount
        from staging.stg_core_banking__accounts as accounts
        inner join seeds.products as products on accounts.product_code = products.product_code
        inner join staging.stg_core_banking__account_balances as before
            on accounts.account_no = before.account_no and before.balance_date = date '2026-08-31'
        inner join staging.stg_core_banking__account_balances as now
            on accounts.account_no = now.account_no and now.balance_date = date '2026-09-30'
        where accounts.closed_date is null
    """):
        groups[account] = group
        average = ((opening + closing) / 2).quantize(CENT, ROUND_HALF_UP)
        expected[account] = (average * price(group, september) * 30 / 365).quantize(CENT, ROUND_HALF_UP)
    found = dict(
        house.query("""
            select item_no, sum(transfer_amount) from intermediate.int_finance__profit_items
            where holder_type = 'account' and month_end_date = date '2026-09-30'
            group by item_no
        """)
    )
    assert len(groups) > 100
    assert {account: found[account] for account in expected} == dict(expected)
    assert price("basic_savings", october) == Decimal("0.018000")


def test_joint_owners_have_the_whole_account(house: House) -> None:
    """Parts of a joint account differ by a cent at most and add up to it."""
    joint = house.query("""
        select items.item_no, items.month_end_date, items.servicing_cost_amount, list(parts.servicing_cost_amount)
        from intermediate.int_finance__profit_items as items
        inner join intermediate.int_finance__person_items as parts
            on items.holder_type = parts.holder_type and items.item_no = parts.item_no
            and items.product_code = parts.product_code and items.month_end_date = parts.month_end_date
        where items.holder_type = 'account'
        group by all
        having count(*) > 1
    """)
    assert joint
    for account, month, whole, parts in joint:
        assert sum(parts) == whole, (account, month)
        assert max(parts) - min(parts) <= CENT, (account, month)


def test_days_of_traffic_add_up_to_the_events(house: House) -> None:
    reported = house.query("select sum(search_count), sum(promotion_view_count) from marts.digital_report_daily")
    happened = house.query("""
        select count(*) filter (where event_name = 'search'), count(*) filter (where event_name = 'view_promotion')
        from staging.stg_digital__events
    """)
    assert reported == happened
    assert happened[0][0] > 0
