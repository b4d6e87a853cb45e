"""What all learned indicators share: who is learned from, features as numbers, predictions out of fold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from threading import Lock
from typing import Any, ParamSpec, TypeVar

import numpy as np
import polars as pl

from ml.calibration import Bools, Floats, Integers

PERSON = "person_id"
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True)
class Limits:
    """From how few people nothing is learned, and from how many at most."""

    least_known: int = 300
    least_a_class: int = 20
    most_known: int = 20_000
    folds: int = 5
    seed: int = 20_240_101


def read_people(relation: Any, target: str, limits: Limits = Limits()) -> pl.DataFrame:
    """Read of a relation only whom learning needs: the sample of the known, and all whose truth isn't known."""
    sample = relation.filter(f"{target} is not null").order(PERSON).limit(limits.most_known)
    people: pl.DataFrame = sample.union(relation.filter(f"{target} is null")).pl()
    return people


def learning_sample(people: pl.DataFrame, target: str, limits: Limits) -> pl.DataFrame:
    """Return the people whose truth is known, in a fixed order, not more than are worth their time.

    A person_id is a hash, so the first ones by it are a sample without a tendency.
    """
    return people.filter(pl.col(target).is_not_null()).sort(PERSON).head(limits.most_known)


def has_enough(truth: pl.Series, limits: Limits) -> bool:
    """Tell whether enough people are known, of each class that there is and of two at least."""
    counts = truth.value_counts().get_column("count").to_list()
    return len(truth) >= limits.least_known and len(counts) >= 2 and min(counts) >= limits.least_a_class


def feature_columns(people: pl.DataFrame, *others: str) -> list[str]:
    """Return what a person is judged by: all columns but the person and these."""
    return [name for name in people.columns if name not in {PERSON, *others}]


class Encoder:
    """Numbers stay, null as nan; texts become codes, rare and unseen ones nan."""

    def __init__(self, sample: pl.DataFrame, columns: list[str], least: int = 20, most: int = 60) -> None:
        self.columns = columns
        self.codes: dict[str, dict[str, int]] = {}
        for name in columns:
            if sample.schema[name] == pl.String:
                counts = sample.get_column(name).drop_nulls().value_counts().filter(pl.col("count") >= least)
                frequent = counts.sort("count", name, descending=[True, False]).get_column(name).to_list()
                self.codes[name] = {value: code for code, value in enumerate(frequent[:most])}

    @property
    def is_text(self) -> list[bool]:
        """Which columns hold codes of texts."""
        return [name in self.codes for name in self.columns]

    def encode(self, people: pl.DataFrame) -> Floats:
        """Return the features as numbers."""
        columns = [
            pl.col(name).replace_strict(self.codes[name], default=None, return_dtype=pl.Float64)
            if name in self.codes
            else pl.col(name).cast(pl.Float64)
            for name in self.columns
        ]
        encoded: Floats = people.select(columns).to_numpy().astype(np.float64)
        return encoded


def folds_of(truth: Any, limits: Limits) -> Integers:
    """Return the fold of each person, with like shares of each class in all."""
    from sklearn.model_selection import StratifiedKFold

    folds = np.zeros(len(truth), dtype=np.int64)
    split = StratifiedKFold(limits.folds, shuffle=True, random_state=limits.seed)
    for fold, (_, held) in enumerate(split.split(np.zeros(len(truth)), truth)):
        folds[held] = fold
    return folds


def out_of_fold(fit: Callable[[Floats, Any], Callable[[Floats], Floats]], x: Floats, y: Any, folds: Integers) -> Floats:
    """Predict each fold by what is learned from the others."""
    predicted: Floats | None = None
    for fold in np.unique(folds):
        inside = folds == fold
        part = fit(x[~inside], y[~inside])(x[inside])
        if predicted is None:
            predicted = np.zeros((len(x), *part.shape[1:]))
        predicted[inside] = part
    assert predicted is not None  # noqa: S101
    return predicted


def classifier(is_text: list[bool], limits: Limits) -> Callable[[Floats, Any], Callable[[Floats], Floats]]:
    """Return how to learn classes: shallow boosted trees, which take missing values and texts as they are."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    def fit(x: Floats, y: Any) -> Callable[[Floats], Floats]:
        empty = _empty_columns(x)
        model = HistGradientBoostingClassifier(**_settings(is_text, limits)).fit(np.where(empty, 0.0, x), y)
        return lambda rows: np.asarray(model.predict_proba(np.where(empty, 0.0, rows)))

    return fit


def linear_classifier(is_text: list[bool], limits: Limits) -> Callable[[Floats, Any], Callable[[Floats], Floats]]:
    """Return how to learn many classes: a line through logarithms, as good as trees there and much faster."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

    texts = np.asarray(is_text)

    def fit(x: Floats, y: Any) -> Callable[[Floats], Floats]:
        numbers = make_pipeline(
            FunctionTransformer(_compress),
            SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
            StandardScaler(),
        )
        columns = [
            ("numbers", numbers, np.flatnonzero(~texts)),
            ("texts", OneHotEncoder(handle_unknown="ignore"), np.flatnonzero(texts)),
        ]
        lines = LogisticRegression(C=0.1, max_iter=1_000, random_state=limits.seed)
        model = make_pipeline(ColumnTransformer(columns), lines).fit(x, y)
        return lambda rows: np.asarray(model.predict_proba(rows))

    return fit


def _compress(amounts: Floats) -> Floats:
    compressed: Floats = np.sign(amounts) * np.log1p(np.abs(amounts))
    return compressed


def regressor(is_text: list[bool], limits: Limits) -> Callable[[Floats, Any], Callable[[Floats], Floats]]:
    """Return how to learn amounts, of which logarithms are given."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    def fit(x: Floats, y: Any) -> Callable[[Floats], Floats]:
        empty = _empty_columns(x)
        model = HistGradientBoostingRegressor(**_settings(is_text, limits)).fit(np.where(empty, 0.0, x), y)
        return lambda rows: np.asarray(model.predict(np.where(empty, 0.0, rows)))

    return fit


def _empty_columns(x: Floats) -> Bools:
    """Which columns have a value in no row, such as a channel that a young bank hasn't: boosted trees fail on them."""
    return np.asarray(np.isnan(x).all(axis=0))


def on_one_thread(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Let the libraries start no threads and only one caller learn: sums stay the same on any machine.

    dbt runs models side by side, and the limit is the process's: whoever ends first would lift it for the others.
    """

    @wraps(function)
    def limited(*arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
        # A limit holds for the libraries that are loaded when it is set: one that comes later knows nothing of it.
        import sklearn.ensemble  # noqa: F401
        from threadpoolctl import threadpool_limits

        with _ONE_AT_A_TIME, threadpool_limits(limits=1):
            return function(*arguments, **named)

    return limited


def _settings(is_text: list[bool], limits: Limits) -> dict[str, Any]:
    return {
        "max_iter": 80,
        "learning_rate": 0.08,
        "max_leaf_nodes": 8,
        "min_samples_leaf": 15,
        "l2_regularization": 5.0,
        "early_stopping": False,
        "categorical_features": is_text if any(is_text) else None,
        "random_state": limits.seed,
    }
