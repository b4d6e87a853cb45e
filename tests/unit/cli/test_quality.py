"""`cardinal quality` as a person types it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from cardinal.cli.main import app
from cardinal.errors import CardinalError
from cardinal.settings import Settings, load_settings
from tests.unit.publishing.small_build import write_build


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CARDINAL_HOME", str(tmp_path / "home"))
    return load_settings()


def quality(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["quality", *arguments])


def deliver_campaigns(settings: Settings, day: date, rows: int) -> None:
    """Deliver rows of a contracted table of which the gate reads nothing but their number and arrival."""
    folder = settings.lake / "crm" / "campaigns" / f"ingest_date={day}"
    folder.mkdir(parents=True)
    duckdb.sql(
        f"copy (select 'b1' as _batch_id, timestamp '{day}' as _ingested_at from range({rows}))"
        f" to '{folder / 'b1.parquet'}' (format parquet)"
    )


def test_a_lake_in_which_nothing_arrived_passes(settings: Settings) -> None:
    done = quality("landed")
    assert done.exit_code == 0, done.output
    assert "nothing has arrived in the lake yet" in done.stdout
    assert (settings.quality / "site" / "index.html").exists()


def test_a_day_that_lacks_most_rows_ends_with_an_error_and_says_what_was_expected(settings: Settings) -> None:
    for day in range(1, 7):
        deliver_campaigns(settings, date(2026, 9, day), 80)
    deliver_campaigns(settings, date(2026, 9, 7), 20)
    done = quality("landed")
    assert done.exit_code == 1
    assert "FAILED  crm.campaigns:rows" in done.stdout
    assert "expected at least 44, at most 400 rows on 2026-09-07: 80 are the middle of the last 5" in done.stdout
    assert "found    20 rows" in done.stdout
    assert quality("landed", "--as-of", "2026-09-06").exit_code == 0


def test_published_needs_a_build(settings: Settings) -> None:
    done = quality("published")
    assert isinstance(done.exception, CardinalError)
    assert "run `dbt build`" in str(done.exception)


def test_a_first_build_passes_with_warnings_shown(settings: Settings) -> None:
    write_build(settings, 1)
    done = quality("published")
    assert done.exit_code == 0, done.output
    assert "warning marts.amounts:undeclared" in done.stdout
    assert "readers see nothing yet" in done.stdout
