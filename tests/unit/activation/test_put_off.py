"""What was put off wasn't said: whoever goes by another id by the morning still gets it, unless it may have been."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from cardinal.activation.destination import Answer, Batch, UnavailableError
from tests.unit.activation.desk import QUICK, Desk, desk


class Gateway:
    """Does to each request what its script says, and says the rest."""

    def __init__(self, *script: str) -> None:
        self.script, self.said = list(script), list[str]()

    def send(self, batch: Batch) -> Answer:
        act = self.script.pop(0) if self.script else ""
        if act == "put off":
            return Answer(postponed={row.row_id: "quiet hours" for row in batch.rows})
        self.said += [row.key for row in batch.rows]
        if act == "time out":
            raise UnavailableError("ReadTimeout")
        return Answer()

    def was_taken(self, batch_key: str) -> bool | None:
        return None

    def close(self) -> None:
        """Nothing to let go of."""


@pytest.fixture
def table(tmp_path: Path) -> Desk:
    given = desk(tmp_path / "home", mode="append", delivery={**QUICK, "attempts": 1})
    given.publish([("p0", "0"), ("p1", "1")])
    return given


def merge(table: Desk) -> None:
    """By the next build p1 is q1."""
    table.publish([("p0", "0"), ("q1", "1")])
    with duckdb.connect(str(table.settings.published / "serving.duckdb")) as serving:
        serving.execute("create schema if not exists marts")
        serving.execute("create table marts.current_person_ids (person_id varchar, current_person_id varchar)")
        serving.execute("insert into marts.current_person_ids values ('p1', 'q1'), ('q1', 'q1')")


def test_what_was_put_off_is_said_under_the_new_id(table: Desk) -> None:
    gateway = Gateway("put off")
    table.apply(target=gateway)
    merge(table)
    table.apply(target=gateway)
    assert gateway.said == ["p0", "q1"]
    assert table.apply(target=gateway) is None


def test_what_may_have_been_said_is_not_though_it_was_put_off_since(table: Desk) -> None:
    gateway = Gateway("time out", "put off")
    table.apply(target=gateway)
    table.apply(target=gateway)
    assert gateway.said == ["p0", "p1"]
    merge(table)
    table.apply(target=gateway)
    assert "q1" not in gateway.said
