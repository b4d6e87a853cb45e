"""A text becomes a value only if nothing of it is lost."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from cardinal.ingestion.values import exact, quick_cast, trimmed

LOST = None

CASES = {
    "bigint": {
        "12": 12, " 12\t": 12, "-7": -7, "+5": 5, "007": 7, "12.0": 12, "12.": 12, "9223372036854775807": 2**63 - 1,
        "1.5": LOST, "0.9": LOST, "1e3": LOST, "0x1F": LOST, "9223372036854775808": LOST, "1,000": LOST, "": LOST,
    },
    "integer": {"2147483647": 2**31 - 1, "2147483648": LOST},
    "decimal(18,2)": {
        "12.34": Decimal("12.34"), "12.3": Decimal("12.30"), "12": Decimal(12), "-.5": Decimal("-0.50"),
        "12.3400": Decimal("12.34"), " 12.34 ": Decimal("12.34"), "9999999999999999.99": Decimal("9999999999999999.99"),
        "6220.0": Decimal(6220), "5": Decimal(5), "1e": LOST, "1.": Decimal(1), ".": LOST, "-": LOST,
        "12.345": LOST, "0.001": LOST, "10000000000000000.00": LOST, "12345e-3": LOST, "1e3": LOST, "1,234.50": LOST,
        "NaN": LOST, "inf": LOST, "12,34": LOST, "1.1e-9": LOST,
    },
    "decimal(9,6)": {"13.756331": Decimal("13.756331"), "13.7563310": Decimal("13.756331"), "13.7563319": LOST,
                     "1.12e-99": LOST},
    "boolean": {"true": True, "FALSE": False, "t": True, "0": False, "1": True, "no": False, "Y": True,
                "on": LOST, "2": LOST},
    "date": {
        "2024-01-31": date(2024, 1, 31), "2024-01-31 00:00:00": date(2024, 1, 31),
        "2024-01-31T00:00:00.000": date(2024, 1, 31),
        " 2024-02-29": date(2024, 2, 29), "9999-12-31": date(9999, 12, 31),
        "2024-01-31 10:00": LOST, "2024-02-30": LOST, "2023-02-29": LOST, "0000-01-01": LOST, "infinity": LOST,
        "-infinity": LOST, "epoch": LOST, "31/01/2024": LOST, "2024-1-5": LOST, "2024-01-31 (BC)": LOST,
        "20240131": LOST,
    },
    "timestamp": {
        "2024-01-31 10:20:30": datetime(2024, 1, 31, 10, 20, 30),
        "2024-01-31T10:20:30": datetime(2024, 1, 31, 10, 20, 30),
        "2024-01-31 10:20": datetime(2024, 1, 31, 10, 20),
        "2024-01-31": datetime(2024, 1, 31),
        "2024-01-31 10:20:30.123456": datetime(2024, 1, 31, 10, 20, 30, 123456),
        "2024-01-31 10:20:30.123456000": datetime(2024, 1, 31, 10, 20, 30, 123456),
        "2024-01-31T10:20:30Z": datetime(2024, 1, 31, 10, 20, 30),
        "2024-01-31T10:20:30+07:00": datetime(2024, 1, 31, 3, 20, 30),
        "2024-01-31 10:20:30+0700": datetime(2024, 1, 31, 3, 20, 30),
        "2024-01-31 10:20:30 +07": datetime(2024, 1, 31, 3, 20, 30),
        "2024-01-31T10:20+07:00": datetime(2024, 1, 31, 3, 20),
        "2024-01-31T10:20-0530": datetime(2024, 1, 31, 15, 50),
        "2024-01-31T10:20:30.5+07:00": datetime(2024, 1, 31, 3, 20, 30, 500000),
        "2024-01-31T10:20:30.123456Z": datetime(2024, 1, 31, 10, 20, 30, 123456),
        " 2024-01-31T10:20:30+07:00": datetime(2024, 1, 31, 3, 20, 30),
        "2024-01-31T24:00:00+07:00": LOST, "0000-12-31T10:00:00-07:00": LOST, "2024-02-30T10:00:00Z": LOST,
        "2024-01-31 10:20:30.1234567": LOST, "2024-01-31 24:00:00": LOST, "2024-01-31 23:59:60": LOST,
        "2024-01-31 25:00:00": LOST, "infinity": LOST, "0000-01-01 00:00:00": LOST, "2024-02-30 10:00:00": LOST,
        "31.01.2024 10:00": LOST, "now": LOST, "1706696430": LOST, "2024-01-31 10:20:30 Asia/Bangkok": LOST,
    },
}  # fmt: skip


@pytest.mark.parametrize("data_type", CASES)
def test_a_value_loses_nothing_or_is_null(data_type: str) -> None:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("create table texts (c varchar)")
    connection.executemany("insert into texts values (?)", [[text] for text in CASES[data_type]])
    quick = f"select c, {quick_cast('c', data_type)} as q from texts"
    found = connection.execute(f"select c, {exact('c', 'q', data_type)} from ({quick})").fetchall()

    assert dict(found) == CASES[data_type]


def test_no_offset_depends_on_the_machine() -> None:
    """An offset is applied for timestamptz only, and what comes out must not depend on the zone of the process."""
    connection = duckdb.connect()
    for zone in ("UTC", "Asia/Bangkok", "America/New_York"):
        connection.execute(f"set TimeZone = '{zone}'")
        sql = exact("c", "q", "timestamp")
        found = connection.execute(
            f"select {sql} from (select c, {quick_cast('c', 'timestamp')} as q from "
            "(values ('2024-01-31T10:20:30+07:00')) t(c))"
        ).fetchall()
        assert found == [(datetime(2024, 1, 31, 3, 20, 30),)]


@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0", "\u3000", "\ufeff", "\u200b", "\r\n", ""])
def test_blanks_of_every_kind_are_trimmed(blank: str) -> None:
    query = f"select {trimmed('c')} from (values (?), (?)) t(c)"
    assert duckdb.execute(query, [f"{blank}ก ข{blank}", blank]).fetchall() == [("ก ข",), (None,)]
