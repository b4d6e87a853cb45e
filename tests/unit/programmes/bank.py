"""A bank in memory: what a published snapshot says on a day, and the state of its programmes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import duckdb

from cardinal.programmes.advancing import Advanced, Clock, advance_state
from cardinal.programmes.declaration import Programme
from cardinal.programmes.state import SCHEMA

BEGIN = date(2024, 1, 1)
TABLES = {
    "serving.marts.customer_timeline": "person_id varchar, event_kind varchar, occurred_at timestamp",
    "serving.marts.person_id_changes": "person_id varchar, current_person_id varchar",
    "serving.marts.customer_consents": "person_id varchar, purpose varchar, channel varchar, is_granted boolean",
    "serving.marts.customer_suppressions": "person_id varchar, channel varchar, reason varchar",
    "serving.marts.customer_360_pseudonymous": "person_id varchar, as_of_date date",
    "serving.segments.segment_membership": "segment varchar, person_id varchar",
    "serving.cardinal.build": "build_id varchar, started_at timestamp",
    "restricted.marts.customer_360": "person_id varchar, score double, colour varchar",
    "restricted.audiences.audience_reach": "person_id varchar, purpose varchar, channel varchar",
}


@dataclass
class World:
    """What is known on a day.

    Attributes:
        day: Its number.
        events: Person, kind and when, of what is known by then.
        members: Segment -> its people.
        reach: Person -> channels by which they may be reached; they agreed to no others.
        suppressed: People who agreed and may not be contacted all the same.
        people: Person -> score and colour.
        became: Person -> the person that they turned out to be.
    """

    day: int
    events: list[tuple[str, str, datetime]] = field(default_factory=list)
    members: Mapping[str, Iterable[str]] = field(default_factory=dict)
    reach: Mapping[str, Iterable[str]] = field(default_factory=dict)
    suppressed: Iterable[str] = ()
    people: Mapping[str, tuple[float | None, str | None]] = field(default_factory=dict)
    became: Mapping[str, str] = field(default_factory=dict)

    @property
    def as_of(self) -> date:
        """The newest day."""
        return BEGIN + timedelta(days=self.day)

    @property
    def now(self) -> datetime:
        """The clock: the end of the newest day."""
        return datetime.combine(self.as_of + timedelta(days=1), datetime.min.time())

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return the rows of each table of the snapshot."""
        reach = [(person, "marketing", channel) for person, channels in self.reach.items() for channel in channels]
        suppressed = [(person, "all", "dispute") for person in self.suppressed]
        return {
            "serving.marts.customer_timeline": list(self.events),
            "serving.marts.person_id_changes": list(self.became.items()),
            "serving.marts.customer_consents": [
                *((*row, True) for row in reach),
                *((person, "marketing", "email", True) for person, *_ in suppressed),
            ],
            "serving.marts.customer_suppressions": suppressed,
            "serving.marts.customer_360_pseudonymous": [("somebody", self.as_of)],
            "serving.segments.segment_membership": [
                (segment, person) for segment, people in self.members.items() for person in people
            ],
            "serving.cardinal.build": [(f"build-{self.day}", self.now + timedelta(hours=4))],
            "restricted.marts.customer_360": [(person, *values) for person, values in self.people.items()],
            "restricted.audiences.audience_reach": [row for row in reach if row[0] not in set(self.suppressed)],
        }


class Bank:
    """The state of programmes in memory, beside a snapshot that is another one each day."""

    def __init__(self) -> None:
        self.state = duckdb.connect()
        self.state.execute("set threads = 1")
        self.state.execute("attach ':memory:' as serving; attach ':memory:' as restricted")
        make_tables(self.state)
        self.state.execute(SCHEMA)

    def show(self, world: World) -> None:
        """Let the snapshot show a day."""
        fill_tables(self.state, world)

    def advance(self, world: World, programmes: list[Programme], state: Any = None) -> Advanced:
        """Advance to a day that is shown."""
        clock = Clock(world.now, world.as_of, f"build-{world.day}")
        return advance_state(state or self.state, clock, programmes)

    def run(self, world: World, programmes: list[Programme]) -> Advanced:
        """Show a day and advance to it."""
        self.show(world)
        return self.advance(world, programmes)

    def entries(
        self, columns: str = "programme, version, person_id, entered_at, step, waits_until, status"
    ) -> set[Any]:
        """Return the stays."""
        return set(self.state.execute(f"select {columns} from entries").fetchall())

    def messages(self, columns: str = "message_key, person_id, channel, template, due_at") -> set[Any]:
        """Return the messages."""
        return set(self.state.execute(f"select {columns} from messages").fetchall())

    def whole(self) -> list[Any]:
        """Return all that the state holds, but for runs."""
        return [
            self.state.execute(f"select * from {table} order by all").fetchall()
            for table in ("versions", "entries", "messages")
        ]


def make_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of a snapshot in the databases serving and restricted."""
    for table, columns in TABLES.items():
        connection.execute(f"create schema if not exists {table.rpartition('.')[0]}")
        connection.execute(f"create table {table} ({columns})")


def fill_tables(connection: duckdb.DuckDBPyConnection, world: World) -> None:
    """Let the tables hold a day, and nothing of another."""
    for table, rows in world.rows().items():
        connection.execute(f"delete from {table}")
        if rows:
            places = ", ".join("?" * len(rows[0]))
            values = ", ".join([f"({places})"] * len(rows))
            connection.execute(f"insert into {table} values {values}", [value for row in rows for value in row])
