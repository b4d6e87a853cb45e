"""Reading the contracts, and the page that is written from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardinal.contract_pages import PAGE, render_contracts
from cardinal.contracts import Column, ContractError, load_contracts
from cardinal.settings import PROJECT_DIR

COLUMN = (
    "- {name: note_id, data_type: varchar, description: Number., config: {meta: {pii: pseudonymous, required: true}}}"
)
TIME = "- {name: written_at, data_type: timestamp, description: When., config: {meta: {pii: none}}}"
KIND = (
    "- {name: kind, data_type: varchar, description: a | b, config: {meta: {pii: none, accepted: [a, b],"
    " protect: national_id, card_number_check: false}}}"
)


def project(tmp_path: Path, meta: str = "{key: [note_id], event_time: written_at}", columns: str = "") -> Path:
    folder = tmp_path / "models" / "staging" / "notes"
    folder.mkdir(parents=True)
    (folder / "_notes__sources.yml").write_text(
        "sources:\n"
        "  - name: notes\n"
        "    description: Notes.\n"
        "    config: {meta: {owner: nobody}}\n"
        "    tables:\n"
        "      - name: notes\n"
        "        description: One row per note.\n"
        f"        config: {{meta: {meta}}}\n"
        "        columns:\n" + "".join(f"          {line}\n" for line in (COLUMN, TIME, KIND, columns) if line)
    )
    return tmp_path


def test_a_contract_is_read_with_everything_it_says(tmp_path: Path) -> None:
    contract = load_contracts(project(tmp_path))["notes", "notes"]
    assert (contract.key, contract.event_time, contract.owner) == (("note_id",), "written_at", "nobody")
    assert contract.column_names == ("note_id", "written_at", "kind")
    assert contract.column("note_id") == Column("note_id", "varchar", "Number.", "pseudonymous", required=True)
    kind = contract.column("kind")
    assert (kind.accepted, kind.protect, kind.card_number_check) == (("a", "b"), "national_id", False)
    with pytest.raises(KeyError):
        contract.column("missing")


def test_only_a_text_can_have_a_word_for_what_is_missing(tmp_path: Path) -> None:
    column = "- {name: size, data_type: bigint, description: Size., config: {meta: {pii: none, when_missing: unknown}}}"
    with pytest.raises(ContractError, match=r"notes.size: meta.when_missing is for a varchar"):
        load_contracts(project(tmp_path, columns=column))


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ("{key: [other], event_time: written_at}", "meta.key must list columns"),
        ("{key: [], event_time: written_at}", "meta.key must list columns"),
        ("{event_time: written_at}", "meta.key must list columns"),
        ("{key: [note_id], event_time: other}", "meta.event_time must name a column"),
        ("{key: [note_id]}", "meta.event_time must name a column"),
    ],
)
def test_a_table_without_a_proper_key_or_time_is_refused(tmp_path: Path, meta: str, message: str) -> None:
    with pytest.raises(ContractError, match=rf"_notes__sources\.yml: notes\.notes: {message}"):
        load_contracts(project(tmp_path, meta=meta))


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (
            "- {name: x, data_type: varchar}",
            "x: meta.pii must be one of none, pseudonymous, personal, secret",
        ),
        ("- {name: x, data_type: varchar, config: {meta: {pii: private}}}", "x: meta.pii must be one of"),
        ("- {name: x, config: {meta: {pii: none}}}", "x: data_type is missing"),
    ],
)
def test_a_column_without_class_or_type_is_refused(tmp_path: Path, column: str, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        load_contracts(project(tmp_path, columns=column))


def test_every_contract_of_the_project_is_sound() -> None:
    contracts = load_contracts(PROJECT_DIR)
    assert list(contracts) == sorted(contracts)
    for contract in contracts.values():
        assert contract.owner, f"{contract.source} has no owner"
        assert all(column.description for column in contract.columns), f"{contract.source}.{contract.name}"
        required = {column.name for column in contract.columns if column.required}
        assert set(contract.key) <= required, f"{contract.source}.{contract.name}: a key column isn't required"


def test_page_shows_a_column_with_all_that_is_promised(tmp_path: Path) -> None:
    page = render_contracts(project(tmp_path))
    assert "| `note_id` | `varchar` | pseudonymous | yes |  | Number. |" in page
    assert "| `kind` | `varchar` | none |  | `a`, `b` | a \\| b |" in page
    assert "One row per note. Key: `note_id`; time of the event: `written_at`." in page
    assert "Notes. Owner: `nobody`." in page


def test_page_in_the_repository_is_current() -> None:
    written = (PROJECT_DIR / PAGE).read_text(encoding="utf-8")
    assert written == render_contracts(PROJECT_DIR), "docs/contracts.md is out of date: run `make docs`"
