"""Ids over the life of a tiny bank: merged, un-merged, deleted, retired, rebuilt from the lake."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from cardinal.ingestion.run import ingest
from tests.integration.house import House

IDENTITY = ("--select", "+identity_health", "+person_records", "+customer_identifiers", "+person_id_changes")
CUSTOMERS = "cif_no,email,registered_at,updated_at,change_type\n"
CUSTOMER = "{},{},2026-01-01T00:00:00Z,2026-01-09T00:00:00Z,{}\n"
CONTACTS = "contact_id,cif_no,user_id,full_name,contact_source,created_at,updated_at\n"
CONTACT = "{},{},{},Somebody,web,2026-01-01T00:00:00Z,2026-01-09T00:00:00Z\n"


def drop_first_day(house: House, tables: tuple[str, ...] = ("customers", "contacts"), turned: bool = False) -> None:
    """Three customers; a contact of the first, one of the third, and one that nobody knows."""
    customers = [CUSTOMER.format(cif, f"{cif}@mail.co.th", "") for cif in ("c100", "c200", "c300")]
    contacts = [CONTACT.format(*row) for row in (("A", "c100", "u1"), ("B", "", "u2"), ("C", "c300", "u3"))]
    if "customers" in tables:
        house.drop("core_banking", "customers", "2026-01-10", CUSTOMERS + "".join(customers[:: -1 if turned else 1]))
    if "contacts" in tables:
        house.drop("crm", "contacts", "2026-01-10", CONTACTS + "".join(contacts[:: -1 if turned else 1]))


def build(house: House, *arguments: str) -> None:
    ingest(house.settings)
    house.run(*IDENTITY, *arguments)


def persons(house: House) -> dict[str, str]:
    return dict(house.query("select record_id, person_id from marts.person_records"))


def changes(house: House, change_no: int) -> list[tuple]:
    return house.query(
        "select person_id, change_type, successor_person_id, origin_person_id from marts.person_id_changes"
        f" where change_no = {change_no} order by all"
    )


def leads_to(house: House, person: str) -> set[str | None]:
    return {
        row[0]
        for row in house.query(
            f"select current_person_id from marts.person_id_changes where person_id = '{person}' group by all"
        )
    }


def ledger(house: House) -> dict[str, bytes]:
    folder = house.settings.lake / "_identity"
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.exists() else {}


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, dict[str, str]]:
    """A bank in which B turned out to be customer c200, and the record that named the third person was deleted."""
    house = House(tmp_path_factory.mktemp("merged"))
    drop_first_day(house)
    build(house)
    before = persons(house)
    house.drop("crm", "contacts", "2026-01-11", CONTACTS + CONTACT.format("B", "c200", "u2"))
    house.drop("core_banking", "customers", "2026-01-12", CUSTOMERS + CUSTOMER.format("c300", "", "delete"))
    build(house)
    return house, before


def test_each_person_has_the_id_of_the_customer_number(merged: tuple[House, dict[str, str]]) -> None:
    before = merged[1]
    assert before["A"] == before["c100"]
    assert before["C"] == before["c300"]
    assert len(set(before.values())) == 4


def test_on_a_merge_the_older_survives_and_the_other_redirects(merged: tuple[House, dict[str, str]]) -> None:
    house, before = merged
    assert persons(house)["B"] == before["c200"]
    assert changes(house, 2) == [(before["B"], "merged", before["c200"], None)]
    assert leads_to(house, before["B"]) == {before["c200"]}


def test_an_id_whose_record_was_deleted_stays_with_what_it_held(merged: tuple[House, dict[str, str]]) -> None:
    house, before = merged
    assert "c300" not in persons(house)
    assert persons(house)["C"] == before["c300"]
    assert leads_to(house, before["c300"]) == {before["c300"]}


def test_a_change_bears_the_time_of_the_newest_arrival(merged: tuple[House, dict[str, str]]) -> None:
    """A deletion counts, though no table holds a row of it any longer."""
    times = merged[0].query("select change_no, changed_at from marts.person_id_changes group by all order by all")
    assert times == [(1, datetime(2026, 1, 10)), (2, datetime(2026, 1, 12))]


def test_the_identity_card_keeps_what_persons_had(merged: tuple[House, dict[str, str]]) -> None:
    house, before = merged
    card = "select valid_from, valid_to, record_count from marts.customer_identifiers where {} and person_id = '{}'"
    first, merge = datetime(2026, 1, 10), datetime(2026, 1, 12)
    assert house.query(card.format("identifier_value = 'u2'", before["B"])) == [(first, merge, 0)]
    assert house.query(card.format("identifier_value = 'u2'", before["c200"])) == [(merge, None, 1)]
    assert house.query(card.format("identifier_value = 'u1'", before["c100"])) == [(first, None, 1)]
    # Nothing shows the deleted e-mail any longer: the card says that there was one, and not which.
    assert house.query(card.format("identifier_type = 'email' and identifier_value is null", before["c300"])) == [
        (first, merge, 0)
    ]


def test_a_second_build_and_builds_of_other_things_write_nothing(merged: tuple[House, dict[str, str]]) -> None:
    house = merged[0]
    before, files = house.table_hashes(), ledger(house)
    assert list(files) == ["00000001.parquet", "00000002.parquet"]
    build(house)
    assert house.table_hashes() == before
    house.build("--select", "int_identity__persons", "int_identity__junk_values")
    assert ledger(house) == files


@pytest.mark.slow
def test_an_empty_build_retires_nobody(merged: tuple[House, dict[str, str]], tmp_path: Path) -> None:
    house = House(tmp_path / "copy")
    shutil.copytree(merged[0].home, house.home)
    house.run(*IDENTITY, "--empty")
    assert ledger(house) == ledger(merged[0])


@pytest.mark.slow
def test_the_lake_gives_the_same_ids_and_history_from_nothing(
    merged: tuple[House, dict[str, str]], tmp_path: Path
) -> None:
    house = House(tmp_path / "rebuilt")
    shutil.copytree(merged[0].settings.lake, house.settings.lake)
    house.run(*IDENTITY)
    assert house.table_hashes() == merged[0].table_hashes()
    assert ledger(house) == ledger(merged[0])
    house.run(*IDENTITY, "--full-refresh")
    assert house.table_hashes() == merged[0].table_hashes()


@pytest.mark.slow
def test_ids_come_back_after_an_undone_merge_and_a_retired_source(
    merged: tuple[House, dict[str, str]], tmp_path: Path
) -> None:
    before, house = merged[1], House(tmp_path / "life")
    shutil.copytree(merged[0].home, house.home)
    house.drop("crm", "contacts", "2026-01-13", CONTACTS + CONTACT.format("B", "", "u2"))
    build(house)
    assert persons(house) == {record: person for record, person in before.items() if record != "c300"}
    assert changes(house, 3) == [(before["B"], "split", None, before["c200"])]

    contacts = house.settings.lake / "crm" / "contacts"
    shutil.move(contacts, tmp_path / "contacts")
    shutil.copytree(tmp_path / "contacts" / "ingest_date=1970-01-01", contacts / "ingest_date=1970-01-01")
    house.run(*IDENTITY, "--full-refresh")
    assert persons(house) == {record: before[record] for record in ("c100", "c200")}
    assert changes(house, 4) == sorted((before[record], "retired", None, None) for record in ("B", "c300"))
    assert leads_to(house, before["B"]) == {None}

    shutil.rmtree(contacts)
    shutil.move(tmp_path / "contacts", contacts)
    house.run(*IDENTITY, "--full-refresh")
    assert persons(house) == {record: person for record, person in before.items() if record != "c300"}
    assert changes(house, 5) == sorted((before[record], "created", None, None) for record in ("B", "c300"))


@pytest.mark.slow
def test_ids_do_not_depend_on_the_order_of_loading(merged: tuple[House, dict[str, str]], tmp_path: Path) -> None:
    house = House(tmp_path)
    drop_first_day(house, ("contacts",), turned=True)
    ingest(house.settings)
    drop_first_day(house, ("customers",), turned=True)
    build(house)
    assert persons(house) == merged[1]
