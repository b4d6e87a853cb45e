"""Chains and cuts of random graphs, against taking away one thing after the other."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cardinal.identity.graph import Link, LinkGraph

# Small keys, so that records and values often have the same one.
links_of_a_graph = st.sets(st.builds(Link, st.integers(0, 7), st.integers(0, 7)), max_size=18)
A, B = 0, 1


def graph_of(links: set[Link]) -> LinkGraph:
    return LinkGraph(sorted(links), {key: key % 3 for key in range(8)}, {key: key % 2 for key in range(8)})


def distance(links: set[Link], start: int = A, end: int = B) -> int | None:
    """Links from one record to the other, by letting the reached records and values grow until nothing more comes."""
    records, values, steps = {start}, set[int](), 0
    while end not in records:
        grown = {link.value for link in links if link.record in records}
        reached = {link.record for link in links if link.value in grown}
        if grown <= values and reached <= records:
            return None
        values, records, steps = values | grown, records | reached, steps + 2
    return steps


def connected(links: set[Link]) -> bool:
    return distance(links) is not None


@settings(max_examples=400, deadline=None)
@given(links_of_a_graph)
def test_the_chain_is_valid_and_none_is_shorter(links: set[Link]) -> None:
    chain = graph_of(links).find_chain(A, B)
    assert (None if chain is None else len(chain)) == distance(links)
    if chain:
        assert set(chain) <= links
        assert (chain[0].record, chain[-1].record) == (A, B)
        assert all(left.value == right.value for left, right in zip(chain[::2], chain[1::2], strict=True))
        assert all(left.record == right.record for left, right in zip(chain[1::2], chain[2::2], strict=False))


@settings(max_examples=400, deadline=None)
@given(links_of_a_graph)
def test_cuts_are_exactly_what_parts_the_two_when_taken_away(links: set[Link]) -> None:
    graph = graph_of(links)
    chain = graph.find_chain(A, B)
    if chain is None:
        return
    cuts = graph.find_cuts(chain)
    assert set(cuts.links) == {link for link in links if not connected(links - {link})}
    assert set(cuts.values) == {
        value for value in range(8) if not connected({link for link in links if link.value != value})
    }
    assert set(cuts.records) == {
        record
        for record in range(8)
        if record not in (A, B) and not connected({link for link in links if link.record != record})
    }


@settings(max_examples=100, deadline=None)
@given(links_of_a_graph, st.randoms(use_true_random=False))
def test_the_order_of_links_changes_nothing(links: set[Link], random: object) -> None:
    shuffled = sorted(links)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    orders = {key: key % 3 for key in range(8)}
    assert LinkGraph(shuffled, orders, orders).find_chain(A, B) == LinkGraph(sorted(links), orders, orders).find_chain(
        A, B
    )


def test_of_equal_chains_the_first_in_order_is_told() -> None:
    links = [Link(record, value) for record in (A, B) for value in (5, 6)]
    one_way = LinkGraph(links, {A: 0, B: 0}, {5: 2, 6: 1})
    assert one_way.find_chain(A, B) == (Link(A, 6), Link(B, 6))
    other_way = LinkGraph(links, {A: 0, B: 0}, {5: 1, 6: 2})
    assert other_way.find_chain(A, B) == (Link(A, 5), Link(B, 5))


def test_a_chain_of_ten_thousand_records_is_walked_and_every_link_is_a_cut() -> None:
    count = 10_000
    links = [Link(number, number + step) for number in range(count) for step in (0, 1)]
    order = dict.fromkeys(range(count + 1), 0)
    graph = LinkGraph(links, order, order)
    chain = graph.find_chain(0, count - 1)
    assert chain is not None
    assert len(chain) == 2 * (count - 1)
    cuts = graph.find_cuts(chain)
    assert cuts.links == chain
    assert len(cuts.records) == count - 2
