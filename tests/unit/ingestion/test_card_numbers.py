"""Card numbers are found however they are written, and masked wherever they would be kept."""

from __future__ import annotations

import duckdb
import pytest

from cardinal.ingestion.card_numbers import MACROS, SUSPICION, mask_digits, mask_long_numbers, masked_sql

CARDS = [
    "4111111111111111",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4111 - 1111 - 1111 - 1111",
    "4111\u00a01111\u00a01111\u00a01111",
    "4111\u20111111\u20111111\u20111111",
    "๔๑๑๑๑๑๑๑๑๑๑๑๑๑๑๑",
    "paid with 5555555555554444 today",
    "PAN4111111111111111",
    "4111111111111111 12/28",
    "4111111111111111 1228 123",
    "0812345678 4111111111111111",
    "378282246310005",
    "4222222222222",
    "6304000000000000000",
    "4111111111111111.00",
    "ref,4111111111111111;",
    "4111111111111111 550e8400-e29b-41d4-a716-446655440000",
]
NO_CARDS = [
    "4111111111111112",
    "411111111111",
    "41111111111111111111111111111111",
    "2024-01-31 10:20:30",
    "T000000000000",
    "0e8400e29b41d4a716446655440000aa4111111111111111",
    "00000000-0000-0000-4111-111111111111",
    "081-234-5678",
    "4111,1111,1111,1111",
    "",
]


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for macro in MACROS:
        connection.execute(macro)
    return connection


@pytest.mark.parametrize("text", CARDS)
def test_a_card_number_is_found(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    found = connection.execute(f"select holds_card_number($1), regexp_matches($1, '{SUSPICION}')", [text])
    assert found.fetchall() == [(True, True)]


@pytest.mark.parametrize("text", NO_CARDS)
def test_what_is_no_card_number_is_left(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert connection.execute("select holds_card_number($1)", [text]).fetchall() == [(False,)]


@pytest.mark.parametrize("text", CARDS)
def test_masks_leave_at_most_six_and_four_digits(text: str) -> None:
    masked = mask_long_numbers(text)
    assert duckdb.execute(f"select {masked_sql('$1')}", [text]).fetchall() == [(masked,)]
    assert "******" in masked


def test_mask_keeps_the_ends_and_short_numbers() -> None:
    assert mask_long_numbers("card 4111111111111111 of 0812345678") == "card 411111******1111 of 0812345678"
    assert mask_digits("1-1017-00203-45-๑, Ann 7") == "#-####-#####-##-#, Ann #"
