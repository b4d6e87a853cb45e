"""Training: repeatable, judged beside the baseline, kept and promoted only if it is shown to be better."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cardinal.settings import Settings
from ml import registry
from ml.evaluation import calibration_error, compare, lift, precision_at_top
from ml.model import fit_model, margins, probabilities, truth_of
from ml.registry import BASELINE, RegistryError
from ml.task import Feature, TaskError
from ml.tasks import task_of
from ml.training import judge, train_task
from tests.integration.byte_search import unpacked
from tests.unit.ml.conftest import CHURN, Learned


@pytest.fixture
def home(learned: Learned, tmp_path: Path) -> Settings:
    """A copy whose registry a test may change."""
    shutil.copytree(learned.settings.home, tmp_path / "home")
    return Settings(tmp_path / "home")


def version_of(home: Settings) -> str:
    return registry.versions(home, "churn")[0]["version"]


def add_version(home: Settings, name: str, rival: str, low: float) -> None:
    """Put a version into the registry that was compared with a rival."""
    known = home.registry / "churn" / version_of(home)
    shutil.copytree(known, home.registry / "churn" / name)
    facts = json.loads((known / registry.FACTS).read_text()) | {"version": name}
    facts["rival"] = {"name": rival, "measure": "pr_auc", "difference": {"value": 0.1, "low": low, "high": 0.2}}
    (home.registry / "churn" / name / registry.FACTS).write_text(json.dumps(facts))


def test_churn_beats_recency_and_is_calibrated(learned: Learned) -> None:
    trained = learned.trained
    assert trained.is_champion
    assert trained.rival["name"] == BASELINE
    assert trained.rival["difference"]["low"] > 0
    assert trained.metrics["ece"].value <= 0.03
    for figure in (*trained.metrics.values(), *trained.baseline.values()):
        assert figure.low <= figure.value <= figure.high or figure == trained.metrics["ece"]


def test_the_same_data_and_seed_give_the_same_scores_and_the_same_version(learned: Learned, home: Settings) -> None:
    again = fit_model(CHURN, learned.folds.learning, learned.folds.calibration)
    judged = learned.folds.judgement
    first, second = margins(CHURN, learned.model, judged), margins(CHURN, again, judged)
    assert first.tobytes() == second.tobytes()
    assert probabilities(learned.model, first).tobytes() == probabilities(again, second).tobytes()
    trained = train_task(home, "churn")
    assert trained.version == learned.trained.version
    assert trained.is_champion
    assert len(registry.versions(home, "churn")) == 1


def test_another_seed_is_another_version(learned: Learned) -> None:
    assert replace(CHURN, seed=2).fingerprint() != CHURN.fingerprint()


def test_what_is_kept_can_be_read_again_and_says_what_it_was_made_of(learned: Learned) -> None:
    facts = registry.facts_of(learned.settings, "churn", learned.trained.version)
    assert facts["schema_hash"] == CHURN.schema_hash()
    assert facts["window"]["judgement"] == ["2023-11-30", "2024-01-31"]
    assert facts["metrics"]["pr_auc"]["value"] == learned.trained.metrics["pr_auc"].value
    assert sum(row["rows"] for row in facts["calibration"]) == facts["rows"]["judgement"]
    assert not list(learned.settings.registry.rglob("*.writing"))


def test_what_is_kept_names_nobody(learned: Learned) -> None:
    """Versions outlive the erasure of people whom they were learned from."""
    people = {name.encode(code) for name in learned.folds.learning["person_id"] for code in ("utf-8", "utf-32-le")}
    assert len(people) > 600
    files = [path for path in learned.settings.registry.rglob("*") if path.is_file()]
    assert registry.ARTEFACT in {path.name for path in files}
    for path in files:
        content = unpacked(path.read_bytes())
        assert not [name for name in people if name in content], path.name


def test_an_artefact_with_other_types_is_not_loaded(home: Settings) -> None:
    from skops import io

    io.dump({"pipeline": Path, "calibrator": Path}, home.registry / "churn" / version_of(home) / registry.ARTEFACT)
    with pytest.raises(RegistryError, match=r"churn: .* can't be read .*Untrusted types"):
        registry.load_model(home, "churn", version_of(home))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", None])
def test_a_broken_artefact_is_told_and_mended_by_learning_it_again(
    learned: Learned, home: Settings, content: bytes | None
) -> None:
    artefact = home.registry / "churn" / version_of(home) / registry.ARTEFACT
    artefact.unlink() if content is None else artefact.write_bytes(content)
    with pytest.raises(RegistryError, match=r"churn: .* can't be read .*cardinal train churn"):
        registry.load_model(home, "churn", version_of(home))
    facts = registry.facts_of(home, "churn", version_of(home))
    registry.keep(home, learned.model, facts, {})
    registry.load_model(home, "churn", version_of(home))


def test_a_champion_that_is_learned_again_can_be_brought_back_after_an_undo(learned: Learned, home: Settings) -> None:
    """Learned again it is judged beside the baseline, but who it had to beat is who scores once it is undone."""
    first = version_of(home)
    facts = registry.facts_of(home, "churn", first)
    over_first = facts | {"version": "second", "rival": facts["rival"] | {"name": first}}
    registry.keep(home, learned.model, over_first, {})
    registry.promote(home, "churn", "second")
    registry.keep(home, learned.model, facts | {"version": "second"}, {})
    assert facts["rival"]["name"] == registry.BASELINE
    assert registry.undo_promotion(home, "churn") == first
    registry.promote(home, "churn", "second", by_hand=True)
    assert registry.champion(home, "churn") == "second"
    (home.registry / "churn" / "second" / registry.FACTS).write_text("{}")
    registry.keep(home, learned.model, over_first, {})
    assert registry.facts_of(home, "churn", "second") == over_first


@pytest.mark.parametrize("name", [registry.FACTS, registry.CHAMPION])
def test_a_broken_file_of_facts_is_told(home: Settings, name: str) -> None:
    path = home.registry / "churn" / (version_of(home) if name == registry.FACTS else "") / name
    path.write_text('{"task":')
    with pytest.raises(RegistryError, match=f"{name} can't be read"):
        registry.facts_of(home, "churn", str(registry.champion(home, "churn")))


def test_missing_values_and_new_categories_get_an_answer(learned: Learned) -> None:
    worded = replace(CHURN, features=(*CHURN.features, Feature("word", "a word", kind="text")))
    parts = [
        part.with_columns(
            word=pl.when(pl.col("transaction_count") > 20).then(pl.lit("busy")).otherwise(pl.lit("quiet"))
        )
        for part in (learned.folds.learning, learned.folds.calibration, learned.folds.judgement)
    ]
    model = fit_model(worded, parts[0], parts[1])
    nothing = parts[2].head(1).with_columns(pl.lit(None).alias(name) for name in worded.names)
    strange = parts[2].head(1).with_columns(word=pl.lit("never seen"))
    for rows in (nothing, strange):
        (said,) = probabilities(model, margins(worded, model, rows))
        assert 0 < said < 1
    with pytest.raises(TaskError, match="churn: all of its features are empty"):
        fit_model(CHURN, parts[0].with_columns(pl.lit(None).alias(name) for name in CHURN.names), parts[1])


def test_a_version_is_promoted_only_if_it_is_shown_to_be_better_than_the_champion(home: Settings) -> None:
    first = version_of(home)
    add_version(home, "better", rival=first, low=0.01)
    add_version(home, "unproven", rival=first, low=-0.01)
    add_version(home, "other", rival=BASELINE, low=0.01)
    with pytest.raises(RegistryError, match="is not shown to be better"):
        registry.promote(home, "churn", "unproven")
    with pytest.raises(RegistryError, match="was compared with the baseline"):
        registry.promote(home, "churn", "other")
    with pytest.raises(RegistryError, match="has no version nonsense"):
        registry.promote(home, "churn", "nonsense")
    assert registry.champion(home, "churn") == first
    registry.promote(home, "churn", "better")
    assert registry.champion(home, "churn") == "better"


def test_by_hand_nothing_is_promoted_that_learning_would_not(home: Settings) -> None:
    first = version_of(home)
    add_version(home, "narrow", rival=first, low=0.01)
    file = home.registry / "churn" / "narrow" / registry.FACTS
    file.write_text(json.dumps(json.loads(file.read_text()) | {"objection": "has intervals that hold too little"}))
    with pytest.raises(RegistryError, match="churn: narrow has intervals that hold too little"):
        registry.promote(home, "churn", "narrow", by_hand=True)
    assert registry.champion(home, "churn") == first


def test_a_promotion_can_be_undone(home: Settings) -> None:
    first = version_of(home)
    add_version(home, "better", rival=first, low=0.01)
    registry.promote(home, "churn", "better")
    assert registry.undo_promotion(home, "churn") == first
    assert registry.undo_promotion(home, "churn") is None
    with pytest.raises(RegistryError, match="no promotion to undo"):
        registry.undo_promotion(home, "churn")


def test_what_was_undone_comes_back_by_hand_and_not_by_learning_the_same_again(home: Settings) -> None:
    first = version_of(home)
    registry.undo_promotion(home, "churn")
    trained = train_task(home, "churn")
    assert (trained.version, trained.is_champion) == (first, False)
    assert registry.champion(home, "churn") is None
    assert registry.undone(home, "churn") == [first]
    registry.promote(home, "churn", first, by_hand=True)
    assert registry.champion(home, "churn") == first
    assert registry.undone(home, "churn") == []


def test_a_champion_is_the_rival_and_an_equal_does_not_replace_it(learned: Learned) -> None:
    judged = judge(CHURN, learned.folds.judgement, learned.model, ("now", learned.model))
    assert judged.over_rival() == {
        "name": "now",
        "measure": "pr_auc",
        "difference": {"value": 0.0, "low": 0.0, "high": 0.0},
    }


def test_an_unknown_task_names_those_there_are() -> None:
    with pytest.raises(TaskError, match="there is no task 'nothing': there are churn, "):
        task_of("nothing")


def test_lift_shares_ties_at_the_edge() -> None:
    truth = np.array([True] * 2 + [False] * 18)
    assert lift(np.arange(20)[::-1].astype(float), truth) == pytest.approx(10.0)
    assert lift(np.zeros(20), truth) == pytest.approx(1.0)


def test_precision_counts_whom_the_unit_can_talk_to() -> None:
    truth = np.arange(100) % 10 == 0
    score = np.where(truth, 2.0, np.arange(100) / 100)
    assert precision_at_top(score, truth, 0.05) == 1.0
    assert precision_at_top(score, truth, 0.2) == 0.5
    assert precision_at_top(np.zeros(100), truth, 0.2) == pytest.approx(0.1)
    found = compare(score, np.full(100, 0.1), {"all alike": np.zeros(100)}, truth, np.arange(100), 3, capacity=0.2)
    assert found.model["precision_at_capacity"].value == 0.5
    assert found.gains["all alike"]["precision_at_capacity"].value == pytest.approx(0.4)


def test_calibration_error_is_seen_where_few_are_positive() -> None:
    truth = np.arange(1_000) % 50 == 0
    assert calibration_error(np.full(1_000, 0.02), truth) == pytest.approx(0.0)
    assert calibration_error(np.full(1_000, 0.07), truth) == pytest.approx(0.05)


def test_intervals_draw_persons_whole() -> None:
    """A person who is there ten times tells as much as one who is there once."""
    rng = np.random.default_rng(5)
    score, truth = rng.normal(size=100), rng.random(100) < 0.4
    score += truth
    once = compare(score, np.clip(score, 0.01, 0.99), {}, truth, np.arange(100), seed=1)
    tenfold = [np.repeat(values, 10) for values in (score, np.clip(score, 0.01, 0.99), truth, np.arange(100))]
    often = compare(tenfold[0], tenfold[1], {}, tenfold[2], tenfold[3], seed=1)
    widths = [figures.model["roc_auc"].high - figures.model["roc_auc"].low for figures in (once, often)]
    assert widths[1] == pytest.approx(widths[0], rel=0.05)


def test_truth_is_boolean(learned: Learned) -> None:
    assert truth_of(learned.folds.judgement).dtype == np.bool_
