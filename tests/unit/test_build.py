"""Opening the build: three files as one."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from cardinal.build import WarehouseError, open_build
from cardinal.settings import Settings
from tests.unit.holding import holding


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with a build in it; its folder's name has a quote."""
    settings = Settings(home=tmp_path / "bank's home")
    settings.home.mkdir()
    tables = {
        settings.warehouse: "create schema intermediate; create table intermediate.people as select 1 as place",
        settings.mart_files["serving"]: "create schema marts; create table marts.amounts as select 2 as place",
        settings.mart_files["restricted"]: "create schema marts; create table marts.names as select 3 as place",
    }
    for file, statements in tables.items():
        with duckdb.connect(str(file)) as connection:
            connection.execute(statements)
    return settings


def test_marts_go_by_their_schema_in_whichever_file_they_lie(settings: Settings) -> None:
    with open_build(settings) as connection:
        for name, place in (("intermediate.people", 1), ("marts.amounts", 2), ("marts.names", 3)):
            assert connection.execute(f"select place from {name}").fetchall() == [(place,)]
        with pytest.raises(duckdb.CatalogException):
            connection.execute("select * from marts.people")


def test_the_build_is_read_and_never_written(settings: Settings) -> None:
    with open_build(settings) as connection:
        for database in ("warehouse", "serving", "restricted"):
            with pytest.raises(duckdb.InvalidInputException, match="read-only"):
                connection.execute(f"create table {database}.main.planted as select 1 as place")


def test_files_of_marts_that_are_not_there_yet_are_left_out(settings: Settings) -> None:
    settings.mart_files["restricted"].unlink()
    with open_build(settings) as connection:
        assert connection.execute("select place from marts.amounts").fetchall() == [(2,)]
    assert not settings.mart_files["restricted"].exists()


@pytest.mark.parametrize("held", ["warehouse", "serving", "restricted"])
def test_a_file_held_by_another_process_is_named_in_one_line(settings: Settings, held: str) -> None:
    file = {"warehouse": settings.warehouse, **settings.mart_files}[held]
    with holding(file) as pid, pytest.raises(WarehouseError) as caught, open_build(settings):
        pytest.fail("the build was opened although another process writes it")
    assert str(file) in str(caught.value)
    assert f"process {pid}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_warehouse_is_named(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.warehouse.write_text("not a database, but long enough to be read as one " * 100)
    with pytest.raises(WarehouseError, match=r"warehouse\.duckdb can't be opened"), open_build(settings):
        pytest.fail("a text file was opened as a warehouse")
