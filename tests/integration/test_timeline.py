"""The timeline of a built demo bank has each event of its sources once, with the person whose it is."""

from __future__ import annotations

import pytest

from tests.integration.house import House

# What stands in the timeline of each table, and the rows of staging that it is to come from.
SOURCES = {
    "events": "digital__events",
    "message_events": "crm__message_events",
    "call_centre_cases": "crm__call_centre_cases",
    "lead_outcomes": "crm__lead_outcomes",
    "branch_visits": "core_banking__branch_visits",
    "consent_events": "consent__consent_events",
    "privacy_requests": "consent__privacy_requests",
    "registrations": "website__registrations",
    "leads": "messenger__leads",
    "orders": "ecommerce__orders",
    "uploads": "manual__uploads",
    "point_movements": "cards__point_movements where movement_type = 'redeem'",
}


@pytest.mark.parametrize("table", SOURCES)
def test_each_event_stands_there_once(house: House, table: str) -> None:
    found = house.query(
        f"select count(*), count(distinct event_id) from marts.customer_timeline where table_name = '{table}'"
    )
    expected = house.query(f"select count(*) from staging.stg_{SOURCES[table]}")
    assert found == [(expected[0][0], expected[0][0])]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ("'search'", "digital__events where event_name = 'search'"),
        ("'promotion_view'", "digital__events where event_name = 'view_promotion'"),
        ("'page_view'", "digital__events where event_name in ('page_view', 'screen_view')"),
        ("'message_opened'", "crm__message_events where event_type = 'opened'"),
        ("'consent_withdrawn'", "consent__consent_events where decision = 'withdrawn'"),
    ],
)
def test_kinds_are_counted_as_in_their_source(house: House, kinds: str, expected: str) -> None:
    found = house.query(f"select count(*) from marts.customer_timeline where event_kind in ({kinds})")
    assert found == house.query(f"select count(*) from staging.stg_{expected}")
    assert found[0][0] > 0


def test_money_stands_there_as_often_as_it_moved(house: House) -> None:
    differing = house.query("""
        select count(*) from marts.fct_transactions as money
        full join (
            select * from marts.customer_timeline
            where table_name in ('account_transactions', 'card_transactions', 'payments')
        ) as timeline on money.transaction_id = timeline.event_id
        where (money.person_id, money.amount, money.transacted_at, money.known_at)
            is distinct from (timeline.person_id, timeline.amount, timeline.occurred_at, timeline.known_at)
    """)
    assert differing == [(0,)]


def test_visits_add_up_to_the_events(house: House) -> None:
    visits = house.query("""
        select count(*), sum(event_count), sum(search_count), count(*) filter (where person_id is not null)
        from marts.fct_visits
    """)
    owners = house.query("""
        select count(*), sum(event_count), (select count(*) from marts.customer_timeline where event_kind = 'search'),
            count(*) filter (where person_id is not null)
        from marts.visit_owners
    """)
    assert visits == owners


def test_no_customer_is_a_lead_and_no_lead_is_lost(house: House) -> None:
    """Each reach with a lead is either a customer's or a row of leads_360."""
    lost = house.query("""
        with leads as (
            select reach_id from marts.person_records
            where table_name in ('registrations', 'leads', 'orders', 'uploads') group by reach_id
        ),
        customers as (select reach_id from marts.person_records where table_name = 'customers' group by reach_id)
        select
            (select count(*) from (from leads except from customers except select reach_id from marts.leads_360)),
            (select count(*) from marts.leads_360 semi join customers using (reach_id)),
            (select count(*) from marts.leads_360)
    """)
    assert lost[0][:2] == (0, 0)
    assert lost[0][2] > 0
