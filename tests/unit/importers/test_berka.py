"""The mapping of the Berka files, on a made-up bank of three clients."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from cardinal.contracts import load_contracts
from cardinal.importers.berka import MARKET, BerkaError, BerkaReport, import_berka
from cardinal.settings import PROJECT_DIR, Settings
from tests.unit.importers.berka_files import SMALL_BANK, write_bank


def czech(home: Path) -> Settings:
    return Settings(home, MARKET["country"], MARKET["currency"], MARKET["timezone"])


def run(tmp_path: Path, **changed: str) -> BerkaReport:
    return import_berka(write_bank(tmp_path / "berka", **changed), czech(tmp_path / "home"))


def rows(report: BerkaReport, table: str) -> list[dict[str, str]]:
    (drop,) = [drop for drop in report.drops if drop.table == table]
    with drop.path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by(report: BerkaReport, table: str, key: str) -> dict[str, dict[str, str]]:
    return {row[key]: row for row in rows(report, table)}


def test_delivery_is_the_day_after_the_newest_event(tmp_path: Path) -> None:
    report = run(tmp_path)
    assert report.delivered == date(1993, 11, 8)
    assert {drop.path.parent.name for drop in report.drops} == {"delivered=1993-11-08"}
    assert all(drop.path.is_relative_to(tmp_path / "home" / "inbox") for drop in report.drops)


def test_columns_written_stand_in_the_contracts_and_hold_the_required_ones(tmp_path: Path) -> None:
    contracts = load_contracts(PROJECT_DIR)
    for drop in run(tmp_path).drops:
        contract = contracts[drop.source, drop.table]
        header = drop.path.read_text(encoding="utf-8").splitlines()[0].split(",")
        assert set(header) <= set(contract.column_names), drop.table
        assert {column.name for column in contract.columns if column.required} <= set(header), drop.table


def test_birth_number_gives_date_and_gender(tmp_path: Path) -> None:
    customers = by(run(tmp_path), "customers", "cif_no")
    assert (customers["11"]["date_of_birth"], customers["11"]["gender"]) == ("1970-12-13", "F")
    assert (customers["12"]["date_of_birth"], customers["12"]["gender"]) == ("1945-02-04", "M")


def test_customer_has_district_and_the_day_of_the_first_account(tmp_path: Path) -> None:
    customers = by(run(tmp_path), "customers", "cif_no")
    assert (customers["11"]["district"], customers["11"]["province"]) == ("Hl.m. Praha", "Prague")
    assert customers["12"]["registered_at"] == "1993-01-05"


def test_owner_and_disponent_stay_two_holders(tmp_path: Path) -> None:
    holders = [(row["account_no"], row["cif_no"], row["holder_role"]) for row in rows(run(tmp_path), "account_holders")]
    assert holders == [("1", "11", "owner"), ("1", "12", "authorised"), ("2", "13", "owner")]


def test_closing_balance_follows_the_money_not_the_posting_number(tmp_path: Path) -> None:
    balances = {
        (row["account_no"], row["balance_date"]): row["ledger_balance_amount"]
        for row in rows(run(tmp_path), "account_balances")
    }
    assert balances["1", "1993-01-31"] == "687.40"
    assert balances["2", "1993-02-11"] == "60.00"
    assert len(balances) == 5


@pytest.mark.parametrize(
    ("number", "direction", "kind", "channel"),
    [
        ("31", "credit", "cash_deposit", "branch"),
        ("30", "debit", "fee", "system"),
        ("39", "credit", "interest", "system"),
        ("40", "debit", "bill_payment", ""),
        ("42", "debit", "cash_withdrawal", "branch"),
    ],
)
def test_transaction_codes(tmp_path: Path, number: str, direction: str, kind: str, channel: str) -> None:
    row = by(run(tmp_path), "account_transactions", "account_transaction_id")[number]
    assert (row["direction"], row["transaction_type"], row["channel"]) == (direction, kind, channel)


def test_account_zero_is_no_counterparty(tmp_path: Path) -> None:
    transactions = by(run(tmp_path), "account_transactions", "account_transaction_id")
    assert transactions["42"]["counterparty_account_no"] == ""
    assert transactions["40"]["counterparty_account_no"] == "8714"


def test_loan_belongs_to_the_owner_and_ends_after_its_months(tmp_path: Path) -> None:
    loans = by(run(tmp_path), "loans", "loan_no")
    assert loans["501"]["cif_no"] == "11"
    assert (loans["501"]["loan_status"], loans["502"]["loan_status"]) == ("defaulted", "in_arrears")
    assert loans["501"]["maturity_date"] == "1994-07-05"


def test_card_and_standing_order(tmp_path: Path) -> None:
    report = run(tmp_path)
    (card,) = rows(report, "credit_cards")
    assert (card["card_token"], card["cif_no"], card["product_code"]) == ("berka-901", "11", "cr_gold")
    assert (card["issued_date"], card["card_role"]) == ("1993-11-07", "primary")
    orders = by(report, "standing_orders", "standing_order_id")
    assert (orders["701"]["purpose"], orders["702"]["purpose"]) == ("household", "")


def test_importing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    first = {drop.path: drop.path.read_bytes() for drop in run(tmp_path).drops}
    second = {drop.path: drop.path.read_bytes() for drop in run(tmp_path).drops}
    assert first == second
    left_over = [path for path in (tmp_path / "home").rglob("*") if path.is_file() and path not in second]
    assert [path.name for path in left_over] == ["market.json"]


def test_unknown_codes_and_broken_values_go_out_as_they_are(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        client=SMALL_BANK["client"] + '14;"999999";1\n',
        loan=SMALL_BANK["loan"] + '503;2;931399;x;24;100.00;"Z"\n',
        trans=SMALL_BANK["trans"] + '43;9;930211;"NOVY";"JINY";5.00;5.00;"";;\n',
    )
    assert by(report, "customers", "cif_no")["14"]["date_of_birth"] == "999999"
    loan = by(report, "loans", "loan_no")["503"]
    assert (loan["loan_status"], loan["disbursed_date"], loan["principal_amount"]) == ("Z", "931399", "x")
    transaction = by(report, "account_transactions", "account_transaction_id")["43"]
    assert (transaction["direction"], transaction["transaction_type"]) == ("NOVY", "other")
    assert transaction["description"] == "NOVY / JINY"
    assert [note for note in report.notes if note.startswith("1 transactions have a code")]


@pytest.mark.parametrize("name", ["account", "card", "client", "disp", "loan", "order", "trans"])
def test_a_row_that_stands_twice_comes_out_twice(tmp_path: Path, name: str) -> None:
    tables = {
        "account": "accounts",
        "card": "credit_cards",
        "client": "customers",
        "disp": "account_holders",
        "loan": "loans",
        "order": "standing_orders",
        "trans": "account_transactions",
    }
    again = SMALL_BANK[name] + SMALL_BANK[name].splitlines(keepends=True)[-1]
    once, twice = run(tmp_path / "once"), run(tmp_path / "twice", **{name: again})
    for file, table in tables.items():
        more = 1 if file == name else 0
        assert len(rows(twice, table)) == len(rows(once, table)) + more, table
        assert twice.files[file] == len(rows(twice, table)), table


def test_missing_postings_are_noticed(tmp_path: Path) -> None:
    lines = SMALL_BANK["trans"].splitlines(keepends=True)
    report = run(
        tmp_path,
        trans="".join(line for line in lines if not line.startswith("40;"))
        + lines[4].replace("40;1;930201", "44;1;930301").replace("662.90", "600.00"),
    )
    assert any(note.startswith("1 account days don't follow") for note in report.notes)
    assert run(tmp_path / "whole").notes == ()


def test_missing_folder_and_missing_files_are_named(tmp_path: Path) -> None:
    settings = czech(tmp_path / "home")
    with pytest.raises(BerkaError, match="nowhere is not a folder"):
        import_berka(tmp_path / "nowhere", settings)
    folder = write_bank(tmp_path / "berka")
    (folder / "loan.asc").unlink()
    (folder / "card.asc").unlink()
    with pytest.raises(BerkaError, match=r"lacks card\.asc, loan\.asc"):
        import_berka(folder, settings)
    assert not settings.inbox.exists()


def test_wrong_header_and_ragged_line_are_named(tmp_path: Path) -> None:
    with pytest.raises(BerkaError, match=r"disp\.asc: the header should be disp_id;client_id"):
        run(tmp_path, disp="a;b;c;d\n1;2;3;4\n")
    with pytest.raises(BerkaError, match=r"disp\.asc can't be read: .*[Ll]ine: 3"):
        run(tmp_path, disp='"disp_id";"client_id";"account_id";"type"\n1;2;3;"OWNER"\n2;3;4\n')
    with pytest.raises(BerkaError, match="has a date in the form YYMMDD"):
        run(
            tmp_path,
            **{name: SMALL_BANK[name].splitlines()[0] + "\n" for name in ("account", "card", "loan", "trans")},
        )


def test_a_home_of_another_market_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BerkaError, match="set to TH, THB"):
        import_berka(write_bank(tmp_path / "berka"), Settings(home=tmp_path / "home"))
    assert not (tmp_path / "home").exists()
