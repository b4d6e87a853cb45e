"""How long a hundred segments over a million people take, with history, sizes, overlaps and profiles.

The models are those of models/segments, rendered here; people and rules are made up, each rule a condition on
three columns of the customer 360. The baseline, in the same run, is one copy of the people. The first build enters
every member into the ledger; the day after, one person in fifty has changed. The ledger is read from files as the lake
has them; writing them belongs to no model's time. Seconds of the processor, of all threads together, say more than
those of the clock on a machine with other work.

    python -m benchmarks.segments --persons 1000000 --segments 100
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import jinja2

PROJECT_DIR = Path(__file__).resolve().parents[1]
FOLDER = PROJECT_DIR / "models" / "segments"
BITS = PROJECT_DIR / "macros" / "segments" / "segment_bits.sql"
# dbt builds so many models at once (profiles.yml).
THREADS = 2
NO_LEDGER = (
    "select null::int as change_no, null::date as changed_date, null::text as segment, null::text as person_id,"
    " null::int as step where false"
)
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


@dataclass(frozen=True)
class Cost:
    """What something took: seconds on the clock, and those of the processor."""

    clock: float
    processor: float


class Costs:
    """The costs of steps by name."""

    def __init__(self) -> None:
        """Begin with none."""
        self.steps: dict[str, Cost] = {}

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Measure a step."""
        clock, processor = time.perf_counter(), time.process_time()
        yield
        self.steps[name] = Cost(time.perf_counter() - clock, time.process_time() - processor)

    def total(self) -> Cost:
        """Return the sum of all steps."""
        steps = self.steps.values()
        return Cost(sum(step.clock for step in steps), sum(step.processor for step in steps))


def render(model: str, segments: list[str], ledger: Path) -> str:
    """Return the SQL of a model of models/segments over tables of the same names, and the ledger's files."""
    read = f"select * from '{ledger}/*.parquet'" if any(ledger.glob("*.parquet")) else NO_LEDGER
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 - SQL is no page
    context: dict[str, Any] = {
        "ref": lambda name: name,
        "config": lambda **_: "",
        "segment_names": lambda: segments,
        "segment_bits": environment.from_string(BITS.read_text(encoding="utf-8")).module.__dict__["segment_bits"],
        "lake_ledger": lambda *_: read,
    }
    return environment.from_string((FOLDER / f"{model}.sql").read_text(encoding="utf-8")).render(context)


def build(connection: duckdb.DuckDBPyConnection, segments: list[str], ledger: Path) -> Costs:
    """Build all models, the segments' own as one step, and the ledger's next file as the hook does."""
    costs = Costs()

    def segment(number: int) -> None:
        members = f"select person_id from customer_360_pseudonymous where {rule(number)}"
        connection.cursor().execute(f"create or replace table seg_{segments[number]} as {members}")

    with costs.of("segments"), ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(segment, range(len(segments))))
    for model in (
        "segment_membership", "segment_changes", "segment_membership_history", "segment_sizes", "segment_overlaps",
        "segment_profiles",
    ):  # fmt: skip
        with costs.of(model):
            connection.execute(f"create or replace table {model} as {render(model, segments, ledger)}")
    files = len(list(ledger.glob("*.parquet")))
    connection.execute(
        f"copy (select * from segment_changes where change_no > {files} order by person_id, segment)"
        f" to '{ledger}/{files + 1:08d}.parquet' (format parquet, compression zstd)"
    )
    return costs


def run(persons: int, count: int, folder: Path) -> None:
    """Measure and print a table."""
    segments = [f"rule_{number:03d}" for number in range(count)]
    ledger = folder / "ledger"
    ledger.mkdir()
    baseline = Costs()
    with duckdb.connect(str(folder / "segments.duckdb")) as connection:
        connection.execute("set threads = 2; set memory_limit = '4GB'; set preserve_insertion_order = false")
        connection.execute(PEOPLE.format(persons=persons, day=0, salt="salt"))
        connection.execute("create table person_id_changes (person_id varchar, current_person_id varchar)")
        with baseline.of("copy"):
            connection.execute("create table copied as select * from customer_360_pseudonymous")
        first = build(connection, segments, ledger)
        connection.execute(PEOPLE.format(persons=persons, day=1, salt="salt"))
        second = build(connection, segments, ledger)
        (members,) = connection.execute("select count(*) from segment_membership").fetchall()[0]
        (changes,) = connection.execute("select count(*) from segment_changes where change_no = 2").fetchall()[0]
    print(f"{persons:,} people, {count} segments, {members:,} memberships, {changes:,} changes on the second day")
    print("| model | first build, s | of the processor | the day after, s | of the processor |\n|---|---|---|---|---|")
    rows = {f"`{name}`": (step, second.steps[name]) for name, step in first.steps.items()}
    for name, (one, other) in {**rows, "all": (first.total(), second.total())}.items():
        print(f"| {name} | {one.clock:.1f} | {one.processor:.1f} | {other.clock:.1f} | {other.processor:.1f} |")
    copy = baseline.total()
    times = [first.total().clock / copy.clock, first.total().processor / copy.processor]
    times += [second.total().clock / copy.clock, second.total().processor / copy.processor]
    print(f"| x copy ({copy.clock:.1f} s, {copy.processor:.1f} s) | {' | '.join(f'{ratio:.0f}' for ratio in times)} |")
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
