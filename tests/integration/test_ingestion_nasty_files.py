"""Files as they come: each ends in rows, rejects with reasons or a clear message, never in a crash."""

from __future__ import annotations

import gzip
import resource
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.unit.ingestion.small_bank import SmallBank

HEADER = "payment_id,paid_at,amount,note\n"
CARD = "4111111111111111"


@pytest.fixture
def bank(tmp_path: Path) -> SmallBank:
    return SmallBank(tmp_path)


def notes(bank: SmallBank) -> list[tuple[str, str | None]]:
    return [(row[0], row[1]) for row in bank.rows("payments", "payment_id, note")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp874", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_delimiters_and_line_ends(bank: SmallBank, encoding: str, delimiter: str, line_end: str) -> None:
    lines = ["payment_id,paid_at,amount,note", "p1,2024-01-01,1.50,น้ำใจ", '"p2",2024-01-02,2,"ก ""ข"", ค"']
    text = line_end.join(lines).replace(",", delimiter).replace(f"{delimiter} ค", ", ค") + line_end
    bank.drop("payments/a.csv", text.encode(encoding))
    assert bank.ingest().is_clean
    assert notes(bank) == [("p1", "น้ำใจ"), ("p2", 'ก "ข", ค')]


def test_damage_in_every_line_costs_only_these_lines(bank: SmallBank) -> None:
    bank.drop(
        "payments/a.csv",
        (HEADER + "p1,2024-01-01,1,ok\n").encode()
        + b"p2,2024-01-01,1\n"
        + b"p3,2024-01-01,1,a,b\n"
        + b"p4,2024-01-01,1,\x00\n"
        + b"p5,2024-01-01,1,\xff\n"
        + b'p6,2024-01-01,1,"open\n'
        + b'p7,2024-01-01,1,"x"y\n'
        + b"\n"
        + f"p8,2024-01-01,1,{'x' * (3 << 20)}\n".encode()
        + f"p9,2024-01-01,1,card {CARD[:4]} {CARD[4:8]}-{CARD[8:]}\n".encode()
        + f"p10,2024-01-01,1,{CARD},too many\n".encode()
        + b'p11,2024-01-01,1,"over\r\ntwo lines"\n',
    )
    report = bank.ingest()
    assert (report.rows_in, report.rows_out, report.rejects) == (11, 2, 9)
    assert bank.rejects("payments") == [
        (2, None, "the line has 3 fields, the header 4"),
        (3, None, "the line has 5 fields, the header 4"),
        (4, None, "the line holds a NUL byte"),
        (5, None, "the line is not UTF-8"),
        (6, None, "broken quoting: a quote is opened and never closed"),
        (7, None, "broken quoting"),
        (8, None, "the line is longer than 2097152 bytes"),
        (9, "note", "note holds what looks like a card number"),
        (10, None, "the line has 5 fields, the header 4"),
    ]
    lines = dict(bank.rejects("payments", "_row, raw_line"))
    assert lines[2] == "p2,2024-01-01,1"
    assert lines[9] == "p9,2024-01-01,1,card 4111 11******1111"
    assert lines[10] == "p10,2024-01-01,1,411111******1111,too many"
    assert bank.rows("payments", "payment_id, _row, note") == [("p1", 1, "ok"), ("p11", 11, "over\r\ntwo lines")]
    assert CARD.encode() not in b"".join(bank.lake_files().values())


def test_values_that_would_be_changed_are_rejected_with_column_and_reason(bank: SmallBank) -> None:
    bank.drop(
        "payments/a.csv",
        "payment_id,paid_at,amount,posted_date,item_count,is_refund,channel\n"
        "p1,2024-01-01,12.345,2024-01-31 10:00,1.5,maybe,moon\n"
        " p2 ,2024-01-01T10:00+07:00, 1 ,2024-01-31,2.0,Yes, web\n"
        ",yesterday,,infinity,,,\n",
    )
    bank.ingest()
    assert bank.rejects("payments", "_row, column_name, reason, raw_line") == [
        (
            1,
            "amount, posted_date, item_count, is_refund, channel",
            "amount is not a number of at most 16 digits and 2 decimals; posted_date is not a date (YYYY-MM-DD); "
            "item_count is not a whole number; is_refund is not true or false; channel is none of web, branch",
            "p1,2024-01-01,12.345,2024-01-31 10:00,1.5,maybe,moon",
        ),
        (
            3,
            "payment_id, paid_at, amount, posted_date",
            "payment_id is missing; paid_at is not a timestamp (YYYY-MM-DD hh:mm:ss); amount is missing; "
            "posted_date is not a date (YYYY-MM-DD)",
            ",yesterday,,infinity,,,",
        ),
    ]
    assert bank.rows("payments", "payment_id, amount, item_count, is_refund, channel") == [
        ("p2", Decimal("1.00"), 2, True, "web")
    ]


def test_card_numbers_are_found_in_every_column(bank: SmallBank) -> None:
    header = "payment_id,paid_at,amount,item_count,note,unknown\n"
    rows = [f"{CARD},2024-01-01,1,,,", f"a,2024-01-01,{CARD},,,", f"b,2024-01-01,{CARD}.00,,,"]
    rows += [f"c,2024-01-01,1,{CARD},,", f"d,2024-01-01,1,,{CARD},", f"e,2024-01-01,1,,,{CARD}"]
    bank.drop("payments/a.csv", header + "\n".join(rows) + "\nf,2024-01-01,1,,,\n")
    bank.ingest()
    columns = [column for _, column, _ in bank.rejects("payments")]
    assert columns == ["payment_id", "amount", "amount", "item_count", "note", "unknown"]
    assert notes(bank) == [("f", None)]
    assert CARD.encode() not in b"".join(bank.lake_files().values())


def test_a_column_may_be_exempt_from_the_card_number_check(bank: SmallBank) -> None:
    bank.drop("clicks/a.csv", f"click_id,clicked_at\n{CARD},2024-01-01\n\t{CARD}1,2024-01-01\n")
    assert bank.ingest().rejects == 0
    assert bank.rows("clicks", "click_id") == [(CARD,), (f"{CARD}1",)]


@pytest.mark.parametrize(
    "name",
    ["it's.csv", 'a "b".csv', "a b.csv", "ก ข.csv", "[1].csv", "*.csv", "a?.csv", "$x;--.csv", "{}.csv", "%s.csv"],
)
def test_file_names_of_every_kind(bank: SmallBank, name: str) -> None:
    bank.drop(f"payments/{name}", HEADER + "p1,2024-01-01,1,\n")
    bank.drop("payments/1.csv", HEADER + "p2,2024-01-01,1,\n")
    assert bank.ingest().is_clean
    assert set(bank.rows("payments", "payment_id, _file")) == {
        ("p1", f"shop/payments/{name}"),
        ("p2", "shop/payments/1.csv"),
    }


def test_a_header_only_is_a_batch_without_rows(bank: SmallBank) -> None:
    bank.drop("payments/a.csv", HEADER)
    bank.drop("payments/b.csv", HEADER.strip())
    report = bank.ingest()
    assert report.is_clean
    assert (len(report.batches), report.rows_in) == (2, 0)


def test_a_header_may_be_quoted_blank_led_and_over_two_lines(bank: SmallBank) -> None:
    bank.drop(
        "payments/a.csv", '\ufeff\n"Payment_ID" ,"paid_at",AMOUNT,"a\nnote"\np1,2024-01-01,1,\np2,2024-01-01,1,x\n'
    )
    report = bank.ingest()
    assert report.rows_out == 2
    assert report.batches[0].unknown_columns == ("a note",)


def test_a_delimiter_at_the_end_of_every_line(bank: SmallBank) -> None:
    bank.drop("payments/a.csv", "payment_id,paid_at,amount,note\np1,2024-01-01,1,x,\np2,2024-01-01,1,y,\n")
    bank.drop("payments/b.csv", "payment_id,paid_at,amount,\np3,2024-01-01,1,\n")
    report = bank.ingest()
    assert report.rejects == 0
    assert notes(bank) == [("p1", "x"), ("p2", "y"), ("p3", None)]


def test_one_column_only(bank: SmallBank) -> None:
    bank.drop("payments/a.csv", "payment_id,change_type\np1,delete\n")
    bank.drop("payments/b.csv", "change_type\ndelete\n")
    report = bank.ingest()
    assert [problem.file[-5:] for problem in report.rejected_files] == ["b.csv"]


def test_gzip_that_is_cut_off_is_rejected_whole(bank: SmallBank) -> None:
    content = gzip.compress((HEADER + "".join(f"p{n},2024-01-01,{n},\n" for n in range(5000))).encode())
    bank.drop("payments/a.csv.gz", content[:-100])
    report = bank.ingest()
    assert [problem.reason for problem in report.rejected_files] == [
        "the gzip data is cut off: the file was not delivered whole"
    ]
    bank.drop("payments/a.csv.gz", content)
    assert bank.ingest().rows_out == 5000


def test_json_lines_go_through_the_same_rules(bank: SmallBank) -> None:
    bank.drop(
        "payments/a.jsonl",
        '{"payment_id": "p1", "paid_at": "2024-01-01T00:00:00Z", "amount": 1234567890123456.78, "extra": {"a": [1]}}\n'
        '{"payment_id": 2, "paid_at": "2024-01-01", "amount": 1.005}\n'
        "{broken\n"
        f'{{"payment_id": "p4", "paid_at": "2024-01-01", "amount": 1, "extra": {{"card": "{CARD}"}}}}\n'
        '{"payment_id": "p5", "paid_at": "2024-01-01", "amount": 5, "is_refund": false, "item_count": 3}\n',
    )
    report = bank.ingest()
    assert bank.rows("payments", "payment_id, amount, is_refund, _row") == [
        ("p1", Decimal("1234567890123456.78"), None, 1),
        ("p5", Decimal(5), False, 5),
    ]
    assert [(row, column) for row, column, _ in bank.rejects("payments")] == [(2, "amount"), (3, None), (4, "extra")]
    assert report.batches[0].unknown_columns == ("extra",)


def test_a_member_that_first_appears_late_in_json_lines_is_not_lost(bank: SmallBank) -> None:
    line = '{{"payment_id": "p{0}", "paid_at": "2024-01-01", "amount": 1}}\n'
    late = '{"payment_id": "late", "paid_at": "2024-01-01", "amount": 1, "note": "x", "other": "y"}\n'
    bank.drop("payments/a.jsonl.gz", gzip.compress(("".join(map(line.format, range(1500))) + late).encode()))
    batch = bank.ingest().batches[0]
    assert (batch.rows_out, batch.unknown_columns) == (1501, ("other",))
    assert bank.rows("payments", "_row, note")[-1] == (1501, "x")


def test_parquet_goes_through_the_same_rules(bank: SmallBank) -> None:
    path = bank.drop("payments/delivered=2025-01-01/a.parquet", "")
    duckdb.sql(
        f"""copy (
            select * from (values
                (1, timestamptz '2024-01-01 07:00:00+07', 1.5::double, timestamp '2024-01-31 00:00:00', {{'a': 1}}),
                (2, timestamptz '2024-01-01 00:00:00+00', 1.005, null, null),
                (3, null, 1, timestamp '2024-01-31 10:00:00', null)
            ) t("Payment_Id", paid_at, amount, posted_date, nested)
        ) to '{path}'"""
    )
    report = bank.ingest()
    assert bank.rows("payments", "payment_id, paid_at::varchar, amount, posted_date::varchar, _row") == [
        ("1", "2024-01-01 00:00:00", Decimal("1.50"), "2024-01-31", 1)
    ]
    assert [(row, column) for row, column, _ in bank.rejects("payments")] == [
        (2, "amount"),
        (3, "paid_at, posted_date"),
    ]
    assert report.batches[0].unknown_columns == ("nested",)


def test_a_line_of_a_hundred_megabytes_is_a_reject_in_little_memory(bank: SmallBank) -> None:
    path = bank.drop("payments/a.csv", HEADER + "p1,2024-01-01,1,")
    with path.open("ab") as file:
        for _ in range(100):
            file.write(b"x" * (1 << 20))
        file.write(b"\np2,2024-01-01,2,ok\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = bank.ingest()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert (report.rows_in, report.rows_out, report.rejects) == (2, 1, 1)
    assert grown < 80 * 1024, f"{grown} KB"


def test_messages_hold_no_data(bank: SmallBank, capfd: pytest.CaptureFixture[str]) -> None:
    bank.drop("people/a.csv", 'person_no,national_id,updated_at\n1,1101700203451,"Somchai 0812345678\n2,x,Somchai\n')
    report = bank.ingest()
    printed = "".join(capfd.readouterr())
    assert "Somchai" not in str(report) + printed
    assert "1101700203451" not in str(report) + printed
    assert bank.settings.national_id_key().decode() not in str(report) + printed


def test_parquet_that_is_damaged_behind_its_footer_is_rejected(bank: SmallBank) -> None:
    path = bank.drop("payments/a.parquet", "")
    rows = "'p' || i as payment_id, timestamp '2024-01-01' as paid_at, i::decimal(18,2) as amount"
    duckdb.sql(f"copy (select {rows} from range(5000) t(i)) to '{path}' (compression zstd)")
    content = bytearray(path.read_bytes())
    content[200:2000] = b"\xff" * 1800
    path.write_bytes(content)
    report = bank.ingest()
    assert [problem.file for problem in report.rejected_files] == ["shop/payments/a.parquet"]
    assert report.batches == ()
