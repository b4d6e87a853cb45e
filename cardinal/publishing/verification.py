"""Whether a copied file of marts may be shown to readers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from cardinal.build import open_database
from cardinal.publishing.build_state import BuildState, PassingError, PublishingError, read_state, read_tables

if TYPE_CHECKING:
    import duckdb

# Readers with DuckDB 1.5, which drivers of BI tools are, can't open anything newer.
NEWEST_STORAGE = (1, 5, 0)


def verify_copy(copy: Path, build: BuildState) -> None:
    """Read a copied file from beginning to end: it shows that build, its tables and nothing else, and can be read.

    Raises:
        PublishingError: It doesn't; the message names the file as it was built.
    """
    import duckdb

    source = f"{copy.stem}_build.duckdb"
    try:
        with open_database(copy) as connection:
            state = read_state(connection)
            if state is None or (state.build_id, state.state) != (build.build_id, build.state):
                raise PassingError("a build began meanwhile: wait until it has ended, and publish that one")
            _check_storage(connection, source)
            _check_tables(connection, source)
            for schema, table in (*read_tables(connection), ("cardinal", "build"), ("cardinal", "tables")):
                # DuckDB checks the sum of each block that it reads from the disk.
                connection.execute(f'select bit_xor(hash(whole_row)) from "{schema}"."{table}" as whole_row').fetchall()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise PublishingError(f"{source} can't be read whole ({reason}): delete it and run `dbt build`") from error


def _check_storage(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    row = connection.execute(
        "select tags['storage_version'] from duckdb_databases() where database_name = current_database()"
    ).fetchone()
    version = str(row[0]) if row else ""
    numbers = re.fullmatch(r"v(\d+)\.(\d+)\.(\d+)\+?", version)
    if not numbers or tuple(int(number) for number in numbers.groups()) > NEWEST_STORAGE:
        raise PublishingError(
            f"{source} has storage {version or 'of an unknown version'}, which readers with DuckDB 1.5 can't open:"
            " delete it and run `dbt build`"
        )


def _check_tables(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """A table that the build doesn't know would be shown for ever; a view would point to what isn't published."""
    found = {
        (schema, name)
        for schema, name in connection.execute(
            """
            select schema_name, table_name from duckdb_tables() where database_name = current_database()
            union all
            select schema_name, view_name from duckdb_views() where database_name = current_database() and not internal
            """
        ).fetchall()
        if schema != "cardinal"
    }
    listed = set(read_tables(connection))
    for names, problem in ((found - listed, "which the build didn't make"), (listed - found, "which isn't there")):
        if names:
            tables = ", ".join(sorted(f"{schema}.{name}" for schema, name in names))
            raise PublishingError(f"{source}: {tables}, {problem}: run `dbt build`")
