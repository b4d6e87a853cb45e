"""Each metric of the semantic layer against SQL written by hand, by month and by what else it is grouped."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from cardinal.metrics.semantic_layer import MANIFEST, MetricsError, SemanticLayer, open_published
from tests.integration.house import House

MONTH_ENDS = """
    with months as (
        select *, date_trunc('month', month_end_date) as month from serving.marts.fct_customer_months
    ) select month, {} from months group by month
"""
LEADS = "select date_trunc('month', captured_date) as month, {} from serving.marts.leads group by month"
MEDIA = "select date_trunc('month', report_date) as month, {} from serving.marts.fct_paid_media_days group by month"
LEADS_AND_MEDIA = f"""
    select month, {{}} from ({
    LEADS.format(
        "count(*) filter (is_paid) as paid, sum(sale_amount) filter (is_paid) as sold,"
        " sum(margin_amount) filter (is_paid) as earned"
    )
}) full join ({MEDIA.format("sum(bank_cost_amount) as cost")}) using (month)
"""
PROFIT = "select date_trunc('month', month_end_date) as month, {} from serving.marts.bank_profit_monthly group by month"
VISITS = "select date_trunc('month', visit_date) as month, {} from serving.marts.fct_visits group by month"
CUSTOMERS = "count(*) filter (is_customer)"
BY_HAND = {
    "customers": MONTH_ENDS.format(CUSTOMERS),
    "active_customers": MONTH_ENDS.format("count(*) filter (is_customer and transaction_count > 0)"),
    "activity_rate": MONTH_ENDS.format(f"count(*) filter (is_customer and transaction_count > 0) / {CUSTOMERS}"),
    "new_customers": MONTH_ENDS.format("count(*) filter (tenure_months = 0)"),
    "lost_customers": MONTH_ENDS.format("count(*) filter (not is_customer)"),
    "opening_customers": MONTH_ENDS.format("count(*) filter (tenure_months > 0)"),
    "kept_customers": MONTH_ENDS.format("count(*) filter (tenure_months > 0 and not is_lost)"),
    "retention_rate": MONTH_ENDS.format(
        "count(*) filter (tenure_months > 0 and not is_lost) / count(*) filter (tenure_months > 0)"
    ),
    "deposit_balance": MONTH_ENDS.format("sum(deposit_balance_amount)"),
    "card_balance": MONTH_ENDS.format("sum(card_balance_amount)"),
    "card_limit": MONTH_ENDS.format("sum(card_limit_amount)"),
    "card_utilisation_rate": MONTH_ENDS.format("sum(card_balance_amount) / sum(card_limit_amount)"),
    "card_spend": MONTH_ENDS.format("sum(card_spend_amount)"),
    "inflow": MONTH_ENDS.format("sum(inflow_amount)"),
    "outflow": MONTH_ENDS.format("sum(outflow_amount)"),
    "card_spend_12m": """
        select date_trunc('month', days.calendar_date) as month, sum(months.card_spend_amount)
        from serving.marts.dim_dates as days
        inner join serving.marts.fct_customer_months as months
            on months.month_end_date <= days.calendar_date and months.month_end_date > days.calendar_date - 365
        where days.calendar_date = days.month_end_date
        group by month
    """,
    "leads": LEADS.format("count(*)"),
    "leads_contacted": LEADS.format("count(contacted_at)"),
    "leads_qualified": LEADS.format("count(qualified_at)"),
    "leads_applied": LEADS.format("count(applied_at)"),
    "leads_won": LEADS.format("count(sold_at)"),
    "lead_sales": LEADS.format("sum(sale_amount)"),
    "paid_leads": LEADS.format("count(*) filter (campaign_key <> 'unpaid')"),
    "paid_lead_sales": LEADS.format("sum(sale_amount) filter (campaign_key <> 'unpaid')"),
    "lead_contact_rate": LEADS.format("count(contacted_at) / count(*)"),
    "lead_application_rate": LEADS.format("count(applied_at) / count(*)"),
    "lead_conversion_rate": LEADS.format("count(sold_at) / count(*)"),
    "lead_to_sale_90d_rate": """
        with sales as (
            select sale.lead_key, max(lead.captured_date) as captured_date
            from serving.marts.leads as sale
            inner join serving.marts.leads as lead
                on sale.person_id = lead.person_id
                and lead.captured_date <= sale.sold_date and lead.captured_date > sale.sold_date - 90
            group by sale.lead_key
        )
        , leads as (
            select date_trunc('month', captured_date) as month, count(*) as count
            from serving.marts.leads group by month
        ), sold as (
            select date_trunc('month', captured_date) as month, count(*) as count from sales group by month
        )
        select month, coalesce(sold.count, 0) / leads.count from leads left join sold using (month)
    """,
    "lead_margin": LEADS.format("sum(margin_amount)"),
    "paid_lead_margin": LEADS.format("coalesce(sum(margin_amount) filter (campaign_key <> 'unpaid'), 0)"),
    "roi": LEADS_AND_MEDIA.format("(coalesce(earned, 0) - cost) / nullif(cost, 0)"),
    "margin": PROFIT.format("sum(margin_amount)"),
    "net_interest": PROFIT.format("sum(interest_amount + transfer_amount)"),
    "fees": PROFIT.format("sum(fee_amount)"),
    "interchange": PROFIT.format("sum(interchange_amount)"),
    "expected_loss": PROFIT.format("sum(expected_loss_amount)"),
    "margin_per_customer": """
        select date_trunc('month', month_end_date) as month, sum(margin_amount) / sum(customer_count)
        from serving.marts.business_report_monthly group by month
    """,
    "visits": VISITS.format("count(*)"),
    "visitors": VISITS.format("count(distinct coalesce(person_id, visitor_id))"),
    "visits_with_application_start": VISITS.format("count(*) filter (application_start_count > 0)"),
    "visits_with_application": VISITS.format("count(*) filter (application_submit_count > 0)"),
    "visits_with_conversion": VISITS.format("count(*) filter (conversion_count > 0)"),
    "application_start_rate": VISITS.format("count(*) filter (application_start_count > 0) / count(*)"),
    "application_completion_rate": VISITS.format(
        "count(*) filter (application_submit_count > 0) / nullif(count(*) filter (application_start_count > 0), 0)"
    ),
    "visit_conversion_rate": VISITS.format("count(*) filter (conversion_count > 0) / count(*)"),
    "media_cost": MEDIA.format("sum(bank_cost_amount)"),
    "media_impressions": MEDIA.format("sum(impressions)"),
    "media_clicks": MEDIA.format("sum(clicks)"),
    "cost_per_lead": LEADS_AND_MEDIA.format("cost / nullif(paid, 0)"),
    "roas": LEADS_AND_MEDIA.format("sold / nullif(cost, 0)"),
}


TABLES = """
    select table_name from duckdb_tables()
    where database_name = 'built' and schema_name = 'marts'
        and (table_name like 'fct_%' or table_name like 'dim_%' or table_name like '%_profit_monthly'
            or table_name in ('business_report_monthly', 'leads'))
"""
SALES = """
    update serving.marts.leads
    set sold_date = captured_date + 20, sold_at = captured_at + interval 20 day,
        sale_amount = 1234.56, margin_amount = 7.89
    where is_paid
"""


@pytest.fixture(scope="module")
def layer(house: House) -> SemanticLayer:
    return SemanticLayer(house.target / MANIFEST)


@pytest.fixture(scope="module")
def marts(house: House) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy in memory, in which paid leads have bought something: in three months of a small bank none may have."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{house.settings.mart_files['serving']}' as built (read_only)")
        connection.execute("attach ':memory:' as serving; create schema serving.marts")
        for (table,) in connection.execute(TABLES).fetchall():
            connection.execute(f"create table serving.marts.{table} as from built.marts.{table}")
        connection.execute(SALES)
        yield connection


def test_every_metric_is_checked(layer: SemanticLayer) -> None:
    assert {metric.name for metric in layer.metrics()} == set(BY_HAND)
    assert all(metric.description for metric in layer.metrics())


@pytest.mark.parametrize("metric", sorted(BY_HAND))
def test_a_metric_is_what_it_is_by_hand(layer: SemanticLayer, marts: duckdb.DuckDBPyConnection, metric: str) -> None:
    answer = layer.query(marts, [metric], by=["metric_time__month"])
    found = {_day(month): _comparable(value) for month, value in answer.rows if value is not None}
    by_hand = {
        _day(month): _comparable(value)
        for month, value in marts.execute(BY_HAND[metric]).fetchall()
        if value is not None
    }
    assert by_hand, "the bank has nothing to compare"
    assert found.keys() == by_hand.keys()
    assert all(math.isclose(found[month], by_hand[month], rel_tol=1e-9, abs_tol=1e-9) for month in found)


def test_metrics_of_two_marts_meet_in_the_campaign(layer: SemanticLayer, marts: duckdb.DuckDBPyConnection) -> None:
    answer = layer.query(marts, ["media_cost", "leads"], by=["campaign__platform"], start=None)
    assert answer.columns == ("campaign__platform", "media_cost", "leads")
    by_hand = marts.execute("""
        select platform, cost, leads from (
            select split_part(campaign_key, ':', 1) as platform, count(*) as leads
            from serving.marts.leads group by platform
        ) full join (
            select platform, sum(bank_cost_amount) as cost from serving.marts.fct_paid_media_days group by platform
        ) using (platform) order by platform
    """).fetchall()
    assert answer.rows == by_hand


def test_the_business_report_counts_customers_alike(layer: SemanticLayer, marts: duckdb.DuckDBPyConnection) -> None:
    names = ["customers", "active_customers", "new_customers", "lost_customers", "card_spend"]
    answer = layer.query(marts, names, by=["metric_time__month"])
    report = marts.execute("""
        select date_trunc('month', month_end_date), customer_count, active_customer_count, new_customer_count,
            lost_customer_count, card_spend_amount
        from serving.marts.business_report_monthly order by 1
    """).fetchall()
    assert [(_day(month), *values) for month, *values in answer.rows] == [
        (_day(month), *values) for month, *values in report
    ]


def test_what_does_not_exist_is_refused_by_name(layer: SemanticLayer, house: House) -> None:
    with pytest.raises(MetricsError, match="does not exactly match any known metrics"):
        layer.compile(["no_such_metric"])
    with pytest.raises(MetricsError, match="refuses"):
        layer.compile(["media_cost"], by=["lead__is_paid"])
    with pytest.raises(MetricsError, match="run `dbt parse`"):
        SemanticLayer(house.home / "nowhere.json")
    with pytest.raises(MetricsError, match="cardinal publish"):
        open_published(House(house.home / "nowhere").settings)


def _day(time: date) -> date:
    return time.date() if isinstance(time, datetime) else time


def _comparable(value: Any) -> float:
    return float(value) if isinstance(value, Decimal | int | float) else value
