"""Access on the demo bank: every row, where it came from and where it went; and who is meant is said plainly."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from cardinal.build import open_build
from cardinal.cli.main import app
from cardinal.privacy.person import PersonError, find_person
from cardinal.privacy.sent_words import TABLES
from tests.integration.house import House
from tests.integration.privacy_case import Case, opened_case


@pytest.fixture(scope="module")
def case(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with opened_case(house, tmp_path_factory.mktemp("privacy")) as opened:
        yield opened


def test_who_is_meant_is_said_plainly_or_not_at_all(case: Case) -> None:
    shared = case.house.query(
        "select identifier_value from marts.customer_identifiers where identifier_type = 'phone' and valid_to is null"
        " group by 1 having count(distinct person_id) > 1 order by 1 limit 1"
    )[0][0]
    with open_build(case.house.settings) as connection:

        def find(person: str | None = None, **given: str) -> str:
            return find_person(connection, case.house.settings, person, given)

        for value, kind in case.values.items():
            option = {"customer_number": "cif", "email": "email", "phone": "phone"}.get(kind)
            if option == "cif":
                assert find(**{option: value}) == case.person
        with pytest.raises(PersonError, match=r"leads to \d+ persons"):
            find(phone=shared)
        for nobody in ({"person": "p0"}, {"cif": "0"}, {"email": "no@where.org"}, {}, {"cif": "1", "phone": "2"}):
            with pytest.raises(PersonError) as error:
                find(**nobody)
            assert "no@where.org" not in str(error.value)


def test_access_shows_every_row_with_where_it_came_from_and_went(case: Case, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["privacy", "access", str(tmp_path / "seen"), "--person", case.person], env=case.house.environment()
    )
    assert result.exit_code == 0, result.output
    assert not any(value in result.output for value, kind in case.values.items() if kind != "person" and len(value) > 5)
    assert stat.S_IMODE((tmp_path / "seen").stat().st_mode) == 0o700
    for name in ("access.json", "access.html"):
        assert stat.S_IMODE((tmp_path / "seen" / name).stat().st_mode) == 0o600
    held = json.loads((tmp_path / "seen" / "access.json").read_text())
    assert held["person_id"] == case.person
    sources = {table["name"]: table["rows"] for table in (*held["sources"], *held["consents"])}
    cif = next(value for value, kind in case.values.items() if kind == "customer_number")
    home = case.house.settings.lake
    for table in ("core_banking/customers", "core_banking/account_holders", "payments/payments"):
        counted = duckdb.sql(f"select count(*) from '{home}/{table}/*/*.parquet' where cif_no = '{cif}'").fetchall()[0][
            0
        ]
        assert len(sources[table.replace("/", ".")]) >= counted > 0, table
    (customer, *_) = sources["core_banking.customers"]
    assert customer["_file"].startswith("core_banking/customers/")
    assert date.fromisoformat(customer["_ingested_at"][:10]) <= datetime.now(UTC).date()
    assert [row["message_event_id"] for row in sources["activation.message_events"]] == ["ME1", "ME2", "ME3"]
    marts = {table["name"] for table in held["derived"]}
    assert {"marts.customer_360", "marts.customer_timeline", "marts.customer_profit_monthly"} <= marts
    sent = {table["name"]: table["rows"] for table in held["sent"]}
    assert {row["sync"] for row in sent["outbox/ledger.duckdb state"]} == set(case.syncs)
    assert "outbox/messages.duckdb waiting" in sent
    assert all(row["destination"] for row in sent["outbox/ledger.duckdb state"])
    known = [table for table in held["sent"] if table["name"] in TABLES]
    assert {"outbox/ledger.duckdb state", "outbox/results"} <= {table["name"] for table in known}
    for table in known:
        assert table["description"], table["name"]
        assert not [column for column, meaning in table["columns"].items() if not meaning], table["name"]
    page = (tmp_path / "seen" / "access.html").read_text()
    assert all(name in page for name in sources)
    again = CliRunner().invoke(
        app, ["privacy", "access", str(tmp_path / "seen"), "--person", case.person], env=case.house.environment()
    )
    assert again.exit_code == 1
