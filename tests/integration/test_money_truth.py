"""Salary and life events as the rules find them in the demo bank, against the truth. Figures are printed (`-s`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from cardinal.demo.bank import generate_bank
from cardinal.ingestion.run import ingest
from tests.integration.house import House

# Who is really paid regularly: by an employer, or a pension.
SALARIED = """
    'office employee', 'civil servant', 'engineer', 'teacher', 'nurse', 'manager', 'physician', 'factory worker',
    'sales person', 'retired'
"""
# A sign may come this long before or after the event.
DAYS_APART = 120


def true_persons(house: House) -> str:
    """Return the SQL of who each person with a customer number really is."""
    return f"""(
        select records.person_id, any_value(truth.true_person) as true_person
        from marts.person_records as records
        inner join read_parquet('{house.settings.truth}/records.parquet') as truth
            on records.source = truth.source and records.table_name = truth.table_name
            and records.record_id = truth.record_id
        where truth.table_name = 'customers'
        group by records.person_id
    )"""


def test_salaries_go_to_who_is_paid_and_are_what_is_paid(house: House) -> None:
    """Payroll shows after two months: only who has an employer or a pension has one, and the amount is the net pay."""
    detected, right, payroll, near, paid, found = house.query(f"""
        select
            count(salaries.person_id),
            count(salaries.person_id) filter (where people.occupation in ({SALARIED})),
            count(*) filter (where salaries.is_payroll),
            count(*) filter (where salaries.is_payroll and abs(salaries.salary_amount / people.income - 0.93) < 0.1),
            count(*) filter (where payroll.person_id is not null),
            count(salaries.person_id) filter (where payroll.person_id is not null)
        from {true_persons(house)} as persons
        inner join read_parquet('{house.settings.truth}/persons.parquet') as people using (true_person)
        left join intermediate.int_customer__salaries as salaries using (person_id)
        left join (
            select owners.person_id
            from staging.stg_core_banking__account_transactions as postings
            inner join intermediate.int_customer__current_owners as owners using (account_no)
            where postings.transaction_type = 'salary' and owners.is_main_owner
            group by owners.person_id
            having count(distinct last_day(postings.value_date)) >= 2
        ) as payroll using (person_id)
    """)[0]
    print(f"salaries: {detected} detected, {right} right; {near} of {payroll} payroll amounts near; {found} of {paid}")
    assert payroll >= 30
    assert right / detected >= 0.9
    assert near / payroll >= 0.85
    assert found / paid >= 0.95


def test_spending_adds_up_to_the_outflows(house: House) -> None:
    """Each cent that went out of a person's month is in one category, channel and method, and no other is."""
    differences, compared = house.query("""
        select
            count(*) filter (where coalesce(flows.outflow_amount, 0) != coalesce(spending.amount, 0)), count(*)
        from intermediate.int_customer__monthly_flows as flows
        full join (
            select person_id, month_end_date, sum(spending_amount) as amount
            from marts.customer_spending_monthly
            group by person_id, month_end_date
        ) as spending using (person_id, month_end_date)
    """)[0]
    assert compared > 300
    assert differences == 0


def test_contracts_keep_what_the_customer_shows(house: House) -> None:
    """What persons keep and owe by contract is what the customer 360 tells of them."""
    kept, owed, shown_kept, shown_owed = house.query("""
        select
            (select sum(balance_amount) from marts.customer_products where product_family = 'deposit' and is_open),
            (select sum(owed_amount) from marts.customer_products where product_family = 'credit_card' and is_open),
            (select sum(deposit_balance_amount) from marts.customer_360),
            (select sum(credit_used_amount) from marts.customer_360)
    """)[0]
    assert kept > 0
    assert owed > 0
    assert (kept, owed) == (shown_kept, shown_owed)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A bank of a year: life events are rare."""
    built = House(tmp_path_factory.mktemp("year"))
    generate_bank(built.settings, persons=1_500, months=12, seed=5, until=date(2026, 10, 31))
    ingest(built.settings)
    built.run("--select", "+customer_life_events", "+person_records")
    return built


@pytest.mark.slow
def test_life_events_are_what_happened(year: House) -> None:
    """What is told as likely is right nearly always; what leaves no declaration is mostly missed, and not guessed."""
    measured = {kind: (told, right, likely, likely_right, true, found) for
                kind, told, right, likely, likely_right, true, found in life_event_figures(year)}  # fmt: skip
    for kind, figures in measured.items():
        print(kind, "told {}, right {}, likely {}, right {}, true {}, found {}".format(*figures))
    told, right, likely, likely_right, true, found = (sum(column) for column in zip(*measured.values(), strict=True))
    assert likely_right / likely >= 0.85
    assert right / told >= 0.7
    assert found / true >= 0.33
    for kind, least in (("marriage", 0.55), ("retirement", 0.5), ("relocation", 0.4), ("house", 0.4), ("car", 0.2)):
        assert measured[kind][5] / measured[kind][4] >= least, f"{kind} is found too rarely"


@pytest.mark.slow
def test_the_probability_of_life_events_is_honest(year: House) -> None:
    """Of what is told with a probability, about that share happened."""
    (error, count) = year.query(f"""
        select abs(avg(probability) - avg(cast(is_right as integer))), count(*) from ({judged_events(year)})
    """)[0]
    print(f"probability is off by {error:.3f} over {count} events")
    assert count >= 50
    assert error <= 0.15


def judged_events(house: House) -> str:
    """Return the SQL of each event told and whether it happened."""
    return f"""
        select
            told.*,
            exists (
                select 1 from ({true_events(house)}) as happened
                where
                    happened.person_id = told.person_id and happened.event_kind = told.event_kind
                    and abs(happened.occurred_date - told.event_date) <= {DAYS_APART}
            ) as is_right
        from marts.customer_life_events as told
        where told.person_id in (select person_id from {true_persons(house)})
    """


def true_events(house: House) -> str:
    """Return the SQL of what really happened to persons with a customer number, under the names of the rules."""
    return f"""
        select
            persons.person_id,
            case event_type
                when 'house_purchase' then 'house' when 'car_purchase' then 'car' when 'child_birth' then 'child'
                when 'child_university' then 'university' else event_type
            end as event_kind,
            occurred_date
        from read_parquet('{house.settings.truth}/life_events.parquet')
        inner join {true_persons(house)} as persons using (true_person)
    """


def life_event_figures(house: House) -> Sequence[tuple]:
    """Return, by kind: told, right, likely, likely and right, true, found."""
    return house.query(f"""
        with judged as ({judged_events(house)}), happened as ({true_events(house)})
        select
            kinds.event_kind,
            (select count(*) from judged where judged.event_kind = kinds.event_kind),
            (select count(*) from judged where judged.event_kind = kinds.event_kind and is_right),
            (select count(*) from judged where judged.event_kind = kinds.event_kind and is_likely),
            (select count(*) from judged where judged.event_kind = kinds.event_kind and is_likely and is_right),
            (select count(*) from happened where happened.event_kind = kinds.event_kind),
            (
                select count(*) from happened
                where happened.event_kind = kinds.event_kind and exists (
                    select 1 from judged
                    where
                        judged.person_id = happened.person_id and judged.event_kind = happened.event_kind
                        and abs(judged.event_date - happened.occurred_date) <= {DAYS_APART}
                )
            )
        from seeds.life_event_kinds as kinds
        order by kinds.event_kind
    """)
