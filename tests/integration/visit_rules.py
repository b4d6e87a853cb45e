"""Whose visit it is: the models as dbt compiles them, and the same rules told once more, slowly, in Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
from dbt.cli.main import dbtRunner

from cardinal.settings import PROJECT_DIR

# In the order in which they are built; what they read besides each other is made by `run`.
MODELS = (
    "int_identity__visit_events",
    "int_identity__visit_parts",
    "int_identity__visit_ids",
    "int_identity__identifying_moments",
    "int_identity__visit_claims",
    "int_identity__visit_owners",
    "visit_owners",
    "event_owners",
)
MARTS = {"visit_owners", "event_owners"}
VIEWS = {"int_identity__visit_ids", "int_identity__visit_owners"}
CLAIMED = {"authenticated", "between_logins", "before_login", "after_login"}


class Event(NamedTuple):
    event_id: str
    at: datetime
    cookie: str
    session: str | None
    vendor: str | None
    advertising: str | None
    login: str | None
    arrived_at: datetime


class Registration(NamedTuple):
    registration_id: str
    at: datetime
    cookie: str
    person: str | None


@dataclass(frozen=True)
class Windows:
    """The settings of the models."""

    timeout: timedelta = timedelta(minutes=30)
    look_back: timedelta = timedelta(days=30)
    contest_back: timedelta = timedelta(days=365)
    contest_ahead: timedelta = timedelta(days=30)


@dataclass(frozen=True)
class Log:
    """What happened; `persons` tells whose each login is, if anybody's."""

    events: list[Event]
    registrations: list[Registration] = field(default_factory=list)
    persons: dict[str, str] = field(default_factory=dict)

    def until(self, at: datetime) -> Log:
        events = [event for event in self.events if event.at <= at]
        return Log(events, [form for form in self.registrations if form.at <= at], self.persons)


class Owner(NamedTuple):
    confidence: str
    person: str | None
    candidate: str | None


def compile_models(directory: Path, windows: Windows) -> dict[str, str]:
    """The SQL of the models, by name, for databases called warehouse and serving."""
    variables = {
        "visit_timeout_minutes": windows.timeout // timedelta(minutes=1),
        "visit_look_back_days": windows.look_back.days,
        "visit_contest_back_days": windows.contest_back.days,
        "visit_contest_ahead_days": windows.contest_ahead.days,
    }
    (directory / "profiles.yml").write_text(
        f"cardinal: {{target: t, outputs: {{t: {{type: duckdb, path: '{directory}/warehouse.duckdb',"
        f" attach: [{{path: '{directory}/serving.duckdb', alias: serving}}]}}}}}}\n"
    )
    place = ["--project-dir", str(PROJECT_DIR), "--profiles-dir", str(directory), "--target-path", str(directory / "t")]
    result = dbtRunner().invoke(
        ["--quiet", "--log-path", str(directory), "compile", *place, "--vars", str(variables), "--select", *MODELS]
    )
    assert result.success, result.exception
    return {item.node.name: item.node.compiled_code for item in result.result.results}


def run(models: dict[str, str], log: Log) -> dict[str, Owner]:
    """The owner of each event, as the models tell it."""
    connection = connect(log)
    build(models, connection)
    return owners_of_events(connection)


def connect(log: Log) -> duckdb.DuckDBPyConnection:
    """A warehouse in memory that holds what the models read."""
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as warehouse; attach ':memory:' as serving")
    connection.execute("set threads = 2; set TimeZone = 'UTC'")
    for schema in ("warehouse.staging", "warehouse.intermediate", "serving.marts"):
        connection.execute(f"create schema {schema}")
    connection.execute("""
        create table warehouse.staging.stg_digital__events (
            event_id varchar, occurred_at timestamp, user_pseudo_id varchar, session_key varchar,
            device_vendor_id varchar, device_advertising_id varchar, user_id varchar, _first_ingested_at timestamp
        );
        create table warehouse.staging.stg_website__registrations (
            registration_id varchar, registered_at timestamp, user_pseudo_id varchar
        );
        create table warehouse.intermediate.int_identity__person_records (
            source_name varchar, table_name varchar, record_id varchar, person_id varchar
        );
    """)
    forms = log.registrations
    records = [("digital", "events", event.event_id, log.persons.get(event.login or "")) for event in log.events]
    records += [("website", "registrations", form.registration_id, form.person) for form in forms]
    for table, rows in (
        ("staging.stg_digital__events", log.events),
        ("staging.stg_website__registrations", [form[:3] for form in forms]),
        ("intermediate.int_identity__person_records", [record for record in records if record[3]]),
    ):
        insert(connection, table, [tuple(row) for row in rows])
    return connection


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple]) -> None:
    if rows:
        columns = [pa.array(column) for column in zip(*rows, strict=True)]
        connection.register("given", pa.table(columns, names=[str(place) for place in range(len(columns))]))
        connection.execute(f"insert into warehouse.{table} select * from given")


def build(models: dict[str, str], connection: duckdb.DuckDBPyConnection) -> None:
    for name in MODELS:
        kind = "view" if name in VIEWS else "table"
        schema = "serving.marts" if name in MARTS else "warehouse.intermediate"
        connection.execute(f"create {kind} {schema}.{name} as {models[name]}")


def owners_of_events(connection: duckdb.DuckDBPyConnection) -> dict[str, Owner]:
    rows = connection.execute("""
        select event_id, events.confidence, events.person_id, visits.candidate_person_id
        from serving.marts.event_owners as events
        inner join serving.marts.visit_owners as visits on events.visit_part_id = visits.visit_part_id
    """).fetchall()
    return {row[0]: Owner(*row[1:]) for row in rows}


class Moment(NamedTuple):
    observed: str
    at: datetime
    who: str


def tell(log: Log, windows: Windows) -> dict[str, Owner]:
    """The owner of each event, as the rules tell it."""
    visits = list(_visits(log, windows))
    moments = [Moment(f"cookie {form.cookie}", form.at, form.person) for form in log.registrations if form.person]
    for visit in visits:
        last = None
        for event, who in zip(visit, _signed_in(log, visit), strict=True):
            if who is not None and who != last:
                moments += [Moment(observed, event.at, who) for observed in _ids(visit)]
            last = who
    newest = max((event.at for event in log.events if event.at <= event.arrived_at), default=datetime.min)
    owners = {}
    for visit in visits:
        signers = _signed_in(log, visit)
        people = {who for who in signers if who}
        is_over = newest - visit[-1].at > windows.timeout
        for event, who in zip(visit, signers, strict=True):
            if who:
                owner = _owner("authenticated", who)
            elif len(people) > 1:
                owner = _owner("contested", None)
            elif people:
                owner = _owner("authenticated" if is_over else "pending", min(people))
            else:
                owner = _claim(visit, moments, newest, windows)
            owners[event.event_id] = owner
    return owners


def _visits(log: Log, windows: Windows) -> list[list[Event]]:
    sessions: dict[tuple, list[Event]] = {}
    for event in sorted(log.events, key=lambda event: (event.at, event.event_id)):
        sessions.setdefault((event.cookie, event.session, event.vendor), []).append(event)
    visits = []
    for events in sessions.values():
        visits.append([events[0]])
        for before, event in pairwise(events):
            if event.at - before.at > windows.timeout:
                visits.append([])
            visits[-1].append(event)
    return visits


def _signed_in(log: Log, visit: list[Event]) -> list[str | None]:
    """Who is signed in at each event; a login that is nobody's is somebody unknown."""
    signed: list[str | None] = []
    for event in visit:
        before = signed[-1] if signed else None
        signed.append(log.persons.get(event.login, f"login:{event.login}") if event.login else before)
    return signed


def _ids(visit: list[Event]) -> set[str]:
    devices = {visit[0].vendor, visit[0].advertising} - {None}
    return {f"cookie {visit[0].cookie}", *(f"device {device}" for device in devices)}


def _claim(visit: list[Event], moments: list[Moment], newest: datetime, windows: Windows) -> Owner:
    start, end, ids = visit[0].at, visit[-1].at, _ids(visit)
    near = [moment for moment in moments if moment.observed in ids]
    before = [moment for moment in near if start - windows.contest_back <= moment.at < start]
    after = [moment for moment in near if start <= moment.at <= end + windows.look_back]
    horizon = end + min(windows.contest_ahead, windows.look_back)
    if after:
        horizon = max(horizon, min(moment.at for moment in after))
    later = {moment.who for moment in after if moment.at <= horizon}
    if len({moment.who for moment in before} | later) > 1:
        return _owner("contested", None)
    claims_after = {moment.who for moment in before if moment.at >= start - windows.look_back}
    if not claims_after and not later:
        return _owner("anonymous", None)
    [who] = claims_after | later
    wait = max(windows.timeout, min(windows.contest_ahead, windows.look_back))
    if newest - end <= wait:
        return _owner("pending", who)
    if later:
        return _owner("between_logins" if claims_after else "before_login", who)
    return _owner("after_login" if newest - end > max(windows.timeout, windows.look_back) else "pending", who)


def _owner(confidence: str, who: str | None) -> Owner:
    if who and who.startswith("login:"):
        return Owner("anonymous", None, None)
    return Owner(confidence, who if confidence in CLAIMED else None, who if confidence == "pending" else None)
