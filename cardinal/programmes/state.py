"""The state: where each person is in each programme, and what they are due. `programmes/state.duckdb`, mode 0600.

`versions` keeps each declaration for good; a version is never changed. `entries` has a row per stay of a
person in a programme, `messages` one per message that became due. A run is one transaction: killed anywhere, the state
is that of before or that of after, and what a run changed is delivered by the next one if it wasn't yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import duckdb

from cardinal.build import open_database
from cardinal.programmes.declaration import Programme, ProgrammeError
from cardinal.settings import Settings
from cardinal.single_run import single_run

SCHEMA = """
create table if not exists versions (
    programme varchar not null, version integer not null, fingerprint varchar not null, content varchar not null,
    declared_at timestamp not null
);
create table if not exists entries (
    entry_id varchar not null, programme varchar not null, version integer not null, person_id varchar not null,
    entered_at timestamp not null, step integer not null, moved_at timestamp not null, waits_until timestamp,
    last_message_at timestamp, because varchar not null, status varchar not null, ended_at timestamp,
    run_no integer not null
);
create table if not exists messages (
    message_key varchar not null, entry_id varchar not null, programme varchar not null, version integer not null,
    step integer not null, person_id varchar not null, channel varchar not null, template varchar not null,
    reason varchar not null, stop_events varchar not null, stay_segment varchar not null, entered_at timestamp not null,
    due_at timestamp not null, until_date date not null, run_no integer not null
);
create table if not exists runs (
    run_no integer not null, as_of_at timestamp not null, as_of_date date not null, build_id varchar not null,
    entered_count bigint not null, ended_count bigint not null, message_count bigint not null,
    is_delivered boolean not null
);
"""


@contextmanager
def open_state(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the state to advance it.

    Raises:
        ProgrammeError: Another run has it.
    """
    folder = settings.programmes
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    problem = ProgrammeError(f"programmes are being advanced in {settings.home}: wait until that has ended")
    with single_run(folder / "advance.lock", problem):
        path = folder / "state.duckdb"
        with open_database(path, read_only=False) as connection:
            path.chmod(0o600)
            connection.execute("set preserve_insertion_order = false")
            connection.execute(SCHEMA)
            yield connection


@contextmanager
def read_state(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the state to look at it.

    Raises:
        ProgrammeError: Nothing was ever advanced.
    """
    path = settings.programmes / "state.duckdb"
    if not path.exists():
        raise ProgrammeError("nobody is in a programme yet: run cardinal programmes advance")
    with open_database(path) as connection:
        yield connection


def declare(state: duckdb.DuckDBPyConnection, programmes: Sequence[Programme], now: datetime) -> dict[str, int]:
    """Keep declarations that are new or changed as new versions; return the newest version of each that is declared."""
    newest = {
        name: (version, fingerprint)
        for name, version, fingerprint in state.execute(
            "select programme, max(version), max_by(fingerprint, version) from versions group by programme"
        ).fetchall()
    }
    for programme in programmes:
        version, fingerprint = newest.get(programme.name, (0, ""))
        if fingerprint != programme.fingerprint:
            newest[programme.name] = (version + 1, programme.fingerprint)
            state.execute(
                "insert into versions values (?, ?, ?, ?, ?)",
                [programme.name, version + 1, programme.fingerprint, programme.content, now],
            )
    return {programme.name: newest[programme.name][0] for programme in programmes}
