"""What stops a run before anything leaves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cardinal.activation.declaration import SyncError
from cardinal.activation.deliveries import NOT_THE_BANK, READ
from cardinal.activation.destinations.webhook import Webhook
from cardinal.activation.sending import withdraw
from cardinal.settings import PROJECT_DIR
from tests.unit.activation.desk import Desk, desk
from tests.unit.activation.destinations.receiver import SECRET, Receiver, listening


def people(count: int, first: int = 0) -> list[tuple[str | None, str | None]]:
    return [(f"p{number}", "1") for number in range(first, first + count)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening(Receiver()) as listening_receiver:
        yield listening_receiver


@pytest.fixture
def table(tmp_path: Path, receiver: Receiver) -> Desk:
    return desk(tmp_path / "home", receiver.url, delivery={"batch_rows": 1000})


def test_a_fifth_and_a_hundred_removals_stop_it_unless_named_and_that_is_logged(
    table: Desk, receiver: Receiver
) -> None:
    table.publish(people(600))
    table.apply()
    table.publish(people(480))
    table.apply()
    # 101 of 480 are more than a fifth.
    table.publish(people(379))
    sent = len(receiver.requests)
    with pytest.raises(
        SyncError, match=r"nothing was sent\. removals: 101 of 480 rows held would be removed.*--despite"
    ):
        table.apply()
    assert len(receiver.requests) == sent
    with pytest.raises(SyncError, match="removals"):
        table.apply(despite=["emptied"])
    table.apply(despite=["removals", "emptied"])
    assert len(receiver.rows) == 379
    assert table.runs("overridden")[-1] == (["removals"],)


def test_a_hundred_removals_are_too_few_to_stop_it(table: Desk, receiver: Receiver) -> None:
    table.publish(people(200))
    table.apply()
    table.publish(people(100))
    table.apply()
    assert len(receiver.rows) == 100


def test_a_list_that_is_suddenly_empty_stops_it_however_short_it_was(table: Desk, receiver: Receiver) -> None:
    table.publish(people(5))
    table.apply()
    table.publish([])
    with pytest.raises(SyncError, match="emptied: the table is empty, 5 rows are held"):
        table.apply()
    table.apply(despite=["emptied"])
    assert not receiver.rows


def test_far_from_the_last_runs_stops_it(table: Desk, receiver: Receiver) -> None:
    for count in (100, 100, 100):
        table.publish(people(count))
        table.apply()
    table.publish(people(151))
    with pytest.raises(SyncError, match="deviation: 151 rows, but 100 in the mean of the last 3 runs"):
        table.apply()
    table.publish(people(150))
    table.apply()
    assert len(receiver.rows) == 150


def test_erasures_are_no_runs_that_a_table_is_measured_by(table: Desk, receiver: Receiver) -> None:
    for count in (100, 101, 102):
        table.publish(people(count))
        table.apply()
    for key in ("p0", "p1"):
        withdraw(table.settings, table.sync, [key], Webhook(receiver.url, SECRET, 1))
    table.publish(people(100, first=2))
    assert not table.plan().tripped


def test_a_snapshot_of_the_day_before_yesterday_stops_it(table: Desk, receiver: Receiver) -> None:
    table.built_hours_ago = 48
    table.publish(people(5))
    with pytest.raises(SyncError, match="stale: consent was built 48 hours ago"):
        table.apply()
    table.built_hours_ago = 35
    table.publish(people(5))
    table.apply()
    assert len(receiver.rows) == 5


def test_a_plan_that_is_another_one_by_now_is_refused(table: Desk, receiver: Receiver) -> None:
    table.publish(people(5))
    looked_at = table.plan().fingerprint
    table.publish(people(6))
    with pytest.raises(SyncError, match=f"the plan {looked_at} is stale"):
        table.apply(expected=looked_at)
    assert not receiver.requests
    table.apply(expected=table.plan().fingerprint)
    assert len(receiver.rows) == 6


def test_without_a_snapshot_or_a_column_nothing_is_taken_for_gone(table: Desk, receiver: Receiver) -> None:
    with pytest.raises(SyncError, match=r"no restricted\.duckdb published yet"):
        table.plan()
    other = desk(table.settings.home, receiver.url, columns=["phone", "income"])
    table.publish(people(3))
    with pytest.raises(
        SyncError, match=r"columns\.income: audiences.* has no column income; it has note, person_id, phone"
    ):
        other.plan()
    nowhere = desk(table.settings.home, receiver.url, model="audiences.sync_webhook__nobody")
    with pytest.raises(SyncError, match=r"there is no audiences\.sync_webhook__nobody in .*restricted\.duckdb"):
        nowhere.plan()


def test_one_run_at_a_time(table: Desk) -> None:
    from cardinal.activation.ledger import open_ledger

    table.publish(people(3))
    with open_ledger(table.settings.outbox), pytest.raises(SyncError, match="another activation is running"):
        table.apply()


def test_what_hourly_builds_go_on_with_makes_consent_no_younger(table: Desk) -> None:
    table.built_hours_ago = 48
    table.publish(people(5))
    with duckdb.connect(str(table.settings.published / "restricted.duckdb")) as connection:
        connection.execute("alter table cardinal.build add column finished_at timestamp")
        connection.execute("update cardinal.build set finished_at = now() at time zone 'UTC'")
    assert set(table.plan().tripped) == {"stale"}
    with duckdb.connect(str(table.settings.published / "restricted.duckdb")) as connection:
        connection.execute("alter table cardinal.build drop column whole_started_at")
    assert table.plan().tripped == {"stale": "nobody knows when consent was built"}


def deliver(table: Desk, name: str, *days: str) -> None:
    for day in days:
        (table.settings.lake / name / f"ingest_date={day}").mkdir(parents=True)


@pytest.mark.parametrize(
    ("consented", "is_late"),
    [(("2020-01-01", "2020-03-01"), True), (("2020-03-02",), False), (("1970-01-01",), False), ((), False)],
)
def test_a_consent_centre_that_went_silent_stops_it_though_builds_pass(
    table: Desk, receiver: Receiver, consented: tuple[str, ...], is_late: bool
) -> None:
    table.publish(people(5))
    deliver(table, "core_banking/account_transactions", "2020-01-01", "2020-04-02")
    # What is delivered from here says nothing of the bank.
    deliver(table, "activation/row_results", "2026-01-01")
    deliver(table, "consent/consent_events", *consented)
    if is_late:
        with pytest.raises(SyncError, match=r"sources: consent\.consent_events was delivered last on 2020-03-01, 32"):
            table.apply()
        assert not receiver.requests
        table.apply(despite=["sources"])
        assert table.runs("overridden")[-1] == (["sources"],)
    else:
        table.apply()
    assert len(receiver.rows) == 5


def test_what_people_tell_our_receiver_makes_the_consent_centre_no_younger(table: Desk) -> None:
    table.publish(people(5))
    deliver(table, "core_banking/account_transactions", "2020-04-02")
    deliver(table, "consent/consent_events", "2020-03-01", "2020-04-01")
    entries = table.settings.lake / "_batches" / "consent" / "consent_events"
    entries.mkdir(parents=True)
    for day, file in (("2020-03-01", "part-0000.csv"), ("2020-04-01", "received_20200401T080000_0a1b2c3d.jsonl")):
        (table.settings.lake / "consent/consent_events" / f"ingest_date={day}" / f"b{day}.parquet").touch()
        batch = {"file": f"consent/consent_events/delivered={day}/{file}"}
        (entries / f"b{day}.json").write_text(json.dumps({"status": "loaded", "batch": batch}))
    assert "consent.consent_events was delivered last on 2020-03-01" in table.plan().tripped["sources"]


@pytest.mark.parametrize(
    ("name", "last", "found"),
    [
        ("consent/suppressions", "2019-04-01", r"consent\.suppressions was delivered last on 2019-04-01, 367 days"),
        ("consent/suppressions", "2019-04-02", None),
        ("crm/message_events", "2020-03-01", r"crm\.message_events was delivered last on 2020-03-01, 32 days"),
        ("crm/message_events", "2020-03-02", None),
        # Their contracts allow any.
        ("crm/call_centre_cases", "2019-01-01", None),
        ("crm/contacts", "2019-01-01", None),
    ],
)
def test_whatever_suppresses_is_asked_by_its_contract(table: Desk, name: str, last: str, found: str | None) -> None:
    table.publish(people(5))
    deliver(table, "core_banking/account_transactions", "2020-04-02")
    deliver(table, "consent/consent_events", "2020-04-02")
    deliver(table, name, last)
    said = table.plan().tripped.get("sources")
    assert said is None if found is None else re.search(found, said or "")


@pytest.mark.parametrize("box", ["website/registrations", "messenger/leads"])
def test_boxes_are_no_consent_where_nothing_tells_who_took_it_back(table: Desk, box: str) -> None:
    table.publish(people(5))
    deliver(table, "consent/consent_events", "1970-01-01")
    deliver(table, box, "1970-01-01")
    assert "sources" not in table.plan().tripped
    deliver(table, box, "2020-04-02")
    assert table.plan().tripped["sources"].startswith("consent.consent_events never arrived")


def test_what_the_guard_asks_is_what_consents_and_suppressions_are_made_of() -> None:
    models = {path.stem: path for path in (PROJECT_DIR / "models").rglob("*.sql")}
    waiting, read = ["int_customer__consents", "int_customer__suppressions"], set()
    while waiting:
        for name in re.findall(r"ref\('(\w+)'\)", models[waiting.pop()].read_text(encoding="utf-8")):
            source, _, staged = name.removeprefix("stg_").partition("__")
            if name.startswith("stg_"):
                read.add((source, staged))
            elif source in ("int_customer", "int_campaigns") and name != "int_customer__as_of":
                waiting.append(name)
    assert {table for table in read if table[0] not in NOT_THE_BANK} == set(READ)
