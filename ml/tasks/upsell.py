"""Upsell: whose limit is raised, who takes a higher card, who borrows more: of those who can pay."""

from __future__ import annotations

from ml.task import Feature, Task

# Who is late, or was twice in a year, isn't asked, whatever they would like.
_PAYS = "coalesce(debt_days_past_due, 0) = 0 and coalesce(missed_payment_12m_count, 0) < 2"

# Of the third month end after a month, 92 days at most lie between.
_WITHIN = """
    {date} > months.month_end_date
    and {date} <= last_day(cast(months.month_end_date + interval 3 month as date))
"""

# A new card brings a limit of its own, which is no raise; it counts from its first statement, which may come two months
# later. Of who has one so new nobody can tell.
_LIMIT_RAISED = """
    with raised as (
        select
            person_id, month_end_date,
            max(card_limit_amount) over (
                partition by person_id order by month_end_date
                range between interval 1 day following and interval 100 day following
            ) > card_limit_amount as is_raised
        from marts.fct_customer_months
        where is_complete and is_customer and card_limit_amount > 0
    )
    select
        months.person_id, months.month_end_date,
        case when coalesce(bool_and(cards.opened_date > months.month_end_date), true) then
            coalesce(any_value(months.is_raised), false) and count(cards.contract_id) = 0
        end as label
    from raised as months
    left join marts.customer_products as cards
        on months.person_id = cards.person_id
        and cards.product_family = 'credit_card'
        and cards.opened_date > months.month_end_date - 62
        and cards.opened_date <= last_day(cast(months.month_end_date + interval 3 month as date))
    group by months.person_id, months.month_end_date
"""

# Higher is what costs a higher fee a year than all that is held.
_HIGHER_CARD = f"""
    with cards as (
        select contracts.person_id, contracts.opened_date, contracts.closed_date, products.annual_fee_amount
        from marts.customer_products as contracts
        inner join marts.dim_products as products on contracts.product_code = products.product_code
        where contracts.product_family = 'credit_card'
    ),
    held as (
        select months.person_id, months.month_end_date, max(cards.annual_fee_amount) as fee_amount
        from marts.fct_customer_months as months
        inner join cards
            on months.person_id = cards.person_id
            and cards.opened_date <= months.month_end_date
            and coalesce(cards.closed_date > months.month_end_date, true)
        where months.is_complete and months.is_customer
        group by months.person_id, months.month_end_date
    )
    select months.person_id, months.month_end_date, count(cards.opened_date) > 0 as label
    from held as months
    left join cards
        on months.person_id = cards.person_id
        and cards.annual_fee_amount > months.fee_amount
        and {_WITHIN.format(date="cards.opened_date")}
    group by months.person_id, months.month_end_date
"""

_BORROWS_MORE = f"""
    select months.person_id, months.month_end_date, count(loans.contract_id) > 0 as label
    from marts.fct_customer_months as months
    left join marts.customer_products as loans
        on months.person_id = loans.person_id
        and loans.product_family = 'loan'
        and {_WITHIN.format(date="loans.opened_date")}
    where months.is_complete and months.is_customer
    group by months.person_id, months.month_end_date
"""

_MONTHLY_INFLOW = "inflow_3m_amount / 3"

_FEATURES = (
    Feature("tenure_months", "months as a customer"),
    Feature("product_count", "products held"),
    Feature("credit_card_count", "credit cards held"),
    Feature("last_opened_day_count", "days since the newest contract began"),
    Feature("card_limit_amount", "limit of the credit cards"),
    Feature("card_balance_amount", "owed on credit cards"),
    Feature("card_utilisation_rate", "share of the card limit that is owed"),
    Feature("card_utilisation_12m_rate", "share of the card limit that was owed in twelve months"),
    Feature("revolving_month_12m_count", "months of twelve with card debt carried on"),
    Feature("card_fee_amount", "card fees a year"),
    Feature("card_spend_3m_amount", "card spending of three months"),
    Feature("card_spend_12m_amount", "card spending of twelve months"),
    Feature(
        "card_spend_change", "card spending of three months as a multiple of that before",
        "card_spend_3m_amount / nullif(card_spend_3m_before_amount, 0)",
    ),
    Feature("spend_to_limit", "card spending of a month as a share of the limit",
            "card_spend_3m_amount / 3 / nullif(card_limit_amount, 0)"),
    Feature("card_travel_3m_rate", "share of card purchases for travel"),
    Feature("card_abroad_3m_rate", "share of card purchases abroad"),
    Feature("card_online_3m_rate", "share of card purchases online"),
    Feature("inflow_3m_amount", "money that came in in three months"),
    Feature("salary_amount", "salary credited"),
    Feature("deposit_balance_amount", "deposits"),
    Feature("debt_outstanding_amount", "owed on loans"),
    Feature("debt_instalment_amount", "instalments a month"),
    Feature("debt_service", "instalments as a share of the money that comes in",
            f"debt_instalment_amount / nullif({_MONTHLY_INFLOW}, 0)"),
    Feature("cash_advance_12m_amount", "cash drawn on credit cards in twelve months"),
    Feature("points_balance", "points saved"),
    Feature("application_start_3m_count", "applications begun in three months"),
    Feature("card_view_3m_count", "looks at content on cards"),
    Feature("home_view_3m_count", "looks at content on homes"),
    Feature("car_view_3m_count", "looks at content on cars"),
    Feature("promotion_click_3m_count", "promotions chosen in three months"),
    Feature("app_login_3m_count", "logins in the app in three months"),
)  # fmt: skip


def _upsell(name: str, question: str, owner: str, held: str, label: str, baseline: tuple[str, str]) -> Task:
    return Task(
        name=f"upsell_{name}",
        question=question,
        owner=owner,
        population=f"{held} and {_PAYS}",
        label=label,
        features=_FEATURES,
        baseline=baseline,
        not_for=(
            "granting or refusing credit, or its price: who would take more is not who can bear more",
            "people in arrears, and those who hold none: nobody like them was learned from",
        ),
        horizon_days=90,
        # Few take something: half a year judges.
        fold_months=6,
        capacity=0.02,
        learning={"learning_rate": 0.03, "max_leaf_nodes": 4, "min_samples_leaf": 100, "max_features": 0.3},
        decision="credit",
    )


TASKS = (
    _upsell(
        "limit", "has the limit of a credit card raised within three months", "cards",
        "credit_card_count > 0 and card_limit_amount > 0", _LIMIT_RAISED,
        ("share of the card limit that is owed", "card_utilisation_rate"),
    ),
    _upsell(
        "card", "takes a card with a higher fee within three months", "cards",
        "credit_card_count > 0", _HIGHER_CARD,
        ("card spending of twelve months", "card_spend_12m_amount"),
    ),
    _upsell(
        "loan", "takes a further loan within three months", "lending",
        "loan_count + mortgage_count + auto_loan_count > 0", _BORROWS_MORE,
        ("money that came in in three months", "inflow_3m_amount"),
    ),
)  # fmt: skip
