"""Experiments and sums for tests."""

from datetime import date
from typing import Any

import duckdb
import numpy as np

from cardinal.experiments.aggregates import COLUMNS
from cardinal.experiments.declaration import Arm, Experiment, Metric

BY_DEFAULT: dict[str, Any] = {
    "key": "x",
    "description": "Tries something.",
    "owner": "digital",
    "unit": "user_id",
    "arms": (Arm("control", 0.5), Arm("treatment", 0.5)),
    "metrics": (Metric("leads", "proportion", "lead", window_days=14),),
    "start": date(2024, 2, 1),
    "stop": date(2024, 2, 29),
}


def an_experiment(**fields: Any) -> Experiment:
    return Experiment(**(BY_DEFAULT | fields))


def summed(values, per=None, before=None, per_before=None):
    """What the mart holds of an arm, from the values of its subjects, in DuckDB."""
    data = [np.asarray(values, dtype=float)]
    data += [
        np.zeros(len(data[0])) if one is None else np.asarray(one, dtype=float) for one in (per, before, per_before)
    ]
    names = ("value", "per", "value_before", "per_before")
    with duckdb.connect() as connection:
        connection.register("rows", dict(zip(names, data, strict=True)))
        sums = [f"sum({name})" for name in names] + [f"sum({name} * {name})" for name in names]
        sums += [f"sum({one} * {other})" for place, one in enumerate(names) for other in names[place + 1 :]]
        row = connection.execute(f"select count(*), {', '.join(sums)} from rows").fetchall()[0]
    return dict(zip(COLUMNS, row, strict=True))
