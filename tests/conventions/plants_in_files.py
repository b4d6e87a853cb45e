"""Violations of the rules on contracts, budgets and handwriting."""

from __future__ import annotations

from tests.conventions.planting import SOURCE, STAGING, model_in, plants_for, uniqueness_tests, write
from tests.conventions.project import Project
from tests.conventions.rules import budgets, code, contracts


@plants_for(contracts.source_columns_have_a_pii_class)
def column_without_pii_class(project: Project) -> str:
    del project.manifest["sources"][SOURCE]["columns"]["card_token"]["config"]["meta"]["pii"]
    return "cards.credit_cards.card_token: meta.pii"


@plants_for(contracts.source_columns_have_a_pii_class)
def column_with_a_pii_class_of_its_own(project: Project) -> str:
    project.manifest["sources"][SOURCE]["columns"]["card_token"]["config"]["meta"]["pii"] = "private"
    return "cards.credit_cards.card_token: meta.pii"


@plants_for(contracts.source_contracts_are_whole)
def source_column_without_type(project: Project) -> str:
    project.manifest["sources"][SOURCE]["columns"]["card_token"]["data_type"] = None
    return "cards.credit_cards.card_token: has no data_type"


@plants_for(contracts.source_contracts_are_whole)
def key_that_is_no_column(project: Project) -> str:
    project.manifest["sources"][SOURCE]["config"]["meta"]["key"] = ["card_number"]
    return "meta.key ['card_number'] isn't made of its columns"


@plants_for(contracts.source_contracts_are_whole)
def key_that_may_be_empty(project: Project) -> str:
    project.manifest["sources"][SOURCE]["columns"]["card_token"]["config"]["meta"]["required"] = False
    return "cards.credit_cards: a key column isn't required"


@plants_for(contracts.source_contracts_are_whole)
def source_without_owner(project: Project) -> str:
    del project.manifest["sources"][SOURCE]["config"]["meta"]["owner"]
    return "cards.credit_cards: has no owner"


@plants_for(contracts.arrivals_use_the_key_of_the_contract)
def arrivals_by_another_key(project: Project) -> str:
    model = project.manifest["nodes"][STAGING]
    model["raw_code"] = model["raw_code"].replace("['card_token']", "['cif_no']")
    return "its key ['cif_no'] should be the contract's ['card_token']"


@plants_for(contracts.arrivals_use_the_key_of_the_contract)
def staging_without_arrivals(project: Project) -> str:
    project.manifest["nodes"][STAGING]["raw_code"] = "select * from {{ source('cards', 'credit_cards') }}"
    return "doesn't call latest_arrivals"


@plants_for(contracts.public_layers_enforce_their_contract)
def mart_without_enforced_contract(project: Project) -> str:
    model_in(project, "marts", "fct_planted", contract={"enforced": False})
    return "fct_planted.sql: its contract isn't enforced"


@plants_for(contracts.public_layers_enforce_their_contract)
def protected_mart(project: Project) -> str:
    model_in(project, "marts", "fct_planted", access="protected")
    return "fct_planted.sql: its access is protected"


@plants_for(contracts.columns_never_null_are_tested_together)
def second_test_for_nulls(project: Project) -> str:
    known = next(uniqueness_tests(project))
    for number in (1, 2):
        unique_id = f"test.cardinal.not_null_{number}"
        test = {**known, "unique_id": unique_id, "test_metadata": {"name": "not_null", "kwargs": {}}}
        project.manifest["nodes"][unique_id] = test
    return "stg_cards__credit_cards.sql: more than one not_null"


@plants_for(budgets.models_keep_their_line_budget)
def staging_model_of_sixty_one_lines(project: Project) -> str:
    project.manifest["nodes"][STAGING]["raw_code"] = "\n".join(["select 1"] * 61)
    return "has 61 lines, 60 are allowed"


@plants_for(budgets.models_keep_their_jinja_budget)
def model_of_four_jinja_blocks(project: Project) -> str:
    project.manifest["nodes"][STAGING]["raw_code"] = "{% if a %} 1 {% else %} 2 {% endif %}" * 4
    return "has 4 Jinja blocks, 3 are allowed"


@plants_for(budgets.yml_files_stay_short)
def yml_of_two_hundred_and_one_lines(project: Project) -> str:
    write(project, "models/marts/core/long.yml", "# line\n" * 201)
    return "models/marts/core/long.yml: has 201 lines"


@plants_for(budgets.python_modules_stay_short)
def module_of_three_hundred_and_one_lines(project: Project) -> str:
    write(project, "cardinal/demo/long.py", "x = 1\n" * 301)
    return "cardinal/demo/long.py: has 301 lines"


@plants_for(code.no_select_distinct)
def select_distinct(project: Project) -> str:
    project.manifest["nodes"][STAGING]["raw_code"] = "SELECT\n  DISTINCT a from b"
    return "stg_cards__credit_cards.sql: select distinct"


@plants_for(code.modules_are_named_for_what_they_are)
def module_called_utils(project: Project) -> str:
    write(project, "cardinal/demo/utils.py", "")
    return "cardinal/demo/utils.py: 'utils' says nothing"


@plants_for(code.modules_are_named_for_what_they_are)
def folder_called_common(project: Project) -> str:
    write(project, "cardinal/common/money.py", "")
    return "cardinal/common/money.py: 'common' says nothing"


@plants_for(code.only_settings_read_the_environment)
def environment_read_elsewhere(project: Project) -> str:
    write(project, "cardinal/settings.py", "import os\nHOME = os.environ['CARDINAL_HOME']\n")
    write(project, "cardinal/demo/bank.py", "import os\nHOME = os.environ['CARDINAL_HOME']\n")
    return "cardinal/demo/bank.py:2: only cardinal/settings.py"


@plants_for(code.only_settings_read_the_environment)
def getenv_imported(project: Project) -> str:
    write(project, "ml/framework.py", "from os import getenv\n")
    return "ml/framework.py:1: only cardinal/settings.py"


@plants_for(code.no_paths_of_one_machine)
def path_of_a_home(project: Project) -> str:
    write(project, "docs/guide.md", "Open it:\n    cd /" + "home/ada/cardinal\n")
    return "docs/guide.md:2: a path of one machine"
