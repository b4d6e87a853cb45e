"""Indicators that are learned from the people whose truth the bank knows, for those whose it doesn't.

Predictions for known people are made without them (out of fold), so that they tell how good the others' are.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from ml.calibration import Floats, cross_calibrate, fit_calibrator
from ml.learning import (
    PERSON,
    Encoder,
    Limits,
    classifier,
    feature_columns,
    folds_of,
    has_enough,
    learning_sample,
    linear_classifier,
    on_one_thread,
    out_of_fold,
    regressor,
)

SCORES = {PERSON: pl.String, "probability": pl.Float64, "is_true": pl.Boolean}
GROUP_SCORES = {PERSON: pl.String, "group_name": pl.String, "probability": pl.Float64, "is_true": pl.Boolean}
BAND_SCORES = {
    PERSON: pl.String, "method": pl.String, "amount": pl.Float64, "band": pl.String, "probability": pl.Float64,
    "is_true": pl.Boolean,
}  # fmt: skip
# A band's probability is the share of this many evenly chosen errors that lead into it.
ERRORS_KEPT = 400


@on_one_thread
def probability_scores(people: pl.DataFrame, target: str, limits: Limits = Limits()) -> pl.DataFrame:  # noqa: B008
    """Return the probability that the target holds, for the people whose truth isn't known and the sample learned from.

    people: one row a person: person_id, the target (null where unknown), features. is_true is the known truth.
    Empty if too few people are known.
    """
    known = learning_sample(people, target, limits)
    if not has_enough(known.get_column(target), limits):
        return pl.DataFrame(schema=SCORES)
    encoder = Encoder(known, feature_columns(people, target))
    x, y = encoder.encode(known), known.get_column(target).to_numpy().astype(bool)
    learn, folds = classifier(encoder.is_text, limits), folds_of(y, limits)
    raw = out_of_fold(learn, x, y, folds)[:, 1]
    scored = known.select(PERSON, probability=pl.Series(cross_calibrate(raw, y, folds)), is_true=pl.Series(y))
    unknown = people.filter(pl.col(target).is_null()).sort(PERSON)
    if len(unknown):
        guess = fit_calibrator(raw, y)(learn(x, y)(encoder.encode(unknown))[:, 1])
        found = unknown.select(PERSON, probability=pl.Series(guess), is_true=pl.lit(None, pl.Boolean))
        scored = pl.concat([scored, found])
    return scored.cast(SCORES)  # type: ignore[arg-type]


@on_one_thread
def group_scores(people: pl.DataFrame, target: str, limits: Limits = Limits()) -> pl.DataFrame:  # noqa: B008
    """Return the probability of each group for each person whose group isn't known and each of the sample.

    Groups of too few known people are not learned: nobody is put into them.
    """
    known = learning_sample(people, target, limits)
    counts = known.get_column(target).value_counts().filter(pl.col("count") >= limits.least_a_class)
    groups = sorted(counts.get_column(target).to_list())
    known = known.filter(pl.col(target).is_in(groups))
    if not has_enough(known.get_column(target), limits):
        return pl.DataFrame(schema=GROUP_SCORES)
    encoder = Encoder(known, feature_columns(people, target))
    x, y = encoder.encode(known), np.searchsorted(groups, known.get_column(target).to_list())
    learn, folds = linear_classifier(encoder.is_text, limits), folds_of(y, limits)
    raw = out_of_fold(learn, x, y, folds)
    truth = y[:, None] == np.arange(len(groups))
    each = [cross_calibrate(raw[:, g], truth[:, g], folds) for g in range(len(groups))]
    parts = [_long(known.get_column(PERSON), groups, _shares(np.column_stack(each)), truth)]
    unknown = people.filter(pl.col(target).is_null()).sort(PERSON)
    if len(unknown):
        guess = learn(x, y)(encoder.encode(unknown))
        each = [fit_calibrator(raw[:, g], truth[:, g])(guess[:, g]) for g in range(len(groups))]
        parts.append(_long(unknown.get_column(PERSON), groups, _shares(np.column_stack(each)), None))
    return pl.concat(parts)


@on_one_thread
def band_scores(
    people: pl.DataFrame,
    bands: pl.DataFrame,
    method: str,
    limits: Limits = Limits(),  # noqa: B008
    estimate: str | None = None,
) -> pl.DataFrame:
    """Return an amount, its band and the probability that the band is right.

    people: person_id, known_amount (null where unknown), features.
    bands: band, from_amount. estimate: the column that is the amount; without one it is learned from the features.
    The probability comes from the errors that such amounts have for people whose amount is known.
    """
    bands = bands.sort("from_amount")
    people = people.filter(pl.col("known_amount").is_null() | (pl.col("known_amount") > 0))
    if estimate is not None:
        people = people.filter(pl.col(estimate) > 0)
    known = learning_sample(people, "known_amount", limits)
    if len(known) < limits.least_known or len(bands) == 0:
        return pl.DataFrame(schema=BAND_SCORES)
    unknown = people.filter(pl.col("known_amount").is_null()).sort(PERSON)
    edges = np.log(np.maximum(bands.get_column("from_amount").cast(pl.Float64).to_numpy(), 1e-9))
    y = np.log(known.get_column("known_amount").cast(pl.Float64).to_numpy())
    truth = _band_of(y, edges)
    folds = np.arange(len(known), dtype=np.int64) % limits.folds
    if estimate is not None:
        known_guess, guess = (
            np.log(part.get_column(estimate).cast(pl.Float64).to_numpy()) for part in (known, unknown)
        )
    else:
        encoder = Encoder(known, feature_columns(people, "known_amount"))
        x, learn = encoder.encode(known), regressor(encoder.is_text, limits)
        known_guess = out_of_fold(learn, x, y, folds)
        guess = learn(x, y)(encoder.encode(unknown)) if len(unknown) else np.empty(0)
    errors = np.quantile(y - known_guess, (np.arange(ERRORS_KEPT) + 0.5) / ERRORS_KEPT)
    # Of an amount that was stated, the band is the statement's; of a learned one, the likeliest.
    band, raw = _likeliest(known_guess, errors, edges, is_stated=estimate is not None)
    right = band == truth
    parts = [_banded(known, known_guess, band, cross_calibrate(raw, right, folds), bands, right)]
    if len(unknown):
        guessed, chance = _likeliest(guess, errors, edges, is_stated=estimate is not None)
        parts.append(_banded(unknown, guess, guessed, fit_calibrator(raw, right)(chance), bands, None))
    return pl.concat(parts).with_columns(method=pl.lit(method)).select(list(BAND_SCORES))


def _band_of(log_amount: Floats, edges: Floats) -> np.ndarray:
    return np.clip(np.searchsorted(edges, log_amount, side="right") - 1, 0, len(edges) - 1)


def _likeliest(guess: Floats, errors: Floats, edges: Floats, is_stated: bool) -> tuple[np.ndarray, Floats]:
    """Return the band of each guess and the share of errors that lead into it."""
    band, chance = np.zeros(len(guess), dtype=np.int64), np.zeros(len(guess))
    for start in range(0, len(guess), 10_000):
        rows = slice(start, start + 10_000)
        places = _band_of(guess[rows, None] + errors[None, :], edges)
        shares = np.stack([(places == b).mean(axis=1) for b in range(len(edges))], axis=1)
        band[rows] = _band_of(guess[rows], edges) if is_stated else shares.argmax(axis=1)
        chance[rows] = np.take_along_axis(shares, band[rows, None], axis=1)[:, 0]
    return band, chance


def _banded(
    people: pl.DataFrame,
    log_amount: Floats,
    band: np.ndarray,
    chance: Floats,
    bands: pl.DataFrame,
    right: np.ndarray | None,
) -> pl.DataFrame:
    return people.select(
        PERSON,
        amount=pl.Series(np.exp(log_amount)),
        band=bands.get_column("band").gather(band),
        probability=pl.Series(chance),
        is_true=pl.lit(None, pl.Boolean) if right is None else pl.Series(right),
    )


def _shares(probability: Floats) -> Floats:
    shares: Floats = probability / probability.sum(axis=1, keepdims=True)
    return shares


def _long(person_id: pl.Series, groups: list[str], probability: Floats, truth: np.ndarray | None) -> pl.DataFrame:
    people, count = len(person_id), len(groups)
    return pl.DataFrame(
        {
            PERSON: person_id.gather(np.repeat(np.arange(people), count)),
            "group_name": np.tile(np.asarray(groups, dtype=object), people).tolist(),
            "probability": probability.ravel(),
            "is_true": [None] * (people * count) if truth is None else truth.ravel(),
        },
        schema=GROUP_SCORES,
    )
