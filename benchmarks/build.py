"""How long the whole walk takes: generate, ingest, `dbt build`, a second build, and one more day.

The baseline is one plain copy of the lake into a DuckDB file (`create table as select *` for each table),
measured in the same run: the least that any warehouse on this lake has to do. Each step is a process of its own;
peak memory is its maximum resident set. On a busy machine read the CPU time.

Of each build it tells how the nodes' time is shared among the layers, and the five slowest models.

    python benchmarks/build.py --persons 5000 --months 24
    python benchmarks/build.py --ingested HOME    # a home that was generated and ingested before; it goes on with it
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
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
    cpu_seconds: float
    peak_megabytes: float


def measure(name: str, command: list[str], environment: dict[str, str]) -> Step:
    """Run a command and return wall time, CPU time and peak memory; its output is shown only if it fails."""
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
    return Step(name, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def lake_rows(lake: Path) -> int:
    """Count the rows of all tables of a lake from the Parquet footers."""
    total = 0
    for table in lake.glob("[a-z]*/[a-z]*"):
        found = duckdb.execute(
            f"select coalesce(sum(num_rows), 0) from parquet_file_metadata('{table}/*/*.parquet')"
        ).fetchone()
        total += int(found[0]) if found else 0
    return total


def shares(target: Path) -> str:
    """Say how the time of the last build's nodes is shared: by layer, and the five slowest models."""
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    layers: Counter[str] = Counter()
    models: Counter[str] = Counter()
    for result in results:
        kind, _, name = result["unique_id"].split(".")[:3]
        seconds = result["execution_time"]
        if kind != "model":
            layers[{"test": "tests", "unit_test": "unit tests"}.get(kind, f"{kind}s")] += seconds
            continue
        models[name] += seconds
        layer = {"stg": "staging", "int": "intermediate", "seg": "segments"}.get(name.split("_")[0], "marts")
        layers["identity" if name.startswith("int_identity") else layer] += seconds
    total = sum(layers.values())
    by_layer = ", ".join(f"{layer} {seconds / total:.0%}" for layer, seconds in layers.most_common())
    slowest = ", ".join(f"{name} {seconds:.1f} s ({seconds / total:.1%})" for name, seconds in models.most_common(5))
    return f"{total:,.0f} node-seconds: {by_layer}. Slowest: {slowest}."


def run(size: list[str], home: Path, is_ingested: bool) -> None:
    """Measure one bank and print a table."""
    environment = {
        **os.environ,
        "CARDINAL_HOME": str(home),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
    }
    cardinal = [sys.executable, "-m", "cardinal"]
    # Unit tests look at rules, not at data: they run when the project changes.
    dbt = [sys.executable, "-m", "dbt.cli.main", "build", "--exclude-resource-type", "unit_test"]
    steps = []
    if not is_ingested:
        steps += [
            measure("generate", [*cardinal, "generate", *size], environment),
            measure("ingest", [*cardinal, "ingest"], environment),
        ]
    rows = lake_rows(home / "lake")
    baseline = measure(
        "baseline: copy the lake into DuckDB",
        [sys.executable, "-c", COPY_LAKE, str(home / "lake"), str(home / "copy.duckdb")],
        environment,
    )
    (home / "copy.duckdb").unlink()
    steps.append(baseline)
    told = []
    for name, before in (
        ("dbt build", ()),
        ("dbt build, nothing new", ()),
        (
            "dbt build of one more day",
            (("generate one more day", ["generate", "--days", "1"]), ("ingest it", ["ingest"])),
        ),
    ):
        steps += [measure(step, [*cardinal, *arguments], environment) for step, arguments in before]
        steps.append(measure(name, dbt, environment))
        told.append(f"{name}: {shares(home / 'target')}")
    print(f"\n{' '.join(size)} {rows:,} rows in the lake, {os.cpu_count()} cores")
    print("| step | seconds | CPU seconds | rows a second | peak MB | x baseline |\n|---|---|---|---|---|---|")
    for step in steps:
        print(
            f"| {step.name} | {step.seconds:.1f} | {step.cpu_seconds:.1f} | {rows / step.seconds:,.0f}"
            f" | {step.peak_megabytes:,.0f} | {step.seconds / baseline.seconds:.1f} |"
        )
    full, day = (
        next(step for step in steps if step.name == name) for name in ("dbt build", "dbt build of one more day")
    )
    print(
        f"One more day takes {day.seconds / full.seconds:.0%} of the full build,"
        f" {day.cpu_seconds / full.cpu_seconds:.0%} of its CPU time.\n" + "\n".join(told)
    )


def main() -> None:
    """Read the sizes from the command line and measure each in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--persons", type=int, nargs="+", default=[5_000, 100_000])
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--ingested", type=Path, help="a home that was generated and ingested before")
    arguments = parser.parse_args()
    if arguments.ingested:
        run([str(arguments.ingested)], arguments.ingested.resolve(), is_ingested=True)
        return
    for persons in arguments.persons:
        with tempfile.TemporaryDirectory() as folder:
            size = ["--persons", str(persons), "--months", str(arguments.months), "--seed", "7"]
            run(size, Path(folder), is_ingested=False)


if __name__ == "__main__":
    main()
