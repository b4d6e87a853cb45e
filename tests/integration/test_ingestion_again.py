"""What happens when ingestion runs again: nothing twice, nothing lost, and always in order of arrival."""

from __future__ import annotations

import fcntl
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cardinal.ingestion.errors import IngestionError
from cardinal.ingestion.run import read_ledger
from cardinal.single_run import PATIENCE, Patience
from tests.unit.ingestion.small_bank import CONTRACTS, SmallBank

HEADER = "payment_id,paid_at,posted_date,amount,item_count,is_refund,channel,note,change_type\n"
GOOD = HEADER + "p1,2024-01-31T10:00:00+07:00,2024-01-31,12.50,3,false,web,note,\np2,2024-02-01 00:00:00,,0.01,,,,,\n"
DAY = "payments/delivered=2025-02-01"


@pytest.fixture
def bank(tmp_path: Path) -> SmallBank:
    return SmallBank(tmp_path)


def test_the_same_content_again_changes_nothing(bank: SmallBank) -> None:
    path = bank.drop(f"{DAY}/a.csv", GOOD)
    bank.drop(f"{DAY}/bad.csv", "payment_id\np1\n")
    bank.ingest()
    before, times = bank.lake_files(), _times(bank)

    bank.drop("payments/another name.csv", GOOD)
    os.utime(path, ns=(1, 1))
    again = bank.ingest()
    assert (len(again.batches), again.known_files, again.rejected_files) == (0, 3, ())
    assert bank.lake_files() == before
    assert _times(bank) == times


def test_a_refused_file_that_was_corrected_is_refused_no_more(bank: SmallBank) -> None:
    bank.drop(f"{DAY}/a.csv", "payment_id\np1\n")
    bank.drop(f"{DAY}/b.csv", "payment_id\np2\n")
    bank.ingest()
    bank.drop(f"{DAY}/b.csv", "payment_id,note\np2,\n")
    bank.ingest()
    (table,) = read_ledger(bank.settings)
    # Refused twice, it is one file still.
    assert [problem.file[-5:] for problem in table.rejected_files] == ["a.csv", "b.csv"]

    bank.drop(f"{DAY}/a.csv", GOOD)
    bank.ingest()
    (table,) = read_ledger(bank.settings)
    assert [problem.file[-5:] for problem in table.rejected_files] == ["b.csv"]


def test_an_empty_inbox_begins_no_home(bank: SmallBank) -> None:
    """The market is that of the bank whose files come, and can be chosen until they do."""
    bank.ingest()
    assert not (bank.settings.home / "market.json").exists()
    bank.drop(f"{DAY}/a.csv", GOOD)
    bank.ingest()
    assert (bank.settings.home / "market.json").exists()


def test_known_files_are_not_opened_again(bank: SmallBank, monkeypatch: pytest.MonkeyPatch) -> None:
    bank.drop(f"{DAY}/a.csv", GOOD)
    bank.drop(f"{DAY}/same.csv", GOOD)
    bank.drop(f"{DAY}/bad.csv", "payment_id\np1\n")
    bank.ingest()

    def fail(*_: object) -> None:
        raise AssertionError("a known file was read")

    monkeypatch.setattr("cardinal.ingestion.run.read_text", fail)
    assert bank.ingest().known_files == 3


def test_the_memory_of_known_files_can_be_lost(bank: SmallBank) -> None:
    bank.drop(f"{DAY}/a.csv", GOOD)
    bank.ingest()
    before = bank.lake_files()
    cache = bank.settings.home / "cache" / "ingested_files.jsonl"
    cache.write_text(cache.read_text() + '["half a li')
    assert bank.ingest().known_files == 1
    cache.unlink()
    assert bank.ingest().known_files == 1
    assert bank.lake_files() == before


def test_a_lost_lake_is_built_again(bank: SmallBank) -> None:
    bank.drop(f"{DAY}/a.csv", GOOD)
    bank.ingest()
    before = bank.lake_files()
    bank.settings.lake.rename(bank.settings.home / "old")
    assert len(bank.ingest().batches) == 1
    assert bank.lake_files() == before


def test_arrivals_of_a_table_strictly_increase(bank: SmallBank) -> None:
    for number in range(3):
        bank.drop(f"payments/delivered=2025-02-0{3 - number}/a.csv", HEADER + f"p{number},2024-01-01,,1,,,,,\n")
        bank.drop(f"payments/delivered=2025-02-01/{number}.csv", HEADER + f"q{number},2024-01-01,,1,,,,,\n")
    bank.ingest()
    bank.drop("payments/delivered=2020-01-01/late.csv", HEADER + "late,2024-01-01,,1,,,,,\n")
    bank.ingest()
    first, microsecond = datetime(2025, 2, 1), timedelta(microseconds=1)
    assert bank.rows("payments", "payment_id, _ingested_at") == [
        ("q0", first),
        ("q1", first + microsecond),
        ("q2", first + 2 * microsecond),
        ("p2", first + 3 * microsecond),
        ("p1", datetime(2025, 2, 2)),
        ("p0", datetime(2025, 2, 3)),
        ("late", datetime(2025, 2, 3) + microsecond),
    ]


def test_without_a_delivered_folder_the_clock_says_when(bank: SmallBank) -> None:
    bank.drop("payments/a.csv", GOOD)
    before = datetime.now(UTC).replace(tzinfo=None)
    arrival = bank.ingest().batches[0].ingested_at
    assert before <= arrival <= datetime.now(UTC).replace(tzinfo=None)


def test_a_rejected_file_gets_another_chance_by_a_new_contract(bank: SmallBank) -> None:
    bank.drop(f"{DAY}/a.csv", "payment_id,paid_at\np1,2024-01-01\n")
    assert len(bank.ingest().rejected_files) == 1
    required = '"decimal(18,2)", config: {meta: {pii: personal, required: true}}'
    relaxed = '"decimal(18,2)", config: {meta: {pii: personal}}'
    bank.contracts.write_text(CONTRACTS.replace(required, relaxed), encoding="utf-8")
    assert bank.ingest().rows_out == 1
    assert [table.rejected_files for table in read_ledger(bank.settings)] == [()]
    assert bank.ingest().known_files == 1


def test_a_drop_that_changes_while_it_is_read_is_left(bank: SmallBank, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bank.drop(f"{DAY}/a.csv", GOOD)
    gone = bank.drop(f"{DAY}/b.csv", GOOD.replace("p1", "p9"))
    bank.drop(f"{DAY}/c.csv", GOOD.replace("p1", "p8"))

    def progress(name: str, done: int, total: int) -> None:
        if name.endswith("a.csv"):
            path.write_text(GOOD + "p3,2024-01-01,,1,,,,,\n")
            gone.unlink()

    report = bank.ingest(progress)
    assert [problem.file[-5:] for problem in report.unsettled_files] == ["a.csv", "b.csv"]
    assert [batch.file[-5:] for batch in report.batches] == ["c.csv"]
    assert not report.is_clean
    monkeypatch.undo()
    assert bank.ingest().rows_out == 3


def test_two_runs_at_once_are_refused(bank: SmallBank) -> None:
    bank.settings.home.mkdir(parents=True)
    with (bank.settings.home / "ingestion.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(IngestionError, match="another ingestion is running"):
            bank.ingest()
    assert bank.ingest().is_clean


def test_who_has_patience_waits_for_the_other_run_and_not_for_ever(bank: SmallBank) -> None:
    bank.settings.home.mkdir(parents=True)
    said: list[str] = []
    with (bank.settings.home / "ingestion.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        token = PATIENCE.set(Patience(0.1, said.append))
        try:
            with pytest.raises(IngestionError, match="another ingestion is running"):
                bank.ingest()
            PATIENCE.set(Patience(60, lambda why: fcntl.flock(lock, fcntl.LOCK_UN)))
            assert bank.ingest().is_clean
        finally:
            PATIENCE.reset(token)
    (why,) = said
    assert "another ingestion is running" in why


def _times(bank: SmallBank) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in bank.settings.lake.rglob("*") if path.is_file()}
