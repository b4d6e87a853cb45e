"""The command as a person runs it: exit codes, one line of error, a quick start."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from cardinal.settings import Settings
from tests.unit.importers.berka_files import write_bank


def cardinal(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder of its own, away from the repository."""
    home.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "cardinal", *arguments],
        env={
            name: value
            for name, value in Settings(home=home / "home").subprocess_environment().items()
            if name not in ("CARDINAL_COUNTRY", "CARDINAL_CURRENCY", "CARDINAL_TIMEZONE")
        },
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )


def test_version(tmp_path: Path) -> None:
    done = cardinal(tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, f"cardinal {version('cardinal')}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            (),
            ("generate",),
            ("ingest",),
            ("import",),
            ("import", "berka"),
            ("import", "sheet"),
            ("import", "corrections"),
            ("demo",),
            ("status",),
        ),
        ("publish",),
        *(("identity",), ("identity", "explain"), ("identity", "simulate")),
    ],
)
def test_every_verb_has_help(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = cardinal(tmp_path, *arguments, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage: " in done.stdout


def test_exit_codes_are_documented(tmp_path: Path) -> None:
    help_text = " ".join(cardinal(tmp_path, "--help").stdout.split())
    assert "0 done" in help_text
    assert "1 failed, 2 wrong usage, 3 done, but whole files were refused" in help_text
    of_publish = " ".join(cardinal(tmp_path, "publish", "--help").stdout.split())
    assert "Exit codes: 0 published, or that build was published already; 1 the build isn't whole" in of_publish


@pytest.mark.parametrize(
    "arguments", [("genrate",), ("generate", "--persons", "many"), ("generate", "--days", "0"), ("import", "berka")]
)
def test_wrong_usage_is_exit_code_two(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = cardinal(tmp_path, *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_an_expected_error_is_one_line_on_stderr(tmp_path: Path) -> None:
    done = cardinal(tmp_path, "import", "berka", "nowhere")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "cardinal: nowhere is not a folder: give the one that holds account.asc, client.asc, ..."
    ]


def test_a_home_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the home should be")
    done = cardinal(tmp_path, "import", "berka", str(write_bank(tmp_path / "berka")))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert str(tmp_path / "home") in line


def test_import_says_what_it_put_where_and_begins_the_home_with_the_banks_market(tmp_path: Path) -> None:
    done = cardinal(tmp_path, "import", "berka", str(write_bank(tmp_path / "berka")))
    assert done.returncode == 0, done.stderr
    assert "core_banking.customers" in done.stdout
    assert json.loads((tmp_path / "home/market.json").read_text())["currency"] == "CZK"
    assert (tmp_path / "home/inbox/core_banking/customers/delivered=1993-11-08/berka.csv").is_file()


def test_status_of_an_empty_home_says_what_to_run(tmp_path: Path) -> None:
    done = cardinal(tmp_path, "status")
    assert done.returncode == 0, done.stderr
    assert "run `make demo`" in done.stdout
    assert list((tmp_path / "home").rglob("*")) == [], "looking must change nothing"


def test_generate_leaves_a_home_with_a_bank_alone(tmp_path: Path) -> None:
    drop = tmp_path / "home/inbox/cards/credit_cards/mine.csv"
    drop.parent.mkdir(parents=True)
    drop.write_text("card_token\n")
    done = cardinal(tmp_path, "generate", "--persons", "10", "--months", "1")
    assert done.returncode == 1
    assert "already holds files of another bank" in done.stderr
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == [drop]


def test_start_is_quick_because_heavy_packages_wait(tmp_path: Path) -> None:
    code = (
        "import sys, cardinal.cli.main\n"
        "print([name for name in ('dbt', 'duckdb', 'numpy', 'polars', 'pyarrow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
