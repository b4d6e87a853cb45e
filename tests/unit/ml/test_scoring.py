"""Scoring: everybody once, dated, with reasons, delivered to the lake; the same scores again change nothing."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from cardinal.settings import Settings
from ml import registry
from ml.scoring import score_frame, score_tasks
from ml.task import TaskError
from tests.unit.ml.conftest import CHURN, Learned


@pytest.fixture
def home(learned: Learned, tmp_path: Path) -> Settings:
    shutil.copytree(learned.settings.home, tmp_path / "home")
    return Settings(tmp_path / "home")


def delivered(home: Settings) -> list[Path]:
    return sorted((home.lake / "ml" / "scores").glob("ingest_date=2*/*.parquet"))


def standing(home: Settings) -> list[tuple[str, str, bool]]:
    """Return what the lake was told of versions, in the order of arrival."""
    files = (home.lake / "ml" / "champions").glob("ingest_date=2*/*.parquet")
    told = pl.concat([pl.read_parquet(file) for file in files] or [pl.DataFrame(schema=["_ingested_at"])])
    return [(row["task"], row["model_version"], row["is_undone"]) for row in told.sort("_ingested_at").to_dicts()]


def test_everybody_of_the_population_is_scored_once_as_of_the_last_whole_month(home: Settings) -> None:
    (scored,) = score_tasks(home)
    assert (scored.task, scored.as_of_date, scored.is_new) == ("churn", date(2024, 4, 30), True)
    (file,) = delivered(home)
    assert file.parent.name == "ingest_date=2024-04-30"
    scores = pl.read_parquet(file)
    assert len(scores) == scored.rows == scores["person_id"].n_unique()
    assert scores["rank"].sort().to_list() == list(range(1, scored.rows + 1))
    by_rank = scores.sort("rank")
    assert by_rank["score"].is_sorted(descending=True)
    assert by_rank["decile"].is_sorted()
    assert by_rank["decile"].value_counts()["count"].max() <= scored.rows // 10 + 1
    assert scores["model_version"].unique().to_list() == [scored.version]
    assert scores["probability"].is_between(0, 1).all()
    assert by_rank["reason_1"][0].startswith("raises: ")


def test_the_same_scores_again_change_nothing(home: Settings) -> None:
    score_tasks(home)
    before = {path: path.read_bytes() for path in delivered(home)}
    (again,) = score_tasks(home, ["churn"])
    assert not again.is_new
    assert {path: path.read_bytes() for path in delivered(home)} == before


def test_other_files_of_the_inbox_are_left_for_their_own_ingestion(home: Settings) -> None:
    other = home.inbox / "website" / "registrations" / "new.csv"
    other.parent.mkdir(parents=True)
    other.write_text("nonsense\n")
    score_tasks(home)
    assert not list((home.lake / "_batches" / "website").rglob("*.json"))


def test_a_champion_that_comes_back_scores_again(home: Settings) -> None:
    first = registry.champion(home, "churn")
    assert first is not None
    score_tasks(home)
    registry._change(home, "churn", [first, "another"], [])
    registry.undo_promotion(home, "churn")
    (scored,) = score_tasks(home)
    assert (scored.version, scored.is_new) == (first, True)
    arrivals = [pl.read_parquet(file)["_ingested_at"][0] for file in delivered(home)]
    assert len(set(arrivals)) == 2


def test_reading_row_by_row_gives_the_same_as_all_at_once(learned: Learned) -> None:
    """Scores of a person don't depend on who else is scored."""
    frame = learned.folds.judgement.filter(pl.col("month_end_date") == pl.col("month_end_date").max())
    together = score_frame(CHURN, learned.model, "v", frame, {})
    alone = score_frame(CHURN, learned.model, "v", frame.slice(7, 1), {})
    same = ["person_id", "score", "probability", "reason_1", "reason_2", "reason_3"]
    (person,) = alone["person_id"]
    assert together.filter(pl.col("person_id") == person).select(same).equals(alone.select(same))


def test_without_a_champion_nothing_is_scored_and_asking_for_it_says_why(home: Settings) -> None:
    registry.undo_promotion(home, "churn")
    assert score_tasks(home) == []
    assert not delivered(home)
    assert standing(home) == []
    with pytest.raises(TaskError, match="churn has no champion: run `cardinal train churn`"):
        score_tasks(home, ["churn"])


def test_the_lake_is_told_which_promotion_was_taken_back_and_which_came_back(home: Settings) -> None:
    version = registry.champion(home, "churn")
    assert version is not None
    score_tasks(home)
    score_tasks(home)
    assert standing(home) == [("churn", version, False)]
    registry.undo_promotion(home, "churn")
    assert score_tasks(home) == []
    assert score_tasks(home) == []
    registry.promote(home, "churn", version, by_hand=True)
    score_tasks(home)
    # The same as before, and yet said again: what was said last counts.
    registry.undo_promotion(home, "churn")
    score_tasks(home)
    told = [("churn", version, is_undone) for is_undone in (False, True, False, True)]
    assert standing(home) == told


def test_a_registry_that_cannot_be_read_keeps_no_other_from_being_told(home: Settings) -> None:
    (home.registry / "broken").mkdir()
    (home.registry / "broken" / registry.CHAMPION).write_text("{")
    score_tasks(home)
    assert [task for task, _, _ in standing(home)] == ["churn"]


def test_who_was_undone_and_is_champion_again_counts(home: Settings) -> None:
    first = registry.champion(home, "churn")
    assert first is not None
    registry._change(home, "churn", [first, "another"], [first])
    registry.undo_promotion(home, "churn")
    score_tasks(home)
    assert set(standing(home)) == {("churn", first, False), ("churn", "another", True)}


def test_a_version_whose_name_reads_like_a_card_number_is_told(home: Settings) -> None:
    first = registry.champion(home, "churn")
    assert first is not None
    registry._change(home, "churn", [first], ["20251031-80092a6fd4"])
    score_tasks(home)
    assert ("churn", "20251031-80092a6fd4", True) in standing(home)


def test_a_champion_of_other_features_does_not_score(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml.task.Task.schema_hash", lambda _: "another")
    with pytest.raises(TaskError, match="knows other features than there are now"):
        score_tasks(home)
