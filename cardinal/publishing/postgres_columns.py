"""What a column of DuckDB becomes in PostgreSQL, or why it can't."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cardinal.publishing.build_state import PublishingError

if TYPE_CHECKING:
    import duckdb

# PostgreSQL cuts longer names off without a word.
LONGEST_NAME = 63
# Taken over as they are, alone or in a list; unsigned ones become the next wider type or a numeric.
SCALAR = re.compile(
    r"BOOLEAN|U?(TINYINT|SMALLINT|INTEGER|BIGINT)|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)|VARCHAR|UUID|BLOB|JSON|INTERVAL"
    r"|DATE|TIME|TIMESTAMP(_S|_MS|_NS)?|TIMESTAMP WITH TIME ZONE"
)
# Would become a rounded float, and can't be created without a name.
CAST = {"HUGEINT": "decimal(38, 0)", "ENUM": "varchar"}


def select_columns(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> str:
    """Return the columns of a DuckDB table as SQL that PostgreSQL has types for.

    Raises:
        PublishingError: It has none for some; the message names all of them.
    """
    columns = connection.execute(
        "select column_name, data_type from duckdb_columns()"
        " where database_name = current_database() and schema_name = ? and table_name = ? order by column_index",
        [schema, table],
    ).fetchall()
    problems = [
        f"{schema}.{table}.{name} ({_short(data_type)})"
        for name, data_type in columns
        if _expression(name, data_type) is None
    ]
    if problems:
        raise PublishingError(f"PostgreSQL has no type for {', '.join(problems)}: change it in the model")
    too_long = [name for name in (schema, table, *(name for name, _ in columns)) if len(name.encode()) > LONGEST_NAME]
    if too_long:
        raise PublishingError(f"PostgreSQL cuts names after {LONGEST_NAME} bytes: shorten {', '.join(too_long)}")
    return ", ".join(str(_expression(name, data_type)) for name, data_type in columns)


def quoted_name(name: str) -> str:
    """Return a name as it stands in SQL, in DuckDB and PostgreSQL alike."""
    return '"' + name.replace('"', '""') + '"'


def _expression(name: str, data_type: str) -> str | None:
    if SCALAR.fullmatch(data_type.removesuffix("[]")):
        return quoted_name(name)
    cast = CAST.get(data_type.partition("(")[0])
    if cast is None or data_type.endswith("]"):
        return None
    return f"cast({quoted_name(name)} as {cast}) as {quoted_name(name)}"


def _short(data_type: str) -> str:
    """An enum lists its values, which belong in no message."""
    return re.sub(r"\(.*\)", "", data_type, flags=re.DOTALL).lower()
