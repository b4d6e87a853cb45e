"""Scoring: what the champions say of everybody today, delivered to the lake as the source `ml`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from cardinal.build import open_build
from cardinal.settings import Settings
from ml import registry
from ml.alerts import alerts_of
from ml.delivery import drop, take_in
from ml.frames import DAYS_SCORED, QUERY_MEMORY, newest_frame, realised_frame
from ml.model import Model, probabilities
from ml.monitoring import ALARM, drift_of, outcome_rows, outcomes_of
from ml.reasons import explain
from ml.task import Task, TaskError
from ml.tasks import TASKS, task_of

DRIFT, OUTCOMES = "drift", "outcomes"
_SIX_DIGITS = pl.Decimal(18, 6)


@dataclass(frozen=True)
class Scored:
    """What a scoring came to.

    Attributes:
        task: Its name.
        version: The champion that scored.
        as_of_date: As of when people were judged.
        rows: People scored.
        is_new: Whether these scores weren't in the lake yet.
        shifted: Inputs, and the score, that are an alarm: too far from those the champion was calibrated on.
    """

    task: str
    version: str
    as_of_date: date
    rows: int
    is_new: bool
    shifted: tuple[str, ...]


def champions(settings: Settings) -> list[str]:
    """Return the tasks that have a champion."""
    return [name for name in TASKS if registry.champion(settings, name)]


def score_tasks(settings: Settings, names: Sequence[str] = ()) -> list[Scored]:
    """Score everybody by the champion of each task (of all that have one), and take the scores into the lake.

    The same scores again change nothing. Even if nothing scores, the lake is told which promotions were taken back.

    Raises:
        TaskError: There is no such task, it has no champion, or something that it needs is missing.
    """
    tasks = [task_of(name) for name in names or champions(settings)]
    written = [_score_task(settings, task) for task in tasks]
    new = take_in(settings, *{table_of(task) for task in tasks}, DRIFT, OUTCOMES)
    return [replace(scored, is_new=file in new) for scored, file in written]


def table_of(task: Task) -> str:
    """Return where its scores go: everybody's, or of events only those that somebody has to look at."""
    return "alerts" if task.event_date else "scores"


def _score_task(settings: Settings, task: Task) -> tuple[Scored, str]:
    """Score one task into the inbox, with what tells whether its model still holds; returns the scores' file there."""
    version = registry.champion(settings, task.name)
    if version is None:
        raise TaskError(f"{task.name} has no champion: run `cardinal train {task.name}`")
    facts = registry.facts_of(settings, task.name, version)
    if facts["schema_hash"] != task.schema_hash():
        raise TaskError(
            f"{task.name}: its champion {version} knows other features than there are now: run"
            f" `cardinal train {task.name}`"
        )
    with open_build(settings, QUERY_MEMORY) as connection:
        frame = newest_frame(connection, task)
        came_true = outcomes_of(realised_frame(connection, task))
    model = registry.load_model(settings, task.name, version)
    champion_no = pl.lit(registry.champion_no(settings, task.name), pl.Int32)
    scores = score_frame(task, model, version, frame, facts["typical"]).with_columns(champion_no=champion_no)
    as_of: date = frame[task.as_of].max()  # type: ignore[assignment]
    by = {"task": pl.lit(task.name), "model_version": pl.lit(version), "champion_no": champion_no}
    # What has been in work for long isn't as all were that came with it: only what is new shows whether they change.
    since = as_of - timedelta(days=DAYS_SCORED)
    new, said = frame.filter(pl.col(task.as_of) > since), scores.filter(pl.col("as_of_date") > since)
    drift = drift_of(task, facts.get("spreads", {}), new, said["score"]).with_columns(
        month_end_date=pl.lit(as_of).dt.month_end(), **by
    )
    outcomes = outcome_rows(version, facts.get("judged_months", []), came_true).with_columns(task=pl.lit(task.name))
    for table, rows in ((DRIFT, drift), (OUTCOMES, outcomes)):
        if len(rows):
            drop(settings, table, f"{task.name}.{version}", as_of, rows)
    if task.event_date:
        scores = alerts_of(task, scores, facts["alert_threshold"])
    file = drop(settings, table_of(task), f"{task.name}.{version}", as_of, scores)
    shifted = tuple(drift.filter(pl.col("state") == ALARM)["words"])
    return Scored(task.name, version, as_of, len(scores), False, shifted), file


def score_frame(
    task: Task, model: Model, version: str, frame: pl.DataFrame, typical: dict[str, float | None]
) -> pl.DataFrame:
    """Return one row per person or event: score, probability, rank and tenth among all, reasons, version and date."""
    margin, reasons = explain(model, task, frame, typical)
    scored = frame.select(
        task.unit,
        task=pl.lit(task.name),
        as_of_date=pl.col(task.as_of),
        model_version=pl.lit(version),
        margin=pl.Series(margin),
        score=pl.Series(1 / (1 + np.exp(-margin))).cast(_SIX_DIGITS),
        probability=pl.Series(probabilities(model, margin)).cast(_SIX_DIGITS),
    )
    return (
        scored.hstack(reasons)
        .sort(["margin", task.unit], descending=[True, False])
        .with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
        .with_columns(decile=((pl.col("rank") - 1) * 10 // pl.len() + 1).cast(pl.Int32))
        .drop("margin")
        .sort(task.unit)
    )
