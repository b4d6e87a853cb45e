"""How the build stands, as dbt's hooks wrote it into the files of marts (macros/publishing/mark_build.sql)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cardinal.build import open_database
from cardinal.errors import CardinalError
from cardinal.settings import Settings

if TYPE_CHECKING:
    import duckdb


class PublishingError(CardinalError):
    """Something can't be published; what was published before stays as it is."""


class PassingError(PublishingError):
    """It can't be published now: what is in the way goes away without anybody who puts the build right."""


@dataclass(frozen=True)
class BuildState:
    """The one row of cardinal.build.

    Attributes:
        build_id: dbt's invocation that built the file.
        state: building, passed, partial or failed.
        detail: What failed or was left out, for people.
        started_at: When dbt began, UTC.
        finished_at: When it ended, UTC; None while it hasn't.
    """

    build_id: str
    state: str
    detail: str | None
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class UnfinishedBuild:
    """The build that lies in the files of marts, whatever became of it.

    Attributes:
        state: How it stands.
        done: Unique ids of the nodes that it built or tested well (macros/publishing/write_nodes.sql).
    """

    state: BuildState
    done: frozenset[str]


def read_build(settings: Settings) -> UnfinishedBuild | None:
    """Return the build that both files of marts hold; None if there is none, or each holds another one."""
    if not all(file.exists() for file in settings.mart_files.values()):
        return None
    with ExitStack() as stack:
        files = [stack.enter_context(open_database(file)) for file in settings.mart_files.values()]
        states = [read_state(file) for file in files]
        first = states[0]
        if first is None or any(state is None or state.build_id != first.build_id for state in states):
            return None
        query = "select unique_id from cardinal.nodes where state = 'done'"
        done = [{row[0] for row in file.execute(query).fetchall()} for file in files if _has_table(file, "nodes")]
    return UnfinishedBuild(first, frozenset(set.intersection(*done)) if len(done) == len(files) else frozenset())


def read_state(connection: duckdb.DuckDBPyConnection) -> BuildState | None:
    """Return how the build stands in an open file of marts; None if no build ever marked it."""
    if not _has_table(connection, "build"):
        return None
    row = connection.execute("select build_id, state, detail, started_at, finished_at from cardinal.build").fetchone()
    return BuildState(*row) if row else None


def read_tables(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the tables that the build made in an open file of marts, by schema and name, with their keys."""
    rows = connection.execute(
        "select schema_name, table_name, key_columns from cardinal.tables order by all"
    ).fetchall()
    return {(schema, table): tuple(key) for schema, table, key in rows}


def check_passed(states: Mapping[str, BuildState | None]) -> BuildState:
    """Return the build that passed; `states` are those of all files of marts, by the name of the file.

    Raises:
        PublishingError: It isn't whole, it isn't tested, or the files hold different builds.
    """
    for file, state in states.items():
        if state is None:
            raise PublishingError(f"{file} holds no build yet: run `dbt build`")
        if state.state == "building":
            raise PublishingError(f"the build that began at {_time(state)} was broken off: run `dbt build`")
        if state.state == "partial":
            raise PublishingError(
                f"the last run didn't build and test all marts ({state.detail}): run `dbt build` without a selection"
            )
        if state.state != "passed":
            raise PublishingError(f"the last build failed ({state.detail}): put it right and run `dbt build`")
    first, *others = (state for state in states.values() if state)
    if any(other.build_id != first.build_id for other in others):
        raise PublishingError(f"{' and '.join(states)} hold different builds: run `dbt build`")
    return first


def _has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    found = connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'cardinal' and table_name = ?"
        " and database_name = current_database()",
        [name],
    )
    return found.fetchone() is not None


def _time(state: BuildState) -> str:
    return f"{state.started_at:%Y-%m-%d %H:%M} UTC"
