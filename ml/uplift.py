"""Uplift: whom a campaign changes, learned from its control groups, judged by Qini, and delivered where it holds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from cardinal.build import open_build
from cardinal.settings import Settings
from ml import registry
from ml.calibration import Floats
from ml.delivery import drop, take_in
from ml.evaluation import Figure
from ml.folds import Folds
from ml.frames import QUERY_MEMORY
from ml.leaks import check_knows_no_future
from ml.model import Model
from ml.qini import Trial, compare_qini, effect_figure, qini
from ml.reasons import told
from ml.slices import groups_of
from ml.task import LABEL, MONTH, PERSON, TaskError
from ml.training import code_version, typical_of
from ml.uplift_frames import ARM_RATE, TREATED, asked, member_frame, newest_members, split_members
from ml.uplift_learners import LEARNERS, fit_uplift, numbers, outcomes, uplift_contributions, uplifts
from ml.uplift_report import render_uplift
from ml.uplift_tasks import UPLIFT_TASKS, UpliftTask, uplift_task_of

TABLE = "uplifts"
RESPONSE = "response model"
_SIX_DIGITS = pl.Decimal(18, 6)
_ROWS_AT_ONCE = 100_000


@dataclass(frozen=True)
class LearnedUplift:
    """What learning came to.

    Attributes:
        kind: Kind of campaign.
        version: Name in the registry.
        is_champion: Whether it scores from now on, or did already.
        learner: The way that was best on the fold of calibration.
        rows: Members learned from, calibrated and judged on.
        window: First and last month of each of these folds.
        effect: What the campaigns change on average, on the last fold.
        qini: Qini coefficients on the last fold, the chosen learner's first.
        over_response: By how much its coefficient is above that of the response model.
        rival: Who it had to beat: name, measure, difference.
    """

    kind: str
    version: str
    is_champion: bool
    learner: str
    rows: dict[str, int]
    window: dict[str, tuple[date, date]]
    effect: Figure
    qini: dict[str, Figure]
    over_response: Figure
    rival: dict[str, Any]


@dataclass(frozen=True)
class ScoredUplift:
    """What a scoring came to: rows are persons times products, and is_new says that they weren't in the lake yet."""

    kind: str
    version: str
    as_of_date: date
    rows: int
    is_new: bool


def learn_uplift(settings: Settings, kind: str) -> LearnedUplift:
    """Learn whom a kind of campaign changes, keep it, and use it if it is shown to be better than what scores now.

    The way of learning is chosen on the fold of calibration, learned again with that fold, and judged on the last one.

    Raises:
        TaskError: There is no such kind, or something that it needs is missing.
    """
    task = uplift_task_of(kind)
    with open_build(settings, QUERY_MEMORY) as connection:
        folds = split_members(member_frame(connection, task), task)
        check_knows_no_future(connection, asked(task), folds.calibration[MONTH].min())  # type: ignore[arg-type]
        groups = groups_of(connection, settings.country, task)
    version = _version_of(task, folds)
    learner, first_looks = choose_learner(task, folds)
    models = fit_uplift(task, pl.concat([folds.learning, folds.calibration]))
    judged = judge_uplift(settings, task, version, models, learner, folds.judgement)
    facts: dict[str, Any] = {
        "task": task.name,
        "version": version,
        "question": task.question,
        "code_version": code_version(),
        "schema_hash": task.schema_hash(),
        "learner": learner,
        "typical": typical_of(task, folds.learning),
        "window": {name: [str(month) for month in months] for name, months in folds.windows().items()},
        "rows": {name: len(part) for name, part in vars(folds).items()},
        "calibration_qini": first_looks,
        "effect": asdict(judged.effect),
        "metrics": {name: asdict(figure) for name, figure in judged.qini.items()},
        "over_response": asdict(judged.over_response),
        "rival": judged.rival,
        # Better than the champion but not than a draw by lot would be no reason to score.
        "objection": "" if judged.qini[learner].low > 0 else "is not shown to be better than a draw by lot",
    }
    report = render_uplift(task, facts, folds, judged.trial, judged.scores, groups)
    registry.keep(settings, models[learner], facts, {registry.REPORT: report})
    if judged.rival["difference"]["low"] > 0 and not facts["objection"]:
        registry.promote(settings, task.name, version)
    return LearnedUplift(
        kind, version, registry.champion(settings, task.name) == version, learner, facts["rows"], folds.windows(),
        judged.effect, judged.qini, judged.over_response, judged.rival,
    )  # fmt: skip


def choose_learner(task: UpliftTask, folds: Folds) -> tuple[str, dict[str, float]]:
    """Return the way of learning that orders the fold of calibration best, and the coefficients of all."""
    trial = trial_of(folds.calibration)
    models = fit_uplift(task, folds.learning)
    found = {name: qini(uplifts(task, models[name], folds.calibration), trial) for name in LEARNERS}
    return max(LEARNERS, key=lambda name: found[name]), found


@dataclass(frozen=True)
class JudgedUplift:
    """Orders of the last fold's members, and how good they are.

    Attributes:
        scores: What each way says of each row, the chosen learner's first.
        rival: Who it has to beat (a draw by lot, or the champion): name, measure, difference.
    """

    trial: Trial
    scores: dict[str, Floats]
    effect: Figure
    qini: dict[str, Figure]
    over_response: Figure
    rival: dict[str, Any]


def judge_uplift(
    settings: Settings, task: UpliftTask, version: str, models: dict[str, Model], learner: str, rows: pl.DataFrame
) -> JudgedUplift:
    """Measure the chosen learner on members that it didn't learn from, beside the others, a response model and lot."""
    others = [name for name in LEARNERS if name != learner]
    scores = {name: uplifts(task, models[name], rows) for name in (learner, *others)}
    # Who answers where reached for: what campaigns are sent by where nobody asks whom they change.
    scores[RESPONSE] = outcomes(task, models[learner], rows, "treated")
    now, rival = registry.champion(settings, task.name), registry.rival_of(settings, task.name, task.schema_hash())
    if now == rival and now != version:
        scores[rival] = uplifts(task, registry.load_model(settings, task.name, rival), rows)
    else:
        rival = registry.BASELINE
    trial = trial_of(rows)
    figures, gains = compare_qini(scores, trial, task.seed)
    # A draw by lot has the coefficient 0, so that the coefficient itself is the difference.
    difference = gains.get(rival, figures[learner])
    return JudgedUplift(
        trial, scores, effect_figure(trial, task.seed), figures, gains[RESPONSE],
        {"name": rival, "measure": "qini", "difference": asdict(difference)},
    )  # fmt: skip


def trial_of(rows: pl.DataFrame) -> Trial:
    """Return what became of the rows' members."""
    return Trial(
        rows[LABEL].cast(pl.Float64).to_numpy(),
        rows[TREATED].cast(pl.Boolean).to_numpy(),
        rows[ARM_RATE].cast(pl.Float64).to_numpy(),
        rows["current_id"].rank("dense").to_numpy().astype(np.int64),
    )


def score_uplift(settings: Settings, kinds: Sequence[str] = ()) -> list[ScoredUplift]:
    """Say of everybody by how much each kind of campaign changes them (all that have a champion), into the lake.

    The same again changes nothing.

    Raises:
        TaskError: There is no such kind, it has no champion, or something that it needs is missing.
    """
    tasks = [uplift_task_of(kind) for kind in kinds] or [
        task for task in UPLIFT_TASKS.values() if registry.champion(settings, task.name)
    ]
    written = [(task.kind, *_score(settings, task)) for task in tasks]
    new = take_in(settings, TABLE)
    return [ScoredUplift(kind, version, as_of, rows, file in new) for kind, version, as_of, rows, file in written]


def _score(settings: Settings, task: UpliftTask) -> tuple[str, date, int, str]:
    """Score one kind into the inbox; returns version, date, rows and the file's name there."""
    version = registry.champion(settings, task.name)
    if version is None:
        raise TaskError(f"{task.name} has no champion: run `cardinal uplift learn {task.kind}`")
    facts = registry.facts_of(settings, task.name, version)
    if facts["schema_hash"] != task.schema_hash():
        raise TaskError(
            f"{task.name}: its champion {version} knows other features than there are now: run"
            f" `cardinal uplift learn {task.kind}`"
        )
    with open_build(settings, QUERY_MEMORY) as connection:
        frame = newest_members(connection, task)
    model = registry.load_model(settings, task.name, version)
    scored = score_members(task, model, version, frame, facts["typical"]).with_columns(
        champion_no=pl.lit(registry.champion_no(settings, task.name), pl.Int32)
    )
    as_of: date = frame[MONTH].max()  # type: ignore[assignment]
    return version, as_of, len(scored), drop(settings, TABLE, f"{task.kind}.{version}", as_of, scored)


def score_members(
    task: UpliftTask, model: Model, version: str, frame: pl.DataFrame, typical: dict[str, float | None]
) -> pl.DataFrame:
    """Return one row per person and product: uplift, rank and tenth among all of the product, and reasons."""
    uplift = uplifts(task, model, frame)
    scored = frame.select(
        PERSON,
        "product_code",
        campaign_kind=pl.lit(task.kind),
        as_of_date=pl.col(MONTH),
        model_version=pl.lit(version),
        raw=pl.Series(uplift),
        uplift=pl.Series(uplift).cast(_SIX_DIGITS),
        left_alone_outcome=pl.Series(outcomes(task, model, frame, "left_alone")).cast(_SIX_DIGITS),
    )
    parts = (frame.slice(start, _ROWS_AT_ONCE) for start in range(0, len(frame), _ROWS_AT_ONCE))
    scored = scored.hstack(pl.concat([_reasons(task, model, part, typical) for part in parts]))
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("product_code")
    return (
        scored.sort(["raw", PERSON], descending=[True, False])
        .with_columns(rank=place)
        .with_columns(decile=((pl.col("rank") - 1) * 10 // pl.len().over("product_code") + 1).cast(pl.Int32))
        .drop("raw")
        .sort(PERSON, "product_code")
    )


def _reasons(task: UpliftTask, model: Model, frame: pl.DataFrame, typical: dict[str, float | None]) -> pl.DataFrame:
    names, x = numbers(task, model, frame)
    return told(task, names, frame, uplift_contributions(model, x), typical)


def _version_of(task: UpliftTask, folds: Folds) -> str:
    """Name a version by all that it is made of."""
    import sklearn

    digest = hashlib.sha256(" ".join((task.fingerprint(), code_version(), str(sklearn.__version__))).encode())
    for part in vars(folds).values():
        digest.update(part.write_ipc(None).getbuffer())
    last: date = folds.judgement[MONTH].max()  # type: ignore[assignment]
    return f"{last:%Y%m%d}-{digest.hexdigest()[:10]}"
