"""The whole walk on a small demo bank: build, build again, one more day, full refresh equal to incremental."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cardinal.build import open_build
from cardinal.contracts import load_contracts
from cardinal.demo.bank import continue_bank
from cardinal.ingestion.run import ingest
from cardinal.settings import PROJECT_DIR
from tests.integration.house import House

CARDS_HELD = "select count(*) from staging.stg_cards__credit_cards where card_token in ('{}', '{}')"
CUSTOMER_PERSONS = "select record_id, person_id from marts.person_records where table_name = 'customers'"


def test_every_source_row_is_in_staging_or_has_a_reason(house: House) -> None:
    """The last version of each key in the lake, deletions aside, is a row of staging; older ones are in its twin."""
    contracts = load_contracts(PROJECT_DIR)
    with open_build(house.settings) as connection:
        tables = connection.execute(
            "select split_part(table_name, '__', 1)[5:], split_part(table_name, '__', 2)"
            " from information_schema.tables where table_schema = 'staging'"
            " and not ends_with(table_name, '__superseded') order by all"
        ).fetchall()
        assert len(tables) == len(contracts)
        for schema, table in tables:
            key = ", ".join(contracts[schema, table].key)
            expected = connection.execute(f"""
                select
                    count(*) filter (where next_at is null),
                    -- What was replaced within its own delivery was never known.
                    count(*) filter (where next_at > _ingested_at)
                from (
                    select *, lead(_ingested_at) over (partition by {key} order by _ingested_at, _row) as next_at
                    from {schema}.{table}
                )
                where change_type is distinct from 'delete'
            """).fetchall()
            found = connection.execute(f"""
                select
                    (select count(*) from staging.stg_{schema}__{table}),
                    (select count(*) from staging.stg_{schema}__{table}__superseded)
            """).fetchall()
            assert found == expected, f"{schema}.{table}: {expected} versions in the lake, {found} in staging"


def test_a_second_build_reads_nothing_and_changes_nothing(house: House, tmp_path: Path) -> None:
    again = House(tmp_path / "again")
    shutil.copytree(house.home, again.home)
    again.run()
    assert again.table_hashes() == house.table_hashes()
    assert {name: count for name, count in again.pending_arrivals().items() if count} == {}


@pytest.mark.slow
def test_one_more_day_then_full_refresh_equals_incremental(house: House, tmp_path: Path) -> None:
    """A further day of the demo bank, and by hand what it may lack: corrections, deletions, a row that comes back."""
    longer = House(tmp_path / "longer")
    shutil.copytree(house.home, longer.home)
    before = longer.table_hashes(("staging",))
    persons_before = dict(longer.query(CUSTOMER_PERSONS))

    continue_bank(longer.settings, days=1)
    cards = longer.query("select card_token from staging.stg_cards__credit_cards order by 1 limit 3")
    deleted, returning, corrected = (row[0] for row in cards)
    loans = [row[0] for row in longer.query("select loan_no from staging.stg_lending__loans order by 1 limit 2")]
    card_row = "{},363284286,cr_gold,primary,active,THB,2026-01-01,2026-10-21T00:00:00Z,{}\n"
    card_header = (
        "card_token,cif_no,product_code,card_role,card_status,currency_code,issued_date,updated_at,change_type\n"
    )
    longer.drop(
        "cards",
        "credit_cards",
        "2026-10-22",
        card_header
        + card_row.format(deleted, "delete")
        + card_row.format(returning, "delete")
        + card_row.format(corrected, "update"),
    )
    ingest(longer.settings)
    longer.run()
    assert longer.query(CARDS_HELD.format(deleted, returning)) == [(0,)]
    longer.drop("cards", "credit_cards", "2026-10-23", card_header + card_row.format(returning, "insert"))
    # A last delivery that holds nothing but deletions.
    longer.drop(
        "lending", "loans", "2026-10-23", "loan_no,change_type\n" + "".join(f"{loan},delete\n" for loan in loans)
    )
    ingest(longer.settings)
    longer.run()
    incremental = longer.table_hashes()
    assert {name for name, value in before.items() if incremental[name] != value}, "the day changed nothing"
    assert longer.query(CARDS_HELD.format(deleted, returning)) == [(1,)]
    assert longer.query(
        f"select product_code from staging.stg_cards__credit_cards where card_token = '{corrected}'"
    ) == [("cr_gold",)]
    assert not set(loans) & {row[0] for row in longer.query("select loan_no from staging.stg_lending__loans")}

    longer.run("--full-refresh")
    full = longer.table_hashes()
    assert {name: (incremental[name], full[name]) for name in full if full[name] != incremental[name]} == {}

    persons_after = dict(longer.query(CUSTOMER_PERSONS))
    retired = dict(
        longer.query("select person_id, successor_person_id from marts.person_id_changes where change_type = 'merged'")
    )
    moved = {
        record: (person, persons_after.get(record))
        for record, person in persons_before.items()
        if record in persons_after and persons_after[record] not in (person, retired.get(person))
    }
    assert moved == {}, "a person id changed without a merge"


def test_a_column_that_joins_a_contract_is_null_in_what_came_before(house: House, tmp_path: Path) -> None:
    """The lake is brought up to the contract by ingestion; the next ordinary build takes the column in."""
    project = tmp_path / "project"
    for name in ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests/dbt"):
        source, target = PROJECT_DIR / name, project / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    grown = House(tmp_path / "grown", project_dir=project)
    shutil.copytree(house.home, grown.home)
    staging = project / "models" / "staging" / "manual"
    contract = staging / "_manual__sources.yml"
    column = "          - {name: note, "
    grown_contract = column.replace("note", "agent") + (
        "data_type: varchar, description: Who called., config: {meta: {pii: none}}}\n"
    )
    contract.write_text(contract.read_text().replace(column, grown_contract + column))
    model = staging / "stg_manual__uploads.sql"
    model.write_text(model.read_text().replace("        note,\n", "        note,\n        agent,\n"))

    result = grown.dbt("run", "--select", "stg_manual__uploads")
    assert result.returncode != 0
    assert "manual.uploads.agent. Run `cardinal ingest`." in result.stdout
    ingest(grown.settings)
    grown.run("--select", "stg_manual__uploads")
    assert grown.query("select count(agent), count(*) > 0 from staging.stg_manual__uploads") == [(0, True)]


@pytest.mark.slow
def test_the_same_lake_gives_the_same_tables_from_nothing(house: House, tmp_path: Path) -> None:
    rebuilt = House(tmp_path / "rebuilt")
    shutil.copytree(house.settings.lake, rebuilt.settings.lake)
    rebuilt.run()
    assert rebuilt.table_hashes() == house.table_hashes()


def test_before_any_data_is_there_dbt_says_what_to_run_first(tmp_path: Path) -> None:
    result = House(tmp_path).dbt("build")
    assert result.returncode != 0
    assert "run `make demo`" in result.stdout


def test_another_market_than_the_home_was_begun_with_stops_the_build(house: House, tmp_path: Path) -> None:
    elsewhere = House(tmp_path / "elsewhere", country="CZ")
    shutil.copytree(house.home, elsewhere.home)
    result = elsewhere.dbt("run", "--select", "dim_products")
    assert result.returncode != 0
    assert "CARDINAL_COUNTRY is CZ, but this home was begun with TH" in result.stdout
