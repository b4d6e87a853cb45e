"""Erasure on the demo bank: nothing is left, nothing comes back, nobody else is touched."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cardinal.demo.bank import no_progress
from cardinal.ingestion.run import ingest
from cardinal.privacy import arrivals, journal
from cardinal.privacy.columns import KEPT, shown_by
from cardinal.publishing.snapshot import publish_snapshot
from tests.integration.byte_search import traces
from tests.integration.house import House
from tests.integration.privacy_case import CONTRACTS, OUTSIDE, SECRET, Case, lake_rows, opened_case

BALANCES = "month_end_date, deposit_balance_amount, loan_balance_amount, card_balance_amount, margin_amount"
TOTALS = {
    "bank_profit_monthly": "*",
    "product_profit_monthly": "*",
    "business_report_monthly": BALANCES,
    "fct_transactions": "count(*), sum(amount)",
}


class KilledError(BaseException):
    """The process ends here."""


@pytest.fixture(scope="module")
def case(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with opened_case(house, tmp_path_factory.mktemp("privacy")) as opened:
        yield opened


@pytest.fixture(scope="module")
def erased(case: Case, tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, dict]:
    """The home after an undisturbed erasure that leaves the build as it is."""
    copy = case.copy(tmp_path_factory.mktemp("erased") / "home")
    return copy, copy.erase()


def test_nothing_is_found_in_inbox_lake_and_outbox(erased: tuple[Case, dict]) -> None:
    case, _ = erased
    build = (
        "published",
        *(path.name for path in (case.house.settings.warehouse, *case.house.settings.mart_files.values())),
    )
    before = traces(case.house.home, {case.person}, (*OUTSIDE, "inbox", "lake", "outbox", "privacy"))
    assert before, "the search finds nothing even where nothing was erased"
    found = traces(case.house.home, case.searched, (*OUTSIDE, *build, "is_built", "target"))
    # The removal that waits for the reader of a list says whom by the id alone.
    listed = [place for place, value in found if place.startswith("outbox/files/listed/") and value == case.person]
    assert len(listed) == 1
    others = [
        (place, value) for place, value in found if (place, value) not in {(place, case.person) for place in listed}
    ]
    assert [(place, case.values[value]) for place, value in others] == []


def test_others_keep_every_row_and_line(case: Case, erased: tuple[Case, dict]) -> None:
    after, receipt = erased
    for (source, name), contract in CONTRACTS.items():
        columns = ", ".join([*contract.column_names, "_batch_id", "_file", "_row", "_ingested_at"])
        lakes = [
            f"read_parquet('{home}/lake/{source}/{name}/*/*.parquet')" for home in (case.house.home, after.house.home)
        ]
        old, new = (f"select {columns} from {lake}" for lake in lakes)
        theirs = receipt["source_tables"].get(f"{source}.{name}", {"rows": 0})["rows"]
        lost = duckdb.sql(f"from ({old}) except all from ({new})").fetchall()
        gained = duckdb.sql(f"from ({new}) except all from ({old})").fetchall()
        is_kept = (source, name) in KEPT
        mentioned = len(gained) - (theirs if is_kept else 0)
        assert len(lost) == theirs + mentioned, f"{source}.{name}"
        assert mentioned == 0 or any(not place.owns for place in shown_by(contract)), f"{source}.{name}"


def test_lines_of_others_stay_byte_for_byte_in_the_inbox(case: Case, erased: tuple[Case, dict]) -> None:
    after, receipt = erased
    changed = gone = 0
    for path in sorted(case.house.settings.inbox.rglob("*")):
        if path.suffix not in (".csv", ".jsonl") or not path.is_file():
            continue
        old = path.read_bytes().splitlines(keepends=True)
        new = (after.house.settings.inbox / path.relative_to(case.house.settings.inbox)).read_bytes()
        kept = set(new.splitlines(keepends=True))
        lost = [line for line in old if line not in kept]
        texts = [line.decode("utf-8", "replace") + line.decode("cp874", "replace") for line in lost]
        changed += bool(lost)
        gone += len(lost)
        other = [text for text in texts if not any(part in text for value in case.values for part in value.split("|"))]
        leads = [text for text in other if not any(value.split(".")[-1] in text for value in case.values)]
        assert len(leads) == 0, f"{path.name}: {len(leads)} lines of others went"
    assert changed > 10
    assert receipt["inbox"]["removed"] == 0
    assert receipt["inbox"]["lines"] <= gone + 500


def test_what_stays_is_booked_money_without_whose_it_was(case: Case, erased: tuple[Case, dict]) -> None:
    after, _ = erased
    amounts = {
        "core_banking/account_transactions": "amount",
        "cards/card_transactions": "amount",
        "lending/loans": "principal_amount",
        "wealth/fund_holdings": "market_value_amount",
    }
    for table, column in amounts.items():
        sums = [
            duckdb.sql(f"select sum({column}), count(*) from '{home}/lake/{table}/*/*.parquet'").fetchall()
            for home in (case.house.home, after.house.home)
        ]
        assert sums[0] == sums[1], table


def test_what_people_did_with_what_was_sent_goes_with_them(case: Case, erased: tuple[Case, dict]) -> None:
    after, receipt = erased
    events = "select message_event_id from '{}/lake/activation/message_events/*/*.parquet' order by 1"
    assert duckdb.sql(events.format(case.house.home)).fetchall() == [(f"ME{n}",) for n in range(1, 6)]
    assert duckdb.sql(events.format(after.house.home)).fetchall() == [("ME4",), ("ME5",)]
    assert receipt["source_tables"]["activation.message_events"] == {"rows": 3, "treatment": "removed"}
    assert (after.house.settings.outbox / "withdrawn" / "told.jsonl").read_text().count("\n") == 1


def test_raw_and_late_files_bring_nobody_back(case: Case, erased: tuple[Case, dict], tmp_path: Path) -> None:
    home = erased[0].copy(tmp_path / "home").house
    ingest(home.settings)  # What came of telling destinations.
    before = lake_rows(home.home)
    assert ingest(home.settings).batches == (), "a file without the person's lines is taken for a new one"
    # The raw files as they were, from a copy, under other names: known by their content.
    shutil.copytree(case.house.settings.inbox, home.settings.inbox / ".." / "old")
    for path in (home.home / "old").rglob("*.*"):
        if path.is_file():
            target = home.settings.inbox / path.relative_to(home.home / "old").with_name("again_" + path.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    assert ingest(home.settings).batches == ()
    assert lake_rows(home.home) == before
    # The same rows in files whose content is new.
    email = next(value for value, kind in case.values.items() if kind == "email")
    phone = next(value for value, kind in case.values.items() if kind == "phone" and value.startswith("+66"))
    cif = next(value for value, kind in case.values.items() if kind == "customer_number")
    account = next(value for value, kind in case.values.items() if kind == "account")
    written = f"0{phone[3:5]}-{phone[5:]}"
    home.drop("messenger", "leads", "2026-11-01", "lead_id,psid,phone,email,created_at\n"
              f"L1,ps1,{written},,2026-11-01\nL2,ps2,,{email.upper()},2026-11-01\nL3,ps3,,else@mail.org,2026-11-01\n"
              f"L4,,{email},,\n")  # fmt: skip
    home.drop("core_banking", "account_transactions", "2026-11-01",
              "account_transaction_id,account_no,booked_at,direction,amount,currency_code,transaction_type,"
              "counterparty_account_no,counterparty_name\n"
              f"T1,{account},2026-11-01,debit,5,THB,transfer,,\n"
              f"T2,000,2026-11-01,debit,5,THB,transfer,{account},Who Ever\n")  # fmt: skip
    home.drop("core_banking", "branch_visits", "2026-11-01",
              f"branch_visit_id,branch_id,cif_no,visited_at,service_type\nV1,1,{cif},2026-11-01,deposit\n")  # fmt: skip
    home.drop("activation", "message_events", "2026-11-01", "message_event_id,source,event_type,row_id,occurred_at,"
              "received_at\nME9,mail,opened,RW000001,2026-11-01,2026-11-01\n")  # fmt: skip
    report = ingest(home.settings)
    assert {(batch.table, batch.rows_in, batch.rows_out, batch.rejects, batch.erased) for batch in report.batches} == {
        ("leads", 4, 1, 0, 3),
        ("account_transactions", 2, 1, 0, 1),
        ("branch_visits", 1, 0, 0, 1),
        ("message_events", 1, 0, 0, 1),
    }
    kept = duckdb.sql(
        f"select account_transaction_id, counterparty_account_no, counterparty_name from"
        f" '{home.settings.lake}/core_banking/account_transactions/ingest_date=2026-11-01/*.parquet'"
        " where account_transaction_id in ('T1', 'T2')"
    ).fetchall()
    assert kept == [("T2", None, None)]


def test_destinations_hear_of_it_first(case: Case, erased: tuple[Case, dict]) -> None:
    after, receipt = erased
    assert case.person not in case.receiver.rows
    assert [op for key, op, _ in case.receiver.taken if key == case.person] == ["add", "remove"]
    assert {(told["sync"], told["outcome"]) for told in receipt["destinations"]} == {
        ("people", "removed"),
        ("listed", "removed by file: its reader has to take it in"),
        ("once", "can't be told: a sync of mode append takes nothing back"),
    }
    with duckdb.connect(str(after.house.settings.outbox / "ledger.duckdb")) as ledger:
        assert ledger.execute("select count(*) from state where key = ?", [case.person]).fetchall() == [(0,)]
        assert ledger.execute("select count(*) > 10 from state").fetchall() == [(True,)]
    with duckdb.connect(str(after.house.settings.outbox / "messages.duckdb")) as state:
        assert state.execute("select who from waiting").fetchall() == [("p0",)]


def test_the_receipt_tells_counts_and_nobody(case: Case, erased: tuple[Case, dict]) -> None:
    after, receipt = erased
    assert receipt["sha256"] == journal.digest(receipt)
    assert receipt["sha256"] != journal.digest({**receipt, "rows_left": 1})
    (path,) = (after.house.home / "privacy" / "receipts").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert traces(after.house.home / "privacy", case.searched) == []
    assert receipt["source_tables"]["core_banking.customers"] == {"rows": 1, "treatment": "removed"}
    assert receipt["source_tables"]["core_banking.account_transactions"]["treatment"] == "anonymised"
    ledger = [
        json.loads(entry.read_text())["batch"]
        for entry in (after.house.settings.lake / "_batches").rglob("*.json")
        if not entry.name.endswith((".same.json", ".rejected.json"))
    ]
    assert all(batch["rows_in"] == batch["rows_out"] + batch["rejects"] + batch.get("erased", 0) for batch in ledger)
    # The line of a visit that broke its contract, and all rows of tables whose rows don't stay.
    removed = sum(one["rows"] for one in receipt["source_tables"].values() if one["treatment"] == "removed")
    assert sum(batch.get("erased", 0) for batch in ledger) == removed + 1


def test_the_secret_of_anonymous_numbers_is_gone_with_the_journal(erased: tuple[Case, dict]) -> None:
    assert traces(erased[0].house.home, {SECRET}, ("published", "target", "inbox", "truth")) == []


@pytest.mark.slow
def test_after_the_build_nothing_is_left_anywhere_and_closed_months_are_the_same(case: Case, tmp_path: Path) -> None:
    copy = case.copy(tmp_path / "home")
    house = copy.house

    def rebuild() -> None:
        house.build_and_test()
        publish_snapshot(house.settings, no_progress)

    before = {
        table: sorted(map(str, house.query(f"select {what} from marts.{table}"))) for table, what in TOTALS.items()
    }
    others = house.query("select person_id from marts.customer_360 order by 1")
    with pytest.raises(KilledError):
        copy.erase(die)
    receipt = copy.erase(rebuild)
    shutil.rmtree(house.target)
    after = {
        table: sorted(map(str, house.query(f"select {what} from marts.{table}"))) for table, what in TOTALS.items()
    }
    assert after == before
    found = traces(house.home, case.searched, OUTSIDE)
    left = [(place, case.values[value]) for place, value in found if value != case.person]
    assert left == []
    assert [place for place, _ in found if not place.startswith("outbox/files/listed/")] == []
    assert len(list((house.settings.published / "snapshots").iterdir())) == 1
    assert receipt["published_snapshots_removed"] == 1
    assert {row for row in others if row[0] != case.person} - set(
        house.query("select person_id from marts.customer_360")
    ) == set()


def die() -> None:
    raise KilledError


def test_without_tombstones_the_door_costs_nothing(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        door = arrivals.Door(connection, House(tmp_path).settings)
        assert door.turn_away(CONTRACTS["crm", "contacts"], "no such columns", {}) == 0
        assert door.turn_away_rejects("no_such_table") == 0
