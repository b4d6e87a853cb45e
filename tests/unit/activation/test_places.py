"""A sync that names another destination under the same name: what the old one holds isn't taken for held there."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from cardinal.activation.declaration import SyncError, parse_sync
from cardinal.activation.destination import Answer, Batch
from cardinal.activation.destinations.catalogue import TYPES
from cardinal.activation.places import WHERE, place_of
from cardinal.activation.sending import empty, withdraw
from cardinal.cli.main import app
from tests.unit.activation.desk import Desk, desk

PEOPLE: list[tuple[str | None, str | None]] = [(f"p{number}", f"08{number}") for number in range(3)]
FOLDER = {"type": "folder", "path": "lists"}
META = {"type": "meta", "audience_id": "12", "secret": "meta", "extern_secret": "ids"}


class Store:
    """Takes everything, and remembers the ids of what it took."""

    def __init__(self) -> None:
        self.rows, self.ids, self.asked = dict[str, Any](), list[str](), 0

    def send(self, batch: Batch) -> Answer:
        for row in batch.rows:
            self.ids.append(row.row_id)
            if row.op == "remove":
                self.rows.pop(row.key, None)
            else:
                self.rows[row.key] = row.fields
        return Answer()

    def was_taken(self, batch_key: str) -> bool | None:
        self.asked += 1
        return None

    def close(self) -> None:
        """Nothing to let go of."""


@pytest.fixture
def table(tmp_path: Path) -> Desk:
    return desk(tmp_path / "home", destination=FOLDER)


def move(table: Desk, destination: dict[str, Any], **changes: Any) -> None:
    table.sync = dataclasses.replace(table.sync, destination=destination, **changes)


def test_another_destination_stops_until_it_is_overridden_and_then_begins_with_nothing(table: Desk) -> None:
    old, new = Store(), Store()
    table.publish(PEOPLE)
    table.apply(target=old)
    move(table, META)
    plan = table.plan()
    assert (list(plan.tripped), plan.counts["add"], plan.held) == (["moved"], 3, 0)
    told = r"moved: 3 rows .*\(folder, path lists\).*\(meta, audience_id 12\).*activate empty people.*--despite moved"
    with pytest.raises(SyncError, match=told):
        table.apply(target=new)
    assert not new.rows
    # Nothing was forgotten: declared as it was, it goes on.
    move(table, FOLDER)
    assert table.apply(target=old) is None
    move(table, META)
    outcome = table.apply(target=new, despite=["moved"], expected=plan.fingerprint)
    assert outcome and outcome.accepted == 3
    assert new.rows.keys() == old.rows.keys()
    assert not set(new.ids) & set(old.ids)
    assert table.runs("overridden")[-1] == (["moved"],)
    # It is the one that holds now: who leaves is taken out of it.
    table.publish(PEOPLE[1:])
    table.apply(target=new)
    assert sorted(new.rows) == ["p1", "p2"]


def test_who_was_listed_is_written_to_when_the_list_becomes_letters(table: Desk) -> None:
    letters = Store()
    table.publish(PEOPLE)
    table.apply(target=Store())
    move(table, {"type": "webhook", "url": "https://other.example"}, mode="append")
    with pytest.raises(SyncError, match="moved: 3 rows"):
        table.apply(target=letters)
    table.apply(target=letters, despite=["moved"])
    assert len(letters.rows) == 3


def test_a_ledger_that_did_not_say_takes_the_present_one(table: Desk) -> None:
    table.publish(PEOPLE)
    table.apply(target=Store())
    with duckdb.connect(str(table.settings.outbox / "ledger.duckdb")) as ledger:
        ledger.execute("drop table places")
    move(table, META)
    assert table.apply(target=Store()) is None
    move(table, FOLDER)
    assert list(table.plan().tripped) == ["moved"]


def test_an_emptied_destination_stops_nothing_nor_does_what_it_rejected(table: Desk) -> None:
    class Refusing(Store):
        def send(self, batch: Batch) -> Answer:
            super().send(batch)
            return Answer(rejected={row.row_id: "NO" for row in batch.rows if row.key == "p0"})

    old, new = Refusing(), Store()
    table.publish(PEOPLE)
    table.apply(target=old)
    outcome = empty(table.settings, table.sync, old)
    assert outcome and outcome.accepted == 2
    move(table, META)
    table.apply(target=new)
    assert len(new.rows) == 3


def test_nobody_is_removed_from_a_destination_that_does_not_hold_them(table: Desk) -> None:
    table.publish(PEOPLE)
    table.apply(target=Store())
    move(table, META)
    with pytest.raises(SyncError, match="nobody was removed"):
        withdraw(table.settings, table.sync, ["p1"], Store())
    with pytest.raises(SyncError, match="takes nothing back"):
        empty(table.settings, dataclasses.replace(table.sync, mode="append"), Store())


def test_the_new_destination_is_not_asked_what_arrived_at_the_old_one(table: Desk) -> None:
    class KilledError(BaseException):
        """The process is killed here."""

    class Killing(Store):
        def send(self, batch: Batch) -> Answer:
            super().send(batch)
            raise KilledError

    table.publish(PEOPLE)
    with pytest.raises(KilledError):
        table.apply(target=Killing())
    move(table, META)
    new = Store()
    with pytest.raises(SyncError, match="moved: 3 rows"):
        table.apply(target=new)
    assert new.asked == 0


def test_all_that_is_held_is_listed_declared_or_not(table: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    table.publish(PEOPLE)
    table.apply(target=Store())
    monkeypatch.setenv("CARDINAL_HOME", str(table.settings.home))
    declared = table.settings.home / "syncs.yml"
    declared.write_text(
        "syncs: {others: {model: audiences.sync_a, database: restricted, key: a, columns: [a], mode: mirror,"
        " destination: {type: folder}}}",
        encoding="utf-8",
    )
    said = " ".join(CliRunner().invoke(app, ["activate", "plan", "--syncs", str(declared)]).output.split())
    assert "others: 0 rows held (folder, path files)." in said
    assert "people: declared no longer, and 3 rows are still held (folder, path lists)" in said


def test_the_command_line_says_what_comes_next(table: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    table.publish(PEOPLE)
    monkeypatch.setenv("CARDINAL_HOME", str(table.settings.home))
    declared = table.settings.home / "own.yml"
    text = (
        "syncs: {people: {model: audiences.sync_webhook__people, database: restricted, key: person_id,"
        " columns: {phone: phone}, mode: mirror, destination: {type: folder, path: lists}}}"
    )

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["activate", *arguments, "--syncs", str(declared)])

    def plan() -> str:
        return " ".join(run("plan", "people").output.split())

    declared.write_text(text, encoding="utf-8")
    assert f"Next: cardinal activate apply people --plan {table.plan().fingerprint} --syncs" in plan()
    wrong = run("apply", "people", "--despite", "removal")
    assert wrong.exit_code == 2
    assert "removal is none of removals, emptied" in " ".join(wrong.output.split())
    assert run("apply", "people").exit_code == 0
    assert plan().endswith(": nothing to send.")
    declared.write_text(text.replace("path: lists", "path: others"), encoding="utf-8")
    assert "Next:" not in plan()
    assert plan().endswith("--despite moved")


def test_every_type_says_where_it_is_and_never_a_secret() -> None:
    assert WHERE.keys() == TYPES.keys()
    hook = "https://me:pass@hooks.example:8443/services/T0KEN?key=s3cret"

    def at(**destination: Any) -> str:
        given = {"model": "a.b", "key": "a", "columns": ["a"], "mode": "mirror", "destination": destination}
        return place_of(parse_sync("a", given))

    told = at(type="webhook", url=hook, **{"secret": "name"})
    assert told.startswith("webhook, url https://hooks.example:8443 (")
    assert not any(part in told for part in ("pass", "T0KEN", "s3cret", "name"))
    assert told != at(type="webhook", url=hook + "1")
    assert at(type="sftp", host="h", port=22) == at(type="sftp", host="h")
    # With dashes as Google's pages show it, or without.
    assert at(type="google_customer_match", account_id="123-456-7890") == at(
        type="google_customer_match", account_id=1234567890
    )
    member = {"field": "in_list", "there": "true", "gone": "false"}
    # By which field a list is told there is no other place: the records are the same.
    assert at(type="hubspot", membership=member) == at(type="hubspot")
