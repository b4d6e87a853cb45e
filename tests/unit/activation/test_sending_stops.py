"""Runs that end before all is sent, and what the next one makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cardinal.activation.declaration import SyncError
from cardinal.activation.destination import AccessRefusedError, Answer, Batch, UnavailableError
from cardinal.activation.destinations.webhook import Webhook
from tests.unit.activation.desk import QUICK, Desk, desk
from tests.unit.activation.destinations.receiver import POISON, SECRET, Receiver, listening

PEOPLE: list[tuple[str | None, str | None]] = [(f"p{number}", f"08{number}") for number in range(7)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening(Receiver()) as listening_receiver:
        yield listening_receiver


@pytest.fixture
def table(tmp_path: Path, receiver: Receiver) -> Desk:
    return desk(tmp_path / "home", receiver.url, delivery={**QUICK, "batch_rows": 8})


def held(receiver: Receiver) -> dict[str, str]:
    return {key: fields["phone"] for key, fields in receiver.rows.items()}


def test_what_a_halved_batch_left_unsent_is_never_taken_for_accepted(table: Desk, receiver: Receiver) -> None:
    receiver.refuses_whole_batches = True
    receiver.faults = ["", "no entry"]
    table.publish([*PEOPLE, ("p7", POISON)])
    outcome = table.apply()
    assert outcome and (outcome.status, outcome.accepted, outcome.uncertain) == ("stopped", 0, 8)
    outcome = table.apply()
    assert outcome and (outcome.accepted, outcome.rejected) == (7, 1)
    assert held(receiver) == dict(PEOPLE)


def test_a_removal_that_a_halved_batch_left_unsent_is_made_up_for(table: Desk, receiver: Receiver) -> None:
    table.publish(PEOPLE)
    table.apply()
    receiver.refuses_whole_batches = True
    receiver.faults = ["", "no entry"]
    # p0 to p3 are in the first half; p4, p5, the bad row and p7 in the second.
    table.publish([("p6", POISON), ("p7", "087")])
    table.apply(despite=["deviation"])
    table.apply(despite=["deviation"])
    assert held(receiver) == {"p6": "086", "p7": "087"}


def test_a_destination_that_asks_for_an_hour_gets_nothing_more_in_this_run(table: Desk, receiver: Receiver) -> None:
    table.publish([(f"p{number:02d}", "0") for number in range(20)])
    receiver.faults, receiver.retry_after = ["throttle"], "3600"
    outcome = table.apply()
    assert outcome and (outcome.status, outcome.uncertain, outcome.unsent) == ("stopped", 8, 12)
    assert "asks to wait 3,600 seconds" in str(outcome.message)
    assert len(receiver.requests) == 1
    outcome = table.apply()
    assert outcome and outcome.accepted == 20


class KilledError(BaseException):
    """The process is killed here."""


class Unasked(Webhook):
    """A destination that can't be asked what arrived: it is down, or the key was taken away."""

    error: Exception | None = None
    is_killed = False

    def send(self, batch: Batch) -> Answer:
        answer = super().send(batch)
        if self.is_killed:
            raise KilledError
        return answer

    def was_taken(self, batch_key: str) -> bool | None:
        if self.error:
            raise self.error
        return True


@pytest.mark.parametrize("error", [UnavailableError("ConnectError"), AccessRefusedError("status 403")])
def test_whoever_cannot_say_what_arrived_is_asked_again_later(
    table: Desk, receiver: Receiver, error: Exception
) -> None:
    table.publish(PEOPLE)
    target = Unasked(receiver.url, SECRET, 1)
    target.is_killed = True
    with pytest.raises(KilledError):
        table.apply(target=target)
    unasked = Unasked(receiver.url, SECRET, 1)
    unasked.error = error
    with pytest.raises(SyncError, match=rf"sync people: .* what arrived of .*: {error}\..*try again later"):
        table.apply(target=unasked)
    # What was in the air is known once it can be asked: it doesn't go a second time in other batches.
    assert table.apply(target=Unasked(receiver.url, SECRET, 1)) is None
    assert len(receiver.requests) == 1
