"""The framework on public data: 10,127 holders of credit cards, of whom 16 % left.

The data are public but not ours to give: the test looks for them in `$CARDINAL_SHARED_DATA/card_churn`, or in
`../shared/data/card_churn` beside the repository. Published for boosted trees: accuracy .97, F1 .92.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import accuracy_score, f1_score

from cardinal.settings import PROJECT_DIR
from ml.evaluation import calibration_error, roc_auc
from ml.model import fit_model, margins, matrix, probabilities, truth_of
from ml.reasons import contributions
from ml.task import LABEL, Feature
from tests.unit.ml.conftest import CHURN

SHARED_DATA = Path(os.environ.get("CARDINAL_SHARED_DATA") or PROJECT_DIR.parent / "shared" / "data")
FILE = SHARED_DATA / "card_churn" / "BankChurners.csv"
# Two columns are another model's answer, and the first is a number of the customer.
NOT_FEATURES = ("CLIENTNUM", "Attrition_Flag", "Naive_Bayes")


@pytest.mark.skipif(not FILE.exists(), reason=f"the public card-churn data aren't at {FILE}")
def test_public_card_churn_is_learned_as_well_as_published() -> None:
    people = pl.read_csv(FILE).with_columns((pl.col("Attrition_Flag") == "Attrited Customer").alias(LABEL))
    features = tuple(
        Feature(name, name, kind="text" if dtype == pl.String else "number")
        for name, dtype in people.schema.items()
        if not name.startswith(NOT_FEATURES) and name != LABEL
    )
    # One look at 10,127 people instead of many months: more trees, which are learned faster.
    task = replace(CHURN, name="card_churn", features=features, learning={"max_iter": 400, "learning_rate": 0.1})
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
    assert figures["accuracy"] >= 0.96, figures
    assert figures["f1"] >= 0.88, figures
    assert figures["ece"] <= 0.03, figures
    _, x = matrix(model, task, judgement)
    found = contributions(model, x)
    assert found.common + found.added.sum(axis=1) == pytest.approx(margin, abs=1e-9)
    assert np.array_equal(found.margin, margin)
