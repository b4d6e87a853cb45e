"""Churn: who closes the relationship or falls silent within 90 days."""

from __future__ import annotations

from ml.task import Feature, Task

# Interest and a fee alone are no relationship that could be lost.
_ACTIVE = """
    sum(transaction_count) over (
        partition by person_id order by month_end_date rows between 2 preceding and current row
    ) >= 6
"""

# Of the third month end after a month, 89 to 92 days lie between; of the second, 59 to 62; of the fourth, 120 or more.
_LEAVES_OR_FALLS_SILENT = """
    select
        person_id, month_end_date,
        case when is_customer then
            coalesce(bool_or(is_lost) over ahead, false) or not coalesce(bool_or(is_active) over third, false)
        end as label
    from marts.fct_customer_months
    where is_complete
    window
        ahead as (
            partition by person_id order by month_end_date
            range between interval 1 day following and interval 100 day following
        ),
        third as (
            partition by person_id order by month_end_date
            range between interval 75 day following and interval 100 day following
        )
"""


_CONTRACTS_ENDED = "max(contract_count) over before - contract_count"


def _against_before(column: str) -> str:
    """Say how a month is beside the mean of the six before it: 1 is as usual."""
    return f"{column} / nullif(avg({column}) over before, 0)"


def _trend(column: str, words: str) -> Feature:
    return Feature(f"{column}_trend", f"{words} against the half year before", _against_before(column))


TASK = Task(
    name="churn",
    question="closes the relationship, or moves no money in the third month from now",
    owner="crm",
    population=_ACTIVE,
    label=_LEAVES_OR_FALLS_SILENT,
    horizon_days=90,
    features=(
        Feature("transaction_count", "money movements in the month"),
        _trend("transaction_count", "movements"),
        Feature(
            "transaction_least", "movements in the quietest month of six before", "min(transaction_count) over before"
        ),
        Feature("last_transaction_day_count", "days since the last movement"),
        Feature("inflow_amount", "money that came in"),
        _trend("inflow_amount", "money that came in"),
        Feature("outflow_amount", "money that went out"),
        _trend("outflow_amount", "money that went out"),
        Feature("salary_amount", "salary credited"),
        _trend("salary_amount", "salary credited"),
        Feature("card_purchase_count", "card purchases in the month"),
        _trend("card_purchase_count", "card purchases"),
        Feature("card_spend_12m_amount", "card spending of twelve months"),
        Feature("deposit_balance_amount", "deposits"),
        _trend("deposit_balance_amount", "deposits"),
        Feature("deposit_account_count", "deposit accounts"),
        Feature("card_limit_amount", "limit of the credit cards"),
        Feature("card_balance_amount", "owed on credit cards"),
        Feature("tenure_months", "months as a customer"),
        Feature("product_count", "products held"),
        Feature("contracts_ended", "contracts that ended since the half year before", _CONTRACTS_ENDED),
        Feature("debt_outstanding_amount", "owed on loans"),
        Feature("app_login_3m_count", "logins in the app in three months"),
        Feature("web_login_3m_count", "logins on the web site in three months"),
        Feature("last_seen_day_count", "days since they were seen on the site or in the app"),
        Feature("complaint_3m_count", "complaints in three months"),
        Feature("complaint_12m_count", "complaints in twelve months"),
        Feature("closure_request_12m_count", "calls about closing something in twelve months"),
        Feature("last_satisfaction_score", "how satisfied they said they were (1 to 5)"),
    ),
    baseline=("days since the last money movement", "last_transaction_day_count"),
    not_for=(
        "refusing or ending a service, closing an account, or a limit or price",
        "judging an employee or a branch",
        "people without six money movements in three months, and prospects: nobody like them was learned from",
    ),
)
