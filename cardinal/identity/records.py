"""Records by their address, and the clusters they are in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardinal.errors import CardinalError

if TYPE_CHECKING:
    import duckdb

ADDRESS_FORM = "source.table:record_id, such as core_banking.customers:123456789"
# The type under which a record stands that shows nothing, or that its source has deleted.
NOTHING_SHOWN = "(none)"
PERSON_RECORDS = "intermediate.int_identity__person_records"
NEEDED_TABLES = (
    "intermediate.int_identity__record_identifiers",
    "intermediate.int_identity__admitted_links",
    "intermediate.int_identity__refused_links",
    "intermediate.int_identity__clusters",
    PERSON_RECORDS,
    "seeds.identifier_rules",
)


@dataclass(frozen=True)
class Record:
    """A source record that shows identifiers.

    Attributes:
        table: Source and table, `core_banking.customers`.
        record_id: The source's own key.
        key: Its record_key.
        linked_key: The group in which it was decided about, None if it shows nothing that may join.
        person_key: Its strict cluster, None likewise.
        reach_key: Its wider cluster, None likewise.
        person_id: The person it belongs to, None likewise.
        reach_id: The wider cluster's public id, if the warehouse has one.
    """

    table: str
    record_id: str
    key: int
    linked_key: int | None
    person_key: int | None
    reach_key: int | None
    person_id: str | None
    reach_id: str | None

    @property
    def name(self) -> str:
        """The record as it is named in sentences."""
        return f"{self.table} {self.record_id}"


def check_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Stop with a clear word if the warehouse was built before it had what is read here."""
    missing = [name for name in NEEDED_TABLES if not has_table(connection, name)]
    if missing:
        raise CardinalError(f"the warehouse lacks {', '.join(missing)}: run `dbt build`")


def read_columns(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    """Return the names of a table's columns."""
    return {name for (name,) in connection.execute(f"select column_name from (describe {table})").fetchall()}


def has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether the warehouse has a table or view, given as `schema.name`."""
    found = connection.execute(
        "select 1 from information_schema.tables where table_schema || '.' || table_name = ?", [name]
    )
    return found.fetchone() is not None


def find_record(connection: duckdb.DuckDBPyConnection, address: str) -> Record:
    """Find a record by its address, `source.table:record_id`.

    Raises:
        CardinalError: No such record shows an identifier; the message says what could be meant.
    """
    table, separator, record_id = address.partition(":")
    source, dot, table_name = table.partition(".")
    if not (separator and dot and source and table_name and record_id):
        raise CardinalError(f"{address!r} is no address of a record: give {ADDRESS_FORM}")
    reach_id = "persons.reach_id" if "reach_id" in read_columns(connection, PERSON_RECORDS) else "null"
    row = connection.execute(
        f"""
        with shown as (
            select record_key from intermediate.int_identity__record_identifiers
            where source_name = $source and table_name = $table_name and record_id = $record_id
                and not (identifier_type = '{NOTHING_SHOWN}' and identifier_value = 'deleted')
            limit 1
        )
        select shown.record_key, clusters.linked_key, clusters.person_key, clusters.reach_key,
            persons.person_id, {reach_id}
        from shown
        left join intermediate.int_identity__clusters as clusters on shown.record_key = clusters.record_key
        left join {PERSON_RECORDS} as persons
            on persons.source_name = $source and persons.table_name = $table_name and persons.record_id = $record_id
        """,
        {"source": source, "table_name": table_name, "record_id": record_id},
    ).fetchone()
    if row is None:
        raise CardinalError(_explain_unknown(connection, table, record_id))
    return Record(table, record_id, *row)


def _explain_unknown(connection: duckdb.DuckDBPyConnection, table: str, record_id: str) -> str:
    tables = [
        name
        for (name,) in connection.execute(
            "select source_name || '.' || table_name as name from intermediate.int_identity__record_identifiers"
            " group by source_name, table_name order by name"
        ).fetchall()
    ]
    if table in tables:
        return (
            f"{table} has no record {record_id} that shows an identifier, or deleted it: look up its key in the source"
        )
    return f"no table {table} shows identifiers: give {ADDRESS_FORM}. Known are: {', '.join(tables) or 'none yet'}"


def name_records(connection: duckdb.DuckDBPyConnection, keys: set[int]) -> dict[int, str]:
    """Return the names of records by their keys."""
    rows = connection.execute(
        """
        select record_key, any_value(source_name || '.' || table_name || ' ' || record_id)
        from intermediate.int_identity__record_identifiers
        where record_key in (select unnest(cast($keys as ubigint[])))
        group by record_key
        """,
        {"keys": sorted(keys)},
    ).fetchall()
    return {**dict.fromkeys(keys, "a record that is gone"), **dict(rows)}
