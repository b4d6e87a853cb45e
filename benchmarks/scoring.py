"""How many people a second are scored, with and without reasons, and what learning from a million rows takes.

The baseline, in the same run, is scikit-learn's own prediction of the same trees from a finished matrix, on the same
cores. People and features are made up. `--whole` is all that `cardinal train churn` does instead: reading a mart,
checking what it knows of the future, learning, intervals, the report.

    python -m benchmarks.scoring --persons 1000000
    python -m benchmarks.scoring --whole --persons 200000
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl

from ml.frames import labelled_frame
from ml.model import Model, features_of, fit_model, margins, matrix, probabilities
from ml.reasons import explain
from ml.scoring import score_frame
from ml.task import LABEL, MONTH, PERSON, Task
from ml.tasks import TASKS
from ml.training import train_task
from tests.unit.ml.small_bank import small_bank

AIM = 200_000


def people(task: Task, count: int, seed: int) -> pl.DataFrame:
    """Return made-up people of whom some leave, the quieter the likelier."""
    rng = np.random.default_rng(seed)
    columns: dict[str, Any] = {name: np.round(rng.gamma(2.0, 10.0, count), 2) for name in task.names}
    risk = -4 + 3 * (columns["transaction_count"] < 6) + (columns["salary_amount"] < 10)
    frame = pl.DataFrame(columns).with_columns(pl.Series(LABEL, rng.random(count) < 1 / (1 + np.exp(-risk))))
    return frame.with_columns(
        (pl.lit("p") + pl.int_range(count).cast(pl.String).str.zfill(12)).alias(PERSON),
        pl.lit(date(2026, 1, 31)).alias(MONTH),
    )


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that work takes, the better of two, and those of all cores together."""
    times = []
    for _ in range(2):
        begun, used = time.perf_counter(), time.process_time()
        work()
        times.append((time.perf_counter() - begun, time.process_time() - used))
    return min(times)


def measure(task: Task, model: Model, frame: pl.DataFrame) -> None:
    """Measure scoring side by side with the plain prediction."""
    _, x = matrix(model, task, frame)
    trees = model.pipeline[-1]
    works: dict[str, Callable[[], object]] = {
        "baseline: the trees' prediction from a matrix": lambda: trees.decision_function(x),
        "probabilities from a frame": lambda: probabilities(model, margins(task, model, frame)),
        "margins with their reasons": lambda: explain(model, task, frame, {}),
        "scores as they are delivered": lambda: score_frame(task, model, "v", frame, {}),
    }
    baseline = 0.0
    print(f"{'':48}{'seconds':>9}{'people/s':>12}{'core seconds':>14}{'x baseline':>12}")
    for name, work in works.items():
        seconds, cores = timed(work)
        baseline = baseline or cores
        print(f"{name:48}{seconds:9.2f}{len(frame) / seconds:12,.0f}{cores:14.2f}{cores / baseline:12.2f}")


def peak() -> float:
    """Return the most memory that this process had at any time, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def train_whole(persons: int) -> None:
    """Learn churn of a bank of so many people and 16 months, all of whose rows are taken."""
    with TemporaryDirectory() as home:
        settings = small_bank(Path(home) / "home", people=persons)
        print(f"a bank of {persons:,} people is made, peak {peak():,.0f} MB")
        begun = time.process_time()
        with patch("ml.training.labelled_frame", partial(labelled_frame, most_rows=20 * persons)):
            trained = train_task(settings, "churn")
        seconds = time.process_time() - begun
    print(f"trained on {sum(trained.rows.values()):,} rows: {seconds:.1f} core seconds, peak {peak():,.0f} MB")


def main() -> None:
    """Learn from a million rows and score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--whole", action="store_true", help="all of `cardinal train churn`, and no scoring")
    wanted = parser.parse_args()
    if wanted.whole:
        train_whole(wanted.persons)
        return
    task = TASKS["churn"]
    learning, calibration = people(task, wanted.persons, 1), people(task, wanted.persons // 5, 2)
    begun = time.process_time()
    model = fit_model(task, learning, calibration)
    seconds = time.process_time() - begun
    print(
        f"learned from {wanted.persons:,} people of {len(task.features)} features:"
        f" {seconds:.1f} core seconds, peak {peak():,.0f} MB"
    )
    measure(task, model, features_of(task, learning).hstack(learning.select(PERSON, MONTH)))
    print(f"peak memory {peak():,.0f} MB; the aim is {AIM:,} people a second")


if __name__ == "__main__":
    main()
