"""Advancing: everybody in a programme goes as far as they get by the published snapshot, in one transaction.

The clock is the snapshot's: its newest day, or when it was built if that is earlier. So the same snapshot gives the
same state, however often it is asked, and nothing is done that the tests of the build haven't passed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from zoneinfo import ZoneInfo

import duckdb

from cardinal.build import quoted
from cardinal.privacy.journal import is_under_way
from cardinal.programmes.declaration import Programme, ProgrammeError, parse, read_programmes
from cardinal.programmes.delivery import deliver
from cardinal.programmes.state import declare, open_state
from cardinal.programmes.walk import literal, walk
from cardinal.publishing.snapshot import read_current
from cardinal.settings import Settings

# Only the newest of each kind matters: whether one happened since a moment is whether the newest did.
LATEST = """
create or replace temporary table latest_events as
select person_id, event_kind, max(occurred_at) as last_at
from serving.marts.customer_timeline
where
    person_id is not null and event_kind in ({kinds})
    and occurred_at > {since} and occurred_at <= {now}
group by person_id, event_kind
"""
# A person who turned out to be another one goes on as that one; of two stays in one programme the first goes on.
FOLLOW = """
create or replace temporary table moved_ids as
select person_id, max(current_person_id) as current_person_id
from serving.marts.person_id_changes
where current_person_id != person_id and person_id in (select person_id from entries)
group by person_id;
update entries set person_id = moved_ids.current_person_id, run_no = {run}
from moved_ids where entries.person_id = moved_ids.person_id;
update messages set person_id = moved_ids.current_person_id, run_no = {run}
from moved_ids where messages.person_id = moved_ids.person_id;
update entries set status = 'merged', ended_at = {now}, run_no = {run}
where entry_id in (
    select entry_id from entries where status = 'inside'
    qualify row_number() over (partition by programme, person_id order by entered_at, entry_id) > 1
);
"""
KEEP = """
delete from entries where entry_id in (select entry_id from walked where is_changed and not is_new);
insert into entries by name
select
    entry_id, {programme} as programme, {version} as version, person_id, entered_at, step, moved_at, waits_until,
    last_message_at, because, status, ended_at, {run} as run_no
from walked where is_changed;
insert into messages by name
select
    entry_id || '-' || message.step as message_key, entry_id, {programme} as programme, {version} as version,
    message.step as step, person_id, message.channel as channel, message.template as template,
    {programme} || ' ' || {version} || ', step ' || message.step || ': ' || message.because as reason,
    {stop_events} as stop_events, {stay_segment} as stay_segment, entered_at, {now} as due_at,
    {until} as until_date, {run} as run_no
from (select entry_id, person_id, entered_at, unnest(sent) as message from walked)
"""
COUNTS = """
select
    count(*) filter (where is_new), count(*) filter (where status != 'inside'), coalesce(sum(len(sent)), 0)
from walked
"""


@dataclass(frozen=True)
class Clock:
    """As of when a snapshot is: the moment (UTC), its newest day, and the build that made it."""

    now: datetime
    as_of_date: date
    build_id: str


@dataclass(frozen=True)
class Moves:
    """What a run did in one version of a programme."""

    programme: str
    version: int
    entered: int
    ended: int
    messages: int


@dataclass(frozen=True)
class Advanced:
    """What a run did, and as of when."""

    clock: Clock
    moves: list[Moves]


def advance(settings: Settings) -> Advanced:
    """Advance all programmes to the published snapshot, and put what changed into the inbox.

    Raises:
        ProgrammeError: A declaration can't be used, nothing is published, or the snapshot is older than the state.
    """
    programmes = read_programmes(settings.project_dir)
    snapshot = read_current(settings)
    if snapshot is None:
        raise ProgrammeError("nothing is published yet: run cardinal run daily, or dbt build and cardinal publish")
    with open_state(settings) as state:
        if is_under_way(settings):
            raise ProgrammeError(
                f"an erasure is under way in {settings.home}, nobody was advanced: once it has ended, try again"
            )
        deliver(settings, state)
        for name in settings.mart_files:
            state.execute(f"attach '{quoted(snapshot / f'{name}.duckdb')}' as {name} (read_only)")
        try:
            done = advance_state(state, _read_clock(settings, state), programmes)
        except duckdb.CatalogException as error:
            # A build of a version of Cardinal that had no programmes yet.
            reason = str(error).splitlines()[0]
            raise ProgrammeError(f"the published snapshot lacks a table, build and publish anew: {reason}") from None
        deliver(settings, state)
    return done


def advance_state(state: duckdb.DuckDBPyConnection, clock: Clock, programmes: Sequence[Programme]) -> Advanced:
    """Advance the state to the snapshot that is attached to it as `serving` and `restricted`: all of it, or nothing."""
    state.execute("begin")
    try:
        done = _Run(state, clock).advance(programmes)
        state.execute("commit")
    except BaseException:
        # What fails may have ended the transaction itself.
        with suppress(duckdb.TransactionException):
            state.execute("rollback")
        raise
    return done


def _read_clock(settings: Settings, state: duckdb.DuckDBPyConnection) -> Clock:
    ((build_id, started_at),) = state.execute("select build_id, started_at from serving.cardinal.build").fetchall()
    ((as_of,),) = state.execute("select max(as_of_date) from serving.marts.customer_360_pseudonymous").fetchall()
    if as_of is None:
        raise ProgrammeError("the published snapshot has no customers: programmes have nobody to go by")
    midnight = datetime.combine(as_of + timedelta(days=1), clock_time(), ZoneInfo(settings.timezone))
    clock = Clock(min(midnight.astimezone(UTC).replace(tzinfo=None), started_at), as_of, build_id)
    ((last,),) = state.execute("select max(as_of_at) from runs").fetchall()
    if last is not None and last > clock.now:
        raise ProgrammeError(
            f"programmes stand at {last:%Y-%m-%d %H:%M} UTC, the published snapshot at {clock.now:%Y-%m-%d %H:%M}:"
            " publish a newer build"
        )
    return clock


class _Run:
    """One run, inside its transaction."""

    def __init__(self, state: duckdb.DuckDBPyConnection, clock: Clock) -> None:
        self.state = state
        self.clock = clock
        self.now = literal(clock.now)
        ((self.run,),) = state.execute("select coalesce(max(run_no), 0) + 1 from runs").fetchall()

    def advance(self, programmes: Sequence[Programme]) -> Advanced:
        """Do all of it, and note it if anything changed."""
        newest = declare(self.state, programmes, self.clock.now)
        self.state.execute(FOLLOW.format(run=self.run, now=self.now))
        self._end_what_is_gone(newest)
        versions = self._versions(newest)
        self._read_events([programme for programme, _ in versions])
        described = self.state.execute("describe restricted.marts.customer_360").fetchall()
        columns = {str(column[0]) for column in described}
        moves = [self._walk(programme, version, columns, newest) for programme, version in versions]
        self._note(moves)
        return Advanced(self.clock, moves)

    def _end_what_is_gone(self, newest: dict[str, int]) -> None:
        self.state.execute(
            f"update entries set status = 'taken_away', ended_at = {self.now}, run_no = {self.run}"
            " where status = 'inside' and not list_contains($names, programme)",
            {"names": list(newest) or [""]},
        )

    def _versions(self, newest: dict[str, int]) -> list[tuple[Programme, int]]:
        """Return each version that somebody is in or may enter, older ones first."""
        rows = self.state.execute(
            "select programme, version, content from versions"
            " where (programme, version) in (select (programme, version) from entries where status = 'inside')"
            " order by programme, version"
        ).fetchall()
        known = {(name, version): parse(name, json.loads(content)) for name, version, content in rows}
        for name, version in newest.items():
            if (name, version) not in known:
                ((content,),) = self.state.execute(
                    "select content from versions where programme = ? and version = ?", [name, version]
                ).fetchall()
                known[name, version] = parse(name, json.loads(content))
        return [(programme, version) for (_, version), programme in sorted(known.items(), key=lambda item: item[0])]

    def _read_events(self, programmes: Sequence[Programme]) -> None:
        ((first,),) = self.state.execute("select min(entered_at) from entries where status = 'inside'").fetchall()
        days = max((programme.within_days for programme in programmes), default=0)
        since = min(first or self.clock.now, self.clock.now - timedelta(days=days)) - timedelta(microseconds=1)
        kinds = sorted({kind for programme in programmes for kind in programme.kinds}) or [""]
        self.state.execute(LATEST.format(kinds=", ".join(map(literal, kinds)), since=literal(since), now=self.now))

    def _walk(self, programme: Programme, version: int, columns: set[str], newest: dict[str, int]) -> Moves:
        is_open = newest.get(programme.name) == version
        self.state.execute(walk(programme, version, self.clock.now, columns, is_open))
        ((entered, ended, messages),) = self.state.execute(COUNTS).fetchall()
        self.state.execute(
            KEEP.format(
                programme=literal(programme.name),
                version=version,
                run=self.run,
                now=self.now,
                stop_events=literal(",".join(programme.stop_events)),
                stay_segment=literal(programme.segment if programme.stays_in_segment else ""),
                until=f"date '{self.clock.as_of_date + timedelta(days=programme.message_days)}'",
            )
        )
        return Moves(programme.name, version, entered, ended, int(messages))

    def _note(self, moves: Sequence[Moves]) -> None:
        """Note the run, unless it found the state as it should be."""
        ((changed,),) = self.state.execute(
            "select (select count(*) from entries where run_no = $run)"
            " + (select count(*) from messages where run_no = $run)",
            {"run": self.run},
        ).fetchall()
        ((last,),) = self.state.execute("select max(as_of_at) from runs").fetchall()
        if not changed and last == self.clock.now:
            return
        counts = [sum(getattr(move, name) for move in moves) for name in ("entered", "ended", "messages")]
        self.state.execute(
            "insert into runs values (?, ?, ?, ?, ?, ?, ?, ?)",
            [self.run, self.clock.now, self.clock.as_of_date, self.clock.build_id, *counts, not changed],
        )
