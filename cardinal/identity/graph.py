"""Records and the identifier values they show, as a graph: the shortest chain between two, and what would cut it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

Node = tuple[Literal["record", "value"], int]


@dataclass(frozen=True, order=True)
class Link:
    """A record shows an identifier value; both are named by their keys."""

    record: int
    value: int

    @property
    def nodes(self) -> tuple[Node, Node]:
        """The two ends in the graph, where a record and a value may have the same key."""
        return ("record", self.record), ("value", self.value)


@dataclass(frozen=True)
class Cuts:
    """What lies on every path between the two ends of a chain, each in the chain's order.

    Attributes:
        links: Links without any one of which the two ends are apart.
        values: Identifier values without any one of which they are apart.
        records: Records between the two without any one of which they are apart.
    """

    links: tuple[Link, ...]
    values: tuple[int, ...]
    records: tuple[int, ...]


class LinkGraph:
    """Links between records and values. Of chains that are equally short, the order of records and values decides."""

    def __init__(self, links: Iterable[Link], record_order: Mapping[int, Any], value_order: Mapping[int, Any]) -> None:
        self._order: dict[str, Mapping[int, Any]] = {"record": record_order, "value": value_order}
        self._neighbours: dict[Node, list[Node]] = defaultdict(list)
        for link in links:
            record, value = link.nodes
            self._neighbours[record].append(value)
            self._neighbours[value].append(record)

    def find_chain(self, start: int, end: int) -> tuple[Link, ...] | None:
        """Return the shortest chain of links from one record to another, None if nothing connects them.

        Each node of the chain is the first, by order, of those from which the next one is reached in as few links.
        """
        first: Node = ("record", start)
        last: Node = ("record", end)
        origin: dict[Node, Node | None] = {first: None}
        frontier: list[Node] = [first]
        while frontier and last not in origin:
            reached: dict[Node, Node] = {}
            for node in sorted(frontier, key=self._rank):
                for neighbour in self._neighbours[node]:
                    if neighbour not in origin:
                        reached.setdefault(neighbour, node)
            origin.update(reached)
            frontier = list(reached)
        if last not in origin:
            return None
        nodes: list[Node] = [last]
        while (before := origin[nodes[-1]]) is not None:
            nodes.append(before)
        nodes.reverse()
        return tuple(_link(one, other) for one, other in pairwise(nodes))

    def find_cuts(self, chain: tuple[Link, ...]) -> Cuts:
        """Return what every path between the ends of a chain has to pass.

        Any way round a part of the chain leaves it before that part and comes back behind it. So it is enough to know
        how far along the chain one can come back after leaving it up to a given node.
        """
        nodes = _nodes_of(chain)
        place = {node: number for number, node in enumerate(nodes)}
        furthest = 0
        seen: set[Node] = set()
        cut_links, cut_nodes = [], []
        for number, link in enumerate(chain):
            if number > 0 and furthest <= number:
                cut_nodes.append(nodes[number])
            furthest = max(furthest, self._find_furthest(nodes, number, place, seen))
            if furthest <= number:
                cut_links.append(link)
        return Cuts(
            links=tuple(cut_links),
            values=tuple(key for kind, key in cut_nodes if kind == "value"),
            records=tuple(key for kind, key in cut_nodes if kind == "record"),
        )

    def _find_furthest(self, nodes: list[Node], number: int, place: dict[Node, int], seen: set[Node]) -> int:
        """Leave the chain at a node, not along it, and return the last place at which one comes back to it."""
        furthest, start = number, nodes[number]
        following = nodes[number + 1] if number + 1 < len(nodes) else None
        waiting = [start]
        while waiting:
            node = waiting.pop()
            for neighbour in self._neighbours[node]:
                if neighbour in place:
                    if not (node == start and neighbour == following):
                        furthest = max(furthest, place[neighbour])
                elif neighbour not in seen:
                    seen.add(neighbour)
                    waiting.append(neighbour)
        return furthest

    def _rank(self, node: Node) -> tuple[Any, int]:
        kind, key = node
        return self._order[kind][key], key


def _link(one: Node, other: Node) -> Link:
    record, value = (one, other) if one[0] == "record" else (other, one)
    return Link(record[1], value[1])


def _nodes_of(chain: tuple[Link, ...]) -> list[Node]:
    """Return the nodes of a chain from record to record: links come in pairs that share a value."""
    nodes: list[Node] = [("record", chain[0].record)]
    for number, link in enumerate(chain):
        nodes.append(link.nodes[1] if number % 2 == 0 else link.nodes[0])
    return nodes
