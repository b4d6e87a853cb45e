"""A real bank through the whole house: the PKDD'99 Czech bank, its figures taken from the files themselves.

The data are public but not ours to give: the tests look for them in `$CARDINAL_SHARED_DATA/berka`, or in
`../shared/data/berka` beside the repository, and skip where they aren't.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from cardinal.build import open_build
from cardinal.importers.berka import BerkaReport, import_berka
from cardinal.ingestion.run import ingest
from cardinal.settings import PROJECT_DIR, Settings
from tests.integration.house import House

SHARED_DATA = Path(os.environ.get("CARDINAL_SHARED_DATA") or PROJECT_DIR.parent / "shared" / "data")
BERKA = SHARED_DATA / "berka"
ROUNDING = Decimal("0.20")

pytestmark = pytest.mark.skipif(not BERKA.is_dir(), reason=f"the Berka files aren't in {BERKA}")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    home = tmp_path_factory.mktemp("berka") / "home"
    return House(home, country="CZ", currency="CZK", timezone="Europe/Prague")


@pytest.fixture(scope="module")
def settings(house: House) -> Settings:
    return house.settings


@pytest.fixture(scope="module")
def report(settings: Settings) -> BerkaReport:
    report = import_berka(BERKA, settings)
    ingest(settings)
    return report


@pytest.fixture(scope="module")
def lake(settings: Settings, report: BerkaReport) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for drop in report.drops:
            connection.execute(f"create schema if not exists {drop.source}")
            connection.execute(
                f"create view {drop.source}.{drop.table} as select * from read_parquet("
                f"'{settings.lake}/{drop.source}/{drop.table}/*/*.parquet', union_by_name = true)"
            )
        yield connection


@pytest.fixture(scope="module")
def warehouse(house: House, report: BerkaReport) -> Iterator[duckdb.DuckDBPyConnection]:
    house.build_and_test()
    with open_build(house.settings) as connection:
        yield connection


def postings() -> list[dict[str, str]]:
    """Read the transactions with nothing of the importer's, so that both can't be wrong in the same way."""
    with (BERKA / "trans.asc").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def sums_of_the_files() -> dict[str, tuple[Decimal, Decimal, int]]:
    """Return credits, debits and number of postings by account."""
    sums: dict[str, tuple[Decimal, Decimal, int]] = {}
    for posting in postings():
        credit, debit, count = sums.get(posting["account_id"], (Decimal(0), Decimal(0), 0))
        amount = Decimal(posting["amount"])
        is_credit = posting["type"] == "PRIJEM"
        sums[posting["account_id"]] = (
            credit + (amount if is_credit else 0),
            debit + (0 if is_credit else amount),
            count + 1,
        )
    return sums


def last_balances_of_the_files() -> dict[str, Decimal]:
    """Return the balance after the last posting by account.

    A day's postings are chained by their running balances: the last one is the one from whose
    balance no other posting of the day goes on.
    """
    days: dict[str, dict[str, list[tuple[Decimal, Decimal]]]] = {}
    for posting in postings():
        sign = 1 if posting["type"] == "PRIJEM" else -1
        balance = Decimal(posting["balance"])
        before = balance - sign * Decimal(posting["amount"])
        days.setdefault(posting["account_id"], {}).setdefault(posting["date"], []).append((before, balance))
    last = {}
    for account, by_day in days.items():
        day = by_day[max(by_day)]
        (last[account],) = {
            balance
            for i, (_, balance) in enumerate(day)
            if not any(abs(before - balance) <= ROUNDING for j, (before, _) in enumerate(day) if j != i)
        }
    return last


def sums_of(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, tuple[Decimal, Decimal, int]]:
    """Return credits, debits and number of postings by account, as a table has them."""
    found = connection.execute(
        f"""
        select
            account_no,
            coalesce(sum(amount) filter (where direction = 'credit'), 0),
            coalesce(sum(amount) filter (where direction = 'debit'), 0),
            count(*)
        from {table}
        group by account_no
        """
    ).fetchall()
    return {account: (credit, debit, count) for account, credit, debit, count in found}


def test_every_row_of_the_files_is_in_the_lake(lake: duckdb.DuckDBPyConnection, report: BerkaReport) -> None:
    counts = {
        drop.table: lake.execute(f"select count(*) from {drop.source}.{drop.table}").fetchall()[0][0]
        for drop in report.drops
    }
    balances = counts.pop("account_balances")
    assert counts == {
        "customers": 5369,
        "accounts": 4500,
        "account_holders": 5369,
        "account_transactions": 49102,
        "standing_orders": 6471,
        "loans": 682,
        "credit_cards": 892,
    }
    assert balances == len({(posting["account_id"], posting["date"]) for posting in postings()})


def test_credits_and_debits_of_every_account_equal_the_files(lake: duckdb.DuckDBPyConnection) -> None:
    assert sums_of(lake, "core_banking.account_transactions") == sums_of_the_files()


def test_last_balance_of_every_account_equals_the_files(lake: duckdb.DuckDBPyConnection) -> None:
    found = dict(
        lake.execute(
            """
            select account_no, arg_max(ledger_balance_amount, balance_date)
            from core_banking.account_balances
            group by account_no
            """
        ).fetchall()
    )
    assert found == last_balances_of_the_files()


def test_closing_balances_follow_from_day_to_day(report: BerkaReport, lake: duckdb.DuckDBPyConnection) -> None:
    """The excerpt breaks off within its last day; before, each closing is the last one plus the movement."""
    broken = lake.execute(
        """
        with movements as (
            select
                account_no,
                value_date as balance_date,
                sum(case direction when 'credit' then amount else -amount end) as movement
            from core_banking.account_transactions
            group by all
        ),

        days as (
            select
                *,
                lag(ledger_balance_amount, 1, 0) over by_day as opening
            from core_banking.account_balances
            inner join movements using (account_no, balance_date)
            window by_day as (partition by account_no order by balance_date)
        )

        select balance_date, count(*)
        from days
        where abs(opening + movement - ledger_balance_amount) > 0.20
        group by balance_date
        """
    ).fetchall()
    last_day = max(posting["date"] for posting in postings())
    assert {f"{day:%y%m%d}" for day, _ in broken} <= {last_day}
    assert [note.split()[0] for note in report.notes] == [str(sum(count for _, count in broken))]


def test_importing_and_ingesting_again_changes_nothing(settings: Settings, report: BerkaReport) -> None:
    def lake_files() -> dict[str, int]:
        return {str(path): path.stat().st_size for path in settings.lake.rglob("*.parquet")}

    before = lake_files()
    assert import_berka(BERKA, settings) == report
    ingest(settings)
    assert lake_files() == before


def test_staging_holds_the_bank(warehouse: duckdb.DuckDBPyConnection) -> None:
    counts = {
        name: warehouse.execute(f"select count(*) from staging.{name}").fetchall()[0][0]
        for name in (
            "stg_core_banking__customers",
            "stg_core_banking__accounts",
            "stg_core_banking__account_transactions",
            "stg_lending__loans",
            "stg_cards__credit_cards",
            "stg_digital__events",
        )
    }
    assert list(counts.values()) == [5369, 4500, 49102, 682, 892, 0]


def test_staging_keeps_sums_and_last_balances(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert sums_of(warehouse, "staging.stg_core_banking__account_transactions") == sums_of_the_files()
    balances = warehouse.execute(
        """
        select account_no, arg_max(ledger_balance_amount, balance_date)
        from staging.stg_core_banking__account_balances
        group by account_no
        """
    ).fetchall()
    assert dict(balances) == last_balances_of_the_files()


def test_owner_and_disponent_of_an_account_stay_two_people(warehouse: duckdb.DuckDBPyConnection) -> None:
    shared, owners, disponents = warehouse.execute(
        """
        select
            count(distinct account_no) filter (where holder_role = 'authorised'),
            count(*) filter (where holder_role = 'owner'),
            count(*) filter (where holder_role = 'authorised')
        from staging.stg_core_banking__account_holders
        """
    ).fetchall()[0]
    assert (shared, owners, disponents) == (869, 4500, 869)
    same = warehouse.execute(
        """
        select count(*)
        from (
            select account_no
            from staging.stg_core_banking__account_holders
            group by account_no
            having count(distinct cif_no) < count(*)
        )
        """
    ).fetchall()[0][0]
    assert same == 0


def test_women_and_men_are_told_apart_and_dated(warehouse: duckdb.DuckDBPyConnection) -> None:
    with (BERKA / "client.asc").open(encoding="utf-8", newline="") as file:
        numbers = [row["birth_number"] for row in csv.DictReader(file, delimiter=";")]
    women = sum(int(number[2:4]) > 50 for number in numbers)
    found = warehouse.execute(
        "select count(*) filter (where gender = 'F'), count(date_of_birth), max(date_of_birth) < '2000-01-01'"
        " from staging.stg_core_banking__customers"
    ).fetchall()[0]
    assert found == (women, len(numbers), True)


def test_owners_and_disponents_are_different_persons_in_the_single_view(warehouse: duckdb.DuckDBPyConnection) -> None:
    persons, distinct = warehouse.execute(
        "select count(*), count(distinct person_id) from marts.customer_360"
    ).fetchall()[0]
    assert (persons, distinct) == (5369, 5369)
    shared = warehouse.execute(
        """
        select count(*) as holders, count(distinct persons.person_id) as persons
        from staging.stg_core_banking__account_holders as holders
        inner join marts.person_records as persons
            on persons.table_name = 'customers' and holders.cif_no = persons.record_id
        group by holders.account_no
        having count(*) > 1
        """
    ).fetchall()
    assert shared == [(2, 2)] * 869


def test_money_in_the_single_view_is_the_money_of_the_files(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Disponents dispose of money that isn't theirs: each balance is counted once, with its owner."""
    (balance,) = warehouse.execute("select sum(deposit_balance_amount) from marts.customer_360").fetchall()[0]
    assert balance == sum(last_balances_of_the_files().values())
    movements = warehouse.execute(
        """
        select
            sum(amount) filter (where direction = 'inflow'), sum(amount) filter (where direction = 'outflow'), count(*)
        from marts.fct_transactions
        """
    ).fetchall()[0]
    sums = sums_of_the_files().values()
    assert movements == (sum(row[0] for row in sums), sum(row[1] for row in sums), sum(row[2] for row in sums))
