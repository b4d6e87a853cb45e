"""A warehouse with the identity tables only, made of what records show and of what was refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from cardinal.settings import PROJECT_DIR

STRONG = ("authenticated", "verified")
FIRST_DAY = date(2026, 1, 1)


@dataclass(frozen=True)
class Shown:
    """A record, `source.table:record_id`, shows a value."""

    record: str
    identifier_type: str
    value: str
    evidence: str = "verified"
    seen: date = FIRST_DAY


@dataclass(frozen=True)
class Refused:
    """A link that was refused: record, type and value, and what it met."""

    record: str
    identifier_type: str
    value: str
    constraint: str
    competitor: str
    joins_as: str = "person"


def fill_warehouse(
    connection: duckdb.DuckDBPyConnection, shown: Iterable[Shown], refused: Iterable[Refused] = ()
) -> None:
    """Make the tables that explaining reads, with clusters by plain search over the admitted links."""
    for schema in ("intermediate", "seeds"):
        connection.execute(f"create schema {schema}")
    connection.execute(
        "create table seeds.identifier_rules as"
        f" from read_csv('{PROJECT_DIR}/seeds/identity/identifier_rules.csv', header = true)"
    )
    rows = [
        (
            *item.record.partition(":")[0].split("."),
            *(item.record.partition(":")[2], item.identifier_type, item.value, item.seen, item.evidence),
        )
        for item in shown
    ]
    connection.execute(
        "create table shown_rows (source_name varchar, table_name varchar, record_id varchar, identifier_type varchar,"
        " identifier_value varchar, seen_at timestamp, evidence varchar)"
    )
    if rows:
        connection.executemany("insert into shown_rows values (?, ?, ?, ?, ?, ?, ?)", rows)
    connection.execute(
        "create table intermediate.int_identity__record_identifiers as select *,"
        " md5_number_lower(source_name || '.' || table_name || ':' || record_id) as record_key,"
        " md5_number_lower(identifier_type || ':' || identifier_value) as value_key from shown_rows"
    )
    connection.execute(
        f"""
        create table intermediate.int_identity__links as
        select record_key, value_key, shown.identifier_type, cast(seen_at as date) as seen_date,
            case when rules.role != 'joins' then null when shown.evidence in {STRONG} then 'person' else 'reach' end
            as joins_as
        from intermediate.int_identity__record_identifiers as shown
        left join seeds.identifier_rules as rules on shown.identifier_type = rules.identifier_type
        where rules.role in ('joins', 'contradicts') or shown.identifier_type = 'must_link'
        """
    )
    connection.execute(
        "update intermediate.int_identity__links set joins_as = 'person' where identifier_type = 'must_link'"
    )
    connection.execute(
        "create table intermediate.int_identity__refused_links (record_key ubigint, value_key ubigint,"
        " joins_as varchar, constraint_type varchar, own_value_key ubigint, competing_value_key ubigint,"
        " competing_record_key ubigint)"
    )
    for item in refused:
        connection.execute(
            "insert into intermediate.int_identity__refused_links select md5_number_lower(?), md5_number_lower(?),"
            " ?, ?, 1, 2, md5_number_lower(?)",
            [
                *(item.record, f"{item.identifier_type}:{item.value}", item.joins_as),
                *(item.constraint, item.competitor),
            ],
        )
    connection.execute(
        """
        create view intermediate.int_identity__admitted_links as
        select links.* from intermediate.int_identity__links as links
        anti join intermediate.int_identity__refused_links as refused
            on links.record_key = refused.record_key and links.value_key = refused.value_key
        where joins_as is not null
        """
    )
    _make_clusters(connection)


def _make_clusters(connection: duckdb.DuckDBPyConnection) -> None:
    everything = connection.execute(
        "select record_key, value_key, joins_as from intermediate.int_identity__links where joins_as is not null"
    ).fetchall()
    admitted = connection.execute(
        "select record_key, value_key, joins_as from intermediate.int_identity__admitted_links"
    ).fetchall()
    linked = find_groups([(record, value) for record, value, _ in everything])
    person = find_groups([(record, value) for record, value, joins_as in admitted if joins_as == "person"])
    reach = find_groups([(record, value) for record, value, _ in admitted])
    connection.execute(
        "create table intermediate.int_identity__clusters (record_key ubigint, linked_key ubigint,"
        " person_key ubigint, reach_key ubigint)"
    )
    rows = [(key, group, person.get(key, key), reach.get(key, key)) for key, group in sorted(linked.items())]
    if rows:
        connection.executemany("insert into intermediate.int_identity__clusters values (?, ?, ?, ?)", rows)
    connection.execute(
        """
        create table intermediate.int_identity__person_records as
        select shown.source_name, shown.table_name, shown.record_id, 'p' || clusters.person_key as person_id
        from (
            select source_name, table_name, record_id, record_key from intermediate.int_identity__record_identifiers
            group by all
        ) as shown
        inner join intermediate.int_identity__clusters as clusters on shown.record_key = clusters.record_key
        """
    )


def find_groups(links: list[tuple[int, int]]) -> dict[int, int]:
    """Return the smallest record of the group of each record that links connect."""
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def root(node: tuple[str, int]) -> tuple[str, int]:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for record, value in links:
        parent[root(("record", record))] = root(("value", value))
    smallest: dict[tuple[str, int], int] = {}
    records = sorted({record for record, _ in links})
    for record in records:
        smallest.setdefault(root(("record", record)), record)
    return {record: smallest[root(("record", record))] for record in records}


def write_warehouse(path: Path, shown: Iterable[Shown], refused: Iterable[Refused] = ()) -> None:
    """Make such a warehouse as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        fill_warehouse(connection, shown, refused)
