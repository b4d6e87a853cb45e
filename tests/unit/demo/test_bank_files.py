"""The files that the demo bank writes keep to the contracts, and are the same for the same seed."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from cardinal.contracts import load_contracts
from cardinal.demo.bank import BankReport, DemoError, continue_bank, generate_bank
from cardinal.demo.errors import KINDS
from cardinal.demo.products import PRODUCTS
from cardinal.demo.truth import IDENTIFIED
from cardinal.settings import PROJECT_DIR, Settings
from tests.unit.demo.drop_files import digest, read_lines, read_table

# What was learned and sent is no delivery of the bank.
OWN = {"activation", "ml"}
CONTRACTS = {name: contract for name, contract in load_contracts(PROJECT_DIR).items() if contract.source not in OWN}
UNTIL = date(2026, 10, 31)


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    for home in ("a", "b"):
        generate_bank(Settings(home=tmp_path / home), 120, 2, 5, UNTIL)
    generate_bank(Settings(home=tmp_path / "c"), 120, 2, 6, UNTIL)

    a, b, c = (digest(tmp_path / home) for home in ("a", "b", "c"))
    assert a == b
    assert a.keys() & c.keys()
    assert sum(a[name] == c.get(name) for name in a) < len(a) / 4


def test_cohorts_in_two_processes_give_the_same_bytes_as_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cardinal.demo.bank.COHORT_PERSONS", 60)
    generate_bank(Settings(home=tmp_path / "two"), 150, 1, 5, UNTIL)
    monkeypatch.setattr("cardinal.demo.bank.WORKERS", 99)
    generate_bank(Settings(home=tmp_path / "one"), 150, 1, 5, UNTIL)

    assert digest(tmp_path / "two") == digest(tmp_path / "one")
    assert (tmp_path / "one/inbox/core_banking/customers/delivered=2026-11-01/part-0002.csv").exists()


def test_every_table_is_written_with_the_columns_of_its_contract(home: Path) -> None:
    for (source, table), contract in CONTRACTS.items():
        lines = read_lines(home / "inbox", source, table)
        assert lines, f"{source}.{table} has no rows"
        assert {line.header for line in lines} == {contract.column_names}, f"{source}.{table}"


def test_values_keep_to_the_contracts(home: Path) -> None:
    """Required columns are filled and closed sets are kept, but for rows that are planted as broken."""
    planted = pl.read_parquet(home / "truth/planted.parquet")
    broken = set(planted.filter(pl.col("kind").is_in(["missing_required"]))["record_id"])
    for (source, table), contract in CONTRACTS.items():
        for line in read_lines(home / "inbox", source, table):
            row = line.row
            if row["change_type"] == "delete" or "|".join(row[name] for name in contract.key) in broken:
                continue
            for column in contract.columns:
                value = row[column.name]
                assert value or not column.required, f"{source}.{table}.{column.name} is empty"
                assert not value or not column.accepted or value in column.accepted, f"{source}.{table}.{column.name}"


def test_no_text_looks_like_a_card_number_but_the_planted_ones(home: Path) -> None:
    planted = pl.read_parquet(home / "truth/planted.parquet")
    found = 0
    for (source, table), contract in CONTRACTS.items():
        checked = [column.name for column in contract.columns if column.card_number_check]
        for line in read_lines(home / "inbox", source, table):
            row = line.row
            found += any(_holds_card_number(row[name]) for name in checked)
    assert found == planted.filter(pl.col("kind") == "card_number").height


def test_products_are_those_of_the_catalogue() -> None:
    catalogue = pl.read_csv(PROJECT_DIR / "seeds/reference/products.csv")["product_code"].to_list()
    assert set(PRODUCTS) == set(catalogue)


def test_planted_errors_stand_in_the_files_in_the_amounts_told(home: Path, bank: tuple[Settings, BankReport]) -> None:
    planted = pl.read_parquet(home / "truth/planted.parquet")
    counts = dict(planted.group_by("kind").len().iter_rows())
    assert counts == bank[1].planted
    assert {"late", "duplicate", "correction", "deletion"} <= set(counts)
    assert set(counts) <= set(KINDS.values())

    inbox = home / "inbox"
    for kind, source, table, record_id, file, _ in planted.iter_rows():
        if kind in ("duplicate", "correction", "deletion", "late"):
            lines = _lines_of_key(inbox, source, table, record_id)
            here = [line for line in lines if line.file == file]
            assert here, f"{kind} {record_id} is not in {file}"
            if kind == "duplicate":
                assert len({line.values for line in lines}) == 1
                assert len(lines) == 2
            elif kind == "correction":
                assert len({line.values for line in lines}) == 2
            elif kind == "deletion":
                assert here[-1].row["change_type"] == "delete"
    ragged = [
        line.file
        for source, table in CONTRACTS
        for line in read_lines(inbox, source, table)
        if len(line.values) != len(line.header)
    ]
    assert sorted(ragged) == sorted(planted.filter(pl.col("kind") == "ragged_line")["file"])


def test_records_name_every_key_that_shows_an_identifier(home: Path) -> None:
    records = pl.read_parquet(home / "truth/records.parquet")
    assert records.select("source", "table_name", "record_id").is_duplicated().sum() == 0
    persons = set(pl.read_parquet(home / "truth/persons.parquet")["true_person"])
    known = records.filter(pl.col("source") != "partners")["true_person"]
    assert set(known) <= persons

    broken = set(
        pl.read_parquet(home / "truth/planted.parquet")
        .filter(~pl.col("kind").is_in(["late", "duplicate", "correction", "deletion"]))["record_id"]
    )  # fmt: skip
    for (source, table), columns in IDENTIFIED.items():
        contract = CONTRACTS[source, table]
        shown = {
            "|".join(line.row[name] for name in contract.key)
            for line in read_lines(home / "inbox", source, table)
            if any(line.row[name] for name in columns) and line.row["change_type"] != "delete"
        }
        told = set(
            records.filter((pl.col("source") == source) & (pl.col("table_name") == table))["record_id"]
        )  # fmt: skip
        assert {key for key in shown if key and key not in broken} == told, f"{source}.{table}"


def test_source_accounts_and_payments_hang_together(home: Path) -> None:
    inbox = home / "inbox"
    accounts = set(read_table(inbox, "core_banking", "accounts")["account_no"])
    customers = set(read_table(inbox, "core_banking", "customers")["cif_no"])
    postings = read_table(inbox, "core_banking", "account_transactions").filter(pl.col("change_type") != "delete")
    payments = set(read_table(inbox, "payments", "payments")["payment_id"])
    holders = read_table(inbox, "core_banking", "account_holders")

    assert set(postings["account_no"]) - {""} <= accounts
    assert set(holders["account_no"]) == accounts
    assert set(holders["cif_no"]) <= customers
    settled = set(postings["payment_id"]) - {""}
    assert settled
    late = pl.read_parquet(home / "truth/planted.parquet").filter(pl.col("table_name") == "payments")
    pending = home / "truth/_state/2026-10-31/cohort-0000/pending/payments.payments.parquet"
    waiting = set(pl.read_parquet(pending)["payment_id"]) if pending.exists() else set()
    assert settled <= payments | waiting | set(late["record_id"])


@pytest.mark.parametrize(
    ("persons", "months", "word"), [(0, 3, "--persons"), (10, 0, "--months"), (10, 241, "--months")]
)
def test_nonsense_is_refused_with_the_option_named(tmp_path: Path, persons: int, months: int, word: str) -> None:
    with pytest.raises(DemoError, match=word):
        generate_bank(Settings(home=tmp_path), persons, months, 1, UNTIL)


def test_a_second_bank_in_one_home_is_refused(bank: tuple[Settings, BankReport]) -> None:
    with pytest.raises(DemoError, match="already stands"):
        generate_bank(bank[0], 10, 1, 1, UNTIL)


def test_continuing_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="no demo bank"):
        continue_bank(Settings(home=tmp_path))


def test_files_of_another_bank_are_not_mixed_with(tmp_path: Path) -> None:
    (tmp_path / "inbox/core_banking").mkdir(parents=True)
    with pytest.raises(DemoError, match="another"):
        generate_bank(Settings(home=tmp_path), 10, 1, 1, UNTIL)


def test_one_person_is_a_bank(tmp_path: Path) -> None:
    report = generate_bank(Settings(home=tmp_path), 1, 1, 3, UNTIL)
    assert report.total_rows > 0


def _lines_of_key(inbox: Path, source: str, table: str, record_id: str) -> list:  # type: ignore[type-arg]
    key = CONTRACTS[source, table].key
    return [line for line in read_lines(inbox, source, table) if "|".join(line.row[name] for name in key) == record_id]


def _holds_card_number(text: str) -> bool:
    for run in re.findall(r"\d(?:[ -]?\d){12,18}", text):
        digits = [int(c) for c in run if c.isdigit()][::-1]
        if sum(d if n % 2 == 0 else sum(divmod(2 * d, 10)) for n, d in enumerate(digits)) % 10 == 0:
            return True
    return False
