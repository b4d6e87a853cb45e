"""How fast the demo bank is written, and in how much memory.

The baseline is DuckDB writing one flat CSV of as many bytes, of columns like a card transaction's, with two
threads, in the same run: the least that writing so much text costs. Peak memory is the sum over the process
and its workers, sampled ten times a second.

    python -m benchmarks.generation --persons 100000 --months 12
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

PROJECT_DIR = Path(__file__).resolve().parents[1]

GENERATE = """
import json, sys
from pathlib import Path
from cardinal.demo.bank import generate_bank
from cardinal.settings import Settings

if __name__ == "__main__":
    report = generate_bank(Settings(home=Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    print(json.dumps({"rows": report.total_rows, "files": report.files, "bytes": report.bytes}))
"""

FLAT_ROWS = """
    select 'CX000M321N' || i as card_transaction_id, 'tok_' || substr(md5(i::varchar), 1, 12) as card_token,
        timestamp '2026-01-01' + interval (i % 2592000) second as authorised_at, date '2026-01-01' as posted_date,
        'purchase' as transaction_type, ((i * 7919) % 500000 / 100)::decimal(18, 2) as amount, 'THB' as currency_code,
        (5000 + i % 900)::varchar as mcc, 'Golden Groceries ' || (i % 40) as merchant_name, 'TH' as country_code,
        'contactless' as entry_mode, i % 50 > 0 as is_approved
    from range({rows}) as numbers(i)
"""


@dataclass(frozen=True)
class Measured:
    """What one generation took."""

    rows: int
    files: int
    bytes: int
    seconds: float
    peak_megabytes: float


def generate(home: Path, persons: int, months: int, seed: int) -> Measured:
    """Generate a bank in a process of its own."""
    script = home / "generate.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(GENERATE)
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, str(script), str(home / "bank"), str(persons), str(months), str(seed)],
        cwd=PROJECT_DIR,
        env={"PYTHONPATH": str(PROJECT_DIR), "PATH": ""},
        stdout=subprocess.PIPE,
        text=True,
    )
    peak = _PeakMemory(process.pid)
    output, _ = process.communicate()
    seconds = time.perf_counter() - started
    if process.returncode != 0:
        raise SystemExit(f"generation failed with exit code {process.returncode}")
    report = json.loads(output)
    return Measured(report["rows"], report["files"], report["bytes"], seconds, peak.stop())


class _PeakMemory:
    """Samples the resident memory of a process and all its descendants."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak, self._running = pid, 0.0, True
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while self._running:
            self._peak = max(self._peak, sum(_resident_megabytes(pid) for pid in _family(self._pid)))
            time.sleep(0.1)

    def stop(self) -> float:
        self._running = False
        self._thread.join()
        return self._peak


def _family(pid: int) -> list[int]:
    found = [pid]
    try:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text().split():
                found += _family(int(child))
    except OSError:
        pass
    return found


def _resident_megabytes(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")), 0.0)


def write_flat(folder: Path, size: int) -> float:
    """Return the seconds DuckDB takes to write a flat CSV of about `size` bytes."""
    with duckdb.connect() as connection:
        connection.execute("set threads = 2; set preserve_insertion_order = false")
        sample = folder / "sample.csv"
        connection.execute(f"copy ({FLAT_ROWS.format(rows=100_000)}) to '{sample}' (header)")
        rows = round(size / (sample.stat().st_size / 100_000))
        started = time.perf_counter()
        connection.execute(f"copy ({FLAT_ROWS.format(rows=rows)}) to '{folder / 'flat.csv'}' (header)")
        return time.perf_counter() - started


def main() -> None:
    """Measure, and print one line of the benchmark page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, default=5_000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where to write; needs about 8 kB a person and month")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        measured = generate(Path(folder) / "made", options.persons, options.months, options.seed)
        baseline = write_flat(Path(folder), measured.bytes)
    print(f"{options.persons:,} persons x {options.months} months, seed {options.seed}")
    print(f"  {measured.rows:,} rows, {measured.files:,} files, {measured.bytes / 1e6:,.0f} MB")
    print(f"  {measured.seconds:.1f} s, {measured.rows / measured.seconds:,.0f} rows/s")
    print(f"  peak memory of all processes {measured.peak_megabytes:,.0f} MB")
    print(f"  DuckDB writes a flat CSV of as many bytes in {baseline:.1f} s: ratio {measured.seconds / baseline:.1f}")


if __name__ == "__main__":
    main()
