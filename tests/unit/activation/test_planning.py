"""What a run would send, after what went before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cardinal.activation.destination import Answer, Batch
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
