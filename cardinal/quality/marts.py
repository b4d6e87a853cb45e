"""The files of marts of a build or a snapshot, opened beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cardinal.build import quoted

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Mart:
    """One mart.

    Attributes:
        relation: Where it is, as SQL names it.
        file: serving or restricted.
        name: Schema and name.
        key: The columns of its key.
        columns: Its columns.
        rows: How many rows it has.
    """

    relation: str
    file: str
    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    rows: int

    @property
    def model(self) -> str:
        """The dbt model that it comes from."""
        return self.name.split(".")[1]


def attach_marts(connection: duckdb.DuckDBPyConnection, files: Mapping[str, Path], prefix: str) -> dict[str, Mart]:
    """Attach files of marts to read them, and return their marts by schema and name."""
    marts = {}
    for file, path in files.items():
        database = f"{prefix}_{file}"
        connection.execute(f"attach '{quoted(path)}' as {database} (read_only)")
        columns: dict[tuple[str, str], list[str]] = {}
        for schema, table, column in connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where database_name = ?"
            " order by schema_name, table_name, column_index",
            [database],
        ).fetchall():
            columns.setdefault((schema, table), []).append(column)
        for schema, table, key in connection.execute(
            f"select schema_name, table_name, key_columns from {database}.cardinal.tables order by all"
        ).fetchall():
            relation = f'{database}."{schema}"."{table}"'
            rows = connection.execute(f"select count(*) from {relation}").fetchall()[0][0]
            name = f"{schema}.{table}"
            marts[name] = Mart(relation, file, name, tuple(key or ()), tuple(columns[schema, table]), rows)
    return marts
