"""Killed while it learns or scores, and done again: the same version, the same champion, the same scores."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cardinal.settings import PROJECT_DIR, Settings
from ml.scoring import score_tasks
from tests.unit.ml.conftest import Learned
from tests.unit.ml.small_bank import small_bank

# A process that learns and scores, and is killed when it calls a function for the how-manieth time.
WALK = """
import os, signal, sys
from importlib import import_module
from pathlib import Path

import ml.evaluation, ml.scoring, ml.training
from cardinal.settings import Settings

ml.evaluation.DRAWS = 40
place, left, home = sys.argv[1], int(sys.argv[2]), Settings(Path(sys.argv[3]))
module, name = import_module(place.rpartition(".")[0]), place.rpartition(".")[2]
real = getattr(module, name)

def counted(*arguments, **more):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **more)

setattr(module, name, counted)
"""
ALONE = """
ml.training.train_task(home, "churn")
ml.scoring.score_tasks(home, ["churn"])
"""
UNDER_DAGSTER = """
from orchestration.lib.instance import open_instance
from tests.unit.orchestration.small_job import get_small_job

with open_instance(home) as records:
    run = get_small_job("models/churn", "ml/scores").execute_in_process(instance=records, raise_on_error=False)
sys.exit(not run.success)
"""
# Learned and not kept; the artefact written and the facts not; kept and not champion; one of the files dropped; all of
# them dropped and none taken in; rows in the lake that no ledger knows.
POINTS = [
    ("ml.registry.keep", 1),
    ("ml.registry._put", 2),
    ("ml.registry.promote", 1),
    ("ml.scoring.drop", 2),
    ("ml.scoring.take_in", 1),
    ("cardinal.ingestion.run.publish", 3),
]


# Of a run of Dagster: in the step that learns, and in the one that scores.
POINTS_OF_STEPS = [("ml.registry.keep", 1), ("ml.registry.promote", 1), ("ml.scoring.take_in", 1)]


def walk(home: Settings, steps: str, place: str, times: int) -> int:
    command = [sys.executable, "-c", WALK + steps, place, str(times), str(home.home)]
    environment = {
        **os.environ,
        "CARDINAL_HOME": str(home.home),
        "DAGSTER_HOME": str(home.home / "dagster"),
        "DBT_TARGET_PATH": str(home.home.parent / "target"),
    }
    return subprocess.run(command, cwd=PROJECT_DIR, env=environment, check=False).returncode


@pytest.mark.slow
@pytest.mark.parametrize(
    ("steps", "points"), [(ALONE, POINTS), (UNDER_DAGSTER, POINTS_OF_STEPS)], ids=["alone", "dagster"]
)
def test_killed_anywhere_and_done_again_it_comes_to_the_same(
    learned: Learned, tmp_path: Path, steps: str, points: list[tuple[str, int]]
) -> None:
    """Each one goes on with what the killed one left, and is killed further on."""
    shutil.copytree(learned.settings.home, tmp_path / "whole")
    whole, killed = Settings(tmp_path / "whole"), small_bank(tmp_path / "killed")
    score_tasks(whole, ["churn"])
    for place, times in points:
        assert walk(killed, steps, place, times) == -signal.SIGKILL, f"it ended before {place}"
        assert not said_of_people(killed), place
    assert walk(killed, steps, "ml.scoring.take_in", 2) == 0
    assert said_of_people(killed) == said_of_people(whole) != []
    assert kept(killed) == kept(whole)
    left_over = [path.name for path in killed.home.rglob("*") if path.suffix in (".writing", ".part")]
    assert left_over == []


def said_of_people(home: Settings) -> list[bytes]:
    """Return what the ledger knows: files without an entry don't count."""
    entries = list((home.lake / "_batches" / "ml" / "scores").glob("*.json"))
    files = sorted((home.lake / "ml" / "scores").glob("ingest_date=2*/*.parquet"))
    return [file.read_bytes() for file in files] if entries else []


def kept(home: Settings) -> list[tuple[str, str]]:
    files = sorted((home.registry / "churn").rglob("*.json"))
    return [(str(file.relative_to(home.registry)), file.read_text(encoding="utf-8")) for file in files]
