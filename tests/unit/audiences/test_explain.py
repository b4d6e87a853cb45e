"""`cardinal audiences explain` finds people by the ids that they had, and says so where nobody has one."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from cardinal.cli.audiences import CONDITIONS, app
from cardinal.errors import CardinalError

FILES = {
    "warehouse.duckdb": (),
    "serving_build.duckdb": (
        "create schema marts",
        "create table marts.current_person_ids as select 'p1' as person_id, 'p2' as current_person_id",
    ),
    "restricted_build.duckdb": (
        "create schema marts",
        "create schema audiences",
        "create table marts.customer_360 as select 'p2' as person_id",
        "create table audiences.audience_sizes as select 'win_back' as audience",
        "create table audiences.audience_decisions as select 'win_back' as audience, 'p2' as person_id,"
        f" 'chosen' as explanation, {', '.join(f'true as {name}' for name in CONDITIONS)}",
    ),
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARDINAL_HOME", str(tmp_path))
    for name, statements in FILES.items():
        with duckdb.connect(str(tmp_path / name)) as connection:
            for statement in statements:
                connection.execute(statement)
    return tmp_path


@pytest.mark.parametrize(("person", "said"), [("p2", "win_back: chosen"), ("p1", "p1 is p2 by now.\nwin_back: chosen")])
def test_a_person_is_found_by_each_of_their_ids(person: str, said: str) -> None:
    result = CliRunner().invoke(app, ["explain", person])
    assert result.exit_code == 0, result.exception
    assert result.output.startswith(said)


def test_an_id_that_nobody_has_is_an_error() -> None:
    result = CliRunner().invoke(app, ["explain", "nobody"])
    assert isinstance(result.exception, CardinalError)
    assert "nobody has the id nobody" in str(result.exception)
