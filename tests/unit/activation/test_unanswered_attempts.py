"""A "no" to the second attempt says nothing of the first one: what it may have left there can still be taken out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cardinal.activation.destination import Answer, Batch, BatchRefusedError, UnavailableError
from tests.unit.activation.desk import QUICK, desk

NO_GUARD = ("emptied", "removals", "deviation")


class Store:
    """Does to each request what its script says, and to the rest what it should."""

    def __init__(self, *script: str) -> None:
        self.rows, self.script = dict[str, Any](), list(script)

    def send(self, batch: Batch) -> Answer:
        act = self.script.pop(0) if self.script else ""
        if act in ("reject", "put off"):
            told = {row.row_id: "NO" for row in batch.rows}
            return Answer(rejected=told) if act == "reject" else Answer(postponed=told)
        if act == "refuse":
            raise BatchRefusedError("status 422")
        for row in batch.rows:
            if row.op == "remove":
                self.rows.pop(row.key, None)
            else:
                self.rows[row.key] = row.fields
        if act == "time out":
            raise UnavailableError("ReadTimeout")
        return Answer()

    def was_taken(self, batch_key: str) -> bool | None:
        return None

    def close(self) -> None:
        """Nothing to let go of."""


@pytest.mark.parametrize(
    "script", [("time out", "reject"), ("time out", "refuse", "refuse", "refuse"), ("time out", "put off")]
)
def test_whoever_may_have_arrived_before_the_no_can_be_taken_out(tmp_path: Path, script: tuple[str, ...]) -> None:
    table, store = desk(tmp_path / "home", delivery=QUICK), Store(*script)
    table.publish([("p0", "1"), ("p1", "2")])
    table.apply(target=store)
    assert sorted(store.rows) == ["p0", "p1"]
    table.publish([])
    table.apply(NO_GUARD, store)
    assert not store.rows
    assert table.apply(NO_GUARD, store) is None


def test_a_removal_that_may_have_gone_through_is_not_taken_for_undone(tmp_path: Path) -> None:
    table, store = desk(tmp_path / "home", delivery=QUICK), Store("", "time out", "reject")
    table.publish([("p0", "1"), ("p1", "2")])
    table.apply(target=store)
    table.publish([("p0", "1")])
    table.apply(target=store)
    # They come back before the next run.
    table.publish([("p0", "1"), ("p1", "2")])
    table.apply(target=store)
    assert sorted(store.rows) == ["p0", "p1"]


def test_a_no_alone_leaves_nothing_to_take_out(tmp_path: Path) -> None:
    table, store = desk(tmp_path / "home", delivery=QUICK), Store("reject")
    table.publish([("p0", "1")])
    table.apply(target=store)
    assert table.state("acked, len(maybe), intent_state") == [(None, 0, "rejected")]
