"""Persons and links before and after a change of rules, compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

BEFORE = "before_the_trial"
CUSTOMERS = "source = 'core_banking' and table_name = 'customers'"

KEPT = {
    "person_records": "select source_name as source, table_name, record_id, person_id"
    " from intermediate.int_identity__person_records",
    "clusters": "select record_key, reach_key from intermediate.int_identity__clusters",
    "links": """
        select links.record_key, links.value_key, links.identifier_type,
            coalesce(refused.constraint_type, links.joins_as) as outcome,
            refused.record_key is not null as is_refused
        from intermediate.int_identity__links as links
        left join intermediate.int_identity__refused_links as refused
            on links.record_key = refused.record_key and links.value_key = refused.value_key
        where links.joins_as is not null
    """,
}


@dataclass(frozen=True)
class Regrouping:
    """A person that takes in several, or that falls into several.

    Attributes:
        person_id: The one: after the change for a merge, before it for a split.
        others: The several, largest first, with their records and one record's address each.
        record_count: Records of all of them.
        customer_count: Customer numbers among them.
    """

    person_id: str
    others: tuple[tuple[str, int, str], ...]
    record_count: int
    customer_count: int


@dataclass(frozen=True)
class Moves:
    """How many groups and records a change of rules moved.

    Attributes:
        merging: Groups that are no longer alone.
        merged_into: Groups that they became.
        merging_records: Records of these.
        splitting: Groups that fall apart.
        split_into: Groups that they became.
        splitting_records: Records of these.
        renamed: Groups of which nothing changed but the id.
        gaining_records: Records that had no group and have one.
        losing_records: Records that had a group and have none.
    """

    merging: int
    merged_into: int
    merging_records: int
    splitting: int
    split_into: int
    splitting_records: int
    renamed: int
    gaining_records: int
    losing_records: int


@dataclass(frozen=True)
class Comparison:
    """What a change of rules did.

    Attributes:
        totals: Name, before and after: persons, customers, records with a person, reaches, refused links.
        merged: Persons that come of several, largest first.
        split: Persons that fall into several, largest first.
        person_moves: Persons and records that merge, split, change their id, gain or lose a person, counted.
        reach_moves: The same of reaches.
        links: Type, outcome before, outcome after, links: only those whose outcome differs.
    """

    totals: list[tuple[str, int, int]]
    merged: list[Regrouping]
    split: list[Regrouping]
    person_moves: Moves
    reach_moves: Moves
    links: list[tuple[str, str, str, int]]


def keep_state(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep persons and links as they are, beside what the build is going to replace."""
    connection.execute(f"create schema {BEFORE}")
    for name, query in KEPT.items():
        connection.execute(f"create table {BEFORE}.{name} as {query}")


def compare_states(connection: duckdb.DuckDBPyConnection, most_examples: int) -> Comparison:
    """Compare what was kept with what is there now."""
    for name, query in KEPT.items():
        connection.execute(f"create or replace temp view now_{name} as {query}")
    connection.execute(
        f"""
        create or replace temp table moved as
        select
            coalesce(before.source, after.source) || '.' || coalesce(before.table_name, after.table_name)
            || ':' || coalesce(before.record_id, after.record_id) as address,
            coalesce(before.source, after.source) as source,
            coalesce(before.table_name, after.table_name) as table_name,
            before.person_id as was_group,
            after.person_id as is_group
        from {BEFORE}.person_records as before
        full outer join now_person_records as after
            on before.source = after.source and before.table_name = after.table_name
            and before.record_id = after.record_id
        """
    )
    connection.execute(
        f"""
        create or replace temp view moved_reaches as
        select before.reach_key as was_group, after.reach_key as is_group
        from {BEFORE}.clusters as before
        full outer join now_clusters as after on before.record_key = after.record_key
        """
    )
    return Comparison(
        totals=_count_totals(connection),
        merged=_find_regroupings(connection, "is_group", "was_group", most_examples),
        split=_find_regroupings(connection, "was_group", "is_group", most_examples),
        person_moves=_count_moves(connection, "moved"),
        reach_moves=_count_moves(connection, "moved_reaches"),
        links=_compare_links(connection),
    )


def _count_totals(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int, int]]:
    questions = {
        "persons": "select count(distinct person_id) from {}person_records",
        "customers (persons with a customer number)": "select count(distinct person_id) from {}person_records where "
        + CUSTOMERS,
        "records with a person": "select count(*) from {}person_records",
        "reaches": "select count(distinct reach_key) from {}clusters",
        "links admitted": "select count(*) filter (where not is_refused) from {}links",
        "links refused": "select count(*) filter (where is_refused) from {}links",
    }
    totals = []
    for name, question in questions.items():
        before, after = (
            int(connection.execute(question.format(place)).fetchall()[0][0]) for place in (f"{BEFORE}.", "now_")
        )
        totals.append((name, before, after))
    return totals


def _find_regroupings(connection: duckdb.DuckDBPyConnection, one: str, several: str, most: int) -> list[Regrouping]:
    rows = connection.execute(
        f"""
        with parts as (
            select {one} as person, {several} as other, count(*) as record_count, min(address) as address,
                count(*) filter (where {CUSTOMERS}) as customer_count
            from moved
            where {one} is not null and {several} is not null
            group by {one}, {several}
        ),
        regrouped as (
            select person, sum(record_count) as record_count, sum(customer_count) as customer_count
            from parts group by person having count(*) > 1
            order by sum(customer_count) desc, sum(record_count) desc, person
            limit {most}
        )
        select regrouped.person, cast(regrouped.record_count as bigint), cast(regrouped.customer_count as bigint),
            list((parts.other, parts.record_count, parts.address) order by parts.record_count desc, parts.other)
        from regrouped
        inner join parts on regrouped.person = parts.person
        group by all
        order by 3 desc, 2 desc, 1
        """
    ).fetchall()
    return [
        Regrouping(person, tuple(tuple(other) for other in others), records, customers)
        for person, records, customers, others in rows
    ]


def _count_moves(connection: duckdb.DuckDBPyConnection, table: str) -> Moves:
    row = connection.execute(
        f"""
        with pairs as (
            select was_group, is_group, count(*) as record_count from {table} group by was_group, is_group
        ),
        known as (
            select *,
                count(*) over (partition by is_group) as sources_of_new,
                count(*) over (partition by was_group) as parts_of_old
            from pairs where was_group is not null and is_group is not null
        )
        select
            count(distinct was_group) filter (where sources_of_new > 1),
            count(distinct is_group) filter (where sources_of_new > 1),
            coalesce(sum(record_count) filter (where sources_of_new > 1), 0),
            count(distinct was_group) filter (where parts_of_old > 1),
            count(distinct is_group) filter (where parts_of_old > 1),
            coalesce(sum(record_count) filter (where parts_of_old > 1), 0),
            count(*) filter (where sources_of_new = 1 and parts_of_old = 1 and was_group != is_group),
            (select coalesce(sum(record_count), 0) from pairs where was_group is null),
            (select coalesce(sum(record_count), 0) from pairs where is_group is null)
        from known
        """
    ).fetchall()[0]
    return Moves(*(int(count) for count in row))


def _compare_links(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str, int]]:
    def outcome(side: str) -> str:
        return (
            f"case when {side}.record_key is null then 'no link' when {side}.is_refused"
            f" then 'refused: ' || {side}.outcome else 'joins as ' || {side}.outcome end"
        )

    return connection.execute(
        f"""
        with outcomes as (
            select coalesce(before.identifier_type, after.identifier_type) as identifier_type,
                {outcome("before")} as outcome_before, {outcome("after")} as outcome_after
            from {BEFORE}.links as before
            full outer join now_links as after
                on before.record_key = after.record_key and before.value_key = after.value_key
        )
        select identifier_type, outcome_before, outcome_after, count(*) from outcomes
        where outcome_before != outcome_after
        group by identifier_type, outcome_before, outcome_after
        order by identifier_type, outcome_before, outcome_after
        """
    ).fetchall()
