"""How fast records are stitched into people, against one pass over the links and against Splink's clustering.

The links are made here: people with one to five records each, each record showing some of its person's customer
number, login, national id, e-mail and phone; two in a hundred phones are a relative's, one in two thousand customer
numbers is somebody else's. Graph b has a chain of 10,000 records and a value that 100,000 records show besides. The
bound is one `select distinct` over the links into a table: the least that any stitching has to do. Each measurement is
a process of its own with two threads; CPU seconds are its user and system time, peak memory its maximum resident set.

    python -m benchmarks.identity --links 10000000
    python -m benchmarks.identity --links 30000000 --memory-limit 2GB --only bound plain

Splink is no dependency: `uv pip install "splink>=5"` beforehand, else its line says that it isn't there.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from tests.identity.macro_runner import MacroRunner

PROJECT_DIR = Path(__file__).resolve().parents[1]
# Links of the demo graph for each person, about.
LINKS_A_PERSON = 6.1

MAKE_LINKS = """
create table links as
with people as (select unnest(range({first}, {last})) as person),
records as (
    select person, unnest(range(1 + cast(hash(person, 'n') % 5 as bigint))) as number from people
),
drawn as (
    select *, hash(person, number, 'record') as record_key, hash(person, number, 'draw') as draw from records
),
shown as (
    select record_key, 2 as type_no,
        case when draw // 7 % 2000 = 0 then hash(person + 1, 2) else hash(person, 2) end as value_key,
        number from drawn where draw % 10 < 7
    union all
    select record_key, 3 as type_no, hash(person, 3) as value_key, number from drawn where draw // 10 % 10 < 4
    union all
    select record_key, 1 as type_no, hash(person, 1) as value_key, number from drawn where draw // 100 % 10 < 3
    union all
    select record_key, 12 as type_no, hash(person, number % 2, 12) as value_key, number
    from drawn where draw // 1000 % 10 < 3
    union all
    select record_key, 13 as type_no,
        hash(person - case when draw // 13 % 50 = 0 then person % 2 else 0 end, 13) as value_key, number
    from drawn where draw // 10000 % 10 < 3
)
select
    record_key, value_key, cast(type_no as integer) as type_no,
    case when type_no <= 3 then 'person' else 'reach' end as joins_as,
    cast(case when type_no <= 3 then 0 else 1000 end + type_no as hugeint) * 18446744073709551616
        + xor(record_key, value_key) as link_rank,
    null::ubigint as limit_key,
    date '2025-01-01' + cast(number * 40 as integer) as seen_date
from shown
union all
select
    record_key, hash(person, 'born') as value_key, 17 as type_no, null as joins_as,
    cast(17 as hugeint) * 18446744073709551616 + xor(record_key, hash(person, 'born')) as link_rank,
    null as limit_key, date '2025-01-01' as seen_date
from drawn where draw // 100 % 10 < 3
"""
ADD_HARD = """
insert into links
select hash(n, 'chain') as record_key, hash(n + step, 'chained') as value_key, 3, 'person',
    cast(3 as hugeint) * 18446744073709551616 + xor(record_key, value_key), null, date '2025-01-01'
from (select unnest(range(10000)) as n), (select unnest([0, 1]) as step)
union all
select hash(n, 'hub') as record_key, hash('hub') as value_key, 3, 'person',
    cast(3 as hugeint) * 18446744073709551616 + xor(record_key, value_key), null, date '2025-01-01'
from (select unnest(range(100000)) as n)
"""
LIMITS = (
    "(values (1, 1, null), (2, 20, null), (3, 20, null), (12, 10, 365), (13, 5, 365), (17, 1, null), (99, 500, null))"
)
PLAIN = (
    "select record_key, value_key, type_no, 'person' as joins_as, link_rank, limit_key, seen_date from links"
    " where joins_as is not null"
)


def connect(file: str, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """Open the file of links with two threads and room to spill beside it."""
    connection = duckdb.connect(file)
    connection.execute(f"set threads = 2; set memory_limit = '{memory_limit}'; set preserve_insertion_order = false")
    connection.execute(f"set temp_directory = '{file}.tmp'")
    return connection


def bound(connection: duckdb.DuckDBPyConnection) -> int:
    """Pass once over the links."""
    connection.execute(
        "create temp table bound as select distinct record_key, value_key from links where joins_as is not null"
    )
    return -1


def plain(connection: duckdb.DuckDBPyConnection) -> int:
    """Stitch with no limit at all, every link being strong."""
    connection.execute(f"create temp view plain_links as {PLAIN}")
    connection.execute("create temp table limits (limit_key ubigint, max_count integer, window_days integer)")
    MacroRunner(connection).stitch("plain_links", "limits", "clusters", "refused", "work")
    return count_people(connection)


def limited(connection: duckdb.DuckDBPyConnection) -> int:
    """Stitch with two strengths of evidence, contradicting birth dates and every limit."""
    connection.execute(
        f"create temp table limits as select * from {LIMITS} as given(limit_key, max_count, window_days)"
    )
    MacroRunner(connection).stitch("links", "limits", "clusters", "refused", "work")
    return count_people(connection)


def daily(connection: duckdb.DuckDBPyConnection) -> int:
    """Stitch all but the waiting, let one record in a hundred arrive, then twenty days of a thousandth each."""
    connection.execute(
        f"create temp table limits as select * from {LIMITS} as given(limit_key, max_count, window_days);"
        " create temp table waiting as"
        " select *, case when record_key % 100 = 0 then 0 else 1 + record_key % 1000 - 700 end as day"
        " from links where record_key % 100 = 0 or record_key % 1000 between 701 and 720;"
        " create temp table arrived as select * from links anti join waiting using (record_key)"
    )
    macros = MacroRunner(connection)
    started, used = time.perf_counter(), time.process_time()
    macros.stitch("arrived", "limits", "clusters", "refused", "work", "tallies")
    connection.execute(
        "create table held_clusters as from clusters; create table held_refused as from refused;"
        " create table held_tallies as from tallies"
    )
    full, full_cpu = time.perf_counter() - started, time.process_time() - used
    print(f"full stitching: {full:.2f} s, {full_cpu:.2f} CPU s", file=sys.stderr)
    for (day,) in connection.execute("select distinct day from waiting order by day").fetchall():
        connection.execute(
            f"create or replace temp table changed as select distinct record_key from waiting where day = {day};"
            f" insert into arrived select * exclude (day) from waiting where day = {day}"
        )
        links = connection.execute(f"select count(*) from waiting where day = {day}").fetchone()
        started, used = time.perf_counter(), time.process_time()
        macros.restitch("held_clusters", "held_refused", "held_tallies", "arrived", "changed", "limits", "work")
        seconds, cpu = time.perf_counter() - started, time.process_time() - used
        print(
            f"day {day}: {links[0] if links else 0:,} links, {seconds:.2f} s, {seconds / full:.1%} of full,"
            f" {cpu:.2f} CPU s, {cpu / full_cpu:.1%} of full",
            file=sys.stderr,
        )
    return count_people(connection)


def count_people(connection: duckdb.DuckDBPyConnection) -> int:
    """Count the persons that a stitching gave."""
    found = connection.execute("select count(distinct person_key) from clusters").fetchone()
    return int(found[0]) if found else 0


def splink(connection: duckdb.DuckDBPyConnection) -> int:
    """Let Splink cluster records and values over the same links; its tables are made before the clock that counts."""
    if importlib.util.find_spec("splink") is None:
        print("splink isn't installed", file=sys.stderr)
        raise SystemExit(3)
    from splink import DuckDBAPI
    from splink.clustering import cluster_pairwise_predictions_at_threshold

    api = DuckDBAPI(connection=connection)
    connection.execute(
        "create table nodes as"
        " select cast(record_key as varchar) as unique_id from links where joins_as is not null group by all union all"
        " select 'v' || value_key as unique_id from links where joins_as is not null group by all"
    )
    connection.execute(
        "create table edges as select cast(record_key as varchar) as unique_id_l, 'v' || value_key as unique_id_r,"
        " 1.0 as match_probability from links where joins_as is not null"
    )
    started = time.perf_counter()
    clusters = cluster_pairwise_predictions_at_threshold(
        "nodes", "edges", api, node_id_column_name="unique_id", threshold_match_probability=0.5
    )
    print(f"seconds {time.perf_counter() - started:.2f}", file=sys.stderr)
    found = connection.execute(f"select count(distinct cluster_id) from {clusters.physical_name}").fetchone()
    return int(found[0]) if found else 0


STEPS: dict[str, Callable[[duckdb.DuckDBPyConnection], int]] = {
    "bound": bound, "plain": plain, "limited": limited, "daily": daily, "splink": splink,
}  # fmt: skip


def measure(name: str, file: Path, memory_limit: str) -> tuple[float, float, float, int]:
    """Run one step in a process of its own; returns wall seconds, CPU seconds, peak MB and persons."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.identity", "--step", name, "--file", str(file),
         "--memory-limit", memory_limit],
        cwd=PROJECT_DIR, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{name} failed with exit code {process.returncode}")
    seconds, cpu, people = output.split()
    return float(seconds), float(cpu), usage.ru_maxrss / 1024, int(people)


def run_step(name: str, file: str, memory_limit: str) -> None:
    """Do one step in this process and print what it took: the step alone, not the start of Python."""
    connection = connect(file, memory_limit)
    started, used = time.perf_counter(), time.process_time()
    people = STEPS[name](connection)
    print(time.perf_counter() - started, time.process_time() - used, people)


def main() -> None:
    """Make the links, measure every step on them, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--links", type=int, default=10_000_000)
    parser.add_argument("--graph", choices=["a", "b"], default="b")
    parser.add_argument("--memory-limit", default="12GB")
    parser.add_argument("--only", nargs="+", choices=list(STEPS), default=list(STEPS))
    parser.add_argument("--step", choices=list(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--file", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        run_step(arguments.step, arguments.file, arguments.memory_limit)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "links.duckdb"
        with connect(str(file), "12GB") as connection:
            connection.execute(MAKE_LINKS.format(first=0, last=int(arguments.links / LINKS_A_PERSON)))
            if arguments.graph == "b":
                connection.execute(ADD_HARD)
            found = connection.execute(
                "select count(*) filter (where joins_as is not null), count(*) from links"
            ).fetchone()
        print(f"graph {arguments.graph}: {found[0]:,} links, {found[1] - found[0]:,} facts" if found else "")
        print(
            "| step | seconds | CPU seconds | peak MB | persons | x bound (wall) | x bound (CPU) |\n"
            "|---|---|---|---|---|---|---|"
        )
        base = None
        for name in arguments.only:
            seconds, cpu, peak, people = measure(name, file, arguments.memory_limit)
            base = base or (seconds, cpu)
            print(
                f"| {name} | {seconds:.1f} | {cpu:.1f} | {peak:,.0f} | {people:,}"
                f" | {seconds / base[0]:.1f} | {cpu / base[1]:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
