"""Value of a customer in the next 12 months: of the relationship as a whole, and of the card purchases."""

from __future__ import annotations

import numpy as np
import polars as pl

from ml.learning import PERSON, on_one_thread
from ml.lifetime_value import (
    expected_purchases,
    expected_spend,
    fit_beta_geometric,
    fit_gamma_gamma,
    probability_alive,
)
from ml.survival import closing_hazards, months_ahead, survival_ahead

RELATIONSHIPS = {
    PERSON: pl.String, "survival": pl.Float64, "expected_months": pl.Float64, "value": pl.Float64,
    "value_low": pl.Float64, "value_high": pl.Float64,
}  # fmt: skip
PURCHASES = {
    PERSON: pl.String, "probability_alive": pl.Float64, "purchase_days": pl.Float64, "day_spend": pl.Float64,
    "spend": pl.Float64,
}  # fmt: skip
MONTHS = 12
WEEKS = 365.25 / 7
# 90 of 100 values lie within this many standard deviations.
WITHIN_90 = 1.6449
LEAST_BUYERS = 100
MOST_FITTED = 20_000
# Few parameters run off where the data say little about them; this keeps them near one.
PENALTY = 0.001


def relationship_values(people: pl.DataFrame) -> pl.DataFrame:
    """Return survival, expected months and value of 12 months, with the interval that holds 9 of 10.

    people: person_id, entered_months, tenure_months, has_closed, month_count, mean_value, value_deviation.
    """
    if len(people) == 0:
        return pl.DataFrame(schema=RELATIONSHIPS)
    people = people.sort(PERSON)
    entered, tenure = (
        people.get_column(name).to_numpy().astype(np.int64) for name in ("entered_months", "tenure_months")
    )
    closed = people.get_column("has_closed").to_numpy().astype(bool)
    survival = survival_ahead(closing_hazards(entered, tenure, closed), tenure, MONTHS) * ~closed[:, None]
    stay, stay_variance = months_ahead(survival)
    mean, deviation, months = (
        people.get_column(name).fill_null(0).to_numpy().astype(np.float64)
        for name in ("mean_value", "value_deviation", "month_count")
    )
    # The months to come differ among themselves, the mean is known from so many months only, and the stay is uncertain.
    variance = stay * deviation**2 + stay**2 * deviation**2 / np.maximum(months, 1) + mean**2 * stay_variance
    value, reach = mean * stay, WITHIN_90 * np.sqrt(variance)
    return people.select(
        PERSON,
        survival=pl.Series(survival[:, -1]),
        expected_months=pl.Series(stay),
        value=pl.Series(value),
        value_low=pl.Series(value - reach),
        value_high=pl.Series(value + reach),
    )


@on_one_thread
def purchase_values(people: pl.DataFrame) -> pl.DataFrame:
    """Return how probable, how frequent and how large the card purchases of 12 months are.

    people: person_id, frequency, recency_weeks, age_weeks, mean_amount. Empty where too few people buy.
    """
    people = people.sort(PERSON)
    again = people.filter(pl.col("frequency") > 0)
    if len(again) < LEAST_BUYERS:
        return pl.DataFrame(schema=PURCHASES)
    sample = people.head(MOST_FITTED)
    x, t_x, t, amount = _columns(sample)
    bought = fit_beta_geometric(x, t_x, t, PENALTY)
    spent = fit_gamma_gamma(x, amount, PENALTY)
    x, t_x, t, amount = _columns(people)
    days, spend = expected_purchases(bought, x, t_x, t, WEEKS), expected_spend(spent, x, amount)
    return people.select(
        PERSON,
        probability_alive=pl.Series(probability_alive(bought, x, t_x, t)),
        purchase_days=pl.Series(days),
        day_spend=pl.Series(spend),
        spend=pl.Series(days * spend),
    )


def _columns(people: pl.DataFrame) -> tuple[np.ndarray, ...]:
    names = ("frequency", "recency_weeks", "age_weeks", "mean_amount")
    return tuple(people.get_column(name).fill_null(0).cast(pl.Float64).to_numpy() for name in names)
