"""Leads: which of those that ask for a product take it."""

from __future__ import annotations

from ml.task import Feature, Task

# What a lead desk writes down without learning: points for each sign, the newest contact first among equals.
_RULES = """
    2 * (is_recognised and not is_product_held)::integer + has_phone::integer + has_marketing_consent::integer
    + (coalesce(salary_amount, stated_income_amount, 0) >= 30000)::integer + (application_start_30d_count > 0)::integer
    - 2 * is_product_held::integer
"""

TASK = Task(
    name="lead",
    question="takes what it asked for within 30 days",
    owner="leads",
    mart="ftr_lead__captured",
    unit="lead_key",
    event_date="captured_date",
    drawn_by="contact_id",
    owners="select person_id as contact_id, person_id from marts.customer_360",
    population="true",
    in_work="is_in_work",
    label="coalesce(won_date <= captured_date + 30, false)",
    horizon_days=30,
    # Leads are few: half a year of them judges.
    fold_months=6,
    alert_every=1,
    features=(
        Feature("lead_source", "where it came in", kind="text"),
        Feature("product_code", "product asked for", kind="text"),
        Feature("traffic_medium", "how the visitor came", kind="text"),
        Feature("is_paid", "brought by paid media (1 is yes)"),
        Feature("has_marketing_consent", "agreed to be contacted (1 is yes)"),
        Feature("has_phone", "gave a phone number (1 is yes)"),
        Feature("has_email", "gave an e-mail address (1 is yes)"),
        Feature("hour_of_day", "hour of the day"),
        Feature("stated_income_amount", "income they wrote down"),
        Feature("earlier_lead_90d_count", "leads of theirs in 90 days before"),
        Feature("visit_30d_count", "visits of the site in 30 days before"),
        Feature("page_view_30d_count", "pages looked at in 30 days before"),
        Feature("engagement_30d_seconds", "seconds on the site in 30 days before"),
        Feature("application_start_30d_count", "applications begun in 30 days before"),
        Feature("is_recognised", "known to the bank (1 is yes)"),
        Feature("is_product_held", "holds the product already (1 is yes)"),
        Feature("is_family_held", "holds one of its family already (1 is yes)"),
        Feature("tenure_months", "months as a customer"),
        Feature("product_count", "products held"),
        Feature("inflow_3m_amount", "money that came in in three months"),
        Feature("salary_amount", "salary credited"),
        Feature("deposit_balance_amount", "deposits"),
        Feature("debt_outstanding_amount", "owed on loans"),
        Feature("debt_days_past_due", "days that an instalment is late"),
        Feature("promotion_click_3m_count", "promotions chosen in three months"),
        Feature("home_view_3m_count", "looks at content on homes"),
        Feature("car_view_3m_count", "looks at content on cars"),
        Feature("insurance_view_3m_count", "looks at content on insurance"),
    ),
    # Of few: small steps and few splits, so that what one lead did isn't learned by heart.
    learning={"learning_rate": 0.03, "max_leaf_nodes": 4, "min_samples_leaf": 20, "max_features": 0.3},
    baseline=("a lead desk's rules", _RULES),
    not_for=(
        "granting or refusing what is asked for, or its price: who goes through with it isn't who should have it",
        "judging a campaign: who it brings differs by more than the campaign",
    ),
    decision="credit",
)
