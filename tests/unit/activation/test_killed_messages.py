"""A killed run of messages: the journal knows what came of each, whoever is still in the table."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from cardinal.activation.destination import Answer, Batch, Row
from cardinal.activation.destinations.messaging import came_of, say_each
from cardinal.activation.journal import IN_DOUBT, Journal
from tests.unit.activation.desk import AWAKE, QUICK, TOLD, Desk, desk

NO_GUARD = ("deviation", "removals")


class KilledError(BaseException):
    """The process is killed here."""


class Gate:
    """Says messages, and is killed while it says the one that is named."""

    def __init__(self, outbox: Path, killed_at: str = "", known_for: timedelta | None = None) -> None:
        self._journal, self._killed_at, self._known_for = Journal(outbox), killed_at, known_for
        self.said = list[str]()

    def send(self, batch: Batch) -> Answer:
        def say(row: Row) -> None:
            self._journal.begin(batch.sync, row.key)
            self.said.append(row.key)
            if row.key == self._killed_at:
                raise KilledError
            self._journal.say(batch.sync, row.key)

        return say_each(self._journal, batch, say, self._known_for)

    def was_taken(self, batch_key: str) -> bool | None:
        return None

    def came_of(self, sync: str, key: str) -> tuple[str, str | None] | None:
        return came_of(self._journal, sync, key, self._known_for)

    def close(self) -> None:
        self._journal.close()


@pytest.fixture
def table(tmp_path: Path) -> Desk:
    given = desk(
        tmp_path / "home", mode="append", columns={"to": "phone", **TOLD}, delivery={**QUICK, "batch_rows": 10}
    )
    given.publish([(f"p{number}", str(number)) for number in range(5)], **AWAKE)
    with pytest.raises(KilledError):
        given.apply(target=Gate(given.settings.outbox, "p3"))
    return given


def results(table: Desk) -> dict[str, tuple[str, str | None]]:
    files = str(table.settings.outbox / "results" / "*.parquet")
    rows = duckdb.execute(
        "select key, max_by(status, folded_at), nullif(max_by(coalesce(reason, ''), folded_at), '')"
        f" from read_parquet('{files}') group by key"
    ).fetchall()
    return {key: (status, reason) for key, status, reason in rows}


def test_what_was_said_counts_and_what_was_in_the_air_is_in_doubt(table: Desk) -> None:
    # All of them left the table since.
    table.publish([("p9", "9")], **AWAKE)
    gate = Gate(table.settings.outbox)
    table.apply(NO_GUARD, gate)
    assert gate.said == ["p9"]
    yes = ("accepted", None)
    assert results(table) == {"p0": yes, "p1": yes, "p2": yes, "p3": ("rejected", IN_DOUBT), "p9": yes}
    assert table.runs("status, accepted_count, rejected_count, uncertain_count, unsent_count")[0] == (
        ("killed", 3, 1, 0, 1)
    )


def test_what_never_left_goes_out_and_nothing_goes_out_twice(table: Desk) -> None:
    gate = Gate(table.settings.outbox)
    table.apply(target=gate)
    assert gate.said == ["p4"]
    assert results(table)["p4"] == ("accepted", None)


def test_what_the_other_side_knows_again_is_said_again(table: Desk) -> None:
    gate = Gate(table.settings.outbox, known_for=timedelta(hours=1))
    table.apply(target=gate)
    assert gate.said == ["p3", "p4"]
