"""Leads, paid media and attribution on a demo bank, against what was delivered and rules told once more in Python."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

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


def test_restated_days_cost_what_the_last_report_says(house: House):
    lake = house.settings.lake / "google_ads" / "campaign_days"
    reports = house.query(f"""
        select campaign_id, ad_group_id, report_date, clicks, cost_micros / 1e6 as cost
        from read_parquet('{lake}/**/*.parquet', hive_partitioning = true)
        order by campaign_id, ad_group_id, report_date, _ingested_at, _file, _row
    """)
    last, restated = {}, set()
    for campaign, group, day, clicks, cost in reports:
        if last.get((campaign, group, day), (clicks, cost)) != (clicks, cost):
            restated.add((campaign, group, day))
        last[campaign, group, day] = (clicks, cost)
    assert restated, "no day of the demo bank was restated: the test shows nothing"
    found = house.query("""
        select campaign_id, ad_group_id, report_date, clicks, bank_cost_amount
        from marts.fct_paid_media_days where platform = 'google_ads'
    """)
    assert len(found) == len(last)
    for campaign, group, day, clicks, cost in found:
        assert clicks == last[campaign, group, day][0]
        assert abs(float(cost) - last[campaign, group, day][1]) < 0.006


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
