"""Violations of the rules on indicators."""

from __future__ import annotations

import copy
from typing import Any

from tests.conventions.planting import Node, model_in, plants_for
from tests.conventions.project import Project
from tests.conventions.rules import indicators

WEALTH = "model.cardinal.indicator_wealth"
UNION = "model.cardinal.customer_indicators"


def _indicator(project: Project, name: str, **changed: Any) -> Node:
    """Add a sound indicator that nobody has united yet."""
    wealth = project.manifest["nodes"][WEALTH]
    sound = {"columns": copy.deepcopy(wealth["columns"]), "raw_code": "", "depends_on": {"nodes": [], "macros": []}}
    model = model_in(project, "marts", f"indicator_{name}", **{**sound, **changed})
    model["config"]["meta"] = {"owner_unit": "Cards"}
    return model


@plants_for(indicators.indicators_have_one_shape_and_an_owner)
def indicator_with_a_column_of_its_own(project: Project) -> str:
    model = _indicator(project, "planted")
    model["columns"]["mood"] = {**model["columns"]["band"], "name": "mood"}
    return "indicator_planted.sql: has other columns or types than customer_indicators"


@plants_for(indicators.indicators_have_one_shape_and_an_owner)
def indicator_without_a_business_unit(project: Project) -> str:
    _indicator(project, "planted")["config"]["meta"] = {}
    return "indicator_planted.sql: names no business unit"


@plants_for(indicators.indicators_are_united)
def indicator_that_nobody_united(project: Project) -> str:
    _indicator(project, "planted")
    return "customer_indicators.sql: add 'planted' to its indicators"


@plants_for(indicators.indicators_are_united)
def protected_indicator_united_without_a_flag(project: Project) -> str:
    model = _indicator(project, "planted")
    project.manifest["nodes"][UNION]["depends_on"]["nodes"].append(model["unique_id"])
    model["columns"]["confidence"]["config"]["meta"]["is_protected"] = True
    return "customer_indicators.confidence: is protected in indicator_planted"


@plants_for(indicators.free_indicators_know_no_protected_attribute)
def wealth_by_gender(project: Project) -> str:
    profiles = {"nodes": ["model.cardinal.int_customer__profiles"], "macros": []}
    _indicator(project, "planted", raw_code="select gender from profiles", depends_on=profiles)
    return "isn't flagged as protected, and indicator_planted names the protected attribute gender"


@plants_for(indicators.free_indicators_know_no_protected_attribute)
def wealth_by_what_is_inferred_of_marriage(project: Project) -> str:
    scores = {"nodes": ["model.cardinal.int_indicators__married_scores"], "macros": []}
    _indicator(project, "planted", raw_code="select probability from scores", depends_on=scores)
    return "isn't flagged as protected, and indicator_planted names the protected attribute probability"
