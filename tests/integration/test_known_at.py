"""Figures as known at a month's closing: what happens or arrives later never leaks into them, nor does who is who."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal

import pytest

from cardinal.ingestion.run import ingest
from tests.integration.house import House
from tests.integration.late_features import CORRECTED, FUTURE, LATE, SEPTEMBER, drop_late_features, loan_of

AUGUST = "date '2026-08-31'"
POSTING_HEADER = "account_transaction_id,account_no,booked_at,direction,amount,currency_code,transaction_type\n"


def rows_of(house: House, table: str, month: str) -> dict[str, tuple]:
    """Return the rows of a month by person."""
    found = house.query(f"select * from marts.{table} where month_end_date = {month} order by person_id")
    return {row[0]: row for row in found}


@pytest.fixture(scope="module")
def before_and_after(house: House, tmp_path_factory: pytest.TempPathFactory) -> tuple[House, House, dict[str, str]]:
    """A bank before and after a delivery of what is late, corrected, deleted, of the future, and who is who."""
    after = House(tmp_path_factory.mktemp("known_at") / "home")
    shutil.copytree(house.home, after.home)
    persons = house.query("""
        select owners.person_id, min(owners.account_no), min(numbers.cif_no)
        from intermediate.int_customer__current_owners as owners
        inner join intermediate.int_customer__customer_numbers as numbers on owners.person_id = numbers.person_id
        inner join marts.customer_monthly as months
            on owners.person_id = months.person_id and months.month_end_date = date '2026-08-31'
        where owners.owner_count = 1 and owners.is_main_owner
        group by owners.person_id
        having count(distinct numbers.cif_no) = 1
        order by all limit 6
    """)
    (late, late_account, late_cif), (corrected, corrected_account, corrected_cif) = persons[:2]
    future, future_account, _ = persons[2]
    (kept, _, kept_cif), (merged, _, merged_cif) = persons[3:5]
    ((posting,),) = house.query(f"""
        select min(account_transaction_id) from staging.stg_core_banking__account_transactions
        where account_no = '{corrected_account}' and transaction_type != 'card_payment'
            and booked_at between timestamp '2026-08-03' and timestamp '2026-08-30'
    """)
    customer, _, customer_cif = persons[5]
    # A lead that is no customer, a visit of nobody, and somebody who signs in at its end, as arrives late.
    ((lead,),) = house.query("""
        select min(records.record_id) from marts.person_records as records
        inner join marts.leads_360 as leads on records.reach_id = leads.reach_id
        where records.table_name = 'registrations'
    """)
    ((visit, cookie, session, signed_in_at),) = house.query("""
        select visit_id, user_pseudo_id, split_part(session_key, '.', -1), epoch_us(visit_ended_at) + 1000000
        from intermediate.int_identity__visit_parts
        where visit_part_id in (select visit_part_id from marts.visit_owners where confidence = 'anonymous')
            and device_vendor_id is null and session_key is not null and visit_ended_at < timestamp '2026-09-20'
            and event_count > 2
        order by all limit 1
    """)
    ((login, visitor),) = house.query("""
        select events.user_id, owners.person_id from staging.stg_digital__events as events
        inner join marts.event_owners as owners on events.event_id = owners.event_id
        where events.user_id is not null and owners.person_id is not null
        order by all limit 1
    """)
    after.drop(
        "core_banking",
        "account_transactions",
        "2026-10-25",
        POSTING_HEADER
        + f"late,{late_account},2026-09-10T03:00:00Z,credit,{LATE},THB,transfer_in\n"
        + f"{posting},{corrected_account},2026-08-10T03:00:00Z,credit,{CORRECTED},THB,transfer_in\n"
        + f"future,{future_account},2026-10-24T03:00:00Z,credit,{FUTURE},THB,transfer_in\n",
    )
    after.drop(
        "manual",
        "identity_decisions",
        "2026-10-25",
        "decision_id,decision,record_a,record_b,author,reason,decided_at\n"
        f"d1,must_link,core_banking.customers:{kept_cif},core_banking.customers:{merged_cif},ada,twin,2026-10-24T00:00:00Z\n"
        f"d2,must_link,website.registrations:{lead},core_banking.customers:{customer_cif},ada,won,2026-10-24T00:00:00Z\n",
    )
    drop_late_features(after, late_cif, corrected_cif, str(late))
    after.drop(
        "digital",
        "events",
        "2026-10-25",
        "event_id,event_name,event_timestamp,platform,user_id,user_pseudo_id,ga_session_id\n"
        f"late-login,login,{signed_in_at},WEB,{login},{cookie},{session}\n",
    )
    ingest(after.settings)
    after.run()
    told = {"late": late, "corrected": corrected, "future": future, "kept": kept, "merged": merged}
    return house, after, {**told, "visit": visit, "visitor": visitor, "lead": lead, "customer": customer}


def test_closed_months_stay_as_they_were_known(before_and_after: tuple[House, House, dict[str, str]]) -> None:
    before, after, _ = before_and_after
    for month in (AUGUST, SEPTEMBER):
        for table in ("customer_monthly", "ftr_customer__monthly"):
            assert rows_of(before, table, month) == rows_of(after, table, month), table


def test_features_of_the_open_month_know_what_came_late(
    before_and_after: tuple[House, House, dict[str, str]],
) -> None:
    """What September didn't know is in October, by each of the ways that features come."""
    before, after, persons = before_and_after
    features = """
        select health_policy_count, complaint_3m_count, fund_value_amount, web_login_3m_count
        from marts.ftr_customer__monthly where month_end_date = date '2026-10-31' and person_id = '{}'
    """

    def gained(person: str, column: int) -> Decimal:
        ((*earlier,),), ((*later,),) = (house.query(features.format(persons[person])) for house in (before, after))
        return later[column] - earlier[column]

    assert (gained("late", 0), gained("late", 1)) == (1, 1)
    assert (gained("corrected", 2), gained("visitor", 3)) == (CORRECTED, 1)
    borrower = loan_of(before)[0][3]
    debts = f"""
        select debt_outstanding_amount, debt_days_past_due from marts.ftr_customer__monthly
        where month_end_date = date '2026-10-31' and person_id = '{borrower}'
    """
    assert after.query(debts) == [(LATE, 7)] != before.query(debts)
    travelling = """
        select count(*) from marts.ftr_customer__monthly
        where month_end_date = date '2026-10-31' and card_travel_3m_rate > 0.9 and card_online_3m_rate > 0.9
    """
    assert after.query(travelling)[0][0] > before.query(travelling)[0][0]


def test_restated_months_have_the_late_and_the_corrected(
    before_and_after: tuple[House, House, dict[str, str]],
) -> None:
    before, after, persons = before_and_after
    inflow = "select person_id, inflow_amount from marts.customer_monthly_restated where month_end_date = {}"
    september = [dict(house.query(inflow.format(SEPTEMBER))) for house in (before, after)]
    august = [dict(house.query(inflow.format(AUGUST))) for house in (before, after)]
    assert september[1][persons["late"]] - september[0][persons["late"]] == LATE
    assert august[1][persons["corrected"]] >= CORRECTED > august[0][persons["corrected"]]
    # What happened in October is nothing of September, whichever way one looks at it.
    assert september[1][persons["future"]] == september[0][persons["future"]] < FUTURE


def test_the_open_month_knows_of_all(before_and_after: tuple[House, House, dict[str, str]]) -> None:
    """A late posting of September is in October's three months, as it was known by then."""
    _, after, persons = before_and_after
    october = {
        row[0]: row[1:]
        for row in after.query("""
            select person_id, inflow_amount, inflow_3m_amount from marts.customer_monthly
            where month_end_date = date '2026-10-31'
        """)
    }
    assert october[persons["late"]][0] < LATE <= october[persons["late"]][1]
    assert october[persons["future"]][0] >= FUTURE
    assert persons["merged"] not in october or persons["kept"] not in october
    restated = after.query("""
        select count(*) from marts.customer_monthly as known
        inner join marts.customer_monthly_restated as restated
            on known.person_id = restated.person_id and known.month_end_date = restated.month_end_date
        where known.month_end_date = date '2026-10-31'
            and (known.inflow_amount, known.deposit_balance_amount, known.card_balance_amount)
            is distinct from (restated.inflow_amount, restated.deposit_balance_amount, restated.card_balance_amount)
    """)
    assert restated == [(0,)], "the newest month is the same by both clocks"


def test_two_people_who_turn_out_to_be_one_stay_two_in_the_past(
    before_and_after: tuple[House, House, dict[str, str]],
) -> None:
    _, after, persons = before_and_after
    pair = {persons["kept"], persons["merged"]}
    assert pair <= set(rows_of(after, "customer_monthly", SEPTEMBER))
    assert len(pair & set(rows_of(after, "customer_monthly_restated", SEPTEMBER))) == 1


def test_the_timeline_follows_who_is_who(before_and_after: tuple[House, House, dict[str, str]]) -> None:
    """A visit that is claimed, a lead that becomes a customer, two persons who are one: their rows go with them."""
    before, after, told = before_and_after
    visit = f"select person_id, count(*) from marts.customer_timeline where visit_id = '{told['visit']}' group by all"
    ((nobody, event_count),) = before.query(visit)
    assert nobody is None
    assert after.query(visit) == [(told["visitor"], event_count + 1)]
    lead = f"select person_id from marts.customer_timeline where event_id = 'website.registrations:{told['lead']}'"
    assert before.query(lead) != after.query(lead) == [(told["customer"],)]
    leads = (
        "select count(*) from marts.leads_360 semi join marts.person_records using (reach_id) where person_id = '{}'"
    )
    ((lead_person,),) = before.query(lead)
    assert before.query(leads.format(lead_person)) != [(0,)]
    assert after.query(leads.format(told["customer"])) == [(0,)]
    both = f"('{told['kept']}', '{told['merged']}')"
    pair = f"select count(distinct person_id) from marts.customer_timeline where person_id in {both}"
    assert (before.query(pair), after.query(pair)) == ([(2,)], [(1,)])


def test_daily_features_add_up_to_the_months(before_and_after: tuple[House, House, dict[str, str]]) -> None:
    """By what was known at closing, and, where nobody became somebody else, by what is known now."""
    _, after, persons = before_and_after
    for table, known in (
        ("customer_monthly", "days.month_end_date = months.month_end_date"),
        ("customer_monthly_restated", "true"),
    ):
        differing, compared = after.query(f"""
            select
                count(*) filter (where days.inflow_amount is distinct from months.inflow_amount
                    or days.card_spend_amount is distinct from months.card_spend_amount),
                count(*)
            from marts.{table} as months
            inner join (
                select months.person_id, months.month_end_date,
                    coalesce(sum(days.inflow_amount), 0) as inflow_amount,
                    coalesce(sum(days.card_spend_amount), 0) as card_spend_amount
                from marts.{table} as months
                left join marts.ftr_customer__daily as days
                    on months.person_id = days.person_id and last_day(days.activity_date) = months.month_end_date
                    and {known}
                where months.person_id not in ('{persons["kept"]}', '{persons["merged"]}')
                group by months.person_id, months.month_end_date
            ) as days on months.person_id = days.person_id and months.month_end_date = days.month_end_date
        """)[0]
        assert compared > 300
        assert differing == 0, f"{differing} of {compared} rows of {table} are not the sum of their days"


@pytest.mark.slow
def test_a_full_refresh_gives_the_same_past(before_and_after: tuple[House, House, dict[str, str]]) -> None:
    _, after, _ = before_and_after
    incremental = after.table_hashes()
    after.run("--full-refresh")
    full = after.table_hashes()
    assert {name: (incremental[name], full[name]) for name in full if full[name] != incremental[name]} == {}
    assert date(2026, 8, 31) in {row[0] for row in after.query("select month_end_date from marts.customer_monthly")}
