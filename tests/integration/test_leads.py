"""Leads, paid media and attribution on a demo bank, against what was delivered and rules told once more in Python."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from cardinal.ingestion.run import ingest
from tests.integration.house import House

ORIGINS = {
    ("(direct)", "(none)"): "direct",
    ("google", "organic"): "organic_search",
    ("google", "cpc"): "paid_search",
    ("facebook", "paid_social"): "paid_social",
    ("line", "social"): "line",
    ("newsletter", "email"): "email",
    ("blog.example", "referral"): "referral",
}


GOOGLE = "customer_id,campaign_id,ad_group_id,report_date,impressions,clicks,cost_micros,conversions,currency_code"
META = "account_id,campaign_id,adset_id,ad_id,report_date,impressions,clicks,spend_amount,leads_count,currency_code"
DAYS = "select campaign_key, ad_group_id, ad_id, report_date, clicks, bank_cost_amount from marts.fct_paid_media_days"


def test_the_last_report_of_a_day_counts_in_the_banks_currency(house: House, tmp_path: Path):
    restated = House(tmp_path / "home")
    shutil.copytree(house.home, restated.home)
    before = set(house.query(DAYS))
    old = min(row for row in before if row[0].startswith("google_ads"))
    campaign, group, day = old[0].removeprefix("google_ads:"), old[1], old[3]
    restated.drop(
        "google_ads", "campaign_days", "2026-10-21",
        f"{GOOGLE}\n4417720935,{campaign},{group},{day},900,77,123456789,1.5,THB\n"
        ",777,888,2026-10-02,900,7,10000000,1.5,EUR\n"
        "1,,,2026-10-02,900,7,20000000,1.5,THB\n",
    )  # fmt: skip
    restated.drop("meta_ads", "ad_days", "2026-10-21", f"{META}\nact_1,,,999,2026-10-02,900,7,10.00,1,XAU\n")
    ingest(restated.settings)
    restated.run("--select", "stg_google_ads__campaign_days", "stg_meta_ads__ad_days", "int_leads__paid_media_days",
                 "fct_paid_media_days")  # fmt: skip
    after = set(restated.query(DAYS))
    ((rate,),) = house.query(
        "select rate from seeds.currency_rates where currency_code = 'EUR' and rate_date = date '2026-10-01'"
    )
    assert before - after == {old}
    assert after - before == {
        (old[0], group, None, day, 77, Decimal("123.46")),
        ("google_ads:777", "888", None, date(2026, 10, 2), 7, round(10 * rate, 2)),
        ("google_ads:unknown", "unknown", None, date(2026, 10, 2), 7, Decimal("20.00")),
        ("meta_ads:unknown", "unknown", "999", date(2026, 10, 2), 7, None),
    }
    assert restated.query("select count(*) from marts.fct_paid_media_days where account_id = 'unknown'") == [(1,)]


def test_each_lead_is_what_one_person_asks_of_one_family_in_one_go(house: House):
    asked = house.query("""
        select person_id, product_family, captured_at, capture_key, lead_key, won_at
        from intermediate.int_leads__episodes order by person_id, product_family, captured_at, capture_key
    """)
    expected = {}
    for (person, _), touches in groupby(asked, key=lambda row: row[:2]):
        before = None
        for _, _, at, key, _, won in touches:
            follows = before is not None and at - before[0] <= timedelta(days=30)
            bought = before is not None and before[2] is not None and before[2] <= at
            lead = before[1] if person is not None and follows and not bought and before is not None else key
            expected[key] = lead
            before = (at, lead, won)
    assert {row[3]: row[4] for row in asked} == expected
    counted = dict(house.query("select lead_key, touch_count from marts.leads"))
    assert (
        sum(counted.values())
        == len(asked)
        == house.query("select sum(capture_count) from marts.lead_captures_hourly")[0][0]
    )
    assert set(counted) == set(expected.values())


def test_the_last_touch_of_a_registration_is_where_its_visitor_came_from(house: House):
    rows = house.query("""
        select registrations.traffic_source, registrations.traffic_medium, credits.channel
        from marts.attribution_credits as credits
        inner join staging.stg_website__registrations as registrations
            on credits.conversion_id = 'lead:website:' || registrations.registration_id
        where credits.attribution_model = 'last_touch'
    """)
    assert rows
    assert all(ORIGINS[source, medium] == channel for source, medium, channel in rows), rows


def test_campaigns_have_the_months_cost_and_leads(house: House):
    found = house.query("select sum(cost_amount), sum(click_count), sum(lead_count) from marts.campaign_performance")
    media = house.query("select sum(bank_cost_amount), sum(clicks) from marts.fct_paid_media_days")
    leads = house.query("select count(*) from marts.leads")
    assert found[0] == (*media[0], leads[0][0])


def test_messages_of_a_campaign_are_counted_once_each(house: House):
    events = house.query(
        "select coalesce(campaign_id, 'unknown'), message_id, event_type from staging.stg_crm__message_events"
    )
    for column, kind in (("sent_count", "sent"), ("opened_count", "opened"), ("clicked_count", "clicked")):
        counts: dict[str, set] = {}
        for campaign, message, event in events:
            if event == kind:
                counts.setdefault(campaign, set()).add(message)
        found = house.query(f"select campaign_id, sum({column}) from marts.message_performance group by 1")
        assert {campaign: count for campaign, count in found if count} == {
            campaign: len(messages) for campaign, messages in counts.items()
        }
