"""`cardinal identity` as a person types it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cardinal.build import WarehouseError
from cardinal.cli import identity
from cardinal.cli.main import app
from cardinal.cli.output import ProgressBar
from cardinal.dbt_build import BuildResult, BuildStoppedError
from cardinal.errors import CardinalError
from cardinal.identity.rule_file import SEED
from cardinal.settings import PROJECT_DIR, Settings
from tests.unit.holding import holding
from tests.unit.identity.small_warehouse import Shown, write_warehouse

CUSTOMER, CONTACT = "core_banking.customers:CIF123", "crm.contacts:C9"
SHOWN = [Shown(CUSTOMER, "customer_number", "98765432"), Shown(CONTACT, "customer_number", "98765432")]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARDINAL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def built(home: Path) -> Path:
    write_warehouse(home / "warehouse.duckdb", SHOWN)
    return home


@pytest.fixture
def tried(tmp_path: Path) -> Path:
    path = tmp_path / "rules.csv"
    rules = (PROJECT_DIR / SEED).read_text(encoding="utf-8")
    assert ",declared,joins" in rules
    path.write_text(rules.replace(",declared,joins", ",verified,joins"), encoding="utf-8")
    return path


def explain(*records: str) -> Result:
    options = [option for record in records for option in ("--record", record)]
    return CliRunner().invoke(app, ["identity", "explain", *options])


def simulate(path: Path) -> Result:
    return CliRunner().invoke(app, ["identity", "simulate", "--rules", str(path)])


def test_two_records_of_one_person(built: Path) -> None:
    done = explain(CUSTOMER, CONTACT)
    assert done.exit_code == 0, done.output
    assert "show the same customer number 9***" in done.stdout
    assert "98765432" not in done.stdout


def test_one_record_shows_its_person(built: Path) -> None:
    done = explain(CONTACT)
    assert done.exit_code == 0, done.output
    assert "crm.contacts C9 belongs to person p" in done.stdout
    assert "2 records" in done.stdout
    assert "98765432" not in done.stdout


def test_no_record_and_three_are_wrong_usage(built: Path) -> None:
    assert explain().exit_code == 2
    three = explain(CUSTOMER, CONTACT, CONTACT)
    assert three.exit_code == 2
    assert "give one record or two" in three.output


def test_an_unknown_record_and_a_missing_warehouse_are_errors(home: Path) -> None:
    missing = explain(CUSTOMER)
    assert isinstance(missing.exception, CardinalError)
    assert "there is no warehouse" in str(missing.exception)
    assert not home.exists(), "looking must change nothing"
    write_warehouse(home / "warehouse.duckdb", SHOWN)
    unknown = explain("crm.contacts:C8")
    assert isinstance(unknown.exception, CardinalError)


def test_a_warehouse_that_is_being_written_is_named(built: Path) -> None:
    with holding(built / "warehouse.duckdb") as pid:
        done = explain(CUSTOMER)
    assert isinstance(done.exception, WarehouseError)
    assert f"process {pid}" in str(done.exception)


def test_the_same_rules_change_nothing_and_need_no_build(built: Path) -> None:
    done = simulate(PROJECT_DIR / SEED)
    assert done.exit_code == 0, done.output
    assert "nothing would change" in done.stdout


def test_rules_with_faults_are_refused_before_anything_is_copied(built: Path, tried: Path) -> None:
    tried.write_text(tried.read_text().replace("authenticated", "sure"))
    done = simulate(tried)
    assert isinstance(done.exception, CardinalError)
    assert "column evidence: 'sure' is none of" in str(done.exception)


def test_too_little_room_is_told_before_anything_is_copied(
    built: Path, tried: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cardinal.identity.simulation.ROOM", 1e12)
    done = simulate(tried)
    assert isinstance(done.exception, CardinalError)
    assert "set TMPDIR to a folder with more" in str(done.exception)


def test_a_build_that_fails_names_no_log_that_is_gone(
    built: Path, tried: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results: list[BuildResult | BuildStoppedError] = [
        BuildResult(log=Path("gone.log"), failures={"int_identity__clusters": "did not converge"}),
        BuildStoppedError("no such seed", Path("gone.log")),
    ]
    homes = []

    def build(settings: Settings, progress: ProgressBar, *arguments: str) -> BuildResult:
        homes.append(settings.home)
        result = results.pop(0)
        if isinstance(result, BuildStoppedError):
            raise result
        return result

    monkeypatch.setattr(identity, "build_warehouse", build)
    for said in ("int_identity__clusters: did not converge", "no such seed"):
        done = simulate(tried)
        assert isinstance(done.exception, CardinalError)
        assert said in str(done.exception)
        assert "gone.log" not in str(done.exception)
    assert not [home for home in homes if home.exists()], "the copies are removed"
    assert built not in homes
