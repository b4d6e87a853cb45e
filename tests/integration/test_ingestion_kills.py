"""Killed at any point and run again, ingestion leaves the lake that one clean run leaves."""

from __future__ import annotations

import hashlib
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.unit.ingestion.small_bank import SmallBank

SEED = 20261123
PROGRAM = """
import sys
from pathlib import Path
from tests.unit.ingestion.small_bank import SmallBank
print("ready", flush=True)
SmallBank(Path(sys.argv[1])).ingest()
"""


def fill_inbox(bank: SmallBank) -> None:
    """Drops of all kinds, enough of them that a run has many points at which it can be killed."""
    header = "payment_id,paid_at,amount,note,colour\n"
    for day in range(1, 16):
        folder = f"payments/delivered=2025-02-{day:02d}"
        rows = "".join(f"p{day}-{n},2024-01-01,{n}.5,n{n},red\n" for n in range(300))
        bank.drop(f"{folder}/good.csv", header + rows)
        bank.drop(f"{folder}/bad.csv", header + rows.replace("p", "q") + "short\nq,2024-01-01,x,,\n")
        bank.drop(f"{folder}/rejected.csv", f"payment_id\np{day}\n")
        bank.drop(f"{folder}/twice.csv", header + rows)
        bank.drop(
            f"people/delivered=2025-02-{day:02d}/p.jsonl", f'{{"person_no": {day}, "updated_at": "2024-01-01"}}\n'
        )


def lake_hashes(bank: SmallBank) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in bank.lake_files().items()}


def killed_runs(tmp_path: Path, kills: int) -> None:
    print(f"seed {SEED}")
    draw = random.Random(SEED)
    clean = SmallBank(tmp_path / "clean")
    fill_inbox(clean)
    started = time.monotonic()
    clean.ingest()
    duration = time.monotonic() - started
    expected = lake_hashes(clean)
    assert len(expected) > 100

    killed_midway = 0
    bank = SmallBank(tmp_path / "killed")
    for number in range(kills):
        shutil.rmtree(bank.settings.home, ignore_errors=True)
        shutil.copytree(clean.settings.inbox, bank.settings.inbox)
        killed_midway += _killed(bank.folder, draw.uniform(0, duration))
        if number % 5 == 0:
            _killed(bank.folder, draw.uniform(0, duration))  # and killed again while it puts things right
        bank.ingest()
        assert lake_hashes(bank) == expected, f"kill {number} of seed {SEED}"
    print(f"{killed_midway} of {kills} runs were killed before they ended")
    assert killed_midway > kills // 2


def _killed(folder: Path, after: float) -> bool:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def test_five_kills_leave_the_lake_of_a_clean_run(tmp_path: Path) -> None:
    killed_runs(tmp_path, 5)


@pytest.mark.slow
def test_fifty_kills_leave_the_lake_of_a_clean_run(tmp_path: Path) -> None:
    killed_runs(tmp_path, 50)
