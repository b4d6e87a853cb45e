"""A destination that is down: its run isn't done, whoever started it is told, and somebody comes back for the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cardinal.activation.declaration import SyncError, UndeliveredError
from cardinal.activation.destination import Answer, Batch, UnavailableError
from cardinal.cli.main import app
from tests.unit.activation.desk import QUICK, Desk, desk
from tests.unit.activation.test_withdrawals import publish, tell


class Down:
    """Answers only the batches that its script lets through; after it, all or none."""

    def __init__(self, *script: bool, then: bool = False) -> None:
        self.script, self.then = list(script), then

    def send(self, batch: Batch) -> Answer:
        if not (self.script.pop(0) if self.script else self.then):
            raise UnavailableError("status 500")
        return Answer()

    def was_taken(self, batch_key: str) -> bool | None:
        return None

    def close(self) -> None:
        """Nothing to let go of."""


@pytest.fixture
def table(tmp_path: Path) -> Desk:
    return desk(tmp_path / "home", delivery={**QUICK, "attempts": 1, "batch_rows": 2})


def test_a_list_of_one_batch_that_got_no_answer_is_not_done(table: Desk) -> None:
    table.publish([("p0", "0"), ("p1", "1")])
    outcome = table.apply(target=Down())
    assert outcome and (outcome.status, outcome.uncertain) == ("stopped", 2)
    assert outcome.message == "1 of the requests got no answer after all attempts, the last: status 500"
    assert table.runs("status") == [("stopped",)]


def test_a_batch_lost_in_between_holds_nobody_up_but_is_told(table: Desk) -> None:
    table.publish([(f"p{number}", "0") for number in range(6)])
    outcome = table.apply(target=Down(True, False, True))
    assert outcome and (outcome.status, outcome.accepted, outcome.uncertain) == ("stopped", 4, 2)
    outcome = table.apply(target=Down(then=True))
    assert outcome and (outcome.status, outcome.accepted) == ("done", 2)


def test_who_withdrew_and_could_not_be_taken_out_is_not_said_to_be_out(table: Desk) -> None:
    publish(table, people=3)
    table.apply(target=Down(then=True))
    tell(table, "unsubscribed")
    publish(table, people=3, hours=48)
    with pytest.raises(UndeliveredError, match=r"who withdrew could not be taken out \(0 rows accepted, .* 1 without"):
        table.apply(target=Down())
    with pytest.raises(SyncError, match=r"who withdrew was taken out \(1 rows accepted") as refused:
        table.apply(target=Down(then=True))
    assert not isinstance(refused.value, UndeliveredError)


def test_whoever_started_it_is_told(table: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    table.publish([("p0", "0")])
    declared = table.settings.home / "syncs.yml"
    # Nobody listens there.
    declared.write_text(
        "syncs: {people: {model: audiences.sync_webhook__people, database: restricted, key: person_id,"
        " columns: [phone], mode: mirror, delivery: {attempts: 1},"
        ' destination: {type: webhook, url: "http://127.0.0.1:9", secret: test}}}',
        encoding="utf-8",
    )
    monkeypatch.setenv("CARDINAL_HOME", str(table.settings.home))
    monkeypatch.setenv("CARDINAL_SECRET_TEST", "whsec_" + "c2VjcmV0" * 5)
    said = CliRunner().invoke(app, ["activate", "apply", "people", "--syncs", str(declared)])
    assert said.exit_code == 1
    assert "sync people stopped" in str(said.exception) + said.output
