"""The pseudonymous view of customers follows customer_360, column by column."""

from __future__ import annotations

from pathlib import Path

import yaml

from cardinal.pseudonymous_contract import FOLDER, render_contract, write_contract
from cardinal.settings import PROJECT_DIR

CONTRACT = """
models:
  - name: customer_360
    description: "One row per person."
    config: {group: customer_insight, database: restricted}
    columns:
      - {name: person_id, data_type: text, description: P., config: {meta: {pii: pseudonymous}}, data_tests: [unique]}
      - {name: full_name, data_type: varchar, description: "Name.", config: {meta: {pii: personal}}}
      - {name: id_hash, data_type: varchar, description: "Hash.", config: {meta: {pii: secret}}}
      - name: gender
        data_type: varchar
        description: "F, M: \\"as declared\\"."
        config: {meta: {pii: pseudonymous, is_protected: true, source: core_banking}}
        data_tests: [not_null]
      - {name: balance_amount, data_type: "decimal(18,2)", description: "สมดุล.", config: {meta: {pii: pseudonymous}}}
"""


def test_every_column_follows_but_those_that_show_people(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / "customer_360.yml").write_text(CONTRACT, encoding="utf-8")
    (whole,) = yaml.safe_load(CONTRACT)["models"]
    (model,) = yaml.safe_load(write_contract(tmp_path).read_text(encoding="utf-8"))["models"]
    assert model["description"] == "One row per person: `customer_360` without its personal columns."
    assert model["config"] == {"group": "customer_insight"}, "not restricted"
    expected = [
        {**column, "data_tests": None} for column in whole["columns"] if column["name"] not in ("full_name", "id_hash")
    ]
    assert [{**column, "data_tests": None} for column in model["columns"]] == expected
    assert [column.get("data_tests") for column in model["columns"]] == [["unique", "not_null"], None, None]


def test_the_contract_of_the_project_is_current() -> None:
    written = (PROJECT_DIR / FOLDER / "customer_360_pseudonymous.yml").read_text(encoding="utf-8")
    assert written == render_contract(PROJECT_DIR), "customer_360_pseudonymous.yml is out of date: run `make docs`"
