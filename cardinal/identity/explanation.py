"""Why two records are one person or one reach: the chain between them, and what would part them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardinal.errors import CardinalError
from cardinal.identity.graph import Cuts, Link, LinkGraph
from cardinal.identity.links import Level, LinkFact, count_showing_records, describe_links, load_cluster
from cardinal.identity.masking import name_type, name_value
from cardinal.identity.records import Record, check_tables, find_record, name_records
from cardinal.identity.separation import explain_separation

if TYPE_CHECKING:
    import duckdb

PLURALS: dict[Level, str] = {"person": "persons", "reach": "reaches"}


@dataclass(frozen=True)
class Chain:
    """The shortest chain between two records of one cluster, with everything that is said about it.

    Attributes:
        links: Links from the first record to the second.
        cuts: What every other chain has to pass, too.
        names: The records of the chain, named.
        facts: What is known of each link.
        counts: How many records of the cluster show each value.
    """

    links: tuple[Link, ...]
    cuts: Cuts
    names: dict[int, str]
    facts: dict[Link, LinkFact]
    counts: dict[int, int]


def find_chain(connection: duckdb.DuckDBPyConnection, one: Record, other: Record, level: Level) -> Chain:
    """Find the shortest chain of admitted links between two records of one cluster, and its cuts."""
    graph: LinkGraph = load_cluster(connection, one, other, level)
    links = graph.find_chain(one.key, other.key)
    if links is None:
        raise CardinalError(
            f"{one.name} and {other.name} are one {level}, but no admitted links connect them: the identity"
            " tables are not of one build; run `dbt build`"
        )
    values = {link.value for link in links}
    return Chain(
        links=links,
        cuts=graph.find_cuts(links),
        names=name_records(connection, {link.record for link in links}),
        facts=describe_links(connection, set(links)),
        counts=count_showing_records(connection, values),
    )


def explain_pair(connection: duckdb.DuckDBPyConnection, first: str, second: str, with_reach: bool = False) -> list[str]:
    """Say in lines of text whether two records are one person, and why or why not.

    first, second: Addresses, `source.table:record_id`.
    with_reach: Explain the wider cluster, which weak links make, where the two are no person.
    """
    check_tables(connection)
    if first == second:
        raise CardinalError(f"{first} was given twice: give two records, or one to see its person")
    one, other = find_record(connection, first), find_record(connection, second)
    pair = f"{one.name} and {other.name}"
    if one.person_key is not None and one.person_key == other.person_key:
        lines = [f"{pair} are one person: {one.person_id}."]
        return lines + describe_chain(find_chain(connection, one, other, "person"), "person")
    if one.reach_key is not None and one.reach_key == other.reach_key:
        named = f" ({one.reach_id})" if one.reach_id else ""
        lines = [f"{pair} are two persons in one reach{named}: {_persons(one, other)}."]
        if with_reach:
            return lines + describe_chain(find_chain(connection, one, other, "reach"), "reach")
        lines += explain_separation(connection, one, other, ("person",))
        return [*lines, "Weaker links make them one reach: --reach shows which."]
    lines = [f"{pair} are neither one person nor one reach: {_persons(one, other)}."]
    return lines + explain_separation(connection, one, other, ("person", "reach"))


def _persons(one: Record, other: Record) -> str:
    return f"{one.person_id or 'no person'} and {other.person_id or 'no person'}"


def describe_chain(chain: Chain, level: Level) -> list[str]:
    """Put a chain and its cuts into lines of text."""
    steps = list(zip(chain.links[::2], chain.links[1::2], strict=True))
    lines = ["", f"The shortest chain between them has {_count(len(steps), 'step')}:"]
    for number, (left, right) in enumerate(steps, start=1):
        lines += _describe_step(chain, number, left, right)
    return [*lines, "", *_describe_cuts(chain, level)]


def _describe_step(chain: Chain, number: int, left: Link, right: Link) -> list[str]:
    facts = chain.facts[left]
    left_name, right_name = chain.names[left.record], chain.names[right.record]
    if facts.identifier_type == "must_link":
        return [f"  {number}. {left_name} and {right_name} were decided to be one by hand (must-link)."]
    value = name_value(facts.identifier_type, facts.value)
    shared = f"  {number}. {left_name} and {right_name} show the same {value}:"
    more = chain.counts[left.value] - 2
    others = f"; {more:,} more {'record shows' if more == 1 else 'records show'} it" if more > 0 else ""
    return [shared, f"     {_describe_evidence(chain, left)}; {_describe_evidence(chain, right)}{others}."]


def _describe_evidence(chain: Chain, link: Link) -> str:
    facts = chain.facts[link]
    seen = f", first seen {facts.seen}" if facts.seen else ""
    return f"{facts.evidence or 'decided by hand'} by {chain.names[link.record].split(' ')[0]}{seen}"


def _describe_cuts(chain: Chain, level: Level) -> list[str]:
    cuts = chain.cuts
    lines = []
    for value in cuts.values:
        facts = next(fact for link, fact in chain.facts.items() if link.value == value)
        lines.append(
            f"  without the {name_value(facts.identifier_type, facts.value)} as a whole"
            f" ({_count(chain.counts[value], 'record')} of this {level})"
        )
    lines += [f"  without the record {chain.names[record]}" for record in cuts.records]
    for link in cuts.links:
        kind = name_type(chain.facts[link].identifier_type)
        lines.append(f"  without the link between {chain.names[link.record]} and its {kind}")
    if not lines:
        return ["No single link, value or record holds them together: without any one of them, others connect them."]
    return [f"Each of these alone holds them together; without it they would be two {PLURALS[level]}:", *lines]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
