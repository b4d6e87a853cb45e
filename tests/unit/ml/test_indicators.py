"""Learned indicators on made-up people: calibrated, deterministic, silent where little is known."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from ml.calibration import cross_calibrate, expected_calibration_error, fit_calibrator
from ml.indicators import BAND_SCORES, GROUP_SCORES, SCORES, band_scores, group_scores, probability_scores
from ml.learning import Encoder, Limits, read_people

BANDS = pl.DataFrame({"band": ["Low", "Middle", "High"], "from_amount": [0, 100, 1_000]})


def made_up(count: int, seed: int = 3) -> tuple[pl.DataFrame, np.ndarray]:
    """People whose chance to be true rises with one feature; a quarter says nothing."""
    rng = np.random.default_rng(seed)
    feature, noise = rng.normal(size=count), rng.normal(size=count)
    chance = 1 / (1 + np.exp(-1.5 * feature))
    truth = rng.random(count) < chance
    job = np.where(rng.random(count) < 0.5, "nurse", "pilot").tolist()
    silent = rng.random(count) < 0.25
    frame = pl.DataFrame(
        {
            "person_id": [f"p{number:05}" for number in rng.permutation(count)],
            "feature": feature, "noise": pl.Series(noise).set(pl.Series(noise > 1), None), "job": job,
            "is_it": pl.Series(truth).set(pl.Series(silent), None),
        }
    )  # fmt: skip
    return frame, truth


def test_probabilities_are_calibrated_for_people_who_were_not_learned_from() -> None:
    people, truth = made_up(16_000)
    scores = people.with_columns(truth=pl.Series(truth)).join(probability_scores(people, "is_it"), on="person_id")
    assert len(scores) == len(people)
    silent = scores.filter(pl.col("is_it").is_null())
    assert silent.get_column("is_true").null_count() == len(silent) > 3_000
    for part in (silent, scores.filter(pl.col("is_it").is_not_null())):
        probability, true = part.get_column("probability").to_numpy(), part.get_column("truth").to_numpy()
        assert expected_calibration_error(probability, true) < 0.05
        # A share for all would be calibrated too, and useless.
        assert np.mean((probability > 0.5) == true) > 0.7


def test_the_same_people_in_another_order_get_the_same_probabilities() -> None:
    people, _ = made_up(1_500)
    again = probability_scores(people.sample(fraction=1.0, shuffle=True, seed=1), "is_it")
    assert again.sort("person_id").equals(probability_scores(people, "is_it").sort("person_id"))


@pytest.mark.parametrize("count", [0, 50, 250])
def test_too_few_people_give_nothing(count: int) -> None:
    people, _ = made_up(max(count, 1))
    people = people.head(count)
    assert probability_scores(people, "is_it").equals(pl.DataFrame(schema=SCORES))
    groups = people.with_columns(group=pl.when(pl.col("is_it")).then(pl.lit("a")).otherwise(pl.lit("b")))
    assert group_scores(groups.drop("is_it"), "group").equals(pl.DataFrame(schema=GROUP_SCORES))
    incomes = people.select("person_id", "feature", known_amount=pl.lit(50.0))
    assert band_scores(incomes, BANDS, "inferred").equals(pl.DataFrame(schema=BAND_SCORES))


def test_what_is_known_of_nobody_who_is_learned_from_teaches_nothing_and_stops_nothing() -> None:
    """A young bank, or one without a channel: nobody who declares has a value, some of the others may."""
    people, _ = made_up(1_500)
    known = pl.col("is_it").is_not_null()
    empty = people.with_columns(
        points=pl.when(~known).then(pl.col("noise")),
        shop=pl.when(~known).then(pl.col("job")),
        none=pl.lit(None, pl.Float64),
    )
    assert probability_scores(empty, "is_it").equals(probability_scores(people, "is_it"))
    group = pl.when(pl.col("is_it")).then(pl.lit("a")).when(known).then(pl.lit("b"))
    assert len(group_scores(empty.with_columns(group=group).drop("is_it"), "group")) > 0
    amount = pl.when(known).then(pl.col("feature").exp() * 100)
    assert band_scores(empty.with_columns(known_amount=amount).drop("is_it"), BANDS, "inferred").equals(
        band_scores(people.with_columns(known_amount=amount).drop("is_it"), BANDS, "inferred")
    )
    nothing = people.select("person_id", "is_it", points=pl.lit(None, pl.Float64))
    assert len(probability_scores(nothing, "is_it")) == len(people)


def test_one_class_only_teaches_nothing() -> None:
    people, _ = made_up(1_000)
    assert len(probability_scores(people.with_columns(is_it=pl.lit(True)), "is_it")) == 0


def grouped(count: int) -> pl.DataFrame:
    people, _ = made_up(count)
    group = pl.when(pl.col("feature") < -0.5).then(pl.lit("a")).when(pl.col("feature") < 0.5).then(pl.lit("b"))
    known = group.otherwise(pl.lit("c"))
    silent = pl.col("is_it").is_null()
    return people.with_columns(group=pl.when(silent).then(None).otherwise(known)).drop("is_it")


def test_groups_share_out_one_and_a_rare_group_takes_nobody() -> None:
    people = grouped(1_500)
    rare = pl.when(pl.arange(pl.len()) < 5).then(pl.lit("rare")).otherwise(pl.col("group"))
    scores = group_scores(people.with_columns(group=rare), "group")
    sums = scores.group_by("person_id").agg(pl.col("probability").sum(), pl.len())
    assert sums.get_column("probability").to_numpy() == pytest.approx(np.ones(len(sums)))
    assert set(scores.get_column("group_name")) == {"a", "b", "c"}
    likeliest = scores.sort("probability").group_by("person_id").last().filter(pl.col("is_true").is_not_null())
    assert likeliest.get_column("is_true").mean() > 0.9


def incomes(count: int, **columns: Any) -> pl.DataFrame:
    rng = np.random.default_rng(9)
    level = rng.normal(5.5, 1.2, count)
    known = np.exp(level + rng.normal(0, 0.3, count))
    silent = pl.Series(rng.random(count) < 0.3)
    data = {"person_id": [f"p{number:05}" for number in range(count)], "level": level, **columns}
    return pl.DataFrame({**data, "truth": known, "known_amount": pl.Series(known).set(silent, None)})


@pytest.mark.parametrize("stated", [False, True])
def test_a_band_is_as_probable_as_it_is_right(stated: bool) -> None:
    people = incomes(4_000)
    given = people.drop("truth")
    if stated:
        given = given.select("person_id", "known_amount", stated=pl.col("level").exp())
    scores = band_scores(given, BANDS, "x", estimate="stated" if stated else None).join(
        people.select("person_id", "truth"), on="person_id"
    )
    right = np.searchsorted([100, 1_000], scores.get_column("truth").to_numpy(), side="right")
    found = scores.get_column("band").replace_strict({"Low": 0, "Middle": 1, "High": 2}).to_numpy()
    probability = scores.get_column("probability").to_numpy()
    assert expected_calibration_error(probability, found == right) < 0.05
    assert len(scores) == len(people)
    sure = probability > 0.9
    assert 0.2 < sure.mean() < 0.95
    assert np.mean((found == right)[sure]) > 0.9


def test_calibration_error_by_hand() -> None:
    probability, true = np.array([0.05, 0.05, 0.95, 1.0]), np.array([False, True, True, True])
    assert expected_calibration_error(probability, true) == pytest.approx((0.9 + 0.05) / 4)


@pytest.mark.parametrize("count", [400, 20_000])
def test_calibration_mends_overconfidence_by_sigmoid_and_by_steps(count: int) -> None:
    rng = np.random.default_rng(1)
    chance = rng.uniform(0.2, 0.8, count)
    true = rng.random(count) < chance
    bold = np.clip(0.5 + 1.6 * (chance - 0.5), 0, 1)
    mended = cross_calibrate(bold, true, np.arange(count) % 5)
    assert expected_calibration_error(mended, true) < expected_calibration_error(bold, true)
    values = fit_calibrator(bold, true)(np.linspace(0, 1, 50))
    assert np.all(np.diff(values) >= 0)
    assert 0 < values[0] < values[-1] < 1


def test_texts_that_were_never_seen_are_missing() -> None:
    sample = pl.DataFrame({"job": ["nurse"] * 30 + ["pilot"] * 25 + ["king"]})
    encoder = Encoder(sample, ["job"])
    codes = encoder.encode(pl.DataFrame({"job": ["nurse", "pilot", "king", "queen", None]}))[:, 0]
    assert codes[:2].tolist() == [0, 1]
    assert np.isnan(codes[2:]).all()


def test_only_the_sample_and_the_unknown_are_read() -> None:
    with duckdb.connect() as connection:
        relation = connection.sql("""
            select 'p' || n as person_id, case when n > 3 then n > 5 end as is_it from range(1, 10) as numbers(n)
        """)
        people = read_people(relation, "is_it", Limits(most_known=2))
    assert sorted(people.get_column("person_id")) == ["p1", "p2", "p3", "p4", "p5"]
