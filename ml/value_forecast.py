"""The value of each customer in the next twelve months: learned, judged beside what needs no learning, delivered."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from cardinal.build import open_build
from cardinal.settings import Settings
from ml import registry
from ml.calibration import Floats, Integers
from ml.delivery import drop, take_in
from ml.evaluation import WITHIN, Figure, person_draws
from ml.folds import Folds, split_months
from ml.frames import QUERY_MEMORY, labelled_frame, newest_frame
from ml.leaks import check_knows_no_future
from ml.monitoring import ALARM, drift_of, spreads_of
from ml.registry import BASELINE
from ml.scoring import DRIFT
from ml.slices import groups_of
from ml.task import LABEL, MONTH, PERSON, SmallFoldError, TaskError, TooLittleDataError
from ml.tasks.value import BASELINES, PAST, TASK
from ml.training import code_version
from ml.value_model import COVERED, fit_values, is_covered, rank_correlation, values_of
from ml.value_report import Forecasts, render_value, slices_of_values

TABLE = "values"
DECIDING = "rank_correlation"
MOST_ROWS = 300_000
# Of them; fewer teach and prove nothing.
LEAST_PEOPLE = 100
# Where months are too few to be parted, people are: of five, three are learned from and one judges.
_PARTS, _LEARNED = 5, 3


@dataclass(frozen=True)
class Learned:
    """What learning came to.

    Attributes:
        is_champion: Whether the version forecasts from now on, or did already.
        parted_by: Whether the folds are of other months (`time`), or of other people in the same months (`people`).
        coverage: Share of the people judged whose value lay in their interval, which should be 0.8.
        correlation: Rank correlation with what came: of the model, and of each rule that needs no learning.
        gains: By how much the model's is higher, by the other's name.
        rival: Who it had to beat.
    """

    version: str
    is_champion: bool
    parted_by: str
    rows: dict[str, int]
    window: dict[str, tuple[date, date]]
    coverage: Figure
    correlation: dict[str, Figure]
    gains: dict[str, Figure]
    rival: str


@dataclass(frozen=True)
class Forecast:
    """What a forecast came to; shifted names inputs, and what is said, that are far from those it was measured on."""

    version: str
    as_of_date: date
    people: int
    is_new: bool
    shifted: tuple[str, ...]


def learn_values(settings: Settings) -> Learned:
    """Learn from the build, keep a version, and let it forecast if its order is shown to be better.

    Raises:
        TaskError: Something that it needs is missing, or there are too few months or people.
    """
    with open_build(settings, QUERY_MEMORY) as connection:
        frame = labelled_frame(connection, TASK, MOST_ROWS, lambda rows, _: part(rows))
        folds, parted_by = part(frame)
        check_knows_no_future(connection, TASK, folds.judgement[MONTH].min())  # type: ignore[arg-type]
        past: pl.DataFrame = connection.execute(PAST).pl()
        groups = groups_of(connection, settings.country, TASK)
    version = _version_of(folds)
    model = fit_values(TASK, folds.learning, folds.calibration)
    rival = registry.rival_of(settings, TASK.name, TASK.schema_hash())
    if parted_by == "time" and rival != BASELINE and _parted_by(settings, rival) == "people":
        # Of the others the champion learned, from years that lie in those judged.
        folds = replace(folds, judgement=folds.judgement.filter(_parts_of(folds.judgement[PERSON]) >= _LEARNED))
        _check_people(folds)
    judged = folds.judgement.join(past, on=[PERSON, MONTH], how="left").with_columns(pl.col(BASELINES).fill_null(0.0))
    scores = {name: judged[name].to_numpy() for name in BASELINES}
    if rival not in (BASELINE, version):
        scores[rival] = values_of(TASK, registry.load_model(settings, TASK.name, rival), judged)[0]
    against = next(iter(BASELINES)) if rival in (BASELINE, version) else rival
    forecasts, truth = values_of(TASK, model, judged), judged[LABEL].to_numpy().astype(np.float64)
    coverage, correlation, gains = judge(forecasts, truth, judged[PERSON], scores)
    too_narrow = f"has intervals that hold {coverage.value:.1%} of what came, not {COVERED:.0%}"
    facts: dict[str, Any] = {
        "task": TASK.name,
        "version": version,
        "question": TASK.question,
        "code_version": code_version(),
        "schema_hash": TASK.schema_hash(),
        "features": [asdict(feature) for feature in TASK.features],
        "not_for": list(TASK.not_for),
        "parted_by": parted_by,
        "window": {name: [str(month) for month in months] for name, months in folds.windows().items()},
        "rows": {name: len(rows) for name, rows in vars(folds).items()},
        "metrics": {"coverage": asdict(coverage)} | {name: asdict(figure) for name, figure in correlation.items()},
        "rival": {
            "name": BASELINE if rival == version else rival,
            "measure": DECIDING,
            "difference": asdict(gains[against]),
        },
        "objection": "" if coverage.high >= COVERED else too_narrow,
        "spreads": spreads_of(TASK, folds, values_of(TASK, model, folds.calibration)[0]),
    }
    people = {name: rows[PERSON].n_unique() for name, rows in vars(folds).items()}
    slices = slices_of_values(judged, groups, forecasts, truth)
    report = render_value(TASK, facts, people, gains, against, forecasts, truth, slices)
    registry.keep(settings, model, facts, {registry.REPORT: report})
    if gains[against].low > 0 and not facts["objection"]:
        registry.promote(settings, TASK.name, version)
    return Learned(
        version=version,
        is_champion=registry.champion(settings, TASK.name) == version,
        parted_by=parted_by,
        rows=facts["rows"],
        window=folds.windows(),
        coverage=coverage,
        correlation=correlation,
        gains=gains,
        rival=against,
    )


def part(frame: pl.DataFrame) -> tuple[Folds, str]:
    """Part by time if there are months enough, a year between the folds, else by people; say which.

    What all people share in a year isn't tested by other people of the same year.

    Raises:
        TaskError: There are too few people.
    """
    needed = 2 * TASK.horizon_months + 1
    if frame[MONTH].n_unique() >= needed:
        folds, parted_by = split_months(frame, TASK), "time"
    else:
        folds, parted_by = _split_people(frame), "people"
    _check_people(folds)
    return folds, parted_by


def _check_people(folds: Folds) -> None:
    fewest = min(rows[PERSON].n_unique() for rows in vars(folds).values())
    if fewest < LEAST_PEOPLE:
        # Customers come and go, half of them don't.
        kind = SmallFoldError if 2 * fewest >= LEAST_PEOPLE else TooLittleDataError
        raise kind(f"{TASK.name}: {fewest} people in a fold are too few, {LEAST_PEOPLE} are needed")


def _split_people(frame: pl.DataFrame) -> Folds:
    """Part people for good: whoever judged a version teaches no later one. The newest months calibrate and judge."""
    part = _parts_of(frame[PERSON])
    newest = frame[MONTH].unique().sort()[-TASK.fold_months :]
    is_newest = frame[MONTH].is_in(newest.implode())
    calibration, judgement = (frame.filter((part == number) & is_newest) for number in (3, 4))
    return Folds(frame.filter(part < _LEARNED), calibration, judgement)


def _parts_of(people: pl.Series) -> pl.Series:
    """Return the part that each person is of: those below _LEARNED are learned from where people are parted."""
    every = people.unique()
    parts = [int(hashlib.sha256(person.encode()).hexdigest()[:8], 16) % _PARTS for person in every]
    return people.replace_strict(every, parts, return_dtype=pl.Int64)


def _parted_by(settings: Settings, version: str) -> str:
    said: str = registry.facts_of(settings, TASK.name, version)["parted_by"]
    return said


def judge(
    forecasts: Forecasts, truth: Floats, persons: pl.Series, scores: dict[str, Floats]
) -> tuple[Figure, dict[str, Figure], dict[str, Figure]]:
    """Return coverage, rank correlations and gains over each other score, with intervals of 95 %.

    forecasts, truth, persons: of each row judged. A draw takes persons whole.
    """
    value, low, high = forecasts
    inside, scores = is_covered(truth, low, high), {"model": value, **scores}
    people: Integers = persons.rank("dense").to_numpy().astype(np.int64)

    def measured(rows: Integers) -> Floats:
        orders = [rank_correlation(score[rows], truth[rows]) for score in scores.values()]
        return np.array([inside[rows].mean(), *orders, *(orders[0] - other for other in orders[1:])])

    draws = np.stack([measured(rows) for rows in person_draws(people, TASK.seed)])
    ends = np.percentile(draws, WITHIN, axis=0)
    figures = [Figure(*map(float, row)) for row in np.stack([measured(np.arange(len(truth))), *ends], axis=1)]
    correlation = dict(zip(scores, figures[1:], strict=False))
    return figures[0], correlation, dict(zip(list(scores)[1:], figures[1 + len(scores) :], strict=True))


def forecast_values(settings: Settings) -> Forecast:
    """Forecast for every customer of the last whole month, and take that into the lake, with how far people shifted.

    The same again changes nothing.

    Raises:
        TaskError: Nothing forecasts yet, or it knows other features than there are now.
    """
    version = registry.champion(settings, TASK.name)
    if version is None:
        raise TaskError("nothing forecasts values yet: run `cardinal value learn`")
    facts = registry.facts_of(settings, TASK.name, version)
    if facts["schema_hash"] != TASK.schema_hash():
        raise TaskError(f"{TASK.name}: {version} knows other features than there are now: run `cardinal value learn`")
    with open_build(settings) as connection:
        frame = newest_frame(connection, TASK)
    value, low, high = values_of(TASK, registry.load_model(settings, TASK.name, version), frame)
    amounts: dict[str, Any] = {"value_amount": value, "low_amount": low, "high_amount": high}
    champion_no = pl.lit(registry.champion_no(settings, TASK.name), pl.Int32)
    rows = frame.select(
        PERSON,
        as_of_date=pl.col(MONTH),
        model_version=pl.lit(version),
        **{name: pl.Series(amount).cast(pl.Decimal(18, 2)) for name, amount in amounts.items()},
        champion_no=champion_no,
    )
    as_of: date = frame[MONTH][0]
    drift = drift_of(TASK, facts.get("spreads", {}), frame, pl.Series(value)).with_columns(
        month_end_date=pl.lit(as_of), task=pl.lit(TASK.name), model_version=pl.lit(version), champion_no=champion_no
    )
    # A version of before this was watched has nothing to be held against.
    if len(drift):
        drop(settings, DRIFT, f"{TASK.name}.{version}", as_of, drift)
    file = drop(settings, TABLE, version, as_of, rows)
    shifted = tuple(drift.filter(pl.col("state") == ALARM)["words"])
    return Forecast(version, as_of, len(rows), file in take_in(settings, TABLE, DRIFT), shifted)


def _version_of(folds: Folds) -> str:
    """Name a version by all that it is made of."""
    import sklearn

    digest = hashlib.sha256(f"{TASK.fingerprint()} {code_version()} {sklearn.__version__}".encode())
    for rows in vars(folds).values():
        digest.update(rows.write_ipc(None).getbuffer())
    last: date = folds.judgement[MONTH].max()  # type: ignore[assignment]
    return f"{last:%Y%m%d}-{digest.hexdigest()[:10]}"
