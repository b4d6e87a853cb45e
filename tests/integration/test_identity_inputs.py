"""What goes into identity resolution: arrivals read once, deletions seen, and one line for what is new."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from cardinal.ingestion.run import ingest
from cardinal.settings import PROJECT_DIR
from tests.integration.house import House

MODELS = ("record_identifiers", "blocked_values", "decisions", "links")
SHOWN = (
    "select identifier_type, identifier_value from intermediate.int_identity__record_identifiers where record_id = '{}'"
)
SELECTED = ("--select", "path:models/staging", "path:seeds", *(f"int_identity__{name}" for name in MODELS))
CASE = "case_id,cif_no,phone,opened_at,topic,case_status,is_caller_verified,change_type\n"
CONTACT = "contact_id,cif_no,full_name,email,phone,date_of_birth,contact_source,created_at,updated_at,change_type\n"
DECISION = "decision_id,decision,record_a,record_b,author,reason,decided_at,expires_at,change_type\n"


def hashes(house: House) -> dict[str, tuple]:
    return {
        name: house.query(f"select count(*), sum(hash(t)::hugeint) from intermediate.int_identity__{name} as t")[0]
        for name in MODELS
    }


def case(name: str, cif_no: str, phone: str, change: str = "", verified: str = "true") -> str:
    return f"{name},{cif_no},{phone},2026-10-21T08:00:00Z,fee,open,{verified},{change}\n"


def contact(name: str, full_name: str, email: str, phone: str, birth: str = "", change: str = "") -> str:
    return f"{name},,{full_name},{email},{phone},{birth},web,2026-10-21T08:00:00Z,2026-10-21T08:00:00Z,{change}\n"


@pytest.fixture
def copied(house: House, tmp_path: Path) -> House:
    copy = House(tmp_path / "copy")
    shutil.copytree(house.home, copy.home)
    return copy


def deliver(house: House, day: int, *files: tuple[str, str, str]) -> None:
    for source, table, text in files:
        house.drop(source, table, f"2026-10-{day}", text)
    ingest(house.settings)
    house.run(*SELECTED)


@pytest.mark.slow
def test_three_deliveries_leave_what_a_full_build_makes(copied: House) -> None:
    """Changed, deleted, emptied and returning records, a record deleted unseen, and decisions that come and go."""
    must_link = "must_link,crm.call_centre_cases:kept,crm.contacts:both,desk,same caller,2026-10-20T00:00:00Z"
    deliver(
        copied,
        22,
        (
            "crm",
            "call_centre_cases",
            CASE
            + case("kept", "1001", "0812223333")
            + case("emptied", "1002", "0812223334")
            + case("gone", "1003", "0812223335")
            + case("back", "1004", "0812223336")
            + case("unverified", "1005", "0812223337", verified="false"),
        ),
        ("crm", "contacts", CONTACT + contact("both", "Somchai Jaidee", "s.j@gmail.com", "0812223333", "1980-05-04")),
        ("manual", "identity_decisions", DECISION + f"D1,{must_link},,\nD2,cannot_link,x.y:1,x.y:2,d,r,2026-10-20,,\n"),
    )
    assert copied.query(SHOWN.format("kept") + " order by 1") == [
        ("customer_number", "1001"),
        ("phone", "+66812223333"),
    ]
    assert copied.query(SHOWN.format("unverified")) == [("phone", "+66812223337")]
    composed = dict(copied.query(SHOWN.format("both")))
    assert composed["name_birth_phone"] == "somchai jaidee|1980-05-04|+66812223333"
    assert composed["name_phone_email"] == "somchai jaidee|+66812223333|s.j@gmail.com"
    links = "select count(*) from intermediate.int_identity__links where identifier_type = 'must_link'"
    assert copied.query(links) == [(2,)]

    deliver(
        copied,
        23,
        (
            "crm",
            "call_centre_cases",
            CASE
            + case("kept", "1001", "0819998888", "update")
            + case("emptied", "", "-", "update")
            + case("gone", "", "", "delete")
            + case("back", "", "", "delete")
            + case("never seen", "", "", "delete"),
        ),
        ("crm", "contacts", CONTACT + contact("both", "Somchai", "", "", "1980-05-04", "update")),
    )
    assert ("phone", "+66819998888") in copied.query(SHOWN.format("kept"))
    assert ("phone", "+66812223333") not in copied.query(SHOWN.format("kept"))
    assert copied.query(SHOWN.format("emptied")) == [("(none)", "")]
    assert copied.query(SHOWN.format("never seen")) == [("(none)", "deleted")]
    assert dict(copied.query(SHOWN.format("both"))) == {"full_name": "somchai", "birth_date": "1980-05-04"}

    # Nothing but deletions and a return, in tables of their own; the decision is taken back.
    deliver(
        copied,
        24,
        ("crm", "call_centre_cases", CASE + case("back", "1004", "0812223336", "insert")),
        ("crm", "contacts", "contact_id,change_type\nboth,delete\n"),
        ("manual", "identity_decisions", "decision_id,change_type\nD1,delete\n"),
    )
    assert copied.query(SHOWN.format("gone")) == [("(none)", "deleted")]
    assert ("customer_number", "1004") in copied.query(SHOWN.format("back"))
    assert copied.query(SHOWN.format("both")) == [("(none)", "deleted")]
    assert copied.query(links) == [(0,)]

    incremental = hashes(copied)
    copied.run("--full-refresh", *SELECTED)
    assert hashes(copied) == incremental


@pytest.mark.slow
def test_what_arrives_between_staging_and_identity_is_not_lost(copied: House) -> None:
    """A delivery may come between two runs of parts of the house; what it deletes says nothing about what it brings."""
    deliver(
        copied,
        22,
        ("crm", "call_centre_cases", CASE + case("gone", "1003", "0812223335")),
        ("crm", "contacts", CONTACT + contact("there", "Somchai Jaidee", "s.j@gmail.com", "0812223333")),
    )
    copied.drop(
        "crm",
        "call_centre_cases",
        "2026-10-23",
        CASE + case("gone", "", "", "delete") + case("come", "1004", "0812223336"),
    )
    ingest(copied.settings)
    copied.run("--select", "int_identity__record_identifiers")
    # Staging holds it still, so it shows what it showed, and not that it is gone as well.
    assert copied.query(SHOWN.format("gone") + " order by 1") == [
        ("customer_number", "1003"),
        ("phone", "+66812223335"),
    ]
    copied.run(*SELECTED)
    assert copied.query(SHOWN.format("gone")) == [("(none)", "deleted")]
    assert ("customer_number", "1004") in copied.query(SHOWN.format("come"))

    incremental = hashes(copied)
    copied.run("--full-refresh", *SELECTED)
    assert hashes(copied) == incremental


def test_a_run_sees_the_lake_of_its_start(copied: House) -> None:
    """Whatever is ingested while dbt runs waits for the next run, in every model."""
    cases, newest = "select count(*) from crm.call_centre_cases", "select max(ingest_date) from lake.files"
    before = copied.query(cases) + copied.query(newest)
    copied.drop("crm", "call_centre_cases", "2026-10-23", CASE + case("come", "1004", "0812223336"))
    ingest(copied.settings)
    assert copied.query(cases) + copied.query(newest) == before
    copied.run("--select", "identifier_rules")
    assert copied.query(cases) == [(before[0][0] + 1,)]
    assert copied.query(newest) == [(date(2026, 10, 23),)]


def test_a_run_without_arrivals_reads_nothing(copied: House) -> None:
    before = hashes(copied)
    copied.run(*SELECTED)
    assert hashes(copied) == before
    assert copied.pending_arrivals()["int_identity__record_identifiers"] == 0


@pytest.mark.slow
def test_an_identifier_is_one_line_and_a_composite_one_row(copied: House, tmp_path: Path) -> None:
    """Neither needs a full build: what was read under other declarations is read again."""
    project = tmp_path / "project"
    for name in ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests/dbt"):
        source, target = PROJECT_DIR / name, project / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    rules = project / "seeds/identity/identifier_rules.csv"
    rules.write_text(
        rules.read_text() + "birth_phone,50,verified,joins,birth_date+phone,,,,\nportfolio,51,verified,joins,,,,,\n"
    )
    holdings = project / "models/staging/wealth/stg_wealth__fund_holdings.yml"
    line = "description: Unit-holder number.\n        config: {meta: {pii: pseudonymous"
    assert line in holdings.read_text()
    holdings.write_text(holdings.read_text().replace(line, line + ", identifier: portfolio"))

    changed = House(copied.home, project_dir=project)
    changed.run(*SELECTED)
    incremental = hashes(changed)
    holding_count, portfolio_count = changed.query("""
        select
            (select count(*) from staging.stg_wealth__fund_holdings),
            (select count(*) from intermediate.int_identity__record_identifiers where identifier_type = 'portfolio')
    """)[0]
    assert holding_count == portfolio_count > 0
    expected = changed.query("""
        select count(*) from (
            select 1
            from staging.stg_core_banking__customers, unnest(list_distinct([mobile_phone, home_phone])) as held (phone)
            where phone is not null and date_of_birth is not null
            union all
            select 1 from staging.stg_crm__contacts where phone is not null and date_of_birth is not null
            union all
            select 1 from staging.stg_website__registrations where phone is not null and date_of_birth is not null
        )
    """)[0][0]
    assert changed.query(
        "select count(*) from intermediate.int_identity__record_identifiers where identifier_type = 'birth_phone'"
    ) == [(expected,)]
    assert expected > 0
    changed.run("--full-refresh", *SELECTED)
    assert hashes(changed) == incremental
