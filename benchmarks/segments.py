"""How long a hundred segments over a million people take, with history, sizes, overlaps and profiles.

The models are those of models/segments, rendered here; people and rules are made up, each rule a condition on
three columns of the customer 360. The baseline, in the same run, is one copy of the people. The first build enters
every member into the ledger; the day after, one person in fifty has changed.

    python -m benchmarks.segments --persons 1000000 --segments 100
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import jinja2

PROJECT_DIR = Path(__file__).resolve().parents[1]
FOLDER = PROJECT_DIR / "models" / "segments"
LEDGER = ("change_no", "changed_date", "segment", "person_id", "step")
PEOPLE = """
create or replace table customer_360_pseudonymous as
select
    'p' || lpad(cast(n as varchar), 12, '0') as person_id,
    date '2026-01-01' + {day} as as_of_date,
    cast(18 + hash(n, 1) % 70 as integer) as age_years,
    cast(hash(n, 2, {salt}) % 240 as integer) as tenure_months,
    cast(hash(n, 3) % 200000 as decimal(18, 2)) as income_amount,
    cast(hash(n, 4, {salt}) % 2000000 as decimal(18, 2)) as deposit_balance_amount,
    cast(hash(n, 5) % 4 as integer) as deposit_account_count,
    cast(hash(n, 6) % 3 as integer) as credit_card_count,
    cast(hash(n, 7) % 500000 as decimal(18, 2)) as credit_limit_amount,
    cast(hash(n, 8, {salt}) % 100000 as decimal(18, 2)) as credit_used_amount,
    cast(hash(n, 9, {salt}) % 50000 as bigint) as points_balance,
    cast(hash(n, 10, {salt}) % 900000 as decimal(18, 2)) as card_spend_12m_amount,
    cast(hash(n, 11, {salt}) % 300000 as decimal(18, 2)) as inflow_3m_amount,
    cast(hash(n, 12, {salt}) % 300000 as decimal(18, 2)) as outflow_3m_amount
from (
    -- One person in fifty changes on the second day.
    select n, if({day} > 0 and n % 50 = 0, {day}, 0) as salt from range({persons}) as people (n)
)
"""


def rule(number: int) -> str:
    """Return the condition of a made-up segment: a tenth of the people or so."""
    columns = ("deposit_balance_amount", "card_spend_12m_amount", "points_balance", "inflow_3m_amount")
    tops = (2_000_000, 900_000, 50_000, 300_000)
    column, top = columns[number % 4], tops[number % 4]
    low = top * (number % 7) // 10
    high, age = low + top * 3 // 10, 20 + number % 40
    return f"{column} between {low} and {high} and age_years > {age} and credit_card_count <= 1"


def render(model: str, segments: list[str]) -> str:
    """Return the SQL of a model of models/segments over tables of the same names."""
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 - SQL is no page
    context: dict[str, Any] = {
        "ref": lambda name: name,
        "config": lambda **_: "",
        "segment_names": lambda: segments,
        "lake_ledger": lambda *_: "select * from ledger",
    }
    return environment.from_string((FOLDER / f"{model}.sql").read_text(encoding="utf-8")).render(context)


def build(connection: duckdb.DuckDBPyConnection, segments: list[str]) -> dict[str, float]:
    """Build all models; returns the seconds of each, the segments' own in one."""
    seconds: dict[str, float] = {}
    started = time.perf_counter()
    for number, name in enumerate(segments):
        members = f"select person_id from customer_360_pseudonymous where {rule(number)}"
        connection.execute(f"create or replace table seg_{name} as {members}")
    seconds["segments"] = time.perf_counter() - started
    for model in (
        "segment_membership", "segment_changes", "segment_membership_history", "segment_sizes", "segment_overlaps",
        "segment_profiles",
    ):  # fmt: skip
        started = time.perf_counter()
        connection.execute(f"create or replace table {model} as {render(model, segments)}")
        seconds[model] = time.perf_counter() - started
    connection.execute(f"create or replace table ledger as select {', '.join(LEDGER)} from segment_changes")
    return seconds


def run(persons: int, count: int, folder: Path) -> None:
    """Measure and print a table."""
    segments = [f"rule_{number:03d}" for number in range(count)]
    with duckdb.connect(str(folder / "segments.duckdb")) as connection:
        connection.execute("set threads = 2; set memory_limit = '4GB'; set preserve_insertion_order = false")
        connection.execute(PEOPLE.format(persons=persons, day=0, salt="salt"))
        connection.execute("create table person_id_changes (person_id varchar, current_person_id varchar)")
        connection.execute(
            "create table ledger (change_no int, changed_date date, segment text, person_id text, step int)"
        )
        started = time.perf_counter()
        connection.execute("create table copied as select * from customer_360_pseudonymous")
        baseline = time.perf_counter() - started
        first = build(connection, segments)
        connection.execute(PEOPLE.format(persons=persons, day=1, salt="salt"))
        second = build(connection, segments)
        (members,) = connection.execute("select count(*) from segment_membership").fetchall()[0]
        (changes,) = connection.execute("select count(*) from segment_changes where change_no = 2").fetchall()[0]
    print(f"{persons:,} people, {count} segments, {members:,} memberships, {changes:,} changes on the second day")
    print(f"copy of the people: {baseline:.1f} s\n| model | first build, s | the day after, s |\n|---|---|---|")
    for model in first:
        print(f"| {model} | {first[model]:.1f} | {second[model]:.1f} |")
    totals = sum(first.values()), sum(second.values())
    print(f"| all | {totals[0]:.1f} | {totals[1]:.1f} |")
    print(f"times the copy: {totals[0] / baseline:.0f}, {totals[1] / baseline:.0f}")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def main() -> None:
    """Read the sizes from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--segments", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(arguments.persons, arguments.segments, Path(folder))


if __name__ == "__main__":
    main()
