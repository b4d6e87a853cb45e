"""Violations of the rules on what marts show and what decisions know."""

from __future__ import annotations

from typing import Any

from tests.conventions.planting import Node, model_in, plants_for
from tests.conventions.project import Project
from tests.conventions.rules import privacy

CUSTOMER_360 = "model.cardinal.customer_360"


def _column(name: str, **meta: Any) -> dict[str, Node]:
    return {name: {"name": name, "data_type": "varchar", "description": "It.", "config": {"meta": meta}}}


def _mart(project: Project, name: str, code: str = "", *parents: str, **changed: Any) -> Node:
    return model_in(project, "marts", name, raw_code=code, depends_on={"nodes": [*parents], "macros": []}, **changed)


def plant_decision(project: Project, code: str, *parents: str, kind: str = "credit", **changed: Any) -> Node:
    """Add a model that decides, made of this code on these models."""
    model = _mart(project, "credit_limit_proposals", code, *parents, columns={}, **changed)
    model["config"] = {**model["config"], "meta": {"decision": kind}}
    return model


@plants_for(privacy.marts_lie_where_their_columns_may)
def name_in_serving(project: Project) -> str:
    _mart(project, "fct_planted", columns=_column("full_name", pii="personal"))
    return "fct_planted.full_name: is personal: its model must say database: restricted"


@plants_for(privacy.marts_lie_where_their_columns_may)
def hash_in_a_segment_in_serving(project: Project) -> str:
    model_in(project, "segments", "seg_planted", columns=_column("national_id", pii="secret"))
    return "seg_planted.national_id: is secret"


@plants_for(privacy.marts_lie_where_their_columns_may)
def mart_in_the_warehouse(project: Project) -> str:
    _mart(project, "fct_planted", database="warehouse")
    return "fct_planted.sql: is built in warehouse"


@plants_for(privacy.marts_lie_where_their_columns_may)
def mart_that_is_a_view(project: Project) -> str:
    model = _mart(project, "fct_planted")
    model["config"] = {**model["config"], "materialized": "view"}
    return "fct_planted.sql: is no table"


@plants_for(privacy.mart_columns_have_a_pii_class)
def mart_column_without_pii_class(project: Project) -> str:
    _mart(project, "fct_planted", columns=_column("balance_amount"))
    return "fct_planted.balance_amount: meta.pii"


@plants_for(privacy.protected_attributes_are_flagged)
def gender_without_a_flag(project: Project) -> str:
    _mart(project, "fct_planted", columns=_column("gender", pii="pseudonymous"))
    return "fct_planted.gender: is a protected attribute by its name"


@plants_for(privacy.decisions_know_no_protected_attribute)
def decision_by_gender(project: Project) -> str:
    plant_decision(project, "select person_id, GENDER from {{ ref('customer_360') }}", CUSTOMER_360)
    return (
        "credit_limit_proposals.sql: decides on credit, and credit_limit_proposals names the protected attribute gender"
    )


@plants_for(privacy.decisions_know_no_protected_attribute)
def price_by_a_renamed_attribute_of_an_unflagged_model(project: Project) -> str:
    between = _mart(project, "fct_planted", "select marital_status as m", "model.cardinal.int_customer__profiles")
    further = _mart(project, "fct_further", "select m as n", between["unique_id"])
    plant_decision(project, "select person_id, n", further["unique_id"], kind="pricing")
    return "decides on pricing, and fct_planted names the protected attribute marital_status"


@plants_for(privacy.decisions_know_no_protected_attribute)
def decision_by_an_indicator_that_infers_an_attribute(project: Project) -> str:
    indicator = _mart(project, "indicator_faith", columns=_column("band", pii="pseudonymous", is_protected=True))
    plant_decision(project, "select person_id from x where x.band = 'y'", indicator["unique_id"])
    return "credit_limit_proposals names the protected attribute band"


@plants_for(privacy.decisions_know_no_protected_attribute)
def decision_that_lets_an_attribute_through(project: Project) -> str:
    model = plant_decision(project, "select * from {{ ref('customer_360') }}", CUSTOMER_360)
    model["columns"] = _column("nationality", pii="pseudonymous", is_protected=True)
    return "credit_limit_proposals lets through the protected attribute nationality"


@plants_for(privacy.decisions_know_no_protected_attribute)
def decision_by_whole_rows(project: Project) -> str:
    plant_decision(project, "select hash(columns(*)) from {{ ref('customer_360') }}", CUSTOMER_360)
    return "credit_limit_proposals uses whole rows with the protected attribute gender"


@plants_for(privacy.decisions_know_no_protected_attribute)
def decision_by_a_macro(project: Project) -> str:
    macro = {"macro_sql": "{% macro planted() %} age_years {% endmacro %}", "depends_on": {"macros": []}}
    project.manifest["macros"]["macro.cardinal.planted"] = macro
    model = plant_decision(project, "select {{ planted() }} from {{ ref('customer_360') }}", CUSTOMER_360)
    model["depends_on"]["macros"] = ["macro.cardinal.planted"]
    return "credit_limit_proposals names the protected attribute age_years"


@plants_for(privacy.decisions_know_no_protected_attribute)
def decision_without_contract(project: Project) -> str:
    plant_decision(project, "select * from {{ ref('customer_360') }}", CUSTOMER_360, contract={"enforced": False})
    return "decides on credit without an enforced contract"


@plants_for(privacy.what_leaves_the_house_is_proven)
def payload_without_proof(project: Project) -> str:
    model_in(project, "activation", "sync_email__planted")
    del project.manifest["nodes"]["test.cardinal.leaves_sync_email__planted"]
    return "models/activation/core/sync_email__planted.sql: has no test leaves_by_the_rules"


@plants_for(privacy.what_leaves_the_house_is_proven)
def payload_that_goes_nobody_knows_where(project: Project) -> str:
    model_in(project, "activation", "sync_email__planted")
    del project.manifest["exposures"]["exposure.cardinal.sync_email__planted"]
    return "models/activation/core/sync_email__planted.sql: has no exposure"
