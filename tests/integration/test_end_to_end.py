"""The whole walk on a small demo bank: build, build again, one more day, full refresh equal to incremental."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from cardinal.contracts import load_contracts
from cardinal.demo.bank import continue_bank, generate_bank
from cardinal.ingestion.run import ingest
from cardinal.settings import PROJECT_DIR
from tests.integration.house import House

SEED = 11
UNTIL = date(2026, 10, 20)
CUSTOMER_PERSONS = "select record_id, person_id from marts.person_records where table_name = 'customers'"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    print(f"seed {SEED}")
    built = House(tmp_path_factory.mktemp("house"))
    generate_bank(built.settings, persons=250, months=3, seed=SEED, until=UNTIL)
    ingest(built.settings)
    built.build()
    return built


def test_every_source_row_is_in_staging_or_has_a_reason(house: House) -> None:
    """The last version of each key in the lake, deletions aside, is a row of staging: no more, no less."""
    contracts = load_contracts(PROJECT_DIR)
    for schema, table in house.query(
        "select split_part(table_name, '__', 1)[5:], split_part(table_name, '__', 2)"
        " from information_schema.tables where table_schema = 'staging' order by all"
    ):
        key = ", ".join(contracts[schema, table].key)
        expected, found = house.query(f"""
            select
                (select count(*) from (
                    select max_by(coalesce(change_type, ''), (_ingested_at, _row)) as last_change
                    from {schema}.{table} group by {key}
                ) where last_change != 'delete'),
                (select count(*) from staging.stg_{schema}__{table})
        """)[0]
        assert expected == found, f"{schema}.{table}: {expected} records in the lake, {found} in staging"


def test_a_second_build_reads_nothing_and_changes_nothing(house: House) -> None:
    before = house.table_hashes()
    house.run()
    assert house.table_hashes() == before
    assert {name: count for name, count in house.pending_arrivals().items() if count} == {}


def test_one_more_day_then_full_refresh_equals_incremental(house: House, tmp_path: Path) -> None:
    """Late rows, corrections and deletions of the further days go through the incremental build."""
    longer = House(tmp_path / "longer")
    shutil.copytree(house.home, longer.home)
    before = longer.table_hashes(("staging",))
    persons_before = dict(longer.query(CUSTOMER_PERSONS))

    continue_bank(longer.settings, days=1)
    ingest(longer.settings)
    longer.run()
    incremental = longer.table_hashes()
    assert {name for name, value in before.items() if incremental[name] != value}, "the day changed nothing"

    longer.run("--full-refresh")
    full = longer.table_hashes()
    assert {name: (incremental[name], full[name]) for name in full if full[name] != incremental[name]} == {}

    persons_after = dict(longer.query(CUSTOMER_PERSONS))
    retired = dict(
        longer.query(
            "select person_id, successor_person_id from marts.person_id_changes where change_type = 'merged'"
        )
    )
    moved = {
        record: (person, persons_after.get(record))
        for record, person in persons_before.items()
        if record in persons_after and persons_after[record] not in (person, retired.get(person))
    }
    assert moved == {}, "a person id changed without a merge"


def test_the_same_lake_gives_the_same_tables_from_nothing(house: House, tmp_path: Path) -> None:
    rebuilt = House(tmp_path / "rebuilt")
    shutil.copytree(house.settings.lake, rebuilt.settings.lake)
    rebuilt.run()
    assert rebuilt.table_hashes() == house.table_hashes()


def test_persons_agree_with_union_find_over_the_links(house: House) -> None:
    """An independent union-find over the admitted links gives the same groups of identifier values."""
    links = house.query(
        "select identifier_key, other_identifier_key"
        " from intermediate.int_identity__joining_links where is_admitted"
    )
    assert links
    parent: dict[str, str] = {}

    def find(node: str) -> str:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for left, right in links:
        parent[find(left)] = find(right)
    groups: dict[str, set[str]] = {}
    for node in list(parent):
        groups.setdefault(find(node), set()).add(node)
    expected = {frozenset(group) for group in groups.values()}

    found: dict[str, set[str]] = {}
    for node, component in house.query(
        "select identifier_key, component_key from intermediate.int_identity__components"
    ):
        found.setdefault(component, set()).add(node)
    assert {frozenset(group) for group in found.values()} == expected


def test_records_of_different_people_are_not_one_person(house: House) -> None:
    """Against the demo bank's truth: authenticated identifiers never glue strangers together.

    Web and app events are left out: the truth there is who held the device, and a family member may use a session
    that someone else logged in to.
    """
    truth = house.settings.truth / "records.parquet"
    with duckdb.connect(str(house.settings.warehouse), read_only=True) as connection:
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
        select
            (select sum(ledger_balance_amount) from (
                select
                    balances.account_no,
                    max_by(balances.ledger_balance_amount, balances.balance_date) as ledger_balance_amount
                from staging.stg_core_banking__account_balances as balances
                inner join staging.stg_core_banking__accounts as accounts
                    on balances.account_no = accounts.account_no
                where accounts.closed_date is null
                    and balances.account_no in (
                        select account_no from intermediate.int_customer__account_owners
                    )
                group by balances.account_no
            )),
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


def test_before_any_data_is_there_dbt_says_what_to_run_first(tmp_path: Path) -> None:
    result = House(tmp_path).dbt("build")
    assert result.returncode != 0
    assert "run `make demo`" in result.stdout
