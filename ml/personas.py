"""Personas: a few groups of customers that a marketer understands, stable, named, and told in plain words.

People are laid out by what they do with the bank, each theme on a scale of its own, and parted by k-means. As many
groups are taken as part them best (silhouette) among those counts for which other samples of the same people find the
same groups (adjusted Rand index).
"""

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
from ml.calibration import Floats, Integers
from ml.delivery import drop, take_in
from ml.evaluation import Figure
from ml.learning import on_one_thread
from ml.model import Model
from ml.persona_names import THEMES, Persona, describe
from ml.personas_report import render_personas
from ml.task import MONTH, PERSON, SmallFoldError, TaskError, TooLittleDataError
from ml.training import code_version

NAME = TABLE = "personas"
MART = "ftr_customer__monthly"
COUNTS = range(5, 9)
LEAST_PEOPLE = 400
# What is told of fewer would be told of some person.
LEAST_GROUP = 50
# Groups that other samples of the same people don't find again are no groups.
LEAST_AGREEMENT = 0.8
RESAMPLES, SAMPLE_RATE = 10, 0.8
# So many people are learned from, first by their id, which is a hash; the silhouette compares all pairs of fewer.
MOST_PEOPLE, SILHOUETTE_PEOPLE = 200_000, 4_000
SEED = 20_240_101
# For the card.
NOT_FOR = (
    "granting or refusing credit or a service, a limit, or a price: a group says nothing of what one person is owed",
    "offering more debt to those who carry card debt on",
    "taking anybody to be as their group is on average: clearness_rate says how near another group is",
    "telling what people will do: they are laid out by what they did, and nothing was forecast",
)


@dataclass(frozen=True)
class Found:
    """What looking for personas came to.

    Attributes:
        version: Name in the registry.
        is_champion: Whether people are assigned by it from now on.
        agreement: Adjusted Rand index with the groups of other samples: its mean, and an interval of 95 % of that.
        silhouette: How well they are parted, -1 to 1.
    """

    version: str
    is_champion: bool
    as_of_date: date
    agreement: Figure
    silhouette: float
    personas: tuple[Persona, ...]


@dataclass(frozen=True)
class Assigned:
    """What an assignment came to: customers by persona, and whether it wasn't in the lake yet."""

    version: str
    as_of_date: date
    people: dict[str, int]
    is_new: bool


def find_personas(settings: Settings) -> Found:
    """Look for personas among the customers of the last whole month, and use them if they are stable.

    Raises:
        TaskError: The feature mart is missing, or has fewer people than groups can be told apart among; or a group
            would be of too few.
    """
    frame = customers(settings, MOST_PEOPLE)
    if len(frame) < LEAST_PEOPLE:
        raise TooLittleDataError(f"{NAME}: {len(frame):,} customers are too few to part, {LEAST_PEOPLE:,} are needed")
    x = values(frame)
    pipeline, agreement, silhouette = part(x)
    groups = pipeline.predict(x)
    personas = describe(x, groups)
    as_of: date = frame[MONTH][0]
    version = version_of(frame)
    facts = {
        "task": NAME,
        "version": version,
        "code_version": code_version(),
        "schema_hash": schema_hash(),
        "not_for": list(NOT_FOR),
        "window": {"judgement": [str(as_of), str(as_of)]},
        "rows": {"learning": len(frame)},
        "metrics": {"agreement": asdict(agreement), "silhouette": silhouette},
        "personas": [asdict(persona) for persona in personas],
        # Groups have to be found again, not to be better than those before: these need not fit any more.
        "rival": {
            "name": registry.rival_of(settings, NAME, schema_hash()),
            "measure": f"agreement over {LEAST_AGREEMENT}",
            "difference": {name: figure - LEAST_AGREEMENT for name, figure in asdict(agreement).items()},
        },
    }
    tried = {"counts": COUNTS, "resamples": RESAMPLES, "sample_rate": SAMPLE_RATE, "agreement": LEAST_AGREEMENT}
    report = render_personas(facts, x, groups, tried)
    registry.keep(settings, Model(pipeline, None), facts, {registry.REPORT: report})
    if agreement.low > LEAST_AGREEMENT:
        registry.promote(settings, NAME, version)
    return Found(version, registry.champion(settings, NAME) == version, as_of, agreement, silhouette, personas)


def customers(settings: Settings, most: int | None = None) -> pl.DataFrame:
    """Return person, month and themes of everybody who held a product at the last whole month."""
    import duckdb

    themes = ", ".join(f"cast({theme.expression} as double) as {theme.name}" for theme in THEMES)
    last = f"(select max({MONTH}) from marts.{MART} where as_of_date = {MONTH})"
    with open_build(settings) as connection:
        try:
            frame: pl.DataFrame = connection.execute(
                f"select {PERSON}, {MONTH}, {themes} from marts.{MART}"
                f" where {MONTH} = {last} and product_count > 0 order by {PERSON} limit {most or 'all'}"
            ).pl()
        except duckdb.CatalogException as error:
            raise TaskError(f"{NAME}: marts.{MART} isn't there: run `dbt build`") from error
    if frame.is_empty():
        raise TaskError(f"{NAME}: marts.{MART} has no whole month with customers")
    return frame


def values(frame: pl.DataFrame) -> Floats:
    """Return the themes as numbers; what isn't known is none of it."""
    found: Floats = frame.select(pl.col(theme.name).fill_null(0.0) for theme in THEMES).to_numpy()
    return found


@on_one_thread
def part(x: Floats) -> tuple[Any, Figure, float]:
    """Return the pipeline that parts people best, its agreement with other samples, and its silhouette.

    Where no count of groups is stable, it is the one that comes nearest to it.

    Raises:
        TaskError: Whatever the count, a group has fewer people than may be told of.
    """
    from sklearn.metrics import adjusted_rand_score, silhouette_score

    draw = np.random.default_rng(SEED)
    samples = [draw.choice(len(x), int(SAMPLE_RATE * len(x)), replace=False) for _ in range(RESAMPLES)]
    shown = draw.choice(len(x), min(len(x), SILHOUETTE_PEOPLE), replace=False)
    found = []
    for count in COUNTS:
        pipeline = _pipeline(count).fit(x)
        groups = pipeline.predict(x)
        if np.bincount(groups, minlength=count).min() < LEAST_GROUP:
            continue
        agreement = [
            float(adjusted_rand_score(groups, _pipeline(count, number + 1).fit(x[sample]).predict(x)))
            for number, sample in enumerate(samples)
        ]
        parted = float(silhouette_score(pipeline[:-1].transform(x)[shown], groups[shown]))
        found.append((pipeline, _mean(agreement), parted))
    if not found:
        raise SmallFoldError(
            f"{NAME}: parted into {COUNTS[0]} to {COUNTS[-1]} groups, {len(x):,} customers leave fewer than"
            f" {LEAST_GROUP} in one: that would tell of persons"
        )
    stable = [one for one in found if one[1].low > LEAST_AGREEMENT]
    return max(stable, key=lambda one: one[2]) if stable else max(found, key=lambda one: one[1].low)


def assign_personas(settings: Settings) -> Assigned:
    """Assign every customer of the last whole month to a persona, and take that into the lake.

    The same again changes nothing.

    Raises:
        TaskError: No personas are in use, or they know other themes than there are now.
    """
    version = registry.champion(settings, NAME)
    if version is None:
        raise TaskError("no personas are in use: run `cardinal personas find`")
    facts = registry.facts_of(settings, NAME, version)
    if facts["schema_hash"] != schema_hash():
        raise TaskError(f"{NAME}: {version} knows other themes than there are now: run `cardinal personas find`")
    frame = customers(settings)
    groups, clearness = nearest(registry.load_model(settings, NAME, version), frame)
    told = pl.DataFrame(facts["personas"]).select(persona="name", description="description")
    rows = frame.select(
        PERSON,
        as_of_date=pl.col(MONTH),
        model_version=pl.lit(version),
        clearness_rate=pl.Series(clearness).cast(pl.Decimal(18, 6)),
        champion_no=pl.lit(registry.champion_no(settings, NAME), pl.Int32),
    ).hstack(told[groups])
    as_of: date = frame[MONTH][0]
    file = drop(settings, TABLE, version, as_of, rows)
    counts = rows.group_by("persona").len().sort(["len", "persona"], descending=[True, False])
    return Assigned(version, as_of, dict(counts.iter_rows()), file in take_in(settings, TABLE))


@on_one_thread
def nearest(model: Model, frame: pl.DataFrame) -> tuple[Integers, Floats]:
    """Return each person's group, and how clear that is: 0 if another is as near, 1 at its middle."""
    distance = model.pipeline.transform(values(frame))
    two = np.sort(distance, axis=1)[:, :2]
    groups: Integers = distance.argmin(axis=1)
    clear: Floats = 1 - two[:, 0] / np.maximum(two[:, 1], 1e-12)
    return groups, clear


def _mean(figures: Sequence[float]) -> Figure:
    """Return a mean with its interval of 95 % by the t distribution."""
    from scipy.stats import t

    mean = float(np.mean(figures))
    wide = float(t.ppf(0.975, len(figures) - 1) * np.std(figures, ddof=1) / np.sqrt(len(figures)))
    return Figure(mean, mean - wide, min(1.0, mean + wide))


def _pipeline(count: int, draw: int = 0) -> Any:
    from sklearn.cluster import KMeans
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    return Pipeline([("scale", StandardScaler()), ("groups", KMeans(count, n_init=10, random_state=SEED + draw))])


def schema_hash() -> str:
    """Return a hash of the themes and how each is computed."""
    return hashlib.sha256(repr([(theme.name, theme.expression) for theme in THEMES]).encode()).hexdigest()[:16]


def version_of(frame: pl.DataFrame) -> str:
    """Name a version by all that it is made of."""
    import sklearn

    # By other code, groups of the same people have other numbers, which the kept model wouldn't know.
    digest = hashlib.sha256(f"{schema_hash()} {code_version()} {sklearn.__version__}".encode())
    digest.update(frame.write_ipc(None).getbuffer())
    return f"{frame[MONTH][0]:%Y%m%d}-{digest.hexdigest()[:10]}"
