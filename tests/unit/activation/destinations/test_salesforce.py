"""Salesforce against an organisation that runs bulk jobs: what is written, what came of each line, what stays open."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cardinal.activation.declaration import Sync, SyncError, parse_sync
from cardinal.activation.destination import AccessRefusedError, Batch, Row, ThrottledError, UnavailableError, row_id
from cardinal.activation.destinations import salesforce_jobs
from cardinal.activation.destinations.catalogue import open_destination
from cardinal.activation.destinations.salesforce import Salesforce
from cardinal.settings import Settings
from tests.unit.activation.destinations.organisation import Organisation
from tests.unit.activation.destinations.platform import listening

MEMBER = {"field": "In_Win_Back__c", "there": "true", "gone": "false"}


@pytest.fixture
def organisation() -> Iterator[Organisation]:
    with listening(Organisation()) as platform:
        assert isinstance(platform, Organisation)
        yield platform


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CARDINAL_SECRET_SALESFORCE", "s3cret")
    monkeypatch.setattr(salesforce_jobs, "FIRST_PAUSE", 0.001)
    return Settings(tmp_path)


def declared(url: str, **changes: Any) -> Sync:
    destination = {
        "type": "salesforce", "url": url, "client_id": "3MVG9", "secret": "salesforce", "external_id": "Person_Id__c",
        "membership": MEMBER, **changes,
    }  # fmt: skip
    return parse_sync(
        "win_back",
        {
            "model": "audiences.sync_crm__win_back", "key": "person_id", "mode": "mirror", "destination": destination,
            "columns": {"Person_Id__c": "person_id", "LastName": "full_name", "Salary__c": "salary_amount"},
            "delivery": {"timeout_seconds": 0.3},
        },
    )  # fmt: skip


def row(number: int, op: str = "add", before: tuple[dict[str, Any], ...] = (), **fields: Any) -> Row:
    sent = {"Person_Id__c": f"p{number}", "LastName": 'ใจดี, "สมชาย"\n', "Salary__c": None, **fields}
    return Row(f"p{number}", op, row_id("win_back", f"p{number}", 1), sent, before)


def batch(*rows: Row) -> Batch:
    return Batch("win_back", "run", rows)


def open_jobs(organisation: Organisation) -> list[str]:
    return [
        job["state"] for job in organisation.jobs.values() if job["state"] not in ("JobComplete", "Aborted", "Failed")
    ]


def test_rows_become_records_and_are_marked_when_they_leave(organisation: Organisation, settings: Settings) -> None:
    target = open_destination(declared(organisation.url), settings)
    organisation.records["p1"] = {"Salary__c": "90000"}
    organisation.records["old"] = {"Person_Id__c": "old"}
    assert not target.send(batch(*(row(number) for number in range(5)))).rejected
    assert organisation.records["p1"] == {
        "Salary__c": "90000", "Person_Id__c": "p1", "LastName": 'ใจดี, "สมชาย"\n', "In_Win_Back__c": "true",
    }  # fmt: skip
    target.send(batch(row(1, "remove"), row(2, "change", ({"Person_Id__c": "old"},))))
    assert (
        organisation.records["p1"]["In_Win_Back__c"] == "false" and organisation.records["p1"]["Salary__c"] == "90000"
    )
    assert organisation.records["old"] == {"Person_Id__c": "old", "In_Win_Back__c": "false"}
    assert organisation.records["p2"]["In_Win_Back__c"] == "true"
    assert organisation.jobs["7500"]["operation"] == "upsert" and organisation.jobs["7500"]["lineEnding"] == "LF"
    assert len(organisation.tokens) == 1


def test_who_leaves_is_not_made_again(organisation: Organisation, settings: Settings) -> None:
    """Somebody deleted the records there, maybe since the person has a right to it."""
    target = open_destination(declared(organisation.url), settings)
    odd = "o'h\\ara "
    organisation.records = {"P1": {"Person_Id__c": "P1"}, odd: {"Person_Id__c": odd}}
    leaving = [row(number, "remove") for number in range(600)]
    strange = Row("odd", "remove", row_id("win_back", "odd", 1), {"Person_Id__c": odd})
    long = Row("long", "remove", row_id("win_back", "long", 1), {"Person_Id__c": "ก" * 255})
    answer = target.send(batch(*leaving, strange, long, row(900, "change", ({"Person_Id__c": "gone"},))))
    assert not answer.rejected and not answer.postponed
    assert set(organisation.records) == {"P1", odd, "p900"}
    assert organisation.records[odd]["In_Win_Back__c"] == "false"
    # Where nobody is left, there is no job.
    jobs = len(organisation.jobs)
    answer = target.send(batch(row(2, "remove")))
    assert not answer.rejected and not answer.postponed and len(organisation.jobs) == jobs


def test_no_log_and_no_address_holds_who_a_row_is_about(
    organisation: Organisation, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Clients log the address of each request, and so does whatever lies on the way."""
    caplog.set_level(logging.DEBUG)
    target = open_destination(declared(organisation.url), settings)
    people = [row(number, Person_Id__c=f"somchai{number}@example.com", LastName="Jaidee") for number in range(3)]
    target.send(batch(*people))
    leaving = [dataclasses.replace(one, op="remove") for one in people]
    assert not target.send(batch(*leaving)).rejected
    assert {record["In_Win_Back__c"] for record in organisation.records.values()} == {"false"}
    told = [record.getMessage() for record in caplog.records] + [asked.path for asked in organisation.asked]
    assert any("/services/data/" in line for line in caplog.messages)
    assert not [line for line in told if "somchai" in line.lower() or "jaidee" in line.lower()]


@pytest.mark.parametrize(
    ("within", "error"),
    [
        ((400, [{"errorCode": "INVALID_FIELD", "message": "p1"}]), AccessRefusedError), ((200, []), AccessRefusedError),
        ((500, None), UnavailableError),
    ],
)  # fmt: skip
def test_a_question_that_is_refused_within_its_answer_takes_nobody_for_gone(
    organisation: Organisation, settings: Settings, within: tuple[int, Any], error: type[Exception]
) -> None:
    organisation.records = {"p1": {"Person_Id__c": "p1"}}
    organisation.within = [within]
    target = open_destination(declared(organisation.url), settings)
    with pytest.raises(error, match=r"^status (400 INVALID_FIELD|200|500)$"):
        target.send(batch(row(1, "remove")))
    target.send(batch(row(1, "remove")))
    assert organisation.records["p1"]["In_Win_Back__c"] == "false"


def test_null_empties_only_where_that_is_declared(organisation: Organisation, settings: Settings) -> None:
    organisation.records["p1"] = {"Salary__c": "90000"}
    open_destination(declared(organisation.url, null_clears=True), settings).send(batch(row(1)))
    assert organisation.records["p1"]["Salary__c"] == ""


def test_what_came_of_each_line_is_of_its_row(organisation: Organisation, settings: Settings) -> None:
    rows = [*(row(number) for number in range(6)), row(6, Person_Id__c=None), row(7, Person_Id__c="p5")]
    organisation.refuse = {
        "p1": "REQUIRED_FIELD_MISSING:Required fields are missing: [สมชาย]:--", "p2": "UNABLE_TO_LOCK_ROW:busy:--",
        "p3": "",
    }  # fmt: skip
    organisation.leave = {"p4"}
    answer = open_destination(declared(organisation.url), settings).send(batch(*rows))
    assert answer.rejected == {
        rows[1].row_id: "REQUIRED_FIELD_MISSING", rows[3].row_id: "REFUSED", rows[6].row_id: "Person_Id__c is empty",
        rows[7].row_id: "Person_Id__c is another row's too",
    }  # fmt: skip
    assert answer.postponed == {rows[2].row_id: "UNABLE_TO_LOCK_ROW", rows[4].row_id: "not worked through"}


@pytest.mark.parametrize("step", ["query", "create", "upload", "close", "state", "results"])
@pytest.mark.parametrize("when", ["faults", "after"])
@pytest.mark.parametrize("fault", [(500, {}), "hang up", "late", (429, {}, {"retry-after": "3"})])
def test_broken_off_anywhere_it_is_made_whole_and_no_job_stays_open(
    organisation: Organisation, settings: Settings, step: str, when: str, fault: Any
) -> None:
    getattr(organisation, when)[step] = [fault]
    target = open_destination(declared(organisation.url), settings)
    organisation.records["p3"] = {}
    rows = batch(row(1), row(2), row(3, "remove"))
    with pytest.raises(UnavailableError) as raised:
        target.send(rows)
    assert isinstance(raised.value, ThrottledError) == (fault[0] == 429)
    assert not target.send(rows).rejected
    assert organisation.records["p3"]["In_Win_Back__c"] == "false"
    assert set(organisation.records) == {"p1", "p2", "p3"} and open_jobs(organisation) == []


class KilledError(BaseException):
    """The process is killed here."""


@pytest.mark.parametrize("at", ["create", "_note", "run", "_said"])
@pytest.mark.parametrize("before", [True, False])
def test_killed_anywhere_the_next_run_ends_what_is_open(
    organisation: Organisation, settings: Settings, monkeypatch: pytest.MonkeyPatch, at: str, before: bool
) -> None:
    target = open_destination(declared(organisation.url), settings)
    assert isinstance(target, Salesforce)
    owner: Any = target if at.startswith("_") else target._jobs
    original = getattr(owner, at)

    def killed(*arguments: Any) -> None:
        if not before:
            original(*arguments)
        raise KilledError

    monkeypatch.setattr(owner, at, killed)
    rows = batch(row(1), row(2))
    with pytest.raises(KilledError):
        target.send(rows)
    again = open_destination(declared(organisation.url), settings)
    taken = again.was_taken(rows.batch_key)
    assert open_jobs(organisation) == []
    # It counts as taken only where the job was done and is known.
    is_done = (at, before) in {("run", False), ("_said", True), ("_said", False)}
    assert bool(taken) == is_done == (set(organisation.records) == {"p1", "p2"})


@pytest.mark.parametrize("left_out", [row(3, Person_Id__c=None), row(3, Person_Id__c="p1")])
def test_rows_that_were_left_out_are_not_taken_for_sent(
    organisation: Organisation, settings: Settings, monkeypatch: pytest.MonkeyPatch, left_out: Row
) -> None:
    target = open_destination(declared(organisation.url), settings)
    assert isinstance(target, Salesforce)

    def killed(*_: Any) -> None:
        raise KilledError

    monkeypatch.setattr(target, "_said", killed)
    rows = batch(row(1), left_out)
    with pytest.raises(KilledError):
        target.send(rows)
    assert open_destination(declared(organisation.url), settings).was_taken(rows.batch_key) is not True


def test_jobs_of_others_are_left_alone(organisation: Organisation, settings: Settings) -> None:
    sound = {"object": "Contact", "externalIdFieldName": "Person_Id__c", "operation": "upsert", "state": "Open"}
    others = [{"createdById": "005000000000002AAA"}, {"object": "Lead"}, {"operation": "insert"}]
    for number, changed in enumerate([{}, *others]):
        job = f"j{number}"
        organisation.jobs[job] = {**sound, "createdById": "005000000000001AAA", "id": job, **changed}
    open_destination(declared(organisation.url), settings).was_taken("unknown")
    assert [job["state"] for job in organisation.jobs.values()] == ["Aborted", "Open", "Open", "Open"]


def test_a_job_that_fails_ends_the_run(organisation: Organisation, settings: Settings) -> None:
    organisation.end = "Failed"
    with pytest.raises(AccessRefusedError, match="ended as Failed"):
        open_destination(declared(organisation.url), settings).send(batch(row(1)))


def test_a_job_that_takes_too_long_is_ended(organisation: Organisation, settings: Settings) -> None:
    target = open_destination(declared(organisation.url), settings)
    assert isinstance(target, Salesforce)
    target._jobs._wait_seconds, organisation.is_stuck = 0, True
    with pytest.raises(UnavailableError, match="isn't done"):
        target.send(batch(row(1)))
    target._jobs._wait_seconds, organisation.is_stuck = 60, False
    assert not target.send(batch(row(1))).rejected
    assert [job["state"] for job in organisation.jobs.values()] == ["Aborted", "JobComplete"]


def test_a_token_that_has_run_out_is_renewed_and_a_wrong_secret_ends_the_run(
    organisation: Organisation, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = open_destination(declared(organisation.url), settings)
    target.send(batch(row(1)))
    organisation.tokens.append("another")
    target.send(batch(row(2)))
    assert set(organisation.records) == {"p1", "p2"}
    organisation.faults["create"] = [(400, [{"errorCode": "INVALIDENTITY", "message": "Contact"}])]
    with pytest.raises(AccessRefusedError, match="status 400 INVALIDENTITY"):
        target.send(batch(row(3)))
    monkeypatch.setenv("CARDINAL_SECRET_SALESFORCE", "wrong")
    with pytest.raises(AccessRefusedError, match="no token: status 400"):
        open_destination(declared(organisation.url), settings).send(batch(row(1)))


def test_the_secret_is_not_shown() -> None:
    assert "s3cret" not in repr(salesforce_jobs.Login("3MVG9", "s3cret"))


def test_wrong_declarations_are_told(settings: Settings) -> None:
    sound = declared("https://bank.my.salesforce.com")
    for changed, words in (
        ({"destination": {**sound.destination, "external_id": "Other__c"}}, "columns must hold Other__c"),
        ({"destination": {**sound.destination, "membership": None}}, "destination.membership must be"),
        ({"destination": {**sound.destination, "client_id": ""}}, "client_id is missing"),
        ({"destination": {**sound.destination, "object": "a/b"}}, "must be API names"),
        ({"destination": {**sound.destination, "url": "http://x.example"}}, "must begin with https://"),
        ({"delivery": dataclasses.replace(sound.delivery, batch_rows=100_001)}, "may be 100000 at most"),
    ):
        with pytest.raises(SyncError, match=words):
            open_destination(dataclasses.replace(sound, **changed), settings)
