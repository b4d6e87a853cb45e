"""The rules of the house as pure functions: a project in, its violations out."""

from __future__ import annotations

from collections.abc import Callable

from tests.conventions.project import Project, Violation
from tests.conventions.rules import budgets, code, contracts, documentation, indicators, layers, names, privacy

Rule = Callable[[Project], list[Violation]]

RULES: tuple[Rule, ...] = (
    names.model_names_follow_their_layer,
    names.column_names_tell_their_type,
    names.marts_have_one_yml_each,
    layers.models_read_only_what_their_layer_may,
    layers.staging_reads_one_table_of_its_own_source,
    documentation.models_say_their_grain,
    documentation.models_prove_their_grain,
    documentation.models_have_an_owner,
    documentation.public_columns_are_described,
    documentation.published_marts_are_in_their_exposure,
    documentation.the_single_view_names_source_and_owner,
    documentation.segments_are_listed,
    documentation.seeds_are_typed_and_described,
    documentation.macros_are_one_a_file_and_documented,
    contracts.source_columns_have_a_pii_class,
    contracts.source_contracts_are_whole,
    contracts.arrivals_use_the_key_of_the_contract,
    contracts.public_layers_enforce_their_contract,
    contracts.columns_never_null_are_tested_together,
    privacy.marts_lie_where_their_columns_may,
    privacy.mart_columns_have_a_pii_class,
    privacy.what_leaves_the_house_is_proven,
    privacy.protected_attributes_are_flagged,
    privacy.decisions_know_no_protected_attribute,
    indicators.indicators_have_one_shape_and_an_owner,
    indicators.indicators_are_united,
    indicators.free_indicators_know_no_protected_attribute,
    budgets.models_keep_their_line_budget,
    budgets.models_keep_their_jinja_budget,
    budgets.yml_files_stay_short,
    budgets.python_modules_stay_short,
    code.no_select_distinct,
    code.modules_are_named_for_what_they_are,
    code.only_settings_read_the_environment,
    code.no_paths_of_one_machine,
)
