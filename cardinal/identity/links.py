"""The admitted links of one cluster, as few of them as tell the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from cardinal.identity.graph import Link, LinkGraph
from cardinal.identity.records import Record

if TYPE_CHECKING:
    import duckdb

Level = Literal["person", "reach"]
LEVELS: dict[Level, tuple[str, ...]] = {"person": ("person",), "reach": ("person", "reach")}

# A record or value on no circle and no path to the two asked for is left in the database, and of the many records
# that show exactly the same values two are enough: with two, no link of either is one that everything hangs on.
KEPT_ALIKE = 2


@dataclass(frozen=True)
class LinkFact:
    """What is known of one link.

    Attributes:
        identifier_type: Type of the value.
        value: The value itself; never printed, only masked.
        evidence: How it is known to belong to the record, None where a person decided it.
        seen: Day on which the record showed it.
    """

    identifier_type: str
    value: str | None
    evidence: str | None
    seen: date | None


def load_cluster(connection: duckdb.DuckDBPyConnection, one: Record, other: Record, level: Level) -> LinkGraph:
    """Load what connects the records of the cluster that two records share, without what leads nowhere."""
    gather_links(connection, one, level)
    rows = connection.execute(
        f"""
        with shared_values as (
            select value_key from cluster_links group by value_key having count(*) > 1
        ),
        records as (
            select
                record_key,
                list(value_key order by value_key) filter (where value_key in (from shared_values)) as shown,
                record_key in ($one, $other) as is_asked,
                coalesce(min(seen_date), date '9999-12-31') as seen_date
            from cluster_links
            group by record_key
        ),
        kept as (
            select * from records
            where is_asked or len(shown) > 1
            qualify is_asked or {KEPT_ALIKE} >= row_number() over (
                partition by is_asked, shown order by seen_date, record_key
            )
        )
        select kept.record_key, kept.seen_date, links.value_key, links.priority
        from kept
        inner join cluster_links as links on kept.record_key = links.record_key
        where links.value_key in (from shared_values)
        order by kept.record_key, links.value_key
        """,
        {"one": one.key, "other": other.key},
    ).fetchall()
    record_order = {record: seen for record, seen, _, _ in rows}
    value_order = {value: priority for _, _, value, priority in rows}
    return LinkGraph((Link(record, value) for record, _, value, _ in rows), record_order, value_order)


def gather_links(connection: duckdb.DuckDBPyConnection, record: Record, level: Level) -> None:
    """Put the admitted links of a record's cluster into the temporary table cluster_links, within the database."""
    connection.execute(
        f"""
        create or replace temp table cluster_links as
        select
            links.record_key,
            links.value_key,
            links.identifier_type,
            links.seen_date,
            coalesce(rules.priority, 0) as priority
        from intermediate.int_identity__admitted_links as links
        left join seeds.identifier_rules as rules on links.identifier_type = rules.identifier_type
        where links.joins_as in (select unnest(cast($joins as varchar[])))
            and links.record_key in (
                select record_key from intermediate.int_identity__clusters where {level}_key = $cluster
            )
        """,
        {"joins": list(LEVELS[level]), "cluster": record.person_key if level == "person" else record.reach_key},
    )


def count_showing_records(connection: duckdb.DuckDBPyConnection, values: set[int]) -> dict[int, int]:
    """Count the records of the gathered cluster that show each value."""
    rows = connection.execute(
        "select value_key, count(*) from cluster_links where value_key in (select unnest(cast($values as ubigint[])))"
        " group by value_key",
        {"values": sorted(values)},
    ).fetchall()
    return dict(rows)


def describe_links(connection: duckdb.DuckDBPyConnection, links: set[Link]) -> dict[Link, LinkFact]:
    """Look up what is known of links; a decision made by hand is no identifier that a record shows."""
    pairs = sorted(links)
    rows = connection.execute(
        """
        with wanted as (
            select unnest(cast($records as ubigint[])) as record_key, unnest(cast($values as ubigint[])) as value_key
        )
        select
            wanted.record_key,
            wanted.value_key,
            any_value(coalesce(shown.identifier_type, links.identifier_type)),
            any_value(shown.identifier_value),
            min(shown.evidence),
            cast(min(coalesce(shown.seen_at, links.seen_date)) as date)
        from wanted
        left join intermediate.int_identity__record_identifiers as shown
            on wanted.record_key = shown.record_key and wanted.value_key = shown.value_key
        left join intermediate.int_identity__links as links
            on wanted.record_key = links.record_key and wanted.value_key = links.value_key
        group by wanted.record_key, wanted.value_key
        """,
        {"records": [link.record for link in pairs], "values": [link.value for link in pairs]},
    ).fetchall()
    return {Link(record, value): LinkFact(*facts) for record, value, *facts in rows}
