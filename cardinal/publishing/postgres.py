"""Serving marts in PostgreSQL: loaded into new schemas, then put in the place of the old ones in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cardinal.build import quoted
from cardinal.publishing.build_state import PublishingError, read_tables
from cardinal.publishing.postgres_columns import quoted_name, select_columns
from cardinal.publishing.postgres_database import PostgresDatabase, open_postgres
from cardinal.publishing.postgres_swap import LOADING, MARK, drop_retired, read_marks, swap_schemas
from cardinal.publishing.snapshot import Snapshot

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[str, int, int], None]

# Beyond, an index takes minutes that few queries give back.
MOST_INDEXED_ROWS = 10_000_000


@dataclass(frozen=True)
class PlannedTable:
    """A table to load: its columns as SQL, and the key that the build's tests proved."""

    schema: str
    name: str
    columns: str
    key: tuple[str, ...]


@dataclass(frozen=True)
class PostgresPublication:
    """What a publication to PostgreSQL did.

    Attributes:
        is_new: Whether it loaded anything; else that build was there.
        tables: Tables that are there now.
        notes: What whoever looks after the database should know.
    """

    is_new: bool
    tables: int
    notes: list[str] = field(default_factory=list)


def publish_to_postgres(url: str, snapshot: Snapshot, progress: Progress) -> PostgresPublication:
    """Publish the serving marts of a snapshot; restricted ones never go there.

    Until the last step readers see the old schemas, and keep them if anything fails.

    Raises:
        PublishingError: Nothing was changed for readers; the message says why, and never where to.
    """
    with open_postgres(url) as database:
        connection = database.connection
        connection.execute(f"attach '{quoted(snapshot.file('serving'))}' as snapshot (read_only); use snapshot")
        plan = _plan(connection)
        schemas = sorted({table.schema for table in plan})
        marks = read_marks(database)
        _check_own(marks, schemas)
        build = snapshot.build.build_id
        is_new = any(marks.get(schema) != build for schema in schemas)
        notes: list[str] = []
        if is_new:
            _load(database, plan, build, progress)
            notes += swap_schemas(database, [(table.schema, table.name) for table in plan], marks)
        notes += drop_retired(database)
        return PostgresPublication(is_new, len(plan), notes)


def _plan(connection: duckdb.DuckDBPyConnection) -> list[PlannedTable]:
    keys = {**read_tables(connection), ("cardinal", "build"): (), ("cardinal", "tables"): ()}
    return [
        PlannedTable(schema, name, select_columns(connection, schema, name), key)
        for (schema, name), key in keys.items()
    ]


def _check_own(marks: dict[str, str | None], schemas: list[str]) -> None:
    names = [name for schema in schemas for name in (schema, schema + LOADING)]
    foreign = [name for name in names if name in marks and marks[name] is None]
    if foreign:
        raise PublishingError(
            f"PostgreSQL has a schema {', '.join(foreign)} that isn't Cardinal's: publish to a database of its own"
        )


def _load(database: PostgresDatabase, plan: list[PlannedTable], build: str, progress: Progress) -> None:
    """Load everything beside what readers see, with keys and statistics."""
    for schema in sorted({table.schema for table in plan}):
        name = quoted_name(schema + LOADING)
        database.execute(
            f"drop schema if exists {name} cascade; create schema {name}; comment on schema {name} is '{MARK}{build}'"
        )
    rows = [_count_rows(database.connection, table) for table in plan]
    for done, table in enumerate(plan):
        progress(f"loading {table.schema}.{table.name}", sum(rows[:done]), sum(rows))
        source = f"{quoted_name(table.schema)}.{quoted_name(table.name)}"
        target = f"{quoted_name(table.schema + LOADING)}.{quoted_name(table.name)}"
        database.load(f"create table target.{target} as select {table.columns} from snapshot.{source}")
        if table.key and rows[done] <= MOST_INDEXED_ROWS:
            key = ", ".join(quoted_name(column) for column in table.key)
            kind = "add primary key" if _is_filled(database.connection, table) else "add unique"
            database.execute(f"alter table {target} {kind} ({key})")
        database.execute(f"analyze {target}")
    progress("done", sum(rows), sum(rows))


def _count_rows(connection: duckdb.DuckDBPyConnection, table: PlannedTable) -> int:
    row = connection.execute(f"select count(*) from {quoted_name(table.schema)}.{quoted_name(table.name)}").fetchone()
    return int(row[0]) if row else 0


def _is_filled(connection: duckdb.DuckDBPyConnection, table: PlannedTable) -> bool:
    """Whether no row lacks a part of its key, which dbt's uniqueness tests let pass."""
    empty = " or ".join(f"{quoted_name(column)} is null" for column in table.key)
    source = f"{quoted_name(table.schema)}.{quoted_name(table.name)}"
    return not connection.execute(f"select 1 from {source} where {empty} limit 1").fetchall()
