"""What steps say of the inbox: the files that were refused, not understood, or left for the next run."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from cardinal.cli.ingest import FILES_REFUSED
from cardinal.cli.main import app
from cardinal.ingestion.inbox import FileProblem
from cardinal.ingestion.report import IngestReport
from cardinal.ingestion.run import ingest
from tests.unit.orchestration.stations import Stations, evaluations, made, run

CARDS = dg.AssetKey(["cards", "credit_cards"])
STAGED = dg.AssetKey(["staging", "stg_cards__credit_cards"])
BAD = ("cards/credit_cards/bad.csv", "cards/credit_cards/delivered=2026-10-30/bad.csv")
TYPO = "cards/credit_card/typo.csv"


def drop(home: Path, *names: str) -> None:
    for name in names:
        path = home / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"colour,size\n{name},1\n")


def test_a_refused_file_fails_a_check_of_its_table_that_only_warns(
    instance: dg.DagsterInstance, stations: Stations, home: Path
) -> None:
    stations.play("orchestration.defs.ingestion.lake.ingest", ingest)
    drop(home, *BAD, TYPO)
    result = run(instance, CARDS, STAGED)
    assert made(result) == {CARDS, STAGED}
    check = next(check for check in evaluations(result) if check.check_name == "taken")
    assert (check.asset_key, check.passed, check.severity) == (CARDS, False, dg.AssetCheckSeverity.WARN)
    told = (check.description or "").splitlines()
    assert sorted(line.partition(": ")[0] for line in told) == sorted(BAD)
    assert all("its first line names no column of cards.credit_cards" in line for line in told)
    warnings = [str(entry.user_message) for entry in instance.all_logs(result.run_id) if entry.level == 30]
    assert {warning.split(": ")[1] for warning in warnings} == {*BAD, TYPO}


def test_a_file_that_is_still_written_is_told(instance: dg.DagsterInstance, stations: Stations) -> None:
    late = FileProblem("cards/credit_cards/late.csv", "it changed while it was read")
    stations.play("orchestration.defs.ingestion.lake.ingest", lambda *_: IngestReport(unsettled_files=(late,)))
    result = run(instance, CARDS)
    assert all(check.passed for check in evaluations(result)), "nothing was refused"
    told = "Still being written, left for the next run: cards/credit_cards/late.csv: it changed while it was read"
    assert told in [entry.user_message for entry in instance.all_logs(result.run_id)]


def test_the_command_names_and_ends_as_cardinal_ingest_does(
    stations: Stations, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stations.play("orchestration.defs.ingestion.lake.ingest", ingest)
    drop(home, *BAD, TYPO)
    ended = CliRunner().invoke(app, ["run", "intake"])
    monkeypatch.setenv("CARDINAL_HOME", str(tmp_path / "by hand"))
    drop(tmp_path / "by hand", *BAD, TYPO)
    by_hand = CliRunner().invoke(app, ["ingest"])
    assert ended.exit_code == by_hand.exit_code == FILES_REFUSED
    named = [line for line in by_hand.output.splitlines() if line.startswith(("  cards/", "Refused", "Not under"))]
    assert len(named) == 5
    lines = ended.output.splitlines()
    assert [line for line in lines if line in named] == named
    assert "intake is done, but not every file was taken" in lines[-1]
