"""Random links between records and values, made contradictory: shared values, facts that differ, decisions, limits."""

from __future__ import annotations

import random
from dataclasses import replace

from tests.identity.oracle import ANY, Limit, Link

BIRTH_DATE = 17
SPACE = 1_000_000


def random_limits(rng: random.Random) -> dict[int, Limit]:
    """Return limits for the types that random_links uses."""
    limits = {BIRTH_DATE: Limit(1)}
    if rng.random() < 0.5:
        limits[ANY] = Limit(rng.randint(2, 8))
    for type_no in range(1, 5):
        if rng.random() < 0.6:
            limits[type_no] = Limit(rng.randint(1, 3), rng.choice([None, None, 10]))
    return limits


def random_links(rng: random.Random) -> list[Link]:
    """Return the links of one small bank in which people share values more often than not."""
    type_count, pool = rng.randint(1, 4), rng.randint(1, 12)
    is_strong = {type_no: rng.random() < 0.6 for type_no in range(1, type_count + 1)}
    # In some banks people decide often, against each other as well.
    must_link_share, cannot_link_share = rng.choice([(0.15, 0.1), (0.15, 0.1), (0.5, 0.4)])
    shown: dict[tuple[int, int], Link] = {}
    for record in range(1, rng.randint(1, 25) + 1):
        links = []
        for _ in range(rng.randint(0, 4)):
            type_no = rng.randint(1, type_count)
            joins_as = "person" if is_strong[type_no] ^ (rng.random() < 0.1) else "reach"
            value = 1000 * type_no + rng.randint(1, pool)
            links.append(Link(record, value, type_no, joins_as, 0, day=rng.randint(0, 40)))
        if rng.random() < 0.5:
            links.append(Link(record, 9000 + rng.randint(1, 3), BIRTH_DATE, None, 0))
        if rng.random() < must_link_share:
            links.append(Link(record, 9800 + rng.randint(1, 3), 0, "person", 0))
        if rng.random() < cannot_link_share:
            decision = rng.randint(1, 2)
            side = 9500 + decision * 10 + rng.randint(0, 1)
            links.append(Link(record, side, -2, None, 0, limit_key=50_000 + decision))
        shown |= {(link.record, link.value): link for link in links}
    order = list(range(len(shown)))
    if rng.random() < 0.7:
        rng.shuffle(order)
    return [
        replace(link, rank=(10**9 if link.joins_as == "reach" else 0) + max(link.type_no, 0) * 10**6 + position)
        for link, position in zip(shown.values(), order, strict=True)
    ]


def many_graphs(seed: int, count: int) -> list[Link]:
    """Return the links of several graphs that share nothing, so that one run of the engine tries them all."""
    return [
        replace(
            link,
            record=link.record + number * SPACE,
            value=link.value + number * SPACE,
            rank=link.rank * 1000 + number,
            limit_key=link.limit_key + number * SPACE if link.limit_key else None,
        )
        for number in range(count)
        for link in random_links(random.Random(seed * 1000 + number))
    ]
