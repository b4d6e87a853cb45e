"""Training: from the feature mart to a version in the registry, judged on the last fold of time."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from cardinal.build import open_build
from cardinal.settings import Settings
from ml import registry
from ml.alerts import alert_threshold, recall_beside
from ml.calibration import Bools, Floats
from ml.evaluation import DECIDING, Comparison, Figure, calibration_table, compare
from ml.folds import Folds, split_by_time
from ml.frames import QUERY_MEMORY, labelled_frame
from ml.leaks import check_knows_no_future
from ml.model import Model, fit_model, margins, probabilities, truth_of
from ml.monitoring import judged_months, spreads_of
from ml.registry import BASELINE
from ml.report import render_report
from ml.slices import groups_of
from ml.task import MONTH, Task
from ml.tasks import task_of

# Training memory beside what DuckDB holds is some 3 GB for the most rows.


@dataclass(frozen=True)
class Trained:
    """What a training came to.

    Attributes:
        task: Its name.
        version: Name in the registry.
        is_champion: Whether the version scores from now on, or did already.
        rows: Rows that were learned from, calibrated and judged on.
        window: First and last month of each of these folds.
        metrics: Measures on the last fold, with intervals of 95 %.
        baseline: The same measures of the baseline.
        rival: What it was compared with (the champion, or the baseline): name, measure, difference.
        folder: Where the version and its report lie.
    """

    task: str
    version: str
    is_champion: bool
    rows: dict[str, int]
    window: dict[str, tuple[date, date]]
    metrics: dict[str, Figure]
    baseline: dict[str, Figure]
    rival: dict[str, Any]
    folder: Path


def train_task(settings: Settings, name: str) -> Trained:
    """Learn a task from the build, keep it as a version, and make it champion if it is shown to be better.

    Raises:
        TaskError: There is no such task, or something that it needs is missing.
    """
    task = task_of(name)
    with open_build(settings, QUERY_MEMORY) as connection:
        frame = labelled_frame(connection, task)
        folds = split_by_time(frame, task)
        check_knows_no_future(connection, task, folds.calibration[MONTH].min())  # type: ignore[arg-type]
        groups = groups_of(connection, settings.country, task)
    version = _version_of(task, folds)
    model = fit_model(task, folds.learning, folds.calibration)
    judged = judge(task, folds.judgement, model, _rival_of(settings, task, version))
    # In the digits that scores have when later ones are held against them.
    score = np.round(1 / (1 + np.exp(-margins(task, model, folds.calibration))), 6)
    facts = _facts(task, version, folds, judged) | {
        "spreads": spreads_of(task, folds, score),
        "judged_months": judged_months(task, folds.judgement, judged.probability),
    }
    if task.event_date:
        facts["alert_threshold"] = alert_threshold(score, task.alert_every)
        facts["alert_recall"] = recall_beside(task, model, folds, judged.margin)
    report = render_report(task, facts, folds, model, judged, groups)
    folder = registry.keep(settings, model, facts, {registry.REPORT: report})
    if facts["rival"]["difference"]["low"] > 0:
        registry.promote(settings, name, version)
    return Trained(
        task=name,
        version=version,
        is_champion=registry.champion(settings, name) == version,
        rows={part: len(rows) for part, rows in vars(folds).items()},
        window=folds.windows(),
        metrics=judged.comparison.model,
        baseline=judged.comparison.others[BASELINE],
        rival=facts["rival"],
        folder=folder,
    )


@dataclass(frozen=True)
class Judged:
    """A model on the last fold: what it said of whom, what came true, and how good that is.

    Attributes:
        others: What others said of them: the baseline, and the champion where there is one.
        rival: Name of who it has to beat: the champion, or the baseline.
    """

    margin: Floats
    probability: Floats
    truth: Bools
    others: dict[str, Floats]
    comparison: Comparison
    rival: str

    def over_rival(self) -> dict[str, Any]:
        """Return name, measure and difference of who it has to beat."""
        gained = self.comparison.gains[self.rival][DECIDING]
        return {"name": self.rival, "measure": DECIDING, "difference": asdict(gained)}


def judge(task: Task, rows: pl.DataFrame, model: Model, champion: tuple[str, Model] | None) -> Judged:
    """Measure a model on people and months that it didn't learn from, beside the baseline and the champion."""
    margin, truth = margins(task, model, rows), truth_of(rows)
    others = {BASELINE: rows["baseline"].fill_null(strategy="min").to_numpy()}
    if champion:
        others[champion[0]] = margins(task, champion[1], rows)
    probability = probabilities(model, margin)
    people = rows[task.drawn_by].rank("dense").to_numpy().astype(np.int64)
    comparison = compare(margin, probability, others, truth, people, task.seed, task.capacity)
    return Judged(margin, probability, truth, others, comparison, champion[0] if champion else BASELINE)


def code_version() -> str:
    """Return a hash of the sources that learn and score."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _rival_of(settings: Settings, task: Task, version: str) -> tuple[str, Model] | None:
    """Return who is champion, unless it is this very version or judges people by other features than there are now."""
    name = registry.champion(settings, task.name)
    if name is None or name == version:
        return None
    if registry.facts_of(settings, task.name, name)["schema_hash"] != task.schema_hash():
        return None
    return name, registry.load_model(settings, task.name, name)


def _version_of(task: Task, folds: Folds) -> str:
    """Name a version by all that it is made of."""
    import sklearn

    made_of = (task.fingerprint(), code_version(), str(sklearn.__version__))
    digest = hashlib.sha256(" ".join(made_of).encode())
    for part in vars(folds).values():
        digest.update(part.write_ipc(None).getbuffer())
    last: date = folds.judgement[MONTH].max()  # type: ignore[assignment]
    return f"{last:%Y%m%d}-{digest.hexdigest()[:10]}"


def _facts(task: Task, version: str, folds: Folds, judged: Judged) -> dict[str, Any]:
    return {
        "task": task.name,
        "version": version,
        "question": task.question,
        "code_version": code_version(),
        "schema_hash": task.schema_hash(),
        "features": [asdict(feature) for feature in task.features],
        "typical": typical_of(task, folds.learning),
        "window": {name: [str(month) for month in months] for name, months in folds.windows().items()},
        "rows": {name: len(part) for name, part in vars(folds).items()},
        "metrics": _plain(judged.comparison.model),
        "baseline": {"name": task.baseline[0], "metrics": _plain(judged.comparison.others[BASELINE])},
        "over_baseline": _plain(judged.comparison.gains[BASELINE]),
        "rival": judged.over_rival(),
        "calibration": calibration_table(judged.probability, judged.truth),
    }


def typical_of(task: Task, learning: pl.DataFrame) -> dict[str, float | None]:
    """Return the middle value of each number, that a reason can say what is usual."""
    return {
        feature.name: learning[feature.name].median()  # type: ignore[misc]
        for feature in task.features
        if feature.kind == "number"
    }


def _plain(figures: dict[str, Figure]) -> dict[str, dict[str, float]]:
    return {name: asdict(figure) for name, figure in figures.items()}
