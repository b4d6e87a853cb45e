"""How long a funnel of five steps over 90 days takes on many events, against one plain scan of the same columns.

The funnel is the macro of macros/journeys, rendered here; events are made up, in the order of time, with the columns
of customer_timeline that it reads: a third of them are of the steps. Each measurement writes the table that a dbt model
would; the scan, in the same run, reads the same columns and keeps four numbers. With --strict, the steps must follow
each other, so that every event is looked at.

    python -m benchmarks.journeys --events 100000000 --persons 1000000
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

from tests.identity.macro_runner import MacroRunner

STEPS = ("promotion_view", "promotion_click", "search", "application_start", "application_submit")
WINDOW_DAYS = 90
MAKE_EVENTS = """
create table customer_timeline as
select
    'digital.events:' || i as event_id,
    'p' || lpad(to_hex(hash(hash(i) % {persons}, 7)), 24, '0') as person_id,
    cast(null as varchar) as visitor_id,
    timestamp '2026-01-01'
    + to_microseconds(cast(cast(i as double) / {events} * {days} * 86400e6 as bigint)) as occurred_at,
    case
        when hash(i, 1) % 100 < 45 then 'page_view'
        when hash(i, 1) % 100 < 60 then 'promotion_view'
        when hash(i, 1) % 100 < 65 then 'promotion_click'
        when hash(i, 1) % 100 < 75 then 'search'
        when hash(i, 1) % 100 < 77 then 'application_start'
        when hash(i, 1) % 100 < 78 then 'application_submit'
        else 'card_purchase'
    end as event_kind
from range({events}) as numbers (i)
"""
SCAN = """
select count(coalesce(person_id, visitor_id)), max(coalesce(person_id, visitor_id)), max(occurred_at), max(event_kind)
from customer_timeline
"""


def declaration(order: str) -> dict[str, Any]:
    """The funnel as `funnels()` gives it."""
    return {
        "steps": [{"step": name, "condition": f"event_kind in ('{name}')"} for name in STEPS],
        "window_micros": WINDOW_DAYS * 86_400_000_000,
        "order": order,
        "among": "true",
    }


def measure(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[float, float]:
    """Run a statement; returns its seconds on the clock and the CPU seconds of all threads."""
    clock, processor = time.perf_counter(), time.process_time()
    connection.execute(sql).fetchall()
    return time.perf_counter() - clock, time.process_time() - processor


def run(events: int, persons: int, orders: list[str], folder: Path) -> None:
    """Measure and print a table."""
    path = str(folder / "journeys.duckdb")
    with duckdb.connect(path) as connection:
        connection.execute("set threads = 2; set memory_limit = '4GB'; set preserve_insertion_order = false")
        connection.execute(MAKE_EVENTS.format(events=events, persons=persons, days=WINDOW_DAYS))
    with duckdb.connect(path) as connection:
        connection.execute("set threads = 2; set memory_limit = '6GB'; set preserve_insertion_order = false")
        macros = MacroRunner(connection)
        print(f"{events:,} events of {persons:,} people, 2 threads, DuckDB {duckdb.__version__}")
        print("| what | seconds | CPU seconds | x scan (CPU) |\n|---|---|---|---|")
        measure(connection, SCAN)
        seconds, baseline = measure(connection, SCAN)
        print(f"| plain scan | {seconds:.1f} | {baseline:.1f} | 1.0 |", flush=True)
        for order in orders:
            sql = macros.funnel("f", declaration(order), "customer_timeline", "coalesce(person_id, visitor_id)")
            for what, statement in (
                ("counted", f"select step_no, count(*), max(traveller_id) from ({sql}) group by step_no"),
                ("written as a table", f"create or replace table funnel_{order} as {sql}"),
            ):
                seconds, cpu = measure(connection, statement)
                print(f"| {order} funnel, {what} | {seconds:.1f} | {cpu:.1f} | {cpu / baseline:.1f} |", flush=True)
            counts = connection.execute(
                f"select step_no, count(*) from funnel_{order} group by all order by 1"
            ).fetchall()
            print(f"people by step: {', '.join(f'{count:,}' for _, count in counts)}")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB, making the events included")


def main() -> None:
    """Read the sizes from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000_000)
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--strict", action="store_true", help="also as a strict funnel")
    arguments = parser.parse_args()
    orders = ["loose", "strict"] if arguments.strict else ["loose"]
    with tempfile.TemporaryDirectory() as folder:
        run(arguments.events, arguments.persons, orders, Path(folder))


if __name__ == "__main__":
    main()
