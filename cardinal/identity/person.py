"""One record's person: which records and identifiers make it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from cardinal.identity.masking import mask, name_type
from cardinal.identity.records import NOTHING_SHOWN, Record, check_tables, find_record

if TYPE_CHECKING:
    import duckdb

MOST_VALUES_OF_A_TYPE = 5


@dataclass(frozen=True)
class PersonCard:
    """What is known of a record's person.

    Attributes:
        record: The record asked for.
        record_count: Records of the person, or of its reach.
        sources: Source table, records, first and last day on which they showed something.
        identifiers: Type, masked value, evidence, what it joins, records that show it; of each type the commonest.
        left_out: Values left out, by type.
        refused_count: Links of these records that were refused.
    """

    record: Record
    record_count: int
    sources: list[tuple[str, int, date | None, date | None]]
    identifiers: list[tuple[str, str, str, str, int]]
    left_out: dict[str, int]
    refused_count: int


def describe_person(connection: duckdb.DuckDBPyConnection, address: str, with_reach: bool = False) -> PersonCard:
    """Read the records and identifiers of a record's person, or of its reach."""
    check_tables(connection)
    record = find_record(connection, address)
    key = record.reach_key if with_reach else record.person_key
    connection.execute(
        "create or replace temp table card_records as "
        + (
            "select $key as record_key"
            if key is None
            else "select record_key from intermediate.int_identity__clusters where"
            f" {'reach' if with_reach else 'person'}_key = $key"
        ),
        {"key": record.key if key is None else key},
    )
    connection.execute(
        """
        create or replace temp table card_identifiers as
        select * from intermediate.int_identity__record_identifiers
        where record_key in (select record_key from card_records)
        """
    )
    sources = connection.execute(
        """
        select source_name || '.' || table_name, count(distinct record_key),
            cast(min(seen_at) as date), cast(max(seen_at) as date)
        from card_identifiers group by source_name, table_name order by source_name, table_name
        """
    ).fetchall()
    rows = connection.execute(
        f"""
        with levels(evidence, rank) as (values ('authenticated', 1), ('verified', 2), ('declared', 3), ('observed', 4)),
        counted as (
            select
                shown.identifier_type,
                any_value(shown.identifier_value) as identifier_value,
                min_by(shown.evidence, levels.rank) as evidence,
                min(admitted.joins_as) as joins_as,
                count(distinct shown.record_key) as record_count,
                shown.value_key
            from card_identifiers as shown
            left join levels on shown.evidence = levels.evidence
            left join intermediate.int_identity__admitted_links as admitted
                on shown.record_key = admitted.record_key and shown.value_key = admitted.value_key
            where shown.identifier_type != '{NOTHING_SHOWN}'
            group by shown.identifier_type, shown.value_key
        )
        select counted.identifier_type, counted.identifier_value, counted.evidence, counted.joins_as,
            counted.record_count, count(*) over (partition by counted.identifier_type)
        from counted
        left join seeds.identifier_rules as rules on counted.identifier_type = rules.identifier_type
        qualify row_number() over (
            partition by counted.identifier_type order by counted.record_count desc, counted.value_key
        ) <= {MOST_VALUES_OF_A_TYPE}
        order by rules.priority, counted.identifier_type, counted.record_count desc, counted.value_key
        """
    ).fetchall()
    (record_count,) = connection.execute("select count(*) from card_records").fetchall()[0]
    (refused_count,) = connection.execute(
        "select count(*) from intermediate.int_identity__refused_links"
        " where record_key in (select record_key from card_records)"
    ).fetchall()[0]
    return PersonCard(
        record=record,
        record_count=record_count,
        sources=sources,
        identifiers=[
            (name_type(kind), mask(kind, value), evidence or "", joins_as or "-", count)
            for kind, value, evidence, joins_as, count, _ in rows
        ],
        left_out={
            name_type(kind): total - MOST_VALUES_OF_A_TYPE
            for kind, _, _, _, _, total in rows
            if total > MOST_VALUES_OF_A_TYPE
        },
        refused_count=refused_count,
    )
