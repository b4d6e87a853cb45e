"""The semantics of the identity engine, written down as plainly as possible: one link after the other.

Slow on purpose, and of one piece: whoever doubts what the engine ought to do reads this.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

STRICT_PERSON, ANY = 98, 99


@dataclass(frozen=True)
class Link:
    """A record shows a value. `joins_as` None makes it a fact. `day` is when it was shown."""

    record: int
    value: int
    type_no: int
    joins_as: str | None
    rank: int
    limit_key: int | None = None
    day: int = 0


@dataclass(frozen=True)
class Limit:
    """So many values, ever or within any window of so many days."""

    max_count: int
    window_days: int | None = None


@dataclass
class Stitching:
    """record -> smallest record of its group, for each kind of group; and who refused what."""

    linked: dict[int, int] = field(default_factory=dict)
    person: dict[int, int] = field(default_factory=dict)
    reach: dict[int, int] = field(default_factory=dict)
    refused: dict[tuple[int, int], int] = field(default_factory=dict)


class _Clusters:
    """Union-find in which every cluster knows what it holds: limit -> {(value, day)}."""

    def __init__(self, limits: dict[int, Limit]) -> None:
        self.parent: dict[int, int] = {}
        self.held: dict[int, dict[int, set[tuple[int, int]]]] = {}
        self.limits = limits

    def find(self, node: int) -> int:
        self.parent.setdefault(node, node)
        while self.parent[node] != node:
            node = self.parent[node]
        return node

    def hold(self, node: int, limit_key: int, value: int, day: int) -> None:
        self.held.setdefault(self.find(node), {}).setdefault(limit_key, set()).add((value, day))

    def broken_by_union(self, one: int, other: int) -> int | None:
        mine, theirs = self.held.get(one, {}), self.held.get(other, {})
        for limit_key in sorted(mine.keys() & theirs.keys()):
            if _breaks(self.limits.get(limit_key, Limit(1)), mine[limit_key] | theirs[limit_key]):
                return limit_key
        return None

    def unite(self, one: int, other: int) -> None:
        self.parent[other] = one
        into = self.held.setdefault(one, {})
        for limit_key, held in self.held.pop(other, {}).items():
            into.setdefault(limit_key, set()).update(held)


def _breaks(limit: Limit, held: set[tuple[int, int]]) -> bool:
    if limit.window_days is None:
        return len({value for value, _ in held}) > limit.max_count
    return any(
        len({value for value, day in held if start <= day < start + limit.window_days}) > limit.max_count
        for _, start in held
    )


def stitch(links: Iterable[Link], limits: dict[int, Limit]) -> Stitching:
    """Stitch records into people, one link at a time; what people decided comes before everything else."""
    links = sorted(links, key=lambda link: (link.rank, link.record, link.value))
    must_links = [link for link in links if link.type_no == 0]
    decided = _Clusters({})
    for link in links:
        if link.limit_key:
            decided.hold(link.record, link.limit_key, link.value, 0)
    refused = _admit(decided, must_links)
    group_of = _named(decided, sorted({link.record for link in must_links}))
    seen_as, unmarked = _as_groups(links, group_of, limits)
    grouped = _stitch(seen_as, limits, unmarked)

    result = Stitching(refused=refused)
    records = {link.record for link in links if link.joins_as}
    for name in ("person", "reach"):
        found = getattr(grouped, name)
        setattr(result, name, {r: found.get(group_of.get(r, r), group_of.get(r, r)) for r in records})
    # Whatever any link reaches, refused ones included: what is decided of one may hang on the other.
    everything = _Clusters({})
    _admit(everything, [link for link in links if link.joins_as])
    result.linked = _named(everything, sorted(records))
    for link in links:
        limit_key = grouped.refused.get((group_of.get(link.record, link.record), link.value))
        if limit_key is not None and link.joins_as:
            result.refused[link.record, link.value] = limit_key
    return result


def _as_groups(links: list[Link], group_of: dict[int, int], limits: dict[int, Limit]) -> tuple[list[Link], set[int]]:
    """Let decided groups show what their records show, the first of what contradicts itself counting alone."""
    merged: dict[tuple[int, int], Link] = {}
    for link in links:
        if link.type_no != 0:
            key = (group_of.get(link.record, link.record), link.value)
            first = merged.get(key, link)
            merged[key] = replace(
                first,
                record=key[0],
                joins_as=min((x.joins_as for x in (first, link) if x.joins_as), default=None),
                day=min(first.day, link.day),
            )
    held: dict[tuple[int, int], list[Link]] = {}
    for link in sorted(merged.values(), key=lambda link: (link.rank, link.value)):
        if link.record in group_of.values():
            held.setdefault((link.record, link.limit_key or link.type_no), []).append(link)
    unmarked, void = set(), set()
    for (record, limit_key), shown in held.items():
        if shown[0].joins_as is None:
            void |= {(record, link.value) for link in shown[1:]}
        elif limit_key in limits and len(shown) > limits[limit_key].max_count:
            unmarked |= {link.value for link in shown[1:]}
    return [link for key, link in merged.items() if key not in void], unmarked


def _stitch(links: list[Link], limits: dict[int, Limit], unmarked: set[int]) -> Stitching:
    links = sorted(links, key=lambda link: (link.rank, link.record, link.value))
    joining = [link for link in links if link.joins_as]
    records = sorted({link.record for link in joining})
    result = Stitching()

    clusters = _Clusters(limits)
    for link in links:
        if link.joins_as is None:
            clusters.hold(link.record, link.limit_key or link.type_no, link.value, 0)
    for kind in ("person", "reach"):
        if kind == "reach":
            strict = {clusters.find(link.record) for link in joining if link.joins_as == "person"}
            for cluster in strict:
                clusters.hold(cluster, STRICT_PERSON, cluster, 0)
        links_of_kind = [link for link in joining if link.joins_as == kind]
        for link in links_of_kind:
            for limit_key in (link.type_no, ANY):
                if limit_key in limits and link.value not in unmarked:
                    clusters.hold(-link.value, limit_key, link.value, link.day)
        result.refused |= _admit(clusters, links_of_kind)
        setattr(result, kind, _named(clusters, records))
    return result


def _admit(clusters: _Clusters, links: list[Link]) -> dict[tuple[int, int], int]:
    """Unite what the links connect, one after the other; returns the limit that keeps each of the others apart."""
    refused = []
    for link in links:
        one, other = clusters.find(link.record), clusters.find(-link.value)
        if one == other:
            continue
        if clusters.broken_by_union(one, other) is None:
            clusters.unite(one, other)
        else:
            refused.append(link)
    # The reason is what keeps the two apart in the end; it was one of these when the link was refused.
    reasons = {}
    for link in refused:
        reason = clusters.broken_by_union(clusters.find(link.record), clusters.find(-link.value))
        assert reason is not None, "two clusters that break a limit together have become compatible"
        reasons[link.record, link.value] = reason
    return reasons


def _named(clusters: _Clusters, records: list[int]) -> dict[int, int]:
    smallest: dict[int, int] = {}
    for record in records:
        smallest.setdefault(clusters.find(record), record)
    return {record: smallest[clusters.find(record)] for record in records}
