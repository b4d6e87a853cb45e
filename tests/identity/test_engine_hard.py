"""Shapes that hang or blow up naive stitching, under a memory limit, with 1 to 8 threads."""

from __future__ import annotations

import pytest

from tests.identity.engine import Engine
from tests.identity.oracle import Limit

LENGTH, HUB = 10_000, 100_000


def insert(engine: Engine, query: str) -> None:
    engine.connection.execute(
        "insert into links select record_key, value_key, type_no, joins_as, link_rank, null, date '2020-01-01'"
        f" from ({query})"
    )


CHAIN = f"""
    select md5_number_lower('r' || n) as record_key, md5_number_lower('v' || (n + step)) as value_key, 3 as type_no,
        'person' as joins_as, {{rank}} as link_rank
    from range({LENGTH}) as r(n), (values (0), (1)) as s(step)
"""
HUB_OF_RECORDS = f"""
    select md5_number_lower('h' || n) as record_key, 7 as value_key, 3 as type_no, 'person' as joins_as,
        10000000 + n as link_rank
    from range({HUB}) as r(n)
"""
TWO_BIRTH_DATES = f"""
    select md5_number_lower('h' || n) as record_key, 90 + n % 2 as value_key, 17 as type_no, null as joins_as,
        90000000 + n as link_rank
    from range({HUB}) as r(n)
"""


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_a_long_chain_and_a_large_hub_without_limits(threads: int) -> None:
    engine = Engine(threads, memory_limit="2GB")
    engine.show([], {})
    insert(engine, CHAIN.format(rank="n * 2 + step"))
    insert(engine, HUB_OF_RECORDS)
    found = engine.stitch()
    assert len(found.person) == LENGTH + HUB
    assert len(set(found.person.values())) == 2
    assert not found.refused


# In order of rank, each link waits for the one before it: the worst case there is, and no daily one.
@pytest.mark.parametrize(
    "rank",
    [
        pytest.param("n * 2 + step", id="in order", marks=pytest.mark.slow),
        pytest.param("cast(hash(n, step) // 1000 as hugeint)", id="shuffled"),
    ],
)
def test_a_long_chain_is_cut_where_a_person_would_grow_too_large(rank: str) -> None:
    engine = Engine(memory_limit="2GB")
    engine.show([], {99: Limit(500)})
    insert(engine, CHAIN.format(rank=rank))
    found = engine.stitch()
    sizes: dict[int, int] = {}
    for person in found.person.values():
        sizes[person] = sizes.get(person, 0) + 1
    assert sum(sizes.values()) == LENGTH
    assert max(sizes.values()) <= 500
    # What was cut can't be joined again: each refusal lies between two persons that are too large together.
    assert len(found.refused) >= LENGTH / 500 - 1


def test_a_hub_whose_records_contradict_each_other() -> None:
    engine = Engine(memory_limit="2GB")
    engine.show([], {17: Limit(1)})
    insert(engine, HUB_OF_RECORDS)
    insert(engine, TWO_BIRTH_DATES)
    found = engine.stitch()
    sizes = sorted(
        {person: list(found.person.values()).count(person) for person in list(found.person.values())[:50]}.values()
    )
    assert sizes[-1] == HUB / 2, "those of the first birth date are one person"
    assert len(found.refused) == HUB / 2, "each of the others is refused by itself"
