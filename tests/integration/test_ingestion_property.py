"""Rows in = rows out + rejects, whatever the file, with Python's csv module as a second opinion."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.ingestion.small_bank import SmallBank

HEADER = ["payment_id", "paid_at", "amount", "note"]

text = st.text(
    alphabet=st.sampled_from([*'ab1 ,;|\t"\n\r.-', "ก", "\u00a0", "\U0001f600", "é"]), max_size=8
) | st.sampled_from(["2024-01-01", "12.50", "12.345", "4111111111111111", "infinity", ""])
rows = st.lists(st.lists(text, min_size=4, max_size=4), max_size=12)


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(rows=rows, delimiter=st.sampled_from(",;\t|"), line_end=st.sampled_from(["\n", "\r\n"]), quoting=st.booleans())
def test_what_the_csv_module_writes_is_read_record_by_record(
    rows: list[list[str]], delimiter: str, line_end: str, quoting: bool
) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(
        written,
        delimiter=delimiter,
        lineterminator=line_end,
        quoting=csv.QUOTE_ALL if quoting else csv.QUOTE_MINIMAL,
    )
    writer.writerow(HEADER)
    writer.writerows([[f"id{number}", *row[1:3], row[3]] for number, row in enumerate(rows)])
    with tempfile.TemporaryDirectory() as folder:
        bank = SmallBank(Path(folder))
        bank.drop("payments/a.csv", written.getvalue().encode())
        report = bank.ingest()
        assert report.rows_in == len(rows)
        assert report.rows_in == report.rows_out + report.rejects
        # A note that reaches the lake is the note that was written, trimmed.
        kept = {row[0]: row[1] for row in bank.rows("payments", "payment_id, note")}
        trimmed = {f"id{number}": row[3].strip(" \t\r\n\u00a0") or None for number, row in enumerate(rows)}
        assert kept == {key: trimmed[key] for key in kept}
        assert len(kept) == report.rows_out


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(body=st.binary(max_size=300) | st.text(alphabet='a1,;"\n\r\0ก ', max_size=200).map(str.encode))
def test_no_bytes_whatever_make_it_fail_or_lose_count(body: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bank = SmallBank(Path(folder))
        bank.drop("payments/a.csv", ",".join(HEADER).encode() + b"\n" + body)
        bank.drop("payments/b.jsonl", b'{"payment_id": 1, "paid_at": "2024-01-01", "amount": 1}\n' + body)
        bank.drop("payments/c.csv.gz", b"\x1f\x8b" + body)
        bank.drop("payments/d.parquet", b"PAR1" + body)
        report = bank.ingest()
        assert len(report.batches) + len(report.rejected_files) == 4
        for batch in report.batches:
            assert batch.rows_in == batch.rows_out + batch.rejects
            numbers = {(row[0], row[1]) for row in bank.rows("payments", "_file, _row") if row[0] == batch.file}
            assert len(numbers) == batch.rows_out
