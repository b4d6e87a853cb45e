"""The build: the warehouse and the two files of marts beside it, which dbt writes and others open here to read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cardinal.errors import CardinalError
from cardinal.settings import Settings

if TYPE_CHECKING:
    import duckdb


class WarehouseError(CardinalError):
    """A file of the build can't be opened or built; the message says why and what to do."""


@contextmanager
def open_build(settings: Settings, memory_limit: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the whole build to read it, with so much memory for its queries (`3GB`; none for what DuckDB takes).

    Tables go by schema and name wherever they lie: `marts.customer_360`, `intermediate.int_customer__profiles`.
    DuckDB lets in one writing process or several reading ones; a file of marts that isn't there yet is left out.

    Raises:
        WarehouseError: There is no warehouse, or a file is held by a program that writes it.
    """
    with open_database(settings.warehouse) as connection:
        if memory_limit:
            connection.execute(f"set memory_limit = '{memory_limit}'")
        for name, path in settings.mart_files.items():
            if path.exists():
                with _explained(path):
                    connection.execute(f"attach '{quoted(path)}' as {name} (read_only)")
        schemas = connection.execute(
            "select database_name || '.' || schema_name from duckdb_schemas()"
            " where database_name in (select unnest($names)) and not internal order by database_name desc, schema_name",
            {"names": list(settings.mart_files)},
        ).fetchall()
        # The first place is where everything is looked for that isn't in a schema named here.
        path_of_search = ",".join([f"{settings.warehouse.stem}.main", *(schema for (schema,) in schemas)])
        connection.execute(f"set search_path = '{path_of_search}'")
        yield connection


@contextmanager
def open_database(path: Path, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open one DuckDB file.

    Raises:
        WarehouseError: It can't be opened.
    """
    import duckdb

    with _explained(path):
        connection = duckdb.connect(str(path), read_only=read_only)
    with connection:
        yield connection


def quoted(path: Path) -> str:
    """Return a path as it stands between quotes in SQL."""
    return str(path).replace("'", "''")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Say in one line why a file can't be opened."""
    import duckdb

    try:
        yield
    except duckdb.IOException as error:
        raise WarehouseError(_explain(path, str(error))) from error


def _explain(path: Path, message: str) -> str:
    holder = re.search(r"Conflicting lock is held in (.+?) \(PID (\d+)\)", message)
    if holder:
        program, pid = Path(holder[1]).name, holder[2]
        return f"{path} is open in another program ({program}, process {pid}): close it there and try again"
    if "Could not set lock" in message:
        return f"{path} is open in another program: close it there and try again"
    return f"{path} can't be opened: {message.splitlines()[0]}"
