"""Look-alikes: anonymous profiles ranked by how like a segment's people they are (learning from positives alone).

Of all who are like the segment only its own people are labelled, and who isn't may be unknown rather than unlike. Seeds
against everything (Elkan and Noto) would take being known for being like, since the known differ from the pool. But to
be labelled is to be like and to be known: the chance of being labelled over that of being known is the likeness, which
can be learned among the known. It holds for strangers as far as those with the same attributes are as the known are.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from cardinal.settings import Settings
from ml import registry
from ml.calibration import Floats, Integers
from ml.delivery import drop, take_in
from ml.evaluation import DRAWS, WITHIN, Figure
from ml.learning import on_one_thread
from ml.lookalike_pool import LEAST, PROFILE, SEED, SHARED_BY_MANY, interests_of, read_pool
from ml.lookalike_report import render_lookalike
from ml.model import Model
from ml.task import PERSON
from ml.training import code_version

TABLE, REACHES = "lookalikes", "lookalike_reaches"
# Its versions stand in the registry under this and the segment.
TASK_PREFIX = "lookalike_"
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
# At this reach the order has to be better than a draw by lot.
DECIDING = 0.1
FOLDS, RANDOM_STATE = 5, 20_240_101
_SIX_DIGITS = pl.Decimal(18, 6)


@dataclass(frozen=True)
class Reach:
    """One step of the reach curve.

    Attributes:
        rate: Share of the profiles ranked that is reached, the likest first.
        profiles: How many these are.
        likeness: Mean probability of being like the segment.
        expected_lift: How many times as many like it as at random are expected among them.
        lift: The same as observed: people of the segment who weren't learned from, among all who are known.
    """

    rate: float
    profiles: int
    likeness: float
    expected_lift: float
    lift: Figure


@dataclass(frozen=True)
class Lookalikes:
    """What ranking the pool came to: is_used says whether it was shown to be better than lot and was delivered."""

    segment: str
    version: str
    as_of_date: date
    seeds: int
    profiles: int
    reaches: tuple[Reach, ...]
    is_used: bool
    is_new: bool


def rank_lookalikes(settings: Settings, segment: str) -> Lookalikes:
    """Rank the pool's profiles of nobody known by their likeness to a segment, and take that into the lake.

    It is delivered only if it finds people of the segment that it didn't learn from better than a draw by lot does. The
    same again changes nothing.

    Raises:
        TaskError: There is no such segment, or too few of its people are in the pool.
    """
    pool, as_of = read_pool(settings, segment)
    known = pool.filter("is_known")
    pipeline, found = learn(known)
    ranked = rank_strangers(pipeline, pool)
    reaches = reach_curve(ranked, found)
    deciding = lift_figure(found, DECIDING)
    task, version = f"{TASK_PREFIX}{segment}", _version(segment, pool)
    facts = {
        "task": task,
        "version": version,
        "code_version": code_version(),
        "schema_hash": _schema_hash(pool),
        "window": {"judgement": [str(as_of), str(as_of)]},
        "rows": {"seeds": int(known[SEED].sum()), "known": len(known), "ranked": len(ranked)},
        "metrics": {"lift_10": asdict(deciding)},
        "reaches": [asdict(reach) for reach in reaches],
        # A segment's people change, so that what was found of them before needn't fit any more.
        "rival": {
            "name": registry.rival_of(settings, task, _schema_hash(pool)),
            "measure": "lift_10 over 1",
            "difference": {name: figure - 1 for name, figure in asdict(deciding).items()},
        },
    }
    report = render_lookalike(segment, facts, reaches, weights_of(pipeline))
    registry.keep(settings, Model(pipeline, None), facts, {registry.REPORT: report})
    if deciding.low > 1:
        registry.promote(settings, task, version)
    # Not if somebody took it back.
    is_used = deciding.low > 1 and registry.champion(settings, task) == version
    is_new = is_used and _deliver(settings, segment, task, version, as_of, ranked, reaches, len(set(found.people)))
    return Lookalikes(segment, version, as_of, len(set(found.people)), len(ranked), reaches, is_used, is_new)


@dataclass(frozen=True)
class Found:
    """Where seeds stand that weren't learned from, among the known who weren't.

    Attributes:
        start: Share of them before each seed.
        width: Share that the seed and its equals are.
        people: Number of each seed's person; a draw takes persons whole.
    """

    start: Floats
    width: Floats
    people: Integers

    def within(self, rate: float) -> Floats:
        """Return how much of each seed is found at a reach: of equals at its edge, each counts for its share."""
        return np.clip((rate - self.start) / self.width, 0.0, 1.0)


@on_one_thread
def learn(known: pl.DataFrame) -> tuple[Any, Found]:
    """Return what tells the segment's people from others who are known, and how well it finds them."""
    return fit_line(known), held_out(known)


def held_out(known: pl.DataFrame) -> Found:
    """Find seeds that weren't learned from, among all who weren't; people are held out whole."""
    fold, is_seed = _folds(known), known[SEED].to_numpy()
    start, width = np.empty(len(known)), np.empty(len(known))
    for number in range(FOLDS):
        inside = fold == number
        line = fit_line(known.filter(pl.Series(~inside)))
        score = _probability(line, known.filter(pl.Series(inside)))
        ordered = np.sort(score)
        as_high = len(score) - np.searchsorted(ordered, score, side="left")
        above = len(score) - np.searchsorted(ordered, score, side="right")
        start[inside], width[inside] = above / len(score), (as_high - above) / len(score)
    people = known[PERSON].rank("dense").to_numpy().astype(np.int64)
    return Found(start[is_seed], width[is_seed], people[is_seed])


def fit_line(known: pl.DataFrame) -> Any:
    """Learn which of the known are of the segment."""
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder

    texts = OneHotEncoder(min_frequency=LEAST, handle_unknown="infrequent_if_exist", sparse_output=False)
    interests = interests_of(known)
    encoder = ColumnTransformer(
        [("attributes", texts, list(SHARED_BY_MANY)), ("interests", "passthrough", interests)],
        verbose_feature_names_out=False,
    )
    line = LogisticRegression(C=0.1, max_iter=1_000)
    return Pipeline([("encoder", encoder), ("line", line)]).fit(_attributes(known, interests), known[SEED].to_numpy())


@on_one_thread
def rank_strangers(pipeline: Any, pool: pl.DataFrame) -> pl.DataFrame:
    """Return the profiles of nobody known with their likeness, the likest first."""
    strangers = pool.filter(~pl.col("is_known"))
    ranked = strangers.select(PROFILE, likeness=pl.Series(_probability(pipeline, strangers)))
    ranked = ranked.sort(["likeness", PROFILE], descending=[True, False])
    return ranked.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))


def reach_curve(ranked: pl.DataFrame, found: Found) -> tuple[Reach, ...]:
    """Return the steps of the reach curve that hold at least LEAST profiles."""
    likeness = ranked["likeness"].to_numpy()
    counts = {rate: round(rate * len(ranked)) for rate in STEPS}
    return tuple(
        Reach(
            rate,
            count,
            float(likeness[:count].mean()),
            float(likeness[:count].mean() / likeness.mean()),
            lift_figure(found, rate),
        )
        for rate, count in counts.items()
        if count >= LEAST
    )


def lift_figure(found: Found, rate: float) -> Figure:
    """Return how many times as many seeds as at random are found at a reach, with its interval of 95 % over people."""
    within = found.within(rate)
    _, place = np.unique(found.people, return_inverse=True)
    total, profiles = np.bincount(place, weights=within), np.bincount(place)
    drawn = np.random.default_rng(RANDOM_STATE).integers(0, len(total), (DRAWS, len(total)))
    draws = total[drawn].sum(axis=1) / profiles[drawn].sum(axis=1) / rate
    low, high = np.percentile(draws, WITHIN)
    return Figure(float(within.mean() / rate), float(low), float(high))


def weights_of(pipeline: Any) -> list[tuple[str, float]]:
    """Return attributes and their weights, what speaks most for or against being like the segment first."""
    names, weights = pipeline[0].get_feature_names_out(), pipeline[1].coef_[0]
    order = np.argsort(-np.abs(weights), kind="stable")
    return [(str(names[place]), float(weights[place])) for place in order]


def _deliver(
    settings: Settings, segment: str, task: str, version: str, as_of: date, ranked: pl.DataFrame,
    reaches: tuple[Reach, ...], seeds: int,
) -> bool:  # fmt: skip
    """Take the ranking and its reach curve into the lake; return whether the ranking wasn't there yet."""
    common = {
        "segment": pl.lit(segment),
        "as_of_date": pl.lit(as_of),
        "model_version": pl.lit(version),
        "champion_no": pl.lit(registry.champion_no(settings, task), pl.Int32),
    }
    step = pl.lit(1.0)
    for reach in reversed(reaches):
        step = pl.when(pl.col("rank") <= reach.profiles).then(reach.rate).otherwise(step)
    profiles = ranked.select(
        PROFILE, "rank", **common, likeness_rate=pl.col("likeness").cast(_SIX_DIGITS), reach_rate=step.cast(_SIX_DIGITS)
    )
    curve = pl.DataFrame(
        [
            {
                "reach_rate": reach.rate, "likeness_rate": reach.likeness, "expected_lift": reach.expected_lift,
                "lift": reach.lift.value, "lift_low": reach.lift.low, "lift_high": reach.lift.high,
            }
            for reach in reaches
        ]
    ).cast(_SIX_DIGITS)  # fmt: skip
    curve = curve.with_columns(
        **common,
        profile_count=pl.Series([reach.profiles for reach in reaches], dtype=pl.Int64),
        seed_count=pl.lit(seeds, pl.Int32),
    )
    file = drop(settings, TABLE, f"{segment}.{version}", as_of, profiles)
    drop(settings, REACHES, f"{segment}.{version}", as_of, curve)
    take_in(settings, REACHES)
    return file in take_in(settings, TABLE)


def _folds(known: pl.DataFrame) -> Integers:
    """Return the fold of each profile; all of a person's are in the same one."""
    order = known[PERSON].rank("dense").to_numpy().astype(np.int64) - 1
    folds: Integers = np.random.default_rng(RANDOM_STATE).permutation(int(order.max()) + 1)[order] % FOLDS
    return folds


def _probability(pipeline: Any, pool: pl.DataFrame) -> Floats:
    found: Floats = pipeline.predict_proba(_attributes(pool, interests_of(pool)))[:, 1]
    return found


def _attributes(pool: pl.DataFrame, interests: list[str]) -> pl.DataFrame:
    return pool.select(pl.col(SHARED_BY_MANY).fill_null("unknown"), *interests)


def _schema_hash(pool: pl.DataFrame) -> str:
    return hashlib.sha256(repr((SHARED_BY_MANY, interests_of(pool))).encode()).hexdigest()[:16]


def _version(segment: str, pool: pl.DataFrame) -> str:
    import sklearn

    digest = hashlib.sha256(f"{segment} {code_version()} {sklearn.__version__}".encode())
    digest.update(pool.write_ipc(None).getbuffer())
    return digest.hexdigest()[:16]
