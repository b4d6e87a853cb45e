"""Each rule finds the violation that is planted for it, and finds none before."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from cardinal.settings import PROJECT_DIR
from tests.conventions import plants_in_files, plants_in_indicators, plants_in_models, plants_in_privacy
from tests.conventions.planting import PLANTS, SEED, SOURCE, STAGING, Plant, model_in, uniqueness_tests
from tests.conventions.project import Project
from tests.conventions.rules import RULES, Rule, privacy

PLANTED_BY = (plants_in_files, plants_in_indicators, plants_in_models, plants_in_privacy)


@pytest.fixture
def planted(project: Project, tmp_path: Path) -> Project:
    """Return a copy whose manifest and files can be spoilt: the seeds are there, everything else isn't."""
    for seed in project.nodes("seed"):
        copied = tmp_path / seed["original_file_path"]
        copied.parent.mkdir(parents=True, exist_ok=True)
        copied.write_bytes((PROJECT_DIR / seed["original_file_path"]).read_bytes())
    return Project(tmp_path, copy.deepcopy(project.manifest))


def test_every_rule_has_a_planted_violation() -> None:
    assert set(PLANTS) == set(RULES), f"planted in {[module.__name__ for module in PLANTED_BY]}"


@pytest.mark.parametrize(
    ("rule", "plant"),
    [pytest.param(rule, plant, id=plant.__name__) for rule, plants in PLANTS.items() for plant in plants],
)
def test_rule_finds_what_is_planted(rule: Rule, plant: Plant, planted: Project) -> None:
    before = set(rule(planted))
    expected = plant(planted)
    found = [str(violation) for violation in set(rule(planted)) - before]
    assert [violation for violation in found if expected in violation], f"{expected!r} not in {found}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_sound_models_of_every_layer_pass(rule: Rule, planted: Project) -> None:
    before = set(rule(planted))
    intermediate = model_in(planted, "intermediate", "int_core__planted", depends_on={"nodes": [STAGING, SEED]})
    mart = model_in(planted, "marts", "fct_planted", depends_on={"nodes": [intermediate["unique_id"], SEED]})
    score = model_in(planted, "staging", "stg_ml__scores", depends_on={"nodes": [SOURCE]})
    score.update(original_file_path="models/staging/ml/stg_ml__scores.sql", sources=[["ml", "scores"]])
    scored = model_in(planted, "marts", "fct_scored", depends_on={"nodes": [score["unique_id"], mart["unique_id"]]})
    segment = model_in(planted, "segments", "seg_planted", depends_on={"nodes": [scored["unique_id"]]})
    read = [segment["unique_id"], mart["unique_id"]]
    model_in(planted, "activation", "sync_email__planted", depends_on={"nodes": read})
    for name in (
        "int_core__planted",
        "fct_planted",
        "stg_ml__scores",
        "fct_scored",
        "seg_planted",
        "sync_email__planted",
    ):
        (test, *_) = uniqueness_tests(planted)
        proof = {**test, "unique_id": f"test.cardinal.{name}", "attached_node": f"model.cardinal.{name}"}
        planted.manifest["nodes"][proof["unique_id"]] = proof
    planted.manifest["macros"]["macro.cardinal.segment_names"]["macro_sql"] += "'planted',"
    assert set(rule(planted)) - before == set()


def test_a_decision_may_read_what_else_a_model_with_protected_attributes_has(planted: Project) -> None:
    rule = privacy.decisions_know_no_protected_attribute
    plants_in_privacy.plant_decision(
        planted,
        "select person_id, declared_income_amount from {{ ref('int_customer__profiles') }} -- never gender",
        "model.cardinal.int_customer__profiles",
    )
    assert rule(planted) == []


@pytest.mark.parametrize(
    "name", ["customer_credit_standing", "customer_upsell_offers", "customer_next_best_offers", "lead_scores"]
)
def test_the_lists_that_offer_credit_are_guarded(planted: Project, name: str) -> None:
    decision = planted.manifest["nodes"][f"model.cardinal.{name}"]
    assert decision["config"]["meta"]["decision"] == "credit"
    assert privacy.decisions_know_no_protected_attribute(planted) == []
    decision["raw_code"] += " inner join profiles on profiles.gender = 'f'"
    decision["depends_on"]["nodes"].append("model.cardinal.int_customer__profiles")
    found = privacy.decisions_know_no_protected_attribute(planted)
    assert f"{name} names the protected attribute gender" in " ".join(violation.message for violation in found)
