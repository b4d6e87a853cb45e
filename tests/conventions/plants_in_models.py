"""Violations of the rules on names, layers and words."""

from __future__ import annotations

from tests.conventions.planting import (
    OTHER_STAGING,
    SEED,
    SOURCE,
    STAGING,
    model_in,
    plants_for,
    uniqueness_tests,
    write,
)
from tests.conventions.project import Project
from tests.conventions.rules import documentation, layers, names


@plants_for(names.model_names_follow_their_layer)
def staging_named_for_another_source(project: Project) -> str:
    project.manifest["nodes"][STAGING]["name"] = "stg_lending__credit_cards"
    return "is named stg_lending__credit_cards, should be stg_cards__<plural>"


@plants_for(names.model_names_follow_their_layer)
def mart_named_like_an_intermediate_model(project: Project) -> str:
    model_in(project, "marts", "int_core__balances")
    return "is named int_core__balances"


@plants_for(names.model_names_follow_their_layer)
def model_outside_the_layers(project: Project) -> str:
    model_in(project, "reports", "monthly")
    return "should be in a folder of staging"


@plants_for(names.model_names_follow_their_layer)
def segment_without_prefix(project: Project) -> str:
    model_in(project, "segments", "young_families")
    return "should be seg_<slug>"


def _column(project: Project, name: str, data_type: str) -> str:
    table = project.manifest["sources"][SOURCE]
    table["columns"][name] = {**table["columns"]["card_token"], "name": name, "data_type": data_type}
    return f"credit_cards.{name}"


@plants_for(names.column_names_tell_their_type)
def money_as_float(project: Project) -> str:
    return _column(project, "fee_amount", "double")


@plants_for(names.column_names_tell_their_type)
def boolean_without_question(project: Project) -> str:
    return _column(project, "approved", "boolean")


@plants_for(names.column_names_tell_their_type)
def negative_boolean(project: Project) -> str:
    return _column(project, "is_not_approved", "boolean")


@plants_for(names.column_names_tell_their_type)
def day_called_a_time(project: Project) -> str:
    return _column(project, "opened_at", "date")


@plants_for(names.column_names_tell_their_type)
def time_without_at(project: Project) -> str:
    return _column(project, "opened_on", "timestamp")


@plants_for(names.column_names_tell_their_type)
def time_called_a_day(project: Project) -> str:
    return _column(project, "opened_date", "timestamp")


@plants_for(names.marts_have_one_yml_each)
def mart_described_in_a_shared_yml(project: Project) -> str:
    model_in(project, "marts", "fct_planted", patch_path="cardinal://models/marts/core/_core.yml")
    return "is described in models/marts/core/_core.yml"


@plants_for(layers.models_read_only_what_their_layer_may)
def staging_reads_staging(project: Project) -> str:
    project.manifest["nodes"][STAGING]["depends_on"]["nodes"].append(OTHER_STAGING)
    return "staging may not read stg_lending__loans"


@plants_for(layers.models_read_only_what_their_layer_may)
def mart_reads_staging(project: Project) -> str:
    model_in(project, "marts", "fct_planted", depends_on={"nodes": [STAGING]})
    return "marts may not read stg_cards__credit_cards (staging)"


@plants_for(layers.models_read_only_what_their_layer_may)
def intermediate_reads_a_mart(project: Project) -> str:
    mart = model_in(project, "marts", "fct_planted")
    model_in(project, "intermediate", "int_core__planted", depends_on={"nodes": [mart["unique_id"]]})
    return "intermediate may not read fct_planted (marts)"


@plants_for(layers.models_read_only_what_their_layer_may)
def mart_reads_activation(project: Project) -> str:
    payload = model_in(project, "activation", "sync_email__offers")
    model_in(project, "marts", "fct_planted", depends_on={"nodes": [payload["unique_id"]]})
    return "marts may not read sync_email__offers (activation)"


@plants_for(layers.staging_reads_one_table_of_its_own_source)
def staging_reads_another_source(project: Project) -> str:
    project.manifest["nodes"][STAGING]["sources"] = [["lending", "loans"]]
    return "stg_cards__credit_cards.sql: reads lending.loans"


@plants_for(documentation.models_say_their_grain)
def description_without_grain(project: Project) -> str:
    project.manifest["nodes"][STAGING]["description"] = "All credit cards."
    return "stg_cards__credit_cards.sql: the description doesn't begin"


@plants_for(documentation.models_prove_their_grain)
def no_uniqueness_test(project: Project) -> str:
    for test in list(uniqueness_tests(project)):
        del project.manifest["nodes"][test["unique_id"]]
    return "stg_cards__credit_cards.sql: no uniqueness test"


@plants_for(documentation.models_prove_their_grain)
def table_that_only_argues_for_its_grain(project: Project) -> str:
    for test in list(uniqueness_tests(project)):
        del project.manifest["nodes"][test["unique_id"]]
    project.manifest["nodes"][STAGING]["config"]["meta"] = {"grain_follows_from": "I think so"}
    return "stg_cards__credit_cards.sql: no uniqueness test"


@plants_for(documentation.models_prove_their_grain)
def uniqueness_of_some_rows_only(project: Project) -> str:
    for test in uniqueness_tests(project):
        test["config"]["where"] = "card_status = 'active'"
    return "stg_cards__credit_cards.sql: no uniqueness test"


@plants_for(documentation.models_prove_their_grain)
def uniqueness_that_only_warns(project: Project) -> str:
    for test in uniqueness_tests(project):
        test["config"]["severity"] = "WARN"
    return "stg_cards__credit_cards.sql: no uniqueness test"


@plants_for(documentation.models_have_an_owner)
def model_without_group(project: Project) -> str:
    project.manifest["nodes"][STAGING]["group"] = None
    return "stg_cards__credit_cards.sql: has no group"


@plants_for(documentation.models_have_an_owner)
def group_without_owner(project: Project) -> str:
    project.manifest["groups"]["group.cardinal.cards"]["owner"] = {"name": None, "email": None}
    return "has no group with an owner (cards)"


@plants_for(documentation.public_columns_are_described)
def public_column_without_meaning(project: Project) -> str:
    model_in(project, "marts", "fct_planted")["columns"]["card_token"]["description"] = " "
    return "fct_planted.card_token: a column of a public model"


@plants_for(documentation.published_marts_are_in_their_exposure)
def mart_that_no_exposure_shows(project: Project) -> str:
    project.manifest["exposures"].clear()
    return "customer_360.sql: add ref('customer_360') to published_restricted in models/exposures/published.yml"


@plants_for(documentation.the_single_view_names_source_and_owner)
def column_of_the_single_view_without_owner(project: Project) -> str:
    del project.manifest["nodes"]["model.cardinal.customer_360"]["columns"]["email"]["meta"]["owner"]
    return "customer_360.email: meta.owner must be a group of models/_groups.yml (None)"


@plants_for(documentation.the_single_view_names_source_and_owner)
def column_of_the_single_view_from_elsewhere(project: Project) -> str:
    project.manifest["nodes"]["model.cardinal.customer_360"]["columns"]["email"]["meta"]["source"] = "dim_dates"
    return "customer_360.email: meta.source must be a model that customer_360 reads (dim_dates)"


@plants_for(documentation.the_single_view_names_source_and_owner)
def column_of_an_indicator_with_another_owner(project: Project) -> str:
    column = project.manifest["nodes"]["model.cardinal.customer_360"]["columns"]["age_band"]
    column["meta"]["owner"] = "customer_insight"
    return "customer_360.age_band: meta.owner must be the indicator's own group, marketing"


@plants_for(documentation.segments_are_listed)
def segment_that_is_not_listed(project: Project) -> str:
    model_in(project, "segments", "seg_planted")
    return "macros/segments/segment_names.sql: 'planted' is missing"


@plants_for(documentation.segments_are_listed)
def segment_without_a_model(project: Project) -> str:
    del project.manifest["nodes"]["model.cardinal.seg_at_risk"]
    return "macros/segments/segment_names.sql: there is no model seg_at_risk"


@plants_for(documentation.seeds_are_typed_and_described)
def seed_column_without_type(project: Project) -> str:
    del project.manifest["nodes"][SEED]["config"]["column_types"]["product_name"]
    return "products.csv.product_name: a seed's column has no type"


@plants_for(documentation.seeds_are_typed_and_described)
def seed_column_that_the_yml_lacks(project: Project) -> str:
    write(project, "seeds/reference/products.csv", "product_code,colour\n")
    return "products.csv.colour: a seed's column has no description"


def _macro(project: Project, name: str, file: str, body: str = "{#- Why. -#} 1") -> str:
    project.manifest["macros"][f"macro.cardinal.{name}"] = {
        "name": name,
        "unique_id": f"macro.cardinal.{name}",
        "package_name": "cardinal",
        "original_file_path": file,
        "description": "",
        "macro_sql": f"{{% macro {name}(x) %}}{body}{{% endmacro %}}",
    }
    return file


@plants_for(documentation.macros_are_one_a_file_and_documented)
def macro_named_unlike_its_file(project: Project) -> str:
    return _macro(project, "planted", "macros/planted/other.sql") + ": holds the public macros planted"


@plants_for(documentation.macros_are_one_a_file_and_documented)
def two_public_macros_in_a_file(project: Project) -> str:
    _macro(project, "planted", "macros/planted/planted.sql")
    return _macro(project, "second", "macros/planted/planted.sql") + ": holds the public macros planted, second"


@plants_for(documentation.macros_are_one_a_file_and_documented)
def macro_without_a_word(project: Project) -> str:
    return _macro(project, "planted", "macros/planted/planted.sql", body="1") + ": planted isn't documented"
