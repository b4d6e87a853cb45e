"""Every column by which identity knows people is one by which their rows are found."""

from __future__ import annotations

import yaml

from cardinal.contracts import load_contracts
from cardinal.privacy.columns import HOMES, KEPT, not_searched, shown_by
from cardinal.settings import PROJECT_DIR

CONTRACTS = load_contracts(PROJECT_DIR)
# Facts and parts of other identifiers: they find nobody by themselves.
FACTS = {"birth_date", "full_name"}


def test_what_identity_takes_for_an_identifier_finds_rows() -> None:
    for table, contract in CONTRACTS.items():
        path = PROJECT_DIR / "models" / "staging" / table[0] / f"stg_{table[0]}__{table[1]}.yml"
        (model,) = yaml.safe_load(path.read_text())["models"]
        declared = {
            (column["name"], column.get("config", {}).get("meta", {}).get("identifier")) for column in model["columns"]
        }
        wanted = {kind for _, kind in declared if kind and kind not in FACTS}
        assert wanted <= {place.kind for place in shown_by(contract)}, f"{path.name} shows more kinds"


def test_each_table_about_people_tells_whose_its_rows_are() -> None:
    about_nobody = {
        ("activation", "runs"), ("crm", "campaigns"), ("google_ads", "campaign_days"), ("meta_ads", "ad_days"),
        ("ml", "champions"), ("ml", "drift"), ("ml", "lookalike_reaches"), ("ml", "outcomes"), ("ml", "readouts"),
    }  # fmt: skip
    silent = {table for table, contract in CONTRACTS.items() if not any(p.owns for p in shown_by(contract))}
    assert silent == about_nobody


def test_what_is_kept_and_what_is_followed_are_tables_that_there_are() -> None:
    assert set(KEPT) <= set(CONTRACTS)
    for kind, tables in HOMES.items():
        for table in tables:
            assert "cif_no" in CONTRACTS[table].column_names
            assert kind in {place.kind for place in shown_by(CONTRACTS[table])}


def test_what_is_not_searched_is_said() -> None:
    said = set(not_searched(CONTRACTS))
    assert {
        "core_banking.account_transactions.description",
        "manual.uploads.note",
        "messenger.leads.message_text",
    } <= said
