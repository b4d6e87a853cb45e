"""What is said to lie in a home."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from cardinal.cli import inventory
from cardinal.publishing.snapshot import publish_snapshot
from cardinal.settings import Settings
from tests.unit.publishing.small_build import no_progress, write_build


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def put_batch(settings: Settings, name: str, rows: int, table: str = "accounts") -> Path:
    folder = settings.lake / "core_banking" / table / "ingest_date=2025-01-02"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.parquet"
    duckdb.sql(f"copy (select i from range({rows}) as t(i)) to '{path}' (format parquet)")
    return path


def test_an_empty_home_holds_nothing(settings: Settings) -> None:
    assert inventory.survey_inbox(settings) == inventory.Inbox(files=0, size=0)
    assert inventory.count_notable_rows(settings) == {}
    assert not inventory.has_bank(settings)


def test_empty_contract_files_are_no_bank(settings: Settings) -> None:
    put_batch(settings, "_contract", 0)
    assert not inventory.has_bank(settings)


def test_a_batch_in_the_lake_is_a_bank(settings: Settings) -> None:
    put_batch(settings, "a", 2)
    assert inventory.has_bank(settings)


def test_inbox_counts_files_and_bytes(settings: Settings) -> None:
    drop = settings.inbox / "cards" / "credit_cards" / "a.csv"
    drop.parent.mkdir(parents=True)
    drop.write_text("12345")
    assert inventory.survey_inbox(settings) == inventory.Inbox(files=1, size=5)
    assert inventory.has_bank(settings)


def test_warehouse_is_stale_while_it_has_not_seen_a_batch(settings: Settings) -> None:
    """Also one that came while dbt was running: by the clock it is older than the warehouse."""
    put_batch(settings, "_contract", 0)
    batch = put_batch(settings, "a", 1)
    assert inventory.is_warehouse_stale(settings)
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("create schema lake")
        connection.execute("create table lake.files as select $1 as file", [str(batch)])
    assert not inventory.is_warehouse_stale(settings)
    late = put_batch(settings, "b", 1)
    os.utime(late, (1_000_000, 1_000_000))
    assert inventory.is_warehouse_stale(settings)


def test_notable_tables_are_counted_where_they_exist(settings: Settings) -> None:
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.dim_products as select i from range(3) as t(i)")
    assert inventory.count_notable_rows(settings) == {"marts.dim_products": 3}


def test_what_is_published_is_told_from_what_was_built_since(settings: Settings) -> None:
    assert inventory.survey_published(settings) is None
    write_build(settings, 1)
    publish_snapshot(settings, no_progress)
    assert inventory.survey_published(settings) == inventory.Published(datetime(2026, 11, 1, 1), is_newest=True)
    write_build(settings, 2, "failed")
    assert inventory.survey_published(settings) == inventory.Published(datetime(2026, 11, 1, 1), is_newest=False)
