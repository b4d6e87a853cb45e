"""What a run would send, after what went before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cardinal.activation.destination import Answer, Batch, row_id
from cardinal.ingestion.run import ingest
from tests.unit.activation.desk import Desk, desk
from tests.unit.activation.destinations.receiver import Receiver, listening

EMPTY = ""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening(Receiver()) as listening_receiver:
        yield listening_receiver


@pytest.fixture
def table(tmp_path: Path) -> Desk:
    return desk(tmp_path / "home")


class Members:
    """A list that knows people by their phone: it takes out what they were known by, then puts in what is good."""

    def __init__(self) -> None:
        self.phones: set[str] = set()

    def send(self, batch: Batch) -> Answer:
        answer = Answer()
        for row in batch.rows:
            self.phones -= {fields["phone"] for fields in row.before}
            if row.op == "remove":
                continue
            if row.fields["phone"] == EMPTY:
                answer.rejected[row.row_id] = "phone is empty"
            else:
                self.phones.add(row.fields["phone"])
        return answer

    def was_taken(self, batch_key: str) -> bool | None:
        return None

    def close(self) -> None:
        """Nothing is open."""


def test_who_was_taken_out_for_a_value_that_was_rejected_comes_back_with_the_old_one(table: Desk) -> None:
    members = Members()
    for phone in ("1", EMPTY):
        table.publish([("p0", phone)])
        table.apply(target=members)
    assert not members.phones
    assert table.apply(target=members) is None
    table.publish([("p0", "1")])
    table.apply(target=members)
    assert members.phones == {"1"}
    assert table.apply(target=members) is None


class Gateway:
    """Says to each phone, once it isn't quiet any longer."""

    def __init__(self) -> None:
        self.is_quiet = False
        self.said: list[tuple[str, str, str]] = []

    def send(self, batch: Batch) -> Answer:
        if self.is_quiet:
            return Answer(postponed={row.row_id: "quiet hours" for row in batch.rows})
        self.said += [(row.op, row.row_id, row.fields["phone"]) for row in batch.rows]
        return Answer()

    def was_taken(self, batch_key: str) -> bool | None:
        return None

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("mode", ["event", "append"])
def test_what_waits_goes_to_the_address_that_holds_when_it_goes(tmp_path: Path, mode: str) -> None:
    table, gateway = desk(tmp_path / "home", mode=mode), Gateway()
    gateway.is_quiet = True
    table.publish([("p0", "old"), ("p1", "1")])
    outcome = table.apply(target=gateway)
    assert outcome and (outcome.accepted, outcome.uncertain) == (0, 2)
    table.publish([("p0", "new"), ("p1", "1")])
    table.apply(target=gateway)
    gateway.is_quiet = False
    table.apply(target=gateway)
    # What didn't change keeps its id.
    assert gateway.said == [("add", row_id("people", "p0", 2), "new"), ("add", row_id("people", "p1", 1), "1")]
    assert table.apply(target=gateway) is None


def test_the_lake_hears_of_what_waits_as_of_what_is_unanswered(table: Desk) -> None:
    gateway = Gateway()
    gateway.is_quiet = True
    table.publish([("p0", "0")])
    table.apply(target=gateway)
    assert table.state("key, intent_state, reason") == [("p0", "postponed", "quiet hours")]
    report = ingest(table.settings)
    assert not any(batch.rejects for batch in report.batches)
    results = table.settings.lake / "activation" / "row_results"
    rows = duckdb.sql(f"select row_key, status, reason from '{results}/*/*.parquet'").fetchall()
    assert rows == [("p0", "uncertain", "quiet hours")]
