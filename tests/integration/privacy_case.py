"""A home with somebody who is in everything, for the tests of their rights."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from cardinal.activation.declaration import Sync, parse_sync
from cardinal.activation.sending import apply_sync
from cardinal.build import open_build
from cardinal.contracts import load_contracts
from cardinal.demo.bank import no_progress
from cardinal.ingestion.run import ingest
from cardinal.privacy import erasure, journal
from cardinal.privacy.holdings import find_holdings
from cardinal.privacy.person import make_persons
from cardinal.publishing.snapshot import publish_snapshot
from cardinal.settings import PROJECT_DIR
from tests.integration.house import House
from tests.unit.activation.destinations.receiver import CODED_SECRET, Receiver, listening

CONTRACTS = load_contracts(PROJECT_DIR)
# The world outside of the bank, which a real home hasn't got; and the key itself.
OUTSIDE = ("truth", "secrets")
# Instead of a random one, so that two erasures can be compared.
SECRET = "5e" * 32
MESSAGE = "5d1f0c9e4b7a4c55-2"
VISITS = "branch_visit_id,branch_id,cif_no,visited_at,service_type\n"


@dataclass(frozen=True)
class Case:
    """A home with a person who is in everything, and what they are known by."""

    house: House
    person: str
    values: dict[str, str]
    syncs: dict[str, Sync]
    receiver: Receiver

    @property
    def searched(self) -> set[str]:
        """What is looked for byte by byte: the number of a lead is how those of others begin."""
        return {value for value, kind in self.values.items() if kind != "lead"}

    def copy(self, folder: Path) -> Case:
        shutil.copytree(self.house.home, folder, symlinks=True)
        return replace(self, house=replace(self.house, home=folder))

    def erase(self, rebuild: Callable[[], None] = lambda: None) -> dict:
        """Erase, or go on with it, and return the receipt."""
        settings = self.house.settings
        asked = {"cif": None}
        begun = erasure.pending(settings, self.person, asked)
        if begun is None:
            plan = erasure.plan_erasure(settings, self.person, asked)
            begun = replace(erasure.begin_erasure(settings, plan), secret=SECRET)
            journal.write_journal(settings, begun)
        return json.loads(erasure.erase(settings, begun, self.syncs, rebuild, no_progress).read_text())


@contextmanager
def opened_case(house: House, folder: Path) -> Iterator[Case]:
    """Copy a built house, publish it, send it to three destinations, and leave traces beside the build."""
    own = House(folder / "home")
    shutil.copytree(house.home, own.home, symlinks=True)
    publish_snapshot(own.settings, no_progress)
    os.environ["CARDINAL_SECRET_TESTS"] = CODED_SECRET
    with listening(Receiver()) as receiver:
        declared = {
            "model": "marts.customer_360",
            "database": "restricted",
            "key": "person_id",
            "columns": ["email", "phone"],
            "guards": {"invalid_rate": 1},
        }
        web = {"type": "webhook", "url": receiver.url, "secret": "tests"}
        syncs = {
            "people": parse_sync("people", {**declared, "mode": "mirror", "destination": web}),
            "listed": parse_sync("listed", {**declared, "mode": "mirror", "destination": {"type": "folder"}}),
            "once": parse_sync("once", {**declared, "mode": "append", "destination": {"type": "folder"}}),
        }
        for sync in syncs.values():
            apply_sync(own.settings, sync, no_progress, despite=("stale",))
        ingest(own.settings)
        person = _busiest_person(own)
        _leave_traces_elsewhere(own, person)
        yield Case(own, person, _values(own, person), syncs, receiver)
    del os.environ["CARDINAL_SECRET_TESTS"]


def _busiest_person(house: House) -> str:
    return house.query(
        "select person_id from marts.customer_360 where email is not null and phone is not null"
        " and person_id in (select person_id from marts.event_owners)"
        " order by (select count(distinct table_name) from marts.person_records as records"
        " where records.person_id = customer_360.person_id) desc, person_id limit 1"
    )[0][0]


def _leave_traces_elsewhere(house: House, person: str) -> None:
    """What others keep beside the build: a state file, a gzipped late file, a line that broke its contract."""
    cif, email = house.query(
        "select min(identifier_value) filter (where identifier_type = 'customer_number'),"
        " min(identifier_value) filter (where identifier_type = 'email')"
        f" from marts.customer_identifiers where person_id = '{person}'"
    )[0]
    with duckdb.connect(str(house.settings.outbox / "messages.duckdb")) as state:
        state.execute("create table waiting (who varchar primary key, message json)")
        state.execute("insert into waiting values (?, ?), ('p0', '{}')", [person, json.dumps({"to": [email]})])
        state.execute("delete from waiting where who = 'never'")
    # What a sync that is declared no longer left for the edge, and a list that a kill left half-written.
    edge = house.settings.outbox / "personalisation" / "old" / "profiles-1.sqlite"
    edge.parent.mkdir(parents=True)
    with closing(sqlite3.connect(edge)) as file:
        file.execute("create table profiles (user_id text primary key, profile text not null) without rowid")
        file.execute("insert into profiles values ('u1', ?)", [json.dumps({"person_id": person})])
        file.commit()
    (house.settings.outbox / "files" / "list.tmp").write_text(f"{person},{email}\n", encoding="utf-8")
    rows = (("BVX", "", cif), ("BVZ", "", "1"))
    lines = [",".join((*row, "2026-10-20", "deposit")) for row in rows]
    house.drop("core_banking", "branch_visits", "2026-10-21", VISITS + "\n".join(lines) + "\n")
    _let_answers_come_back(house, person)
    ingest(house.settings)


def _let_answers_come_back(house: House, person: str) -> None:
    """What people did with what was sent: told by the id of a row alone, or by a message of a programme."""
    ids = {
        is_own: row_id
        for row_id, is_own in duckdb.sql(
            f"select min(row_id), row_key = '{person}' as is_own"
            f" from '{house.settings.lake}/activation/row_results/*/*.parquet' where row_id is not null group by all"
        ).fetchall()
    }
    house.drop(
        "activation",
        "row_results",
        "2026-10-21",
        "run_id,row_key,sync,as_of_date,op,version,status,answered_at,row_id,person_id\n"
        f"R1,{MESSAGE},email__programmes,2026-10-20,add,1,accepted,2026-10-20,RW000001,{person}\n",
    )
    events = (
        f"ME1,mail,clicked,{ids[True]},,,990",
        f"ME2,unsubscribe_link,unsubscribed,,email__programmes,{MESSAGE},",
        "ME3,mail,opened,RW000001,,,",
        f"ME4,mail,opened,{ids[False]},,,",
        "ME5,unsubscribe_link,unsubscribed,,people,p0-2,",
    )
    lines = [",".join((*event.split(","), "2026-10-20", "2026-10-20")) for event in events]
    house.drop("activation", "message_events", "2026-10-21", "message_event_id,source,event_type,row_id,sync,row_key,"
               "sale_amount,occurred_at,received_at\n" + "\n".join(lines) + "\n")  # fmt: skip
    withdrawn = house.settings.outbox / "withdrawn" / "told.jsonl"
    withdrawn.parent.mkdir(exist_ok=True)
    said = [{"event_id": "ME2", "sync": "email__programmes", "key": MESSAGE}, {"event_id": "ME1", "row_id": ids[True]}]
    withdrawn.write_text("".join(json.dumps(line) + "\n" for line in [*said, {"event_id": "ME5", "key": "p0-2"}]))


def _values(house: House, person: str) -> dict[str, str]:
    """All that the person is known by, and nobody else: value -> kind."""
    with open_build(house.settings) as connection:
        make_persons(connection, person, with_reach=True)
        find_holdings(connection, house.settings, CONTRACTS, with_joint_accounts=False)
        rows = connection.execute(
            "select kind, text, writing from own_values where not contains(kind, '.') and kind != 'record'"
        ).fetchall()
    found = {value: kind for kind, text, writing in rows for value in (text, writing)}
    assert {"customer_number", "national_id", "email", "phone", "account", "login", "full_name"} <= set(found.values())
    raw = duckdb.sql(
        f"select national_id from read_csv('{house.settings.inbox}/core_banking/customers/*/*.csv', all_varchar = true,"
        f" union_by_name = true) where cif_no in {(*found, '')} and national_id is not null"
    ).fetchall()
    return found | {row[0]: "raw national id" for row in raw}


def lake_rows(home: Path) -> dict[str, str]:
    """The rows of each file of the lake as one hash; the files themselves depend on when they were written."""
    return {
        str(path.relative_to(home)): str(
            duckdb.sql(f"select count(*), sum(hash(t)::hugeint) from read_parquet('{path}') as t").fetchall()
        )
        for path in sorted((home / "lake").rglob("*.parquet"))
    }
