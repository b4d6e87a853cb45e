"""Why two records are not one: the refused links between them, and what they share that joins nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardinal.identity.graph import Link, LinkGraph
from cardinal.identity.links import LEVELS, Level, LinkFact, describe_links
from cardinal.identity.masking import name_type, name_value
from cardinal.identity.records import NOTHING_SHOWN, Record, has_table, name_records, read_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

MOST_SHARED_VALUES = 5


def explain_separation(
    connection: duckdb.DuckDBPyConnection, one: Record, other: Record, levels: Sequence[Level]
) -> list[str]:
    """Say in lines of text what keeps two records apart: at the first level at which a refusal does, or nothing."""
    for record in (one, other):
        if record.linked_key is None:
            return [
                f"{record.name} shows nothing that may join: it belongs to no one.",
                *_describe_shared(connection, one, other, levels[-1]),
            ]
    if one.linked_key == other.linked_key:
        for level in levels:
            lines = _describe_refusals(connection, one, other, level)
            if lines:
                return lines
    return [
        "No admitted or refused link connects them.",
        *_describe_shared(connection, one, other, levels[-1]),
    ]


def _describe_refusals(connection: duckdb.DuckDBPyConnection, one: Record, other: Record, level: Level) -> list[str]:
    """Follow refused links from cluster to cluster, and say what each of them met."""
    start, end = _cluster(one, level), _cluster(other, level)
    rows = connection.execute(
        f"""
        with members as (
            select record_key, {level}_key as cluster from intermediate.int_identity__clusters
            where linked_key = $linked
        ),
        refused as (
            select members.cluster, refused.value_key, min(refused.record_key) as record_key, true as is_refused
            from intermediate.int_identity__refused_links as refused
            inner join members on refused.record_key = members.record_key
            where refused.joins_as in (select unnest(cast($joins as varchar[])))
            group by members.cluster, refused.value_key
        ),
        admitted as (
            select members.cluster, links.value_key, min(links.record_key) as record_key, false as is_refused
            from intermediate.int_identity__admitted_links as links
            inner join members on links.record_key = members.record_key
            where links.joins_as in (select unnest(cast($joins as varchar[])))
                and links.value_key in (select value_key from refused)
            group by members.cluster, links.value_key
        )
        from refused union all from admitted order by cluster, value_key, is_refused desc
        """,
        {"linked": one.linked_key, "joins": list(LEVELS[level])},
    ).fetchall()
    records = {Link(cluster, value): record for cluster, value, record, _ in rows}
    refused = {Link(cluster, value) for cluster, value, _, is_refused in rows if is_refused}
    order = {link.record: 0 for link in records}
    graph = LinkGraph(records, order, {link.value: 0 for link in records})
    chain = graph.find_chain(start, end) if start in order and end in order else None
    if chain is None:
        return []
    shown = {link: Link(records[link], link.value) for link in chain}
    names = name_records(connection, {link.record for link in shown.values()})
    facts = describe_links(connection, set(shown.values()))
    lines = ["", "What stands between them:"]
    for left, right in zip(chain[::2], chain[1::2], strict=True):
        ends = [names[shown[link].record] for link in (left, right)]
        lines.append(f"  {ends[0]} and {ends[1]} show the same {_name(facts[shown[left]])},")
        for link in (left, right):
            if link in refused:
                lines += _describe_refusal(connection, shown[link], names[shown[link].record])
    return lines


def _describe_refusal(connection: duckdb.DuckDBPyConnection, link: Link, name: str) -> list[str]:
    constraint, own, competing, competitor = connection.execute(
        "select constraint_type, own_value_key, competing_value_key, competing_record_key"
        " from intermediate.int_identity__refused_links where record_key = ? and value_key = ?",
        [link.record, link.value],
    ).fetchall()[0]
    against = name_records(connection, {competitor}).get(competitor) if competitor is not None else None
    met = f" It met {against}." if against else ""
    reason = describe_constraint(connection, constraint, own, competing)
    return [f"    but the link of {name} was refused: {reason}.{met}"]


def describe_constraint(
    connection: duckdb.DuckDBPyConnection, constraint: str, own: int | None, competing: int | None
) -> str:
    """Say which rule a link would have broken."""
    if constraint == "cannot_link":
        return "a decision made by hand keeps the two sides apart (cannot-link)"
    if constraint == "strict_person":
        return "a weak link never connects two persons"
    row = connection.execute(
        "select max_per_person, window_days from seeds.identifier_rules where identifier_type = ?", [constraint]
    ).fetchone()
    limit, window = row or (None, None)
    if constraint == "any":
        return f"together the two sides hold more than {limit:,} identifiers" if limit else "too many identifiers"
    noun = name_type(constraint)
    if limit == 1 or limit is None:
        differ = " (they hold different ones)" if own != competing else ""
        return f"a person has one {noun}, and the two sides would give it two{differ}"
    within = f" within {window:,} days" if window else ""
    return f"a person has at most {limit:,} of {noun}{within}, and together the two sides hold more"


def _describe_shared(connection: duckdb.DuckDBPyConnection, one: Record, other: Record, level: Level) -> list[str]:
    """Name values that both sides show but that join nothing: blocked ones, devices, parts, facts."""
    blocked = "intermediate.int_identity__blocked_values"
    known = has_table(connection, blocked)
    counted = "blocked.metric_value" if known and "metric_value" in read_columns(connection, blocked) else "null"
    reason = f"blocked.reason, concat_ws(' ', blocked.metric, {counted})" if known else "null, null"
    join = f"left join {blocked} as blocked on one.value_key = blocked.value_key" if known else ""
    rows = connection.execute(
        f"""
        with one as ({_side("one", level, one)}), other as ({_side("other", level, other)})
        select one.identifier_type, one.identifier_value, rules.role, {reason}
        from one
        inner join other on one.value_key = other.value_key
        left join seeds.identifier_rules as rules on one.identifier_type = rules.identifier_type
        {join}
        order by rules.role = 'joins' desc, rules.priority, one.identifier_type, one.value_key
        limit {MOST_SHARED_VALUES + 1}
        """,
        {"one": _key(one, level), "other": _key(other, level)},
    ).fetchall()
    lines = ["", "Both sides show, without being joined by it:"] if rows else []
    for identifier_type, value, role, why, metric in rows[:MOST_SHARED_VALUES]:
        lines.append(f"  {name_value(identifier_type, value)}: {_describe_no_join(role, why, metric)}")
    return [*lines, "  and more"] if rows[MOST_SHARED_VALUES:] else lines


def _describe_no_join(role: str | None, why: str | None, metric: str | None) -> str:
    if why:
        return f"it is blocked ({why}{f': {metric}' if metric else ''})"
    return {
        "observes": "a trace of a device or browser, which never makes persons one",
        "contradicts": "a fact that only tells people apart",
        "part": "it counts only together with others",
    }.get(role or "", "no link by it was admitted")


def _side(name: str, level: Level, record: Record) -> str:
    members = (
        f"select record_key from intermediate.int_identity__clusters where {level}_key = ${name}"
        if record.linked_key is not None
        else f"select ${name}"
    )
    return (
        "select identifier_type, value_key, any_value(identifier_value) as identifier_value"
        f" from intermediate.int_identity__record_identifiers where record_key in ({members})"
        f" and identifier_type != '{NOTHING_SHOWN}'"
        " group by identifier_type, value_key"
    )


def _key(record: Record, level: Level) -> int:
    return record.key if record.linked_key is None else _cluster(record, level)


def _cluster(record: Record, level: Level) -> int:
    key = record.person_key if level == "person" else record.reach_key
    assert key is not None  # noqa: S101 - whoever has a linked_key has these
    return key


def _name(facts: LinkFact) -> str:
    return name_value(facts.identifier_type, facts.value)
