"""Offers: who takes out a first product of a family within 90 days, one task a family."""

from __future__ import annotations

from typing import Literal

from ml.task import Feature, Task

# Of the third month end after a month, 92 days at most lie between.
_OPENS = """
    select
        months.person_id, months.month_end_date,
        count(products.contract_id) filter (products.opened_date > months.month_end_date) > 0 as label
    from marts.fct_customer_months as months
    left join marts.customer_products as products
        on months.person_id = products.person_id
        and products.product_family = '{family}'
        and products.opened_date > months.month_end_date
        and products.opened_date <= last_day(cast(months.month_end_date + interval 3 month as date))
    where months.is_complete and months.is_customer
    group by months.person_id, months.month_end_date
"""

_DEPOSIT_CHANGE = "deposit_balance_amount - deposit_balance_before_amount"

# Of few who take something out, and by weak signs: small steps, and a third of the features a split (chosen on the fold
# of calibration).
_CAREFUL = {"learning_rate": 0.03, "max_leaf_nodes": 4, "min_samples_leaf": 100, "max_features": 0.3}

# Nothing of family, such as purchases for a child: all families are put in one order, and credit is one of them.
_EVERYBODY = (
    Feature("tenure_months", "months as a customer"),
    Feature("product_count", "products held"),
    Feature("last_opened_day_count", "days since the newest contract began"),
    Feature("deposit_balance_amount", "deposits"),
    Feature("deposit_change_amount", "deposits less those of three months before", _DEPOSIT_CHANGE),
    Feature("inflow_3m_amount", "money that came in in three months"),
    Feature("outflow_3m_amount", "money that went out in three months"),
    Feature("salary_amount", "salary credited"),
    Feature("transaction_count", "money movements in the month"),
    Feature("card_spend_3m_amount", "card spending of three months"),
    Feature("card_limit_amount", "limit of the credit cards"),
    Feature("card_utilisation_rate", "share of the card limit that is owed"),
    Feature("debit_card_spend_3m_amount", "spent by debit card in three months"),
    Feature("cash_3m_amount", "cash withdrawn in three months"),
    Feature("transfer_3m_amount", "sent by transfer in three months"),
    Feature("bill_3m_amount", "bills paid in three months"),
    Feature("debt_outstanding_amount", "owed on loans"),
    Feature("debt_days_past_due", "days that an instalment is late"),
    Feature("fund_value_amount", "funds"),
    Feature("yearly_premium_amount", "premiums a year"),
    Feature("app_login_3m_count", "logins in the app in three months"),
    Feature("web_login_3m_count", "logins on the web site in three months"),
    Feature("search_3m_count", "searches in three months"),
    Feature("promotion_click_3m_count", "promotions chosen in three months"),
    Feature("application_start_3m_count", "applications begun in three months"),
    Feature("card_view_3m_count", "looks at content on cards"),
    Feature("insurance_view_3m_count", "looks at content on insurance"),
    Feature("investing_view_3m_count", "looks at content on investing"),
    Feature("home_view_3m_count", "looks at content on homes"),
    Feature("car_view_3m_count", "looks at content on cars"),
    Feature("travel_view_3m_count", "looks at content on travel"),
    Feature("last_seen_day_count", "days since they were seen on the site or in the app"),
    Feature("card_home_3m_rate", "share of card purchases for the home"),
    Feature("card_fuel_3m_rate", "share of card purchases for fuel"),
)  # fmt: skip


def _offer(
    family: str, product: str, owner: str, held: str, interest: str, decision: Literal["", "credit", "pricing"] = ""
) -> Task:
    """Return the task of one family: held is the SQL of how many are held, interest that of looks at its content."""
    return Task(
        name=f"offer_{family}",
        question=f"takes out a first {product} within three months",
        owner=owner,
        population=f"({held}) = 0",
        label=_OPENS.format(family=family),
        features=_EVERYBODY,
        baseline=(f"looks at content on it in three months ({interest})", interest),
        not_for=(
            "granting or refusing it, or its price: it says who would like one, not who should have one",
            "people who hold one already, and prospects: nobody like them was learned from",
        ),
        horizon_days=90,
        learning=_CAREFUL,
        decision=decision,
    )


TASKS = (
    _offer("credit_card", "credit card", "cards", "credit_card_count", "card_view_3m_count", "credit"),
    _offer(
        "loan", "loan", "lending", "loan_count + mortgage_count + auto_loan_count",
        "home_view_3m_count + car_view_3m_count", "credit",
    ),
    _offer("fund", "fund", "wealth", "fund_count", "investing_view_3m_count"),
    _offer("insurance", "policy", "insurance", "policy_count", "insurance_view_3m_count"),
)  # fmt: skip
