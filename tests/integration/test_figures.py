"""The figures of a built demo bank, against its own ledgers, an independent reckoning, and the truth."""

from __future__ import annotations

from cardinal.build import open_build
from tests.integration.house import House


def test_persons_agree_with_union_find_over_the_links(house: House) -> None:
    """An independent union-find over the admitted strong links gives the same groups of records."""
    links = house.query("""
        select links.record_key, case when links.joins_as = 'person' then links.value_key end
        from intermediate.int_identity__links as links
        anti join intermediate.int_identity__refused_links as refused
            on links.record_key = refused.record_key and links.value_key = refused.value_key
        where links.joins_as is not null
    """)
    assert links
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def find(node: tuple[str, int]) -> tuple[str, int]:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for record, value in links:
        node = find(("record", record))
        if value is not None:
            parent[node] = find(("value", value))
    expected: dict[tuple[str, int], set[int]] = {}
    for node in list(parent):
        if node[0] == "record":
            expected.setdefault(find(node), set()).add(node[1])

    found: dict[int, set[int]] = {}
    for record, cluster in house.query("select record_key, person_key from intermediate.int_identity__clusters"):
        found.setdefault(cluster, set()).add(record)
    assert {frozenset(group) for group in found.values()} == {frozenset(group) for group in expected.values()}


def test_no_person_is_in_two_reach_clusters(house: House) -> None:
    divided = house.query("""
        select count(*) from (
            select person_id from marts.person_records group by person_id having min(reach_id) != max(reach_id)
        )
    """)
    assert divided == [(0,)]


def test_records_of_different_people_are_not_one_person(house: House) -> None:
    """Against the demo bank's truth: authenticated identifiers never glue strangers together.

    Web and app events are left out: the truth there is who held the device, and a family member may use a session
    that someone else logged in to.
    """
    truth = house.settings.truth / "records.parquet"
    with open_build(house.settings) as connection:
        mixed, persons = connection.execute(
            """
            select count(*) filter (where people > 1), count(*)
            from (
                select person_id, count(distinct true_person) as people
                from marts.person_records as records
                inner join read_parquet(?) as truth
                    on records.source = truth.source and records.table_name = truth.table_name
                    and records.record_id = truth.record_id
                where records.source != 'digital'
                group by person_id
            )
            """,
            [str(truth)],
        ).fetchone()
    assert persons > 200
    assert mixed == 0, f"{mixed} of {persons} persons hold records of different people"


def test_money_of_customers_adds_up_to_the_ledgers(house: House) -> None:
    """No balance and no posting is lost or doubled between staging and the customer."""
    balances, shown = house.query("""
        with last_balances as (
            select balances.account_no, max(balance_date) as day, max_by(ledger_balance_amount, balance_date) as amount
            from staging.stg_core_banking__account_balances as balances
            inner join staging.stg_core_banking__accounts as accounts
                on balances.account_no = accounts.account_no and accounts.closed_date is null
            where balances.account_no in (select account_no from intermediate.int_customer__account_owners)
            group by balances.account_no
        ),
        later as (
            select sum(case direction when 'credit' then amount else -amount end) as amount
            from staging.stg_core_banking__account_transactions as postings
            where exists (
                select 1 from last_balances
                where last_balances.account_no = postings.account_no
                    and cast(postings.booked_at + interval 7 hour as date) > last_balances.day
            )
        )
        select
            (select sum(amount) from last_balances) + (select coalesce(sum(amount), 0) from later),
            (select sum(deposit_balance_amount) from marts.customer_360)
    """)[0]
    assert balances == shown
    postings, movements = house.query("""
        select
            (select sum(case direction when 'credit' then amount else -amount end)
                from staging.stg_core_banking__account_transactions),
            (select sum(signed_amount) from marts.fct_transactions where ledger = 'deposit')
    """)[0]
    assert postings == movements


def test_card_debt_and_points_roll_forward_from_statement_to_statement(house: House) -> None:
    """What a statement says and what moved until the next one give the next one, for debt and for points."""
    for column, movements in (
        (
            "closing_balance_amount",
            """
            select cards.billed_card_token as card_token, posted_date as day,
                case direction when 'outflow' then amount else -amount end as moved
            from intermediate.int_events__card_transactions as transactions
            inner join intermediate.int_customer__cards as cards on transactions.card_token = cards.card_token
            """,
        ),
        (
            "points_balance",
            """
            select card_token, cast(moved_at + interval 7 hour as date) as day, points as moved
            from staging.stg_cards__point_movements
            """,
        ),
    ):
        right, statements = house.query(f"""
            with statements as (
                select card_token, statement_date, {column} as state,
                    lag({column}) over by_card as state_before,
                    lag(statement_date) over by_card as date_before
                from staging.stg_cards__card_statements
                window by_card as (partition by card_token order by statement_date)
            ),
            movements as ({movements}),
            rolled as (
                select statements.card_token, statements.statement_date,
                    any_value(state) - any_value(state_before) - coalesce(sum(moved), 0) as gap
                from statements
                left join movements
                    on statements.card_token = movements.card_token
                    and movements.day > statements.date_before and movements.day <= statements.statement_date
                where date_before is not null
                group by statements.card_token, statements.statement_date
            )
            select count(*) filter (where gap = 0), count(*) from rolled
        """)[0]
        assert statements > 100
        # Rows that were rejected or came late are missing from a few periods.
        assert right >= 0.98 * statements, f"{column}: {right} of {statements} statements follow from the one before"


def test_income_is_near_the_truth_where_it_claims_to_know(house: House) -> None:
    truth, persons = house.settings.truth / "records.parquet", house.settings.truth / "persons.parquet"
    with open_build(house.settings) as connection:
        errors = dict(
            connection.execute(
                """
                select method, median(abs(value_amount - persons.income) / persons.income)
                from marts.indicator_income as incomes
                inner join marts.person_records as records
                    on incomes.person_id = records.person_id and records.table_name = 'customers'
                inner join read_parquet(?) as truth
                    on truth.table_name = 'customers' and records.record_id = truth.record_id
                inner join read_parquet(?) as persons on truth.true_person = persons.true_person
                where persons.income > 0 and method != 'unknown'
                group by method
                """,
                [str(truth), str(persons)],
            ).fetchall()
        )
    assert errors["verified"] < 0.15, errors
    assert errors["declared"] < 0.25, errors
