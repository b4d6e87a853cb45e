"""What steps say of the inbox: the files that were refused, not understood, or left for the next run."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from cardinal.cli.ingest import FILES_REFUSED
from cardinal.cli.main import app
from cardinal.errors import CardinalError
from cardinal.ingestion.inbox import FileProblem
from cardinal.ingestion.report import IngestReport
from cardinal.ingestion.run import ingest
from cardinal.settings import load_settings
from tests.unit.orchestration.stations import Stations, evaluations, made, run

CARDS = dg.AssetKey(["cards", "credit_cards"])
STAGED = dg.AssetKey(["staging", "stg_cards__credit_cards"])
BAD = ("cards/credit_cards/bad.csv", "cards/credit_cards/delivered=2026-10-30/bad.csv")
TYPO = "cards/credit_card/typo.csv"
OCTOBER_14, OCTOBER_15 = date(2026, 10, 14), date(2026, 10, 15)


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


def test_each_day_of_a_backfill_says_what_was_delivered_on_it(location: dg.Definitions, home: Path) -> None:
    from orchestration.lib.headless import run_job
    from orchestration.lib.instance import open_instance

    for day, text in (("14", "T1,delete\nT2,delete\n"), ("15", "T3,delete\n"), ("16", "T4,delete\n")):
        path = home / f"inbox/cards/credit_cards/delivered=2026-10-{day}/cards.csv"
        path.parent.mkdir(parents=True)
        path.write_text(f"card_token,change_type\n{text}")
    refused = "cards/credit_cards/delivered=2026-10-15/bad.csv"
    drop(home, refused)
    report = run_job(load_settings(), "backfill", lambda _: nullcontext(print), days=(OCTOBER_14, OCTOBER_15))
    assert report.failed_steps == {}
    assert report.warnings == ["deliveries: taken"]
    assert [problem.file for ingested in report.ingested for problem in ingested.rejected_files] == [refused]
    with open_instance(load_settings()) as records:
        found = records.fetch_materializations(dg.AssetKey("deliveries"), limit=9).records
    said = {
        str(record.partition_key): tuple(
            record.asset_materialization.metadata[name].value  # type: ignore[union-attr]
            for name in ("window", "dagster/row_count", "files", "files refused")
        )
        for record in found
    }
    assert said == {
        "2026-10-14": ("delivered 2026-10-14", 2, 1, 0),
        "2026-10-15": ("delivered 2026-10-15", 1, 1, 1),
    }
    assert len(found) == 2


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("backfill",), "backfill goes by days: say which, with --from YYYY-MM-DD and --to YYYY-MM-DD"),
        (("backfill", "--from", "2014-12-31"), "backfill has no days 2014-12-31 to 2014-12-31"),
        (("backfill", "--from", "2026-10-15", "--to", "2026-10-14"), "backfill has no days 2026-10-15 to 2026-10-14"),
        (("backfill", "--from", "2026-10-15", "--from-failure"), "leave --from-failure out"),
        (("backfill", "--to", "2026-10-15"), "--to needs --from"),
        (("intake", "--from", "2026-10-15"), "intake doesn't go by days: leave --from and --to out"),
    ],
)
def test_days_are_asked_for_where_a_job_goes_by_days(
    location: dg.Definitions, home: Path, words: tuple[str, ...], why: str
) -> None:
    ended = CliRunner().invoke(app, ["run", *words])
    assert isinstance(ended.exception, CardinalError)
    assert why in str(ended.exception)
