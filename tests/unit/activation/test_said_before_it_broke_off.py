"""Of a batch that breaks off, what was said counts as said: nobody's caps forget it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardinal.activation.destination import AccessRefusedError, Answer, Batch, Row, UnavailableError
from cardinal.activation.destinations.messaging import say_each
from cardinal.activation.journal import Journal
from tests.unit.activation.desk import QUICK, desk


class Breaking:
    """Takes two messages, and then nothing more."""

    def __init__(self, outbox: Path, error: Exception) -> None:
        self._journal, self._error, self.said = Journal(outbox), error, list[str]()

    def send(self, batch: Batch) -> Answer:
        def say(row: Row) -> None:
            if len(self.said) == 2:
                raise self._error
            self._journal.begin(batch.sync, row.key)
            self._journal.say(batch.sync, row.key)
            self.said.append(row.key)

        return say_each(self._journal, batch, say)

    def was_taken(self, batch_key: str) -> bool | None:
        return None

    def close(self) -> None:
        self._journal.close()


@pytest.mark.parametrize("error", [UnavailableError("status 500"), AccessRefusedError("status 401")])
def test_what_was_said_of_a_batch_that_broke_off_is_accepted(tmp_path: Path, error: Exception) -> None:
    table = desk(tmp_path / "home", mode="append", delivery={**QUICK, "batch_rows": 5, "attempts": 2})
    table.publish([(f"p{number}", str(number)) for number in range(5)])
    target = Breaking(table.settings.outbox, error)
    outcome = table.apply(target=target)
    assert target.said == ["p0", "p1"]
    assert outcome is not None
    assert (outcome.accepted, outcome.uncertain) == (2, 3)
    # They leave the table before the next run: what was said of them is known all the same.
    assert [key for key, acked, _ in table.state() if acked] == ["p0", "p1"]
