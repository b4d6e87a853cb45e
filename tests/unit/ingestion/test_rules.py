"""What holds for the SQL of the rules whatever the contract."""

from __future__ import annotations

import duckdb
import pytest

from cardinal.contracts import load_contracts
from cardinal.ingestion.card_numbers import MACROS
from cardinal.ingestion.header import match_header
from cardinal.ingestion.protection import key_parameters
from cardinal.ingestion.rules import fields_of, staging_query
from cardinal.settings import PROJECT_DIR

CONTRACTS = load_contracts(PROJECT_DIR)


@pytest.mark.parametrize("table", CONTRACTS)
def test_typing_rows_keeps_their_order(table: tuple[str, str]) -> None:
    """A row's number is its place; a join in the plan (as of a long IN list) would shuffle large files."""
    contract = CONTRACTS[table]
    fields = fields_of(match_header(list(contract.column_names), contract), contract)
    texts = ", ".join(f"null::varchar as c{place}" for place in range(len(fields)))
    query = staging_query(contract, fields, f"(select {texts} from range(10))", None, "TH", PROJECT_DIR)
    with duckdb.connect() as connection:
        for macro in MACROS:
            connection.execute(macro)
        parameters = key_parameters(b"key") if any(field.is_protected for field in fields) else {}
        plan = connection.execute(f"explain {query}", parameters).fetchall()[0][1]
    assert "JOIN" not in plan, plan


@pytest.mark.parametrize(("column", "is_suspect"), [("event_timestamp", False), ("ga_session_id", True)])
def test_only_numbers_that_may_be_of_a_card_are_looked_at(column: str, is_suspect: bool) -> None:
    """Looking closely costs more than reading; a time in microseconds is as long as a card number in every row."""
    contract = CONTRACTS["digital", "events"]
    row = {
        "event_id": "E1", "event_name": "page_view", "event_timestamp": "1", "platform": "WEB", "user_pseudo_id": "1.2",
        "ga_session_id": "1", column: "1762085945009396",
    }  # fmt: skip
    fields = fields_of(match_header(list(row), contract), contract)
    texts = ", ".join(f"'{value}' as c{place}" for place, value in enumerate(row.values()))
    query = staging_query(contract, fields, f"(select {texts})", None, "TH", PROJECT_DIR)
    with duckdb.connect() as connection:
        assert connection.execute(f"select _is_suspect from ({query})").fetchall() == [(is_suspect,)]
