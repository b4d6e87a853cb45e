"""Rows a second, where a destination goes row by row: the limit holds within a batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardinal.activation.destination import AccessRefusedError, Answer, Batch, Row, UnavailableError
from cardinal.activation.destinations.messaging import NotSaidError, came_of, say_each
from cardinal.activation.journal import Journal
from tests.unit.activation.desk import AWAKE, QUICK, TOLD, Desk, desk


class Gate:
    """Says messages, and lets nobody in after so many."""

    def __init__(self, outbox: Path, most: int = 99) -> None:
        self._journal, self._most, self.said = Journal(outbox), most, list[str]()

    def send(self, batch: Batch) -> Answer:
        def say(row: Row) -> None:
            if len(self.said) == self._most:
                raise AccessRefusedError("status 401")
            self._journal.begin(batch.sync, row.key)
            self.said.append(row.key)
            self._journal.say(batch.sync, row.key)

        return say_each(self._journal, batch, say)

    def was_taken(self, batch_key: str) -> bool | None:
        return None

    def came_of(self, sync: str, key: str) -> tuple[str, str | None] | None:
        return came_of(self._journal, sync, key)

    def close(self) -> None:
        self._journal.close()


@pytest.fixture
def table(tmp_path: Path) -> Desk:
    slow = {**QUICK, "batch_rows": 10, "rows_per_second": 0.1}
    given = desk(tmp_path / "home", mode="append", columns={"to": "phone", **TOLD}, delivery=slow)
    given.publish([(f"p{number}", str(number)) for number in range(4)], **AWAKE)
    return given


def test_messages_of_one_batch_keep_the_pace(table: Desk) -> None:
    gate, said_before = Gate(table.settings.outbox), list[int]()
    waits = list[float]()

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        said_before.append(len(gate.said))

    outcome = table.apply(target=gate, sleep=sleep)
    assert outcome and (outcome.status, outcome.accepted) == ("done", 4)
    # Nobody waits before the first one; the clock of the test doesn't go on, so waits add up.
    assert said_before == [1, 2, 3]
    assert all(seconds > 5 for seconds in waits)


def test_what_was_left_of_a_batch_is_not_taken_for_sent(table: Desk) -> None:
    outcome = table.apply(target=Gate(table.settings.outbox, most=2))
    assert outcome and (outcome.status, outcome.accepted, outcome.uncertain, outcome.unsent) == ("stopped", 2, 1, 1)
    gate = Gate(table.settings.outbox)
    table.apply(target=gate)
    assert gate.said == ["p2", "p3"]


def test_of_a_batch_that_broke_off_what_was_not_begun_is_no_doubt(tmp_path: Path) -> None:
    """The first attempt ends on its second row; by the second attempt it is night where the others live."""
    table = desk(tmp_path / "home", mode="append", columns={"to": "phone", **TOLD}, delivery=QUICK)
    table.publish([(f"p{number}", str(number)) for number in range(4)], **AWAKE)
    journal, attempts = Journal(table.settings.outbox), list[int]()

    class Dropping(Gate):
        def send(self, batch: Batch) -> Answer:
            attempts.append(len(batch.rows))

            def say(row: Row) -> None:
                if len(attempts) > 1:
                    raise NotSaidError("quiet hours", is_final=False)
                journal.begin(batch.sync, row.key)
                if row.key == "p1":
                    raise UnavailableError("ReadTimeout")
                journal.say(batch.sync, row.key)

            return say_each(journal, batch, say)

        def came_of(self, sync: str, key: str) -> tuple[str, str | None] | None:
            return came_of(journal, sync, key)

    table.apply(target=Dropping(table.settings.outbox))
    journal.close()
    assert attempts == [4, 4]
    # p0 was said and p1 may have been; of p2 and p3 nothing can have been taken.
    assert table.state("key, intent_state") == [
        ("p0", None), ("p1", "rejected"), ("p2", "postponed"), ("p3", "postponed"),
    ]  # fmt: skip
