"""Leaks: what is known and what became of it stay apart, and a feature that knows the future is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import duckdb
import numpy as np
import polars as pl
import pytest
import yaml
from sklearn.metrics import roc_auc_score

from cardinal.build import open_build
from cardinal.settings import PROJECT_DIR
from ml.folds import split_by_time
from ml.frames import feature_query, labelled_frame, newest_frame
from ml.leaks import LeakError, check_knows_no_future, feature_columns
from ml.model import fit_model, margins, truth_of
from ml.task import LABEL, MONTH, Feature, Task, TaskError, TooLittleDataError
from ml.tasks import TASKS
from ml.tasks.value import TASK as VALUE
from ml.uplift_frames import asked
from ml.uplift_tasks import UPLIFT_TASKS
from tests.unit.ml.conftest import CHURN, Learned

MONTH_CHECKED = date(2023, 9, 30)


def planted(*features: Feature, **changed: str) -> Task:
    return replace(CHURN, features=(*CHURN.features, *features), **changed)


def test_the_features_of_churn_know_no_future(learned: Learned) -> None:
    with open_build(learned.settings) as connection:
        check_knows_no_future(connection, CHURN, MONTH_CHECKED)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("lead(transaction_count) over so_far", "planted would be different"),
        ("avg(transaction_count) over (partition by person_id)", "planted would be different"),
        (
            "(select max(f.is_lost) from marts.fct_customer_months f where f.person_id = mart.person_id)",
            r"reads more than marts\.ftr_customer__monthly",
        ),
    ],
)
def test_a_planted_future_feature_is_refused(learned: Learned, expression: str, message: str) -> None:
    with open_build(learned.settings) as connection, pytest.raises(LeakError, match=message):
        check_knows_no_future(connection, planted(Feature("planted", "", expression)), MONTH_CHECKED)


@pytest.mark.parametrize(
    "task", [*TASKS.values(), *map(asked, UPLIFT_TASKS.values()), VALUE], ids=lambda task: task.name
)
def test_tasks_are_made_of_keys_and_features_alone(task: Task) -> None:
    columns = dict.fromkeys((*task.keys, *(name for mart in task.marts for name in feature_columns(mart))))
    with duckdb.connect() as connection:
        connection.execute(f"create table mart ({', '.join(f'{name} {_type_of(task, name)}' for name in columns)})")
        connection.execute(feature_query(task, "mart"))


def _type_of(task: Task, name: str) -> str:
    """Return the type that the yml of a mart gives to a column; keys that join its rows are texts."""
    for mart in task.marts:
        (model,) = yaml.safe_load((PROJECT_DIR / f"models/marts/features/{mart}.yml").read_text())["models"]
        for column in model["columns"]:
            if column["name"] == name:
                return str(column["data_type"])
    return "date" if name == MONTH else "varchar"


def test_a_mart_that_is_no_feature_mart_is_refused(learned: Learned) -> None:
    with open_build(learned.settings) as connection, pytest.raises(LeakError, match="is no feature mart"):
        check_knows_no_future(connection, replace(CHURN, mart="fct_customer_months"), MONTH_CHECKED)


def test_permuted_labels_give_no_skill(learned: Learned) -> None:
    rng = np.random.default_rng(3)
    folds = {
        name: part.with_columns(pl.Series(LABEL, rng.permutation(truth_of(part))))
        for name, part in vars(learned.folds).items()
    }
    model = fit_model(CHURN, folds["learning"], folds["calibration"])
    skill = roc_auc_score(truth_of(folds["judgement"]), margins(CHURN, model, folds["judgement"]))
    honest = learned.trained.metrics["roc_auc"].value
    assert abs(skill - 0.5) < 0.08 < honest - 0.5, "seed 3"


def test_outcomes_of_a_fold_are_known_before_the_next_begins(learned: Learned) -> None:
    windows = learned.folds.windows()
    assert windows == {
        "learning": (date(2023, 1, 31), date(2023, 3, 31)),
        "calibration": (date(2023, 6, 30), date(2023, 8, 31)),
        "judgement": (date(2023, 11, 30), date(2024, 1, 31)),
    }


def test_months_whose_horizon_is_not_over_have_no_label(learned: Learned) -> None:
    with open_build(learned.settings) as connection:
        assert labelled_frame(connection, CHURN)[MONTH].max() == date(2024, 1, 31)
        assert newest_frame(connection, CHURN)[MONTH].unique().to_list() == [date(2024, 4, 30)]


def test_too_few_months_or_people_are_named(learned: Learned) -> None:
    frame = learned.folds.learning
    with pytest.raises(TaskError, match=r"churn: 3 months with known outcomes are too few"):
        split_by_time(frame, CHURN)
    everything = pl.concat(vars(learned.folds).values())
    with pytest.raises(TaskError, match=r"churn: of the .* rows for learning, 0 are positive"):
        split_by_time(everything.with_columns(pl.lit(False).alias(LABEL)), CHURN)


def test_too_small_a_draw_of_people_is_no_lack_of_time(learned: Learned) -> None:
    with open_build(learned.settings) as connection:
        assert labelled_frame(connection, CHURN).equals(labelled_frame(connection, CHURN, 500 * 16))
        with pytest.raises(TaskError, match=r"churn: 100 of 500 people were drawn, .* Raise MOST_ROWS") as refused:
            labelled_frame(connection, CHURN, 100 * 16)
        with pytest.raises(TaskError, match=r"churn: 1 of 500 people were drawn, ") as none_asked:
            labelled_frame(connection, CHURN, 1)
    assert not isinstance(refused.value, TooLittleDataError)
    assert not isinstance(none_asked.value, TooLittleDataError)


def test_a_bank_without_the_mart_or_its_rows_is_told_what_is_missing(learned: Learned) -> None:
    with open_build(learned.settings) as connection:
        with pytest.raises(TaskError, match=r"churn: its SQL asks for what isn't there: .*ftr_nothing"):
            labelled_frame(connection, replace(CHURN, mart="ftr_nothing"))
        with pytest.raises(TaskError, match=r"churn: nobody is of the population at 2024-04-30"):
            newest_frame(connection, replace(CHURN, population="false"))
        with pytest.raises(
            TaskError, match=r"churn: marts\.ftr_customer__monthly has no month that ended 3 months before"
        ):
            labelled_frame(connection, replace(CHURN, population="false"))
    with duckdb.connect() as empty:
        empty.execute(
            "create schema marts; create table marts.ftr_customer__monthly (month_end_date date, as_of_date date)"
        )
        with pytest.raises(TaskError, match=r"churn: marts\.ftr_customer__monthly has no whole month"):
            newest_frame(empty, CHURN)
