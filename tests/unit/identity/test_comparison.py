"""Persons before and after, counted by hand."""

from __future__ import annotations

import duckdb

from cardinal.identity.comparison import Comparison, Moves, compare_states, keep_state

BEFORE = {
    "customers:1": "pa",
    "customers:2": "pb",
    "orders:1": "pc",
    "orders:2": "pc",
    "orders:3": "pd",
    "orders:4": "pe",
}
AFTER = {
    "customers:1": "pa",
    "customers:2": "pa",
    "orders:1": "pc",
    "orders:2": "px",
    "orders:3": "py",
    "orders:5": "pz",
}


def put_state(connection: duckdb.DuckDBPyConnection, persons: dict[str, str], joins_as: str, refused: bool) -> None:
    """Put persons into the tables that are compared; the reach of a record is numbered by its person."""
    for name in ("person_records", "clusters", "links", "refused_links"):
        connection.execute(f"drop table if exists intermediate.int_identity__{name}")
    connection.execute(
        "create table intermediate.int_identity__person_records"
        " (source_name varchar, table_name varchar, record_id varchar, person_id varchar)"
    )
    connection.execute("create table intermediate.int_identity__clusters (record_key ubigint, reach_key ubigint)")
    for address, person in persons.items():
        table, record_id = address.split(":")
        connection.execute(
            "insert into intermediate.int_identity__person_records values ('core_banking', ?, ?, ?)",
            [table, record_id, person],
        )
        connection.execute("insert into intermediate.int_identity__clusters values (hash(?), 1)", [address])
    connection.execute(
        f"create table intermediate.int_identity__links as select * from (values (1, 10, 'email', '{joins_as}'),"
        " (2, 10, 'login', 'person'), (3, 11, 'birth_date', null))"
        " as links(record_key, value_key, identifier_type, joins_as)"
    )
    connection.execute(
        "create table intermediate.int_identity__refused_links as select 2 as record_key, 10 as value_key,"
        f" 'national_id' as constraint_type where {refused}"
    )


def compare(most_examples: int = 5) -> Comparison:
    with duckdb.connect() as connection:
        connection.execute("create schema intermediate")
        put_state(connection, BEFORE, "reach", refused=False)
        keep_state(connection)
        put_state(connection, AFTER, "person", refused=True)
        return compare_states(connection, most_examples)


def test_merged_split_renamed_and_lost_are_told_apart() -> None:
    compared = compare()
    assert compared.person_moves == Moves(
        merging=2,
        merged_into=1,
        merging_records=2,
        splitting=1,
        split_into=2,
        splitting_records=2,
        renamed=1,
        gaining_records=1,
        losing_records=1,
    )
    (merged,) = compared.merged
    assert (merged.person_id, merged.record_count, merged.customer_count) == ("pa", 2, 2)
    assert merged.others == (("pa", 1, "core_banking.customers:1"), ("pb", 1, "core_banking.customers:2"))
    (split,) = compared.split
    assert (split.person_id, [part[0] for part in split.others]) == ("pc", ["pc", "px"])
    assert compared.reach_moves.merging == compared.reach_moves.splitting == 0


def test_totals_and_links_are_counted_by_outcome() -> None:
    compared = compare()
    assert {name: counts for name, *counts in compared.totals} == {
        "persons": [5, 5],
        "customers (persons with a customer number)": [2, 1],
        "records with a person": [6, 6],
        "reaches": [1, 1],
        "links admitted": [2, 1],
        "links refused": [0, 1],
    }
    assert compared.links == [
        ("email", "joins as reach", "joins as person", 1),
        ("login", "joins as person", "refused: national_id", 1),
    ]


def test_examples_can_be_left_out() -> None:
    compared = compare(most_examples=0)
    assert compared.merged == compared.split == []
    assert compared.person_moves.merging == 2
