"""`cardinal train`, `score` and `models` as a person types them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from cardinal.cli.main import app
from cardinal.errors import CardinalError
from ml.registry import learning_of
from tests.unit.ml.conftest import Learned


@pytest.fixture(autouse=True)
def home(learned: Learned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(learned.settings.home, tmp_path / "home")
    monkeypatch.setenv("CARDINAL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def cardinal(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_versions_are_listed_and_a_promotion_is_undone(learned: Learned) -> None:
    listed = cardinal("models", "list")
    assert listed.exit_code == 0, listed.output
    (line,) = [line for line in listed.stdout.splitlines() if learned.trained.version in line]
    assert "champion" in line
    undone = cardinal("models", "undo", "churn")
    assert "churn: nothing scores from now on." in undone.stdout
    assert "undone" in cardinal("models", "list").stdout
    promoted = cardinal("models", "promote", "churn", learned.trained.version)
    assert f"churn: {learned.trained.version} scores from now on." in promoted.stdout
    assert isinstance(cardinal("models", "promote", "churn", "nonsense").exception, CardinalError)


@pytest.mark.parametrize(
    ("name", "metrics"),
    [
        ("personas", {"agreement": {"value": 0.9, "low": 0.85, "high": 0.95}, "silhouette": 0.36}),
        ("uplift_product", {"x_learner": {"value": 0.02, "low": 0.01, "high": 0.03}}),
        ("value", {"coverage": {"value": 0.8, "low": 0.7, "high": 0.9}}),
        ("lookalike_champions", {"lift_10": {"value": 2.0, "low": 1.5, "high": 2.5}}),
    ],
)
def test_models_of_all_kinds_are_listed_and_undone(
    learned: Learned, home: Path, name: str, metrics: dict[str, object]
) -> None:
    """The registry keeps all of them alike."""
    kept = home / "registry" / name
    shutil.copytree(home / "registry" / "churn", kept)
    (file,) = kept.glob("*/version.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | {"task": name, "metrics": metrics}))
    assert re.search(rf"{name} .* champion ", cardinal("models", "list").stdout)
    assert f"{name}: nothing scores from now on." in cardinal("models", "undo", name).stdout
    assert re.search(rf"{name} .* undone ", cardinal("models", "list").stdout)
    assert "no champion" in str(cardinal("models", "undo", "nothing").exception)


def test_scores_are_taken_once_and_what_comes_next_is_said(learned: Learned) -> None:
    first, second = cardinal("score"), cardinal("score", "churn")
    assert first.exit_code == 0, first.output
    assert learned.trained.version in first.stdout
    assert "new" in first.stdout
    assert "as before" in second.stdout
    assert first.stdout.rstrip().endswith("Next: dbt build")


def test_without_a_champion_the_way_to_one_is_told() -> None:
    cardinal("models", "undo", "churn")
    assert "Nothing scores yet: run `cardinal train`." in cardinal("score").stdout


def test_asking_for_what_was_undone_fails_and_still_tells_the_lake(home: Path) -> None:
    cardinal("score")
    assert "Next: cardinal score and dbt build" in cardinal("models", "undo", "churn").stdout
    asked = cardinal("score", "churn")
    assert asked.exit_code == 1
    assert "churn has no champion" in asked.stderr
    told = pl.read_parquet(home / "lake" / "ml" / "champions" / "**" / "*.parquet")
    assert told.sort("_ingested_at")["is_undone"].to_list()[-1] is True


def test_a_task_that_lacks_something_does_not_stop_the_others(learned: Learned) -> None:
    """The small bank has no products, and a funds task can't be learned there."""
    done = cardinal("train", "offer_fund", "churn")
    assert done.exit_code == 1
    assert "offer_fund: its SQL asks for what isn't there" in done.stderr
    assert f"churn {learned.trained.version}, judged on" in done.stdout
    assert "better than the baseline: pr_auc +" in done.stdout
    assert "It scores from now on." in done.stdout


def test_a_broken_champion_does_not_stop_the_others(learned: Learned, home: Path) -> None:
    shutil.copytree(home / "registry" / "churn", home / "registry" / "lead")
    (home / "registry" / "lead" / learned.trained.version / "model.skops").write_bytes(b"")
    done = cardinal("score")
    assert done.exit_code == 1
    assert "lead" in done.stderr
    assert learned.trained.version in done.stdout


@pytest.mark.parametrize("name", ["lead", "uplift_product"])
def test_a_broken_file_of_the_registry_stops_no_other(learned: Learned, home: Path, name: str) -> None:
    broken = home / "registry" / name
    shutil.copytree(home / "registry" / "churn", broken)
    (broken / "champion.json").write_text("{")
    scored, listed = cardinal("score"), cardinal("models", "list")
    assert learned.trained.version in scored.stdout
    assert scored.exit_code == (1 if name == "lead" else 0)
    assert re.search(rf"churn +{learned.trained.version} +champion", listed.stdout)
    assert re.search(rf"{name} +{learned.trained.version} ", listed.stdout)
    assert listed.exit_code == 1
    assert f"{name}: " in listed.stderr
    (broken / learned.trained.version / "version.json").write_text("{")
    listed = cardinal("models", "list")
    assert listed.exit_code == 1
    assert not re.search(rf"{name} +{learned.trained.version} ", listed.stdout)
    assert re.search(rf"churn +{learned.trained.version} +champion", listed.stdout)
    # Of kinds of campaigns, too, each is by itself.
    uplift = cardinal("uplift", "score")
    assert uplift.exit_code == (1 if name == "uplift_product" else 0)
    assert uplift.exception is None or isinstance(uplift.exception, SystemExit)


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("churn", "cardinal train churn"),
        ("offer_credit_card", "cardinal train offer_credit_card"),
        ("value", "cardinal value learn"),
        ("personas", "cardinal personas find"),
        ("uplift_product", "cardinal uplift learn product"),
        ("lookalike_gold_card", "cardinal lookalike gold_card"),
    ],
)
def test_what_learns_a_model_is_named_by_its_command(name: str, command: str) -> None:
    assert learning_of(name) == command
    # Each of them is one.
    assert cardinal(*command.split()[1:3], "--help").exit_code == 0


def test_an_unknown_task_is_refused_before_anything_is_learned() -> None:
    assert isinstance(cardinal("train", "churn", "nothing").exception, CardinalError)
