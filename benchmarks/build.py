"""How long the whole walk takes: generate, ingest, `dbt build`, a second build, and one more day.

The baseline is one plain copy of the lake into a DuckDB file (`create table as select *` for each table),
measured in the same run: the least that any warehouse on this lake has to do. Each step is a process of its own;
peak memory is its maximum resident set.

    python benchmarks/build.py --persons 5000 --months 24
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

PROJECT_DIR = Path(__file__).resolve().parents[1]

COPY_LAKE = """
import sys, duckdb
from pathlib import Path
lake, file = Path(sys.argv[1]), sys.argv[2]
connection = duckdb.connect(file)
connection.execute("set threads = 2; set preserve_insertion_order = false")
for table in sorted(lake.glob("[a-z]*/[a-z]*")):
    connection.execute(f"create table {table.parent.name}__{table.name} as "
        f"select * from read_parquet('{table}/*/*.parquet', hive_partitioning = true, union_by_name = true)")
connection.close()
"""


@dataclass(frozen=True)
class Step:
    """What one process took."""

    name: str
    seconds: float
    peak_megabytes: float


def measure(name: str, command: list[str], environment: dict[str, str]) -> Step:
    """Run a command and return wall time and peak memory; its output is shown only if it fails."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=PROJECT_DIR, env=environment, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            sys.stderr.write(output.read().decode(errors="replace")[-4000:])
            raise SystemExit(f"{name} failed with exit code {process.returncode}")
    return Step(name, seconds, usage.ru_maxrss / 1024)


def lake_rows(lake: Path) -> int:
    """Count the rows of all tables of a lake from the Parquet footers."""
    total = 0
    for table in lake.glob("[a-z]*/[a-z]*"):
        found = duckdb.execute(
            f"select coalesce(sum(num_rows), 0) from parquet_file_metadata('{table}/*/*.parquet')"
        ).fetchone()
        total += int(found[0]) if found else 0
    return total


def run(persons: int, months: int, home: Path) -> None:
    """Measure one size of bank and print a table."""
    environment = {
        **os.environ,
        "CARDINAL_HOME": str(home),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
    }
    cardinal = [sys.executable, "-m", "cardinal"]
    dbt = [sys.executable, "-m", "dbt.cli.main", "build"]
    size = ["--persons", str(persons), "--months", str(months), "--seed", "7"]
    steps = [
        measure("generate", [*cardinal, "generate", *size], environment),
        measure("ingest", [*cardinal, "ingest"], environment),
    ]
    rows = lake_rows(home / "lake")
    baseline = measure(
        "baseline: copy the lake into DuckDB",
        [sys.executable, "-c", COPY_LAKE, str(home / "lake"), str(home / "copy.duckdb")],
        environment,
    )
    steps += [
        baseline,
        measure("dbt build", dbt, environment),
        measure("dbt build, nothing new", dbt, environment),
        measure("generate one more day", [*cardinal, "generate", "--days", "1"], environment),
        measure("ingest it", [*cardinal, "ingest"], environment),
        measure("dbt build of one more day", dbt, environment),
    ]
    print(f"\n{persons:,} persons, {months} months, {rows:,} rows in the lake, {os.cpu_count()} cores")
    print("| step | seconds | rows a second | peak MB | x baseline |\n|---|---|---|---|---|")
    for step in steps:
        print(
            f"| {step.name} | {step.seconds:.1f} | {rows / step.seconds:,.0f} | {step.peak_megabytes:,.0f}"
            f" | {step.seconds / baseline.seconds:.1f} |"
        )


def main() -> None:
    """Read the sizes from the command line and measure each in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--persons", type=int, nargs="+", default=[5_000, 100_000])
    parser.add_argument("--months", type=int, default=24)
    arguments = parser.parse_args()
    for persons in arguments.persons:
        with tempfile.TemporaryDirectory() as folder:
            run(persons, arguments.months, Path(folder))


if __name__ == "__main__":
    main()
