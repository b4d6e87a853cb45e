"""What is sent, what isn't, what is written down; the receiver misbehaves in the ways that receivers do."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cardinal.activation.declaration import SyncError
from cardinal.activation.destination import Answer, Batch
from cardinal.activation.destinations.webhook import Webhook
from cardinal.activation.ledger import unaccepted
from cardinal.ingestion.run import ingest
from tests.unit.activation.desk import QUICK, Desk, desk
from tests.unit.activation.destinations.receiver import POISON, SECRET, Receiver, listening

PEOPLE = [(f"p{number}", f"08{number}") for number in range(10)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening(Receiver()) as listening_receiver:
        yield listening_receiver


@pytest.fixture
def table(tmp_path: Path, receiver: Receiver) -> Desk:
    return desk(tmp_path / "home", receiver.url)


def held(receiver: Receiver) -> dict[str, str]:
    return {key: fields["phone"] for key, fields in receiver.rows.items()}


def test_only_differences_leave(table: Desk, receiver: Receiver) -> None:
    table.publish(PEOPLE)
    outcome = table.apply()
    assert outcome and (outcome.status, outcome.accepted) == ("done", 10)
    assert held(receiver) == dict(PEOPLE)
    assert [rows for _, rows in receiver.requests] == [4, 4, 2]
    assert table.apply() is None
    table.publish([*PEOPLE[2:], ("p2x", "1"), ("p3x", "2")])
    assert table.plan().counts | {"same": 0} == {
        "invalid": 0, "add": 2, "change": 0, "remove": 2, "retry": 0, "same": 0, "rejected": 0,
        "withdrawn": 0,
    }  # fmt: skip
    table.apply()
    assert held(receiver) == {**dict(PEOPLE[2:]), "p2x": "1", "p3x": "2"}
    # A removal carries what was sent, by which the destination knows the row.
    assert ("p0", "remove", '{"phone": "080"}') in receiver.taken
    assert len(receiver.taken) == 14


def test_columns_that_are_not_mapped_make_no_difference(table: Desk, receiver: Receiver) -> None:
    table.publish(PEOPLE)
    table.apply()
    with duckdb.connect(str(table.settings.published / "restricted.duckdb")) as connection:
        connection.execute("update audiences.sync_webhook__people set note = 'changed'")
    assert table.plan().sends == 0


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("mirror", {"p1": "new", "p2": "2"}),
        ("upsert", {"p0": "0", "p1": "new", "p2": "2"}),
        ("append", {"p0": "0", "p1": "1", "p2": "2"}),
        ("event", {"p0": "0", "p1": "1", "p2": "2"}),
    ],
)
def test_modes(tmp_path: Path, receiver: Receiver, mode: str, expected: dict[str, str]) -> None:
    table = desk(tmp_path / "home", receiver.url, mode=mode)
    table.publish([("p0", "0"), ("p1", "1")])
    table.apply()
    table.publish([("p1", "new"), ("p2", "2")])
    table.apply()
    assert held(receiver) == expected


def test_without_a_key_or_with_another_rows_nothing_is_sent_and_nothing_taken_for_gone(
    table: Desk, receiver: Receiver
) -> None:
    table.publish([("p0", "0"), ("p1", "1")])
    table.apply()
    table.publish([("p0", "0"), ("p0", "00"), ("p1", "1"), (None, "3"), (None, "4")])
    plan = table.plan()
    assert (plan.counts["invalid"], plan.sends) == (4, 0)
    with pytest.raises(SyncError, match="invalid: 4 of 5 rows have no key"):
        table.apply()
    table.apply(despite=["invalid"])
    assert held(receiver) == {"p0": "0", "p1": "1"}


@pytest.mark.parametrize("whole", [False, True])
def test_a_bad_row_harms_nobody_and_waits_for_a_change(tmp_path: Path, receiver: Receiver, whole: bool) -> None:
    receiver.refuses_whole_batches = whole
    table = desk(tmp_path / "home", receiver.url)
    table.publish([*PEOPLE[:6], ("bad", POISON)])
    outcome = table.apply()
    assert outcome and (outcome.accepted, outcome.rejected, outcome.status) == (6, 1, "done")
    assert held(receiver) == dict(PEOPLE[:6])
    assert table.plan().sends == 0
    table.publish([*PEOPLE[:6], ("bad", "good")])
    table.apply()
    assert held(receiver) == {**dict(PEOPLE[:6]), "bad": "good"}


def test_what_may_have_arrived_is_removed_though_something_else_was_rejected_since(
    table: Desk, receiver: Receiver
) -> None:
    receiver.faults = ["hang up after"] * 5
    table.publish([("p0", "0"), ("p1", "1")])
    table.apply()
    receiver.faults = []
    table.publish([("p0", POISON), ("p1", "1")])
    table.apply()
    assert held(receiver) == {"p0": "0", "p1": "1"}
    table.publish([("p1", "1")])
    table.apply()
    assert held(receiver) == {"p1": "1"}


def test_a_row_that_may_have_been_removed_is_sent_again_when_it_comes_back(table: Desk, receiver: Receiver) -> None:
    table.publish([("p0", "0"), ("p1", "1")])
    table.apply()
    receiver.faults = ["hang up after"] * 5
    table.publish([("p1", "1")])
    table.apply()
    receiver.faults = []
    # Refused in between: what was accepted long ago must not pass for what is there.
    table.publish([("p0", POISON), ("p1", "1")])
    table.apply()
    table.publish([("p0", "0"), ("p1", "1")])
    table.apply()
    assert held(receiver) == {"p0": "0", "p1": "1"}
    assert table.apply() is None


def test_a_row_brings_all_that_may_be_held_of_it(table: Desk, receiver: Receiver) -> None:
    """A destination that knows people by what was sent of them must take back each of it."""
    brought: list[tuple[str, list[dict[str, str]]]] = []

    class Recorder(Webhook):
        def send(self, batch: Batch) -> Answer:
            brought.extend((row.op, list(row.before)) for row in batch.rows)
            return super().send(batch)

    for phone, faults in (("0", []), ("1", ["late"] * 5), ("2", ["late"] * 5), ("3", [])):
        receiver.faults = faults
        table.publish([("p0", phone), ("p1", "stays")])
        table.apply(target=Recorder(receiver.url, SECRET, 0.15))
    receiver.faults = []
    table.publish([("p1", "stays")])
    table.apply(target=Recorder(receiver.url, SECRET, 0.15))
    told = [(op, [fields["phone"] for fields in before]) for op, before in brought]
    assert told[:2] == [("add", []), ("add", [])]
    assert told[2] == ("change", ["0"])
    assert told[7] == ("change", ["0", "1"])
    assert told[12:] == [("change", ["0", "1", "2"]), ("remove", ["3"])]


def test_what_was_rejected_goes_again_on_request(table: Desk, receiver: Receiver) -> None:
    table.publish([("p0", POISON)])
    table.apply()
    assert table.plan().counts["rejected"] == 1
    with duckdb.connect(str(table.settings.outbox / "ledger.duckdb")) as ledger:
        assert unaccepted(ledger, "people") == [("rejected", "add", "bad_phone", 1)]
    outcome = table.apply(again=True)
    assert outcome and outcome.rejected == 1


def test_a_row_rejected_after_it_was_accepted_stays_as_it_was_and_is_removed_as_it_was(
    table: Desk, receiver: Receiver
) -> None:
    table.publish([("p0", "0"), ("p1", "1")])
    table.apply()
    table.publish([("p0", POISON), ("p1", "1")])
    table.apply()
    assert table.state() == [("p0", '{"phone":"0"}', "rejected"), ("p1", '{"phone":"1"}', None)]
    table.publish([("p1", "1")])
    table.apply()
    assert receiver.taken[-1] == ("p0", "remove", '{"phone": "0"}')


def test_what_may_have_been_taken_goes_out_again_with_the_same_ids(table: Desk, receiver: Receiver) -> None:
    receiver.faults = ["hang up after"] * 50
    table.publish(PEOPLE[:4])
    outcome = table.apply()
    assert outcome and (outcome.uncertain, outcome.accepted) == (4, 0)
    assert held(receiver) == dict(PEOPLE[:4])
    assert len(receiver.requests) == table.sync.delivery.attempts
    receiver.faults = []
    assert table.plan().counts["retry"] == 4
    table.apply()
    assert len(set(receiver.message_ids)) == 1
    assert len(receiver.taken) == 4
    assert table.apply() is None


def test_a_person_who_left_meanwhile_is_removed_though_nobody_said_that_they_arrived(
    table: Desk, receiver: Receiver
) -> None:
    receiver.faults = ["late"] * 50
    table.publish(PEOPLE[:4])
    table.apply()
    receiver.faults = []
    table.publish(PEOPLE[1:4])
    table.apply()
    assert held(receiver) == dict(PEOPLE[1:4])


def test_a_destination_that_is_down_ends_the_run_and_the_next_goes_on(table: Desk, receiver: Receiver) -> None:
    receiver.faults = ["error before"] * 15
    table.publish([(f"p{number:02d}", "0") for number in range(20)])
    outcome = table.apply()
    assert outcome and (outcome.status, outcome.uncertain, outcome.unsent) == ("stopped", 12, 8)
    assert "3 batches in a row failed" in str(outcome.message)
    outcome = table.apply()
    assert outcome and (outcome.status, outcome.accepted) == ("done", 20)


def test_a_destination_that_lets_nobody_in_is_asked_once(table: Desk, receiver: Receiver) -> None:
    receiver.faults = ["no entry"]
    table.publish(PEOPLE)
    outcome = table.apply()
    assert outcome and outcome.status == "stopped" and "403" in str(outcome.message)
    assert len(receiver.requests) == 1


def test_it_waits_as_long_as_it_is_asked_to_but_not_for_ever(table: Desk, receiver: Receiver) -> None:
    waits: list[float] = []
    receiver.faults, receiver.retry_after = ["throttle", "throttle"], "0.75"
    table.publish(PEOPLE[:4])
    outcome = table.apply(sleep=waits.append)
    assert outcome and outcome.accepted == 4
    assert waits == [0.75, 0.75]
    receiver.faults, receiver.retry_after = ["throttle"] * 9, "3600"
    table.publish(PEOPLE[:5])
    outcome = table.apply(sleep=waits.append)
    assert outcome and outcome.uncertain == 1
    assert len(waits) == 2


def test_waits_double_and_rows_keep_their_pace(tmp_path: Path, receiver: Receiver) -> None:
    waits: list[float] = []
    delivery = {**QUICK, "first_wait_seconds": 0.4, "longest_wait_seconds": 1.0, "attempts": 5}
    table = desk(tmp_path / "home", receiver.url, delivery=delivery)
    receiver.faults = ["error before"] * 4
    table.publish(PEOPLE[:4])
    table.apply(sleep=waits.append)
    bounds = [(0.4, 0.5), (0.8, 0.9), (1.0, 1.1), (1.0, 1.1)]
    assert len(waits) == 4
    assert all(low <= wait <= high for wait, (low, high) in zip(waits, bounds, strict=True))
    waits.clear()
    slow = dataclasses.replace(table.sync.delivery, rows_per_second=10.0)
    table.sync = dataclasses.replace(table.sync, delivery=slow)
    table.publish([(f"q{number}", "0") for number in range(12)])
    table.apply(sleep=waits.append)
    # Sixteen rows at ten a second: four removals, twelve additions, four a batch; the first goes at once.
    assert len(waits) == 3
    assert 0.3 < waits[0] <= 0.4


def test_secrets_and_people_stay_out_of_plans_and_messages(table: Desk, receiver: Receiver) -> None:
    table.publish([("p0", "0812345678")])
    plan = table.plan()
    assert plan.sample == [("add", '{"phone": "0***"}')]
    receiver.faults = ["error before"] * 5
    outcome = table.apply()
    assert "0812345678" not in f"{outcome}{table.runs('message')}"
    assert (table.settings.outbox / "ledger.duckdb").stat().st_mode & 0o077 == 0


def test_results_lie_as_parquet(table: Desk, receiver: Receiver) -> None:
    table.publish([("p0", "0"), ("p1", POISON)])
    outcome = table.apply()
    assert outcome
    path = table.settings.outbox / "results" / f"{outcome.run_id}.parquet"
    rows = duckdb.sql(f"select key, op, version, status, reason from '{path}' order by key").fetchall()
    assert rows == [("p0", "add", 1, "accepted", None), ("p1", "add", 1, "rejected", "bad_phone")]


def test_runs_and_results_become_a_source_of_the_lake(table: Desk, receiver: Receiver) -> None:
    table.publish([("p0", "0"), ("p1", POISON)])
    table.apply()
    table.publish([("p1", POISON)])
    table.apply(despite=["removals"])
    report = ingest(table.settings)
    assert not report.rejected_files
    assert not any(batch.rejects for batch in report.batches)
    lake = table.settings.lake / "activation"
    rows = duckdb.sql(f"select row_key, op, status from '{lake}/row_results/*/*.parquet' order by all").fetchall()
    assert rows == [("p0", "add", "accepted"), ("p0", "remove", "accepted"), ("p1", "add", "rejected")]
    runs = duckdb.sql(
        f"select status, accepted_count, rejected_count, held_count from '{lake}/runs/*/*.parquet' order by started_at"
    ).fetchall()
    assert runs == [("done", 1, 1, 0), ("done", 1, 0, 1)]
