"""`cardinal publish` as a person types it."""

from __future__ import annotations

import stat
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from cardinal.cli.main import app
from cardinal.publishing import parquet
from cardinal.publishing.build_state import PublishingError
from cardinal.quality.decisions import QualityError
from cardinal.settings import Settings, load_settings
from tests.unit.publishing.small_build import build_id, published_builds, write_build


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CARDINAL_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CARDINAL_POSTGRES_URL", raising=False)
    return load_settings()


def publish(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["publish", *arguments])


def test_it_says_what_readers_see_and_then_that_nothing_is_new(settings: Settings) -> None:
    write_build(settings, 1)
    done = publish()
    assert done.exit_code == 0, done.output
    assert f"Published build {build_id(1)} of 2026-11-01 01:00 UTC:" in done.stdout
    assert f"{settings.published}/serving.duckdb" in done.stdout
    again = publish()
    assert again.exit_code == 0
    assert f"Nothing new: build {build_id(1)} of 2026-11-01 01:00 UTC is published already." in again.stdout


def test_a_build_that_failed_is_an_error_and_what_was_published_stays(settings: Settings) -> None:
    write_build(settings, 1)
    assert publish().exit_code == 0
    write_build(settings, 2, "failed", detail="unique_amounts")
    done = publish()
    assert done.exit_code == 1
    assert isinstance(done.exception, PublishingError)
    assert "the last build failed (unique_amounts)" in str(done.exception)
    assert published_builds(settings) == {build_id(1)}


def test_parquet_is_written_once_a_build_and_without_people(settings: Settings, tmp_path: Path) -> None:
    write_build(settings, 1)
    done = publish("--parquet", str(tmp_path / "files"))
    assert done.exit_code == 0, done.output
    folder = tmp_path / "files" / build_id(1)
    written = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.parquet"))
    expected = ["marts/amounts.parquet", "marts/counts.parquet", "segments/segment_membership.parquet"]
    assert written == [f"serving/{name}" for name in expected]
    assert duckdb.sql(f"select count(*), sum(amount) from '{folder}/serving/marts/amounts.parquet'").fetchall() == [
        (100, 0)
    ]
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    again = publish("--parquet", str(tmp_path / "files"))
    assert "of that build lies in" in again.stdout
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == times


def test_parquet_of_restricted_marts_is_for_their_owner_only(settings: Settings, tmp_path: Path) -> None:
    write_build(settings, 1)
    assert publish("--parquet", str(tmp_path)).exit_code == 0
    done = publish("--parquet", str(tmp_path), "--restricted")
    assert done.exit_code == 0, done.output
    folder = tmp_path / build_id(1) / "restricted"
    assert f"Parquet   {folder}" in done.stdout
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.rglob("*.parquet")] == ["names.parquet"]


def test_parquet_that_fails_leaves_no_half_folder(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_build(settings, 1)
    monkeypatch.setattr(parquet, "quoted", lambda path: "no/such/folder" if "counts" in str(path) else str(path))
    done = publish("--parquet", str(tmp_path / "files"))
    assert done.exit_code == 1
    assert list((tmp_path / "files" / build_id(1)).iterdir()) == []


def test_restricted_goes_with_parquet_only() -> None:
    done = publish("--restricted")
    assert done.exit_code == 2
    assert "goes with --parquet only" in done.output


def test_a_postgres_that_cannot_be_reached_is_an_error_without_its_address(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_build(settings, 1)
    monkeypatch.setenv("CARDINAL_POSTGRES_URL", "postgresql://cardinal:hush@127.0.0.1:1/bi")
    done = publish()
    assert done.exit_code == 1
    assert str(done.exception) == "can't connect to PostgreSQL at CARDINAL_POSTGRES_URL: Connection refused"
    assert "hush" not in done.output
    assert published_builds(settings) == {build_id(1)}, "the files are published all the same"


def test_a_mart_that_lost_rows_is_not_shown_unless_somebody_says_so(settings: Settings) -> None:
    """A build once passed all tests with half of its customers, because a file had come short."""
    write_build(settings, 1)
    assert publish().exit_code == 0
    write_build(settings, 2, rows=50)
    refused = publish()
    assert isinstance(refused.exception, QualityError)
    assert "FAILED  marts.counts:rows" in refused.stdout
    assert "expected at least 80" in refused.stdout
    assert published_builds(settings) == {build_id(1)}
    assert [folder.name for folder in (settings.published / "snapshots").iterdir()] == [build_id(1)]

    failed = {line.split()[1] for line in refused.stdout.splitlines() if line.startswith("FAILED")}
    assert {"marts.amounts:rows", "marts.counts:rows", "marts.names:rows"} < failed
    assert isinstance(publish("--despite-quality", "marts.counts:rows").exception, QualityError)
    assert published_builds(settings) == {build_id(1)}
    done = publish(*(word for name in failed for word in ("--despite-quality", name)))
    assert done.exit_code == 0, done.output
    assert published_builds(settings) == {build_id(2)}
    assert build_id(2) in (settings.quality / "published_in_spite.jsonl").read_text()
