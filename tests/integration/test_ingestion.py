"""The way of a drop: inbox, contract, lake, ledger."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from cardinal.ingestion.run import read_ledger
from tests.unit.ingestion.small_bank import CONTRACTS, SmallBank

HEADER = "payment_id,paid_at,posted_date,amount,item_count,is_refund,channel,note,change_type\n"
GOOD = HEADER + "p1,2024-01-31T10:00:00+07:00,2024-01-31,12.50,3,false,web,ชำระ,\np2,2024-02-01 00:00:00,,0.01,,,,,\n"
DAY = "payments/delivered=2025-02-01"


@pytest.fixture
def bank(tmp_path: Path) -> SmallBank:
    return SmallBank(tmp_path)


def test_a_good_drop_becomes_typed_rows(bank: SmallBank) -> None:
    bank.drop(f"{DAY}/a.csv", GOOD)
    report = bank.ingest()

    assert report.is_clean
    assert (report.rows_in, report.rows_out, report.rejects) == (2, 2, 0)
    batch = report.batches[0].batch_id
    arrival = datetime(2025, 2, 1)
    name = f"shop/{DAY}/a.csv"
    first = ("p1", datetime(2024, 1, 31, 3), date(2024, 1, 31), Decimal("12.50"), 3, False, "web", "ชำระ", None)
    second = ("p2", datetime(2024, 2, 1), None, Decimal("0.01"), None, None, None, None, None)
    day = date(2025, 2, 1)
    assert bank.rows("payments") == [(*first, batch, name, 1, arrival, day), (*second, batch, name, 2, arrival, day)]
    assert (bank.settings.lake / f"shop/payments/ingest_date=2025-02-01/{batch}.parquet").exists()


def test_types_are_exactly_those_of_the_contract_also_without_a_row(bank: SmallBank) -> None:
    bank.drop(f"{DAY}/a.csv", GOOD)
    bank.ingest()
    expected = [
        ("payment_id", "VARCHAR"),
        ("paid_at", "TIMESTAMP"),
        ("posted_date", "DATE"),
        ("amount", "DECIMAL(18,2)"),
        ("item_count", "BIGINT"),
        ("is_refund", "BOOLEAN"),
        ("channel", "VARCHAR"),
        ("note", "VARCHAR"),
        ("change_type", "VARCHAR"),
        ("_batch_id", "VARCHAR"),
        ("_file", "VARCHAR"),
        ("_row", "BIGINT"),
        ("_ingested_at", "TIMESTAMP"),
    ]
    files = list((bank.settings.lake / "shop" / "payments").rglob("*.parquet"))
    assert len(files) == 2
    for file in files:
        described = duckdb.sql(f"describe select * from read_parquet('{file}', hive_partitioning = false)").fetchall()
        assert [row[:2] for row in described] == expected


def test_every_contracted_table_exists_from_the_start(bank: SmallBank) -> None:
    assert bank.ingest().is_clean
    assert sorted(bank.lake_files()) == [
        f"shop/{table}/ingest_date=1970-01-01/_contract.parquet" for table in ("clicks", "payments", "people")
    ]


def test_a_contract_that_grows_renews_the_empty_file_and_older_batches_lack_nothing(bank: SmallBank) -> None:
    bank.drop(f"{DAY}/a.csv", GOOD)
    bank.ingest()
    grown = "          - {name: currency_code, data_type: varchar, config: {meta: {pii: none}}}\n      - name: people"
    bank.contracts.write_text(CONTRACTS.replace("      - name: people", grown, 1), encoding="utf-8")
    bank.ingest()
    assert bank.rows("payments", "currency_code") == [(None,), (None,)]


def test_protected_values_are_hashed_and_bad_ones_counted(bank: SmallBank) -> None:
    good, bad = "1101700203450", "1101700203459"
    bank.drop(
        "people/a.csv",
        "person_no,national_id,full_name,updated_at\n"
        f"1,{good},a,2024-01-01\n2,{bad},b,2024-01-01\n3,,c,2024-01-01\n4,{good},d,no time\n"
        f"5,{good},e\n",
    )
    report = bank.ingest()
    key = bank.settings.national_id_key()
    digest = hmac.new(key, good.encode(), hashlib.sha256).hexdigest()
    assert bank.rows("people", "person_no, national_id") == [("1", digest), ("2", None), ("3", None)]
    assert report.batches[0].nulled_values == 1
    assert bank.rejects("people", "_row, raw_line") == [(4, "4,***,d,no time"), (5, "#,#############,e")]
    everything = b"".join(bank.lake_files().values())
    assert good.encode() not in everything
    assert bad.encode() not in everything


def test_a_deletion_needs_only_its_key(bank: SmallBank) -> None:
    bank.drop(f"{DAY}/a.csv", "payment_id,change_type\np1,delete\np2,delete\n")
    bank.drop(f"{DAY}/b.csv", HEADER + "p3,,,,,,,,delete\n,,,,,,,,delete\np4,,,,,,,,update\n")
    bank.drop(f"{DAY}/c.csv", "payment_id,change_type\np5,delete\np6,\n")
    report = bank.ingest()
    assert bank.rows("payments", "payment_id, change_type") == [("p1", "delete"), ("p2", "delete"), ("p3", "delete")]
    assert bank.rejects("payments") == [
        (2, "payment_id", "payment_id is missing"),
        (3, "paid_at, amount", "paid_at is missing; amount is missing"),
    ]
    assert [problem.file[-5:] for problem in report.rejected_files] == ["c.csv"]


def test_what_names_nothing_is_kept_under_the_contracts_word_for_it(bank: SmallBank) -> None:
    text = bank.contracts.read_text(encoding="utf-8")
    named = "{name: payment_id, data_type: varchar, config: {meta: {pii: pseudonymous, required: true"
    assert named in text
    bank.contracts.write_text(text.replace(named, named + ", when_missing: unknown"), encoding="utf-8")
    bank.drop(f"{DAY}/a.csv", "payment_id,paid_at,amount\n,2024-01-01,1\n  ,2024-01-02,2\np3 ,2024-01-03,3\n")
    bank.drop(f"{DAY}/b.jsonl", '{"payment_id": null, "paid_at": "2024-01-04", "amount": 4}\n')
    bank.ingest()
    assert bank.rows("payments", "payment_id, amount") == [
        ("unknown", 1), ("unknown", 2), ("p3", 3), ("unknown", 4)
    ]  # fmt: skip
    assert not (bank.settings.lake / "_rejects").exists()


def test_drift_is_kept_aside_and_reported(bank: SmallBank) -> None:
    bank.drop(
        f"{DAY}/a.csv", "Payment_ID, PAID_AT ,amount,Colour,_row,\np1,2024-01-01,1,red,7,\np2,2024-01-01,x,blue,8,\n"
    )
    batch = bank.ingest().batches[0]
    assert batch.unknown_columns == ("colour", "_row", "unnamed_6")
    assert batch.missing_columns == ("posted_date", "item_count", "is_refund", "channel", "note", "change_type")
    file = next((bank.settings.lake / "_unknown_columns").rglob("*.parquet"))
    found = duckdb.sql(f"select * from read_parquet('{file}', hive_partitioning = false)")
    assert found.columns == ["_row", "colour", "_row_", "unnamed_6"]
    assert found.fetchall() == [(1, "red", "7", None)]


def test_rejected_files_name_file_column_and_contract_and_never_data(bank: SmallBank) -> None:
    bank.drop("payments/1.csv", "payment_id,paid_at\np1,2024-01-01\n")
    bank.drop("payments/2.csv", "Somchai Jaidee,0812345678\n")
    bank.drop("payments/3.csv", "payment_id,paid_at,amount,PAID_AT\n")
    bank.drop("payments/4.csv", b"")
    bank.drop("payments/5.parquet", b"PAR1")
    bank.drop("payments/6.jsonl", "Somchai\n")
    bank.drop("payments/7.xlsx", "x")
    bank.drop("nothing/8.csv", "x")
    bank.drop("payments/delivered=yesterday/9.csv", "x")
    report = bank.ingest()
    assert not report.is_clean
    reasons = {Path(problem.file).name: problem.reason for problem in (*report.rejected_files, *report.ignored_files)}
    assert "amount" in reasons["1.csv"]
    assert "shop.payments" in reasons["1.csv"]
    assert "names no column" in reasons["2.csv"]
    assert "paid_at stands twice" in reasons["3.csv"]
    assert "empty" in reasons["4.csv"]
    assert "Parquet" in reasons["5.parquet"]
    assert "JSON" in reasons["6.jsonl"]
    assert "format" in reasons["7.xlsx"]
    assert "no contract for shop.nothing" in reasons["8.csv"]
    assert "delivered=YYYY-MM-DD" in reasons["9.csv"]
    assert not any("Somchai" in reason or "0812345678" in reason for reason in reasons.values())
    assert bank.ingest().rejected_files == ()


def test_unfinished_and_hidden_files_wait(bank: SmallBank) -> None:
    bank.drop("payments/.a.csv", GOOD)
    bank.drop("payments/a.csv.part", GOOD)
    bank.drop("payments/a.csv.tmp", GOOD)
    report = bank.ingest()
    assert report.is_clean
    assert report.batches == ()


def test_the_ledger_tells_what_lies_in_the_lake(bank: SmallBank) -> None:
    bank.drop(f"{DAY}/a.csv", GOOD)
    bank.drop("payments/delivered=2025-02-03/b.csv", HEADER + "p1,2024-01-01,,x,,,,,\np2,2024-01-01,,y,,,,,\n")
    bank.drop("payments/delivered=2025-02-04/c.csv", "")
    report = bank.ingest()
    (table,) = read_ledger(bank.settings)
    assert (table.source, table.table, table.batches) == ("shop", "payments", 2)
    assert (table.rows_in, table.rows_out, table.rejects) == (4, 2, 2)
    assert table.reject_reasons == {"amount is not a number of at most 16 digits and 2 decimals": 2}
    assert table.last_arrival == datetime(2025, 2, 3)
    assert table.rejected_files == report.rejected_files
    for path in (bank.settings.lake / "_batches").rglob("*.json"):
        assert json.loads(path.read_text())["batch"]["file"]


def test_progress_goes_from_nothing_to_all(bank: SmallBank) -> None:
    bank.drop(f"{DAY}/a.csv", GOOD)
    bank.drop(f"{DAY}/b.csv", GOOD + "p3,2024-01-01,,1,,,,,\n")
    steps: list[tuple[int, int]] = []
    bank.ingest(lambda _, done, total: steps.append((done, total)))
    total = steps[-1][1]
    assert steps[0] == (0, total)
    assert steps[-1] == (total, total)
    assert steps == sorted(steps)
