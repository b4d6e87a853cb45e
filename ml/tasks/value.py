"""Value: what the bank makes of a customer in the next twelve months."""

from __future__ import annotations

from ml.frames import TODAY
from ml.task import Feature, Task

# Of the twelfth month end after a month, 365 or 366 days lie between; of the thirteenth, 393 or more.
_MONTHS = """
    earned as (
        select person_id, month_end_date, cast(sum(margin_amount) as double) as margin
        from marts.customer_profit_monthly
        group by person_id, month_end_date
    ),
    months as (
        select
            person_id, month_end_date, coalesce(earned.margin, 0) as margin,
            coalesce(held.is_customer and held.is_complete, false) as is_asked
        from marts.fct_customer_months as held
        full outer join earned using (person_id, month_end_date)
    )
"""

_EARNED_AHEAD = f"""
    with {_MONTHS}
    select person_id, month_end_date, case when is_asked then coalesce(sum(margin) over ahead, 0) end as label
    from months
    window ahead as (
        partition by person_id order by month_end_date
        range between interval 1 day following and interval 380 day following
    )
"""

# Rules that need no learning: a year of what the last months earned on average. The first one has to be beaten; the
# last is what customer_lifetime_value carries on.
BASELINES = ("last 6 months", "last 3 months", "last 12 months")

# By the ids that people had then.
PAST = f"""
    with {_MONTHS},
    {TODAY}
    select
        coalesce(today.person_id, months.person_id) as person_id, month_end_date,
        12 * avg(margin) over (past rows between 5 preceding and current row) as "last 6 months",
        12 * avg(margin) over (past rows between 2 preceding and current row) as "last 3 months",
        12 * avg(margin) over (past rows between 11 preceding and current row) as "last 12 months"
    from months
    left join today on months.person_id = today.current_id
    window past as (partition by months.person_id, today.person_id order by month_end_date)
"""

TASK = Task(
    name="value",
    question="what the bank makes of the customer in the next twelve months",
    owner="finance",
    population="product_count > 0",
    label=_EARNED_AHEAD,
    horizon_days=360,
    features=(
        Feature("tenure_months", "months as a customer"),
        Feature("product_count", "products held"),
        Feature("contract_count", "contracts held"),
        Feature("deposit_balance_amount", "deposits"),
        Feature("deposit_balance_before_amount", "deposits three months before"),
        Feature("deposit_usual_amount", "deposits on average", "avg(deposit_balance_amount) over so_far"),
        Feature("deposit_account_count", "deposit accounts"),
        Feature("fixed_deposit_count", "fixed deposits"),
        Feature("card_limit_amount", "limit of the credit cards"),
        Feature("card_balance_amount", "owed on credit cards"),
        Feature("card_balance_usual_amount", "owed on credit cards on average", "avg(card_balance_amount) over so_far"),
        Feature("card_utilisation_rate", "share of the card limit that is owed"),
        Feature("card_spend_3m_amount", "card spending of three months"),
        Feature("card_spend_usual_amount", "card spending of a month on average", "avg(card_spend_amount) over so_far"),
        Feature("card_fee_amount", "fees of the cards"),
        Feature("card_interest_12m_amount", "card interest of twelve months"),
        Feature("revolving_month_12m_count", "months of twelve with card debt carried on"),
        Feature("card_abroad_3m_rate", "share of card purchases abroad"),
        Feature("points_balance", "points"),
        Feature("loan_count", "loans"),
        Feature("mortgage_count", "mortgages"),
        Feature("auto_loan_count", "car loans"),
        Feature("debt_outstanding_amount", "owed on loans"),
        Feature("debt_instalment_amount", "instalments"),
        Feature("debt_days_past_due", "days that an instalment is late"),
        Feature("fund_count", "funds"),
        Feature("fund_value_amount", "value of funds"),
        Feature("policy_count", "policies"),
        Feature("yearly_premium_amount", "premiums a year"),
        Feature("inflow_3m_amount", "money that came in in three months"),
        Feature("outflow_3m_amount", "money that went out in three months"),
        Feature("salary_amount", "salary credited"),
        Feature("transaction_count", "money movements in the month"),
        Feature("debit_card_spend_3m_amount", "spent by debit card in three months"),
        Feature("cash_3m_amount", "cash withdrawn in three months"),
        Feature("transfer_3m_amount", "sent by transfer in three months"),
        Feature("bill_3m_amount", "bills paid in three months"),
        Feature("last_transaction_day_count", "days since the last movement"),
        Feature("last_seen_day_count", "days since they were seen on the site or in the app"),
        Feature("app_login_3m_count", "logins in the app in three months"),
    ),
    # What earned money before isn't known as of its month (frames of it come from PAST).
    baseline=("a year of what the last six months earned", "null"),
    not_for=(
        "granting or pricing credit, refusing a service, or a limit",
        "serving anybody worse than every customer is owed, because little is expected of them",
        "people who hold nothing: nobody like them was learned from",
        "sums: a middle value isn't a mean, and its sum is too low; take customer_lifetime_value",
    ),
)
