"""Next best offers on a grown demo bank: the order within a person, and what the first offer brings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from cardinal.build import open_build
from cardinal.settings import Settings
from ml.calibration import Floats
from ml.evaluation import WITHIN, Figure, draws_of
from ml.folds import split_by_time
from ml.frames import labelled_frame
from ml.model import fit_model, margins, probabilities
from ml.task import LABEL, MONTH, PERSON
from ml.tasks import TASKS
from tests.integration.house import House

OFFERS = [task for name, task in TASKS.items() if name.startswith("offer_")]


def offered_rows(settings: Settings) -> pl.DataFrame:
    """Return a row per person, month and family that could be offered, on the last fold.

    With the probability, the share of all who took it in the months before (popular), looks at content on it (rules),
    what a holder earns the bank, and whether it was taken.
    """
    parts = []
    with open_build(settings) as connection:
        margin_of = dict(
            connection.execute(
                "select product_family, greatest(margin_amount, 0) from marts.product_family_margins"
            ).fetchall()
        )
        for task in OFFERS:
            folds = split_by_time(labelled_frame(connection, task), task)
            model = fit_model(task, folds.learning, folds.calibration)
            family, judged = task.name.removeprefix("offer_"), folds.judgement
            parts.append(
                judged.select(
                    PERSON, MONTH, LABEL,
                    family=pl.lit(family),
                    probability=pl.Series(probabilities(model, margins(task, model, judged))),
                    popular=pl.lit(float(pl.concat([folds.learning, folds.calibration])[LABEL].mean())),  # type: ignore[arg-type]
                    looks=pl.col("baseline").fill_null(0.0),
                    margin=pl.lit(float(margin_of.get(family, 0.0))),
                )
            )  # fmt: skip
    rng = np.random.default_rng(OFFERS[0].seed)
    rows = pl.concat(parts).sort(MONTH, PERSON, "family")
    return rows.with_columns(random=pl.Series(rng.random(len(rows))))


def ndcg_at_3(rows: pl.DataFrame, score: pl.Expr) -> pl.DataFrame:
    """Return the NDCG@3 of each person-month in which something was taken, by the order of a score."""
    gain = pl.col(LABEL).cast(pl.Float64)

    return (
        rows.with_columns(score=score)
        .with_columns(place=pl.col("score").rank("ordinal", descending=True).over(MONTH, PERSON))
        .with_columns(best=gain.rank("ordinal", descending=True).over(MONTH, PERSON))
        .group_by(MONTH, PERSON, maintain_order=True)
        .agg(
            found=(gain / (pl.col("place") + 1).log(2)).filter(pl.col("place") <= 3).sum(),
            ideal=(gain / (pl.col("best") + 1).log(2)).filter(pl.col("best") <= 3).sum(),
        )
        .filter(pl.col("ideal") > 0)
        .select(PERSON, value=pl.col("found") / pl.col("ideal"))
    )


def value_of_first(rows: pl.DataFrame, score: pl.Expr) -> pl.DataFrame:
    """Return what the first offer of each person-month brought: the family's margin if it was taken."""
    return (
        rows.with_columns(score=score)
        .sort(MONTH, PERSON, "score", descending=[False, False, True])
        .group_by(MONTH, PERSON, maintain_order=True)
        .first()
        .select(PERSON, value=pl.col("margin") * pl.col(LABEL).cast(pl.Float64))
    )


def compared(
    rows: pl.DataFrame, measure: Callable[[pl.DataFrame, pl.Expr], pl.DataFrame], scores: dict[str, pl.Expr]
) -> dict[str, Figure]:
    """Return each policy's mean with its interval of 95 %, and how much the model is above each; persons are drawn."""
    tables = {name: measure(rows, score) for name, score in scores.items()}
    people = tables["model"][PERSON].rank("dense").to_numpy().astype(np.int64)
    values: dict[str, Floats] = {name: table["value"].to_numpy() for name, table in tables.items()}
    values |= {f"model over {name}": values["model"] - values[name] for name in scores if name != "model"}
    # draws_of leaves out draws without both answers; here each draw counts.
    every = np.arange(len(people)) % 2 == 0
    drawn = list(draws_of(people, every, OFFERS[0].seed))
    return {
        name: Figure(float(of.mean()), *map(float, np.percentile([of[rows_].mean() for rows_ in drawn], WITHIN)))
        for name, of in values.items()
    }


def judge(settings: Settings) -> dict[str, dict[str, Figure]]:
    """Measure the order of offers and what the first ones bring, of the model and of those that learn nothing."""
    rows = offered_rows(settings)
    orders = {
        "model": pl.col("probability"),
        "most popular": pl.col("popular"),
        # Who looked at content on it is offered that, else what is most popular.
        "rules": pl.col("looks") + pl.col("popular"),
        "random": pl.col("random"),
    }
    worth = {
        "model": pl.col("probability") * pl.col("margin"),
        "most popular": pl.col("popular") * pl.col("margin"),
        "rules": (pl.col("looks") + pl.col("popular")) * pl.col("margin"),
        "random": pl.col("random"),
    }
    return {
        "NDCG@3": compared(rows, ndcg_at_3, orders),
        "value of the first offer": compared(rows, value_of_first, worth),
    }


@pytest.mark.slow
def test_offers_bring_more_than_chance_and_than_looks_alone(grown_house: House) -> None:
    found = judge(grown_house.settings)
    for measure, figures in found.items():
        for name, figure in figures.items():
            print(f"{measure}, {name}: {figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})")
    assert found["NDCG@3"]["model over random"].low > 0
    assert found["value of the first offer"]["model over random"].low > 0
    assert found["value of the first offer"]["model over rules"].low > 0
