"""A small bank from which churn has been learned once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cardinal.build import open_build
from cardinal.settings import Settings
from ml.folds import Folds, split_by_time
from ml.frames import labelled_frame
from ml.model import Model
from ml.registry import load_model
from ml.tasks import TASKS
from ml.training import Trained, train_task
from tests.unit.ml.small_bank import small_bank

CHURN = TASKS["churn"]


@dataclass(frozen=True)
class Learned:
    settings: Settings
    trained: Trained
    folds: Folds
    model: Model


@pytest.fixture(scope="session", autouse=True)
def few_draws() -> Iterator[None]:
    """Intervals are as right with fewer draws, only rougher."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ml.evaluation.DRAWS", 40)
        yield


@pytest.fixture(scope="session")
def learned(few_draws: None, tmp_path_factory: pytest.TempPathFactory) -> Learned:
    settings = small_bank(Path(tmp_path_factory.mktemp("bank")) / "home")
    trained = train_task(settings, "churn")
    with open_build(settings) as connection:
        folds = split_by_time(labelled_frame(connection, CHURN), CHURN)
    return Learned(settings, trained, folds, load_model(settings, "churn", trained.version))
