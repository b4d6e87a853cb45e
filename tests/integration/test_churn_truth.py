"""Churn against what the demo bank knows: who really left, which no model reads."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from cardinal.build import open_build
from ml.evaluation import average_precision, calibration_error, lift
from ml.folds import split_by_time
from ml.frames import labelled_frame
from ml.model import margins, probabilities
from ml.registry import load_model
from ml.scoring import score_tasks
from ml.tasks import TASKS
from ml.training import train_task
from tests.integration.house import House

CHURN = TASKS["churn"]
# Of people who are one record's person, the day on which they left.
LEFT = """
    select owners.person_id, persons.churn_date
    from (
        select records.person_id, min(truth.true_person) as true_person
        from marts.person_records as records
        inner join read_parquet('{truth}/records.parquet') as truth
            on records.source = truth.source
            and records.table_name = truth.table_name
            and records.record_id = truth.record_id
        where records.table_name = 'customers'
        group by records.person_id
        having count(distinct truth.true_person) = 1
    ) as owners
    inner join read_parquet('{truth}/persons.parquet') as persons on owners.true_person = persons.true_person
"""


def against_truth(house: House, version: str) -> dict[str, float]:
    """Judge a version on the last fold by who really left within three months, beside recency."""
    with open_build(house.settings) as connection:
        rows = split_by_time(labelled_frame(connection, CHURN), CHURN).judgement
        left = connection.execute(LEFT.format(truth=house.settings.truth)).pl()
    rows = rows.join(left, on="person_id").with_columns(
        pl.col("month_end_date").dt.offset_by("3mo").dt.month_end().alias("until")
    )
    # Who had left before is no customer that could leave.
    rows = rows.filter(pl.col("churn_date").is_null() | (pl.col("churn_date") > pl.col("month_end_date")))
    truth = (rows["churn_date"] <= rows["until"]).fill_null(False).to_numpy()
    model = load_model(house.settings, "churn", version)
    margin, recency = margins(CHURN, model, rows), rows["baseline"].fill_null(400.0).to_numpy()
    probability = probabilities(model, margin)
    return {
        "rows": len(rows),
        "left": float(truth.sum()),
        "pr_auc": average_precision(margin, truth),
        "pr_auc_recency": average_precision(recency, truth),
        "lift": lift(margin, truth),
        "lift_recency": lift(recency, truth),
        "ece": calibration_error(probability, truth),
    }


@pytest.mark.slow
def test_churn_finds_those_who_really_leave(grown_house: House) -> None:
    house = grown_house
    assert house.query("select count(*) filter (where churn_state <> 'not scored') from marts.customer_360") == [(0,)]
    trained = train_task(house.settings, "churn")
    assert trained.is_champion
    figures = against_truth(house, trained.version)
    print(figures)
    assert figures["pr_auc"] > figures["pr_auc_recency"] + 0.1, figures
    assert figures["lift"] > figures["lift_recency"] + 1, figures
    assert figures["ece"] <= 0.03, figures
    (scored,) = score_tasks(house.settings)
    house.run("--select", "stg_ml__scores+")
    ((people, least, most),) = house.query(
        "select count(*), min(churn_probability), max(churn_probability) from marts.customer_360"
        " where churn_state = 'scored'"
    )
    assert people == scored.rows
    assert 0 < least < most < 1
    reasons = house.query("select count(*) from marts.customer_360 where churn_decile = 1 and churn_reason_1 is null")
    assert reasons == [(0,)]
    assert np.isclose(
        float(house.query("select sum(value_at_risk_amount) from marts.customer_retention")[0][0]),
        float(
            house.query("select sum(churn_probability * greatest(value_12m_amount, 0)) from marts.customer_retention")[
                0
            ][0]
        ),
        rtol=0.01,
    )
