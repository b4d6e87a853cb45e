"""`cardinal demo`, `generate` and `ingest` on a tiny bank; only the build of the warehouse is played."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cardinal.cli import bank
from cardinal.cli.main import app
from cardinal.cli.output import ProgressBar
from cardinal.dbt_build import BuildResult
from cardinal.errors import CardinalError
from cardinal.settings import Settings, load_settings
from tests.unit.publishing.small_build import build_id, published_builds, write_build

TINY = ("--persons", "20", "--months", "1", "--seed", "5")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARDINAL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[BuildResult]:
    """Play the build: the results to give, one a run; the last one stays. One that fails isn't published."""
    results, numbers = [BuildResult(log=Path("dbt.log"), models=3, tests=4)], count(1)

    def build(settings: Settings, progress: ProgressBar, *arguments: str) -> BuildResult:
        write_build(settings, next(numbers), "failed" if results[-1].failures else "passed")
        return results[-1]

    monkeypatch.setattr(bank, "build_warehouse", build)
    return results


def cardinal(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def inbox(home: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted((home / "inbox").rglob("*")) if path.is_file()}


def test_demo_says_what_was_built_rejected_and_comes_next(builds: list[BuildResult], home: Path) -> None:
    done = cardinal("demo", *TINY)
    assert done.exit_code == 0, done.output
    for part in ("Made a bank of 20 people", "3 models and seeds, 4 tests passed", "Rejected:", "dbt docs generate"):
        assert part in done.stdout
    assert published_builds(load_settings()) == {build_id(1)}
    for name in ("serving", "restricted"):
        assert f"duckdb.connect('{home}/published/{name}.duckdb', read_only=True)" in done.stdout
    assert list((home / "lake").glob("core_banking/customers/ingest_date=*/*.parquet"))


def test_demo_again_keeps_the_bank_and_goes_on(builds: list[BuildResult], home: Path) -> None:
    assert cardinal("demo", *TINY).exit_code == 0
    before = inbox(home)
    again = cardinal("demo", "--persons", "50", "--seed", "6")
    assert again.exit_code == 0, again.output
    assert "holds a bank already; going on with it" in again.stdout
    assert inbox(home) == before
    assert published_builds(load_settings()) == {build_id(2)}


def test_demo_names_the_nodes_that_failed(builds: list[BuildResult]) -> None:
    builds.append(BuildResult(log=Path("dbt.log"), skipped=2, failures={"customer_360": "Column x not found"}))
    done = cardinal("demo", *TINY)
    assert done.exit_code == 1
    assert "customer_360: Column x not found" in done.stderr
    assert "1 failed, 2 behind them skipped. The whole log is dbt.log" in done.stderr
    assert "What to look at next" not in done.stdout
    assert not (load_settings().published).exists()


def test_demo_refuses_a_bank_whose_making_was_broken_off(builds: list[BuildResult], home: Path) -> None:
    assert cardinal("demo", *TINY).exit_code == 0
    (home / "truth" / "persons.parquet").unlink()
    done = cardinal("demo", *TINY)
    assert isinstance(done.exception, CardinalError)
    assert "was broken off" in str(done.exception)


def test_generate_then_another_day_then_ingest(home: Path) -> None:
    assert cardinal("generate", *TINY, "--until", "2025-03-31").exit_code == 0
    first = inbox(home)
    done = cardinal("generate", "--days", "1")
    assert done.exit_code == 0, done.output
    assert "The bank went on to 2025-04-01" in done.stdout
    assert inbox(home).items() > first.items()
    assert cardinal("ingest").exit_code == 0
    again = cardinal("ingest")
    assert again.exit_code == 0
    assert "Took 0 files" in again.stdout


def test_days_without_a_bank_is_an_error() -> None:
    done = cardinal("generate", "--days", "1")
    assert isinstance(done.exception, CardinalError)
    assert "there is no demo bank" in str(done.exception)


def test_ingest_ends_with_three_when_a_whole_file_is_refused(home: Path) -> None:
    folder = home / "inbox" / "cards" / "credit_cards"
    folder.mkdir(parents=True)
    (folder / "wrong.csv").write_text("card_token,product_code\nt1,cr_gold\n")
    done = cardinal("ingest")
    assert done.exit_code == 3
    assert "Refused whole:" in done.stdout
    assert "wrong.csv" in done.stdout


def test_rejected_rows_are_grouped_and_no_failure(home: Path) -> None:
    folder = home / "inbox" / "core_banking" / "account_holders"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text(
        "account_no,cif_no,holder_role,updated_at\n"
        "a1,c1,owner,2025-01-01\na2,c2,boss,2025-01-01\na3,c3,boss,2025-01-01\n"
    )
    done = cardinal("ingest")
    assert done.exit_code == 0, done.output
    assert "Took 1 files: 3 rows in, 1 rows out" in done.stdout
    assert "Rejected: 2 rows" in done.stdout
    status = cardinal("status")
    assert "Rejected: 2 rows" in status.stdout
    assert "Warehouse none: run `dbt build`" in status.stdout


@pytest.mark.parametrize(
    ("key", "said"),
    [("demo-abc", "the demo bank's key, which is no secret"), ("f00d", "keep it, or set CARDINAL_NATIONAL_ID_KEY")],
)
def test_status_tells_whose_key_hashes_national_ids(key: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CARDINAL_NATIONAL_ID_KEY", raising=False)
    load_settings().write_national_id_key(key)
    shown = cardinal("status").stdout
    assert said in shown
    assert key not in shown
    monkeypatch.setenv("CARDINAL_NATIONAL_ID_KEY", "from outside")
    assert "the key in CARDINAL_NATIONAL_ID_KEY" in cardinal("status").stdout
