"""Experiments for tests."""

from datetime import date
from typing import Any

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
