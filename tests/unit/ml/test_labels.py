"""Labels: what came true, at the edges of the horizon."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from ml.tasks import TASKS

MONTH_ENDS = [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31)]


@pytest.fixture
def bank() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema marts")
    connection.execute(
        "create table marts.fct_customer_months (person_id varchar, month_end_date date, is_lost boolean,"
        " is_customer boolean, is_active boolean, is_complete boolean, card_limit_amount decimal(18, 2))"
    )
    connection.execute(
        "create table marts.customer_products"
        " (person_id varchar, contract_id varchar, product_family varchar, opened_date date, product_code varchar,"
        " closed_date date)"
    )
    connection.execute(
        "create table marts.dim_products as"
        " select * from (values ('silver', 0.0), ('gold', 800.0)) as fees (product_code, annual_fee_amount)"
    )
    return connection


def live(
    bank: duckdb.DuckDBPyConnection, person: str, active: str, lost_in: int | None = None, limits: str = ""
) -> None:
    """Let a person be a customer: 'x' is a month with movements, '.' one without; lost_in is the month of leaving.

    limits: digit of each month's card limit.
    """
    for number, (month, how) in enumerate(zip(MONTH_ENDS, active, strict=False)):
        if lost_in is None or number <= lost_in:
            bank.execute(
                "insert into marts.fct_customer_months values (?, ?, ?, ?, ?, true, ?)",
                [person, month, number == lost_in, number != lost_in, how == "x", limits[number : number + 1] or None],
            )


def open_contract(
    bank: duckdb.DuckDBPyConnection, family: str, opened: date, product: str = "", closed: date | None = None
) -> None:
    """Give the person p a contract."""
    bank.execute("insert into marts.customer_products values ('p', 'c', ?, ?, ?, ?)", [family, opened, product, closed])


def label(bank: duckdb.DuckDBPyConnection, task: str, person: str, month: date = MONTH_ENDS[0]) -> bool | None:
    rows = bank.execute(
        f"select label from ({TASKS[task].label}) where person_id = ? and month_end_date = ?", [person, month]
    ).fetchall()
    return rows[0][0] if rows else None


@pytest.mark.parametrize(
    ("active", "lost_in", "expected"),
    [
        ("xxxx", None, False),
        ("xxx.", None, True),  # silent in the third month
        ("x..x", None, False),  # came back
        ("xxxxx", 3, True),  # left in the third month
        ("xxxxx", 1, True),  # left in the first
        ("xxxxx", 4, False),  # left after the horizon
        ("xxxxx", 0, None),  # had left already: nobody to ask about
    ],
)
def test_churn_is_leaving_within_three_months_or_silence_in_the_third(
    bank: duckdb.DuckDBPyConnection, active: str, lost_in: int | None, expected: bool | None
) -> None:
    live(bank, "p", active, lost_in)
    assert label(bank, "churn", "p") is expected


@pytest.mark.parametrize(
    ("opened", "family", "expected"),
    [
        (date(2024, 1, 31), "fund", False),  # on the day as of which is asked
        (date(2024, 2, 1), "fund", True),
        (date(2024, 4, 30), "fund", True),  # the last day of the horizon
        (date(2024, 5, 1), "fund", False),
        (date(2024, 3, 1), "loan", False),
    ],
)
def test_an_offer_is_taken_when_a_contract_of_its_family_begins_within_three_months(
    bank: duckdb.DuckDBPyConnection, opened: date, family: str, expected: bool
) -> None:
    live(bank, "p", "xxxx")
    open_contract(bank, family, opened)
    assert label(bank, "offer_fund", "p") is expected


@pytest.mark.parametrize(
    ("limits", "new_card", "expected"),
    [
        ("5555", None, False),
        ("5556", None, True),  # raised in the third month
        ("55556", None, False),  # after the horizon
        ("5655", None, True),  # raised, and cut again
        ("5455", None, False),
        ("5556", date(2024, 4, 30), False),  # a new card brought it
        ("5556", date(2024, 5, 1), True),
        ("5556", date(2024, 1, 31), None),  # so new that its first statement may still come
        ("5556", date(2023, 11, 30), True),
        ("0555", None, None),  # no limit to raise: nobody to ask about
    ],
)
def test_a_limit_is_raised_where_it_grows_without_a_new_card(
    bank: duckdb.DuckDBPyConnection, limits: str, new_card: date | None, expected: bool | None
) -> None:
    live(bank, "p", "xxxxx", limits=limits)
    if new_card:
        open_contract(bank, "credit_card", new_card)
    assert label(bank, "upsell_limit", "p") is expected


@pytest.mark.parametrize(
    ("product", "opened", "expected"),
    [
        ("gold", date(2024, 2, 1), True),
        ("silver", date(2024, 2, 1), False),  # as dear as what is held
        ("gold", date(2024, 1, 31), False),  # held already
        ("gold", date(2024, 4, 30), True),
        ("gold", date(2024, 5, 1), False),
    ],
)
def test_a_card_is_higher_where_its_fee_is_above_all_that_are_held(
    bank: duckdb.DuckDBPyConnection, product: str, opened: date, expected: bool
) -> None:
    live(bank, "p", "xxxx")
    open_contract(bank, "credit_card", date(2023, 1, 1), "silver")
    open_contract(bank, "credit_card", date(2023, 1, 1), "gold", closed=date(2024, 1, 31))
    open_contract(bank, "credit_card", opened, product)
    assert label(bank, "upsell_card", "p") is expected


def test_who_holds_no_card_is_not_asked_about_a_higher_one(bank: duckdb.DuckDBPyConnection) -> None:
    live(bank, "p", "xxxx")
    assert label(bank, "upsell_card", "p") is None


@pytest.mark.parametrize(
    ("opened", "expected"), [(date(2024, 1, 31), False), (date(2024, 2, 1), True), (date(2024, 5, 1), False)]
)
def test_a_further_loan_is_one_that_begins_within_three_months(
    bank: duckdb.DuckDBPyConnection, opened: date, expected: bool
) -> None:
    live(bank, "p", "xxxx")
    open_contract(bank, "loan", date(2023, 1, 1))
    open_contract(bank, "loan", opened)
    assert label(bank, "upsell_loan", "p") is expected


@pytest.mark.parametrize(
    ("won", "expected"),
    [(None, False), (date(2024, 1, 10), True), (date(2024, 2, 9), True), (date(2024, 2, 10), False)],
)
def test_a_lead_is_won_when_what_it_asked_for_is_sold_within_30_days(won: date | None, expected: bool) -> None:
    row = duckdb.execute(
        f"select {TASKS['lead'].label} from (select cast(? as date) as won_date, date '2024-01-10' as captured_date)",
        [won],
    ).fetchone()
    assert row == (expected,)
