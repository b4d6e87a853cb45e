"""The engine against a loop over all links, on thousands of small contradictory graphs."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.identity.engine import Engine
from tests.identity.macro_runner import CompilerError
from tests.identity.oracle import ANY, STRICT_PERSON, Limit, Link, stitch
from tests.identity.random_graphs import SPACE, many_graphs, random_limits

GRAPHS = 25
FEW = settings(max_examples=4, deadline=None, derandomize=True)
MANY = settings(max_examples=120, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def assert_equal_to_the_loop(engine: Engine, seed: int) -> None:
    links, limits = many_graphs(seed, GRAPHS), random_limits(random.Random(seed))
    engine.show(links, limits)
    found, expected = engine.stitch(), stitch(links, limits)
    for name in ("linked", "person", "reach", "refused"):
        one, other = getattr(found, name), getattr(expected, name)
        wrong = sorted({str(key) for key in one.keys() | other.keys() if one.get(key) != other.get(key)})
        assert not wrong, f"seed {seed}: {name} differs for {wrong[:5]}, graph is the part above {SPACE:,}"


@given(seed=st.integers(0, 10**6))
@FEW
def test_equals_the_loop_over_all_links(engine: Engine, seed: int) -> None:
    assert_equal_to_the_loop(engine, seed)


@pytest.mark.slow
@given(seed=st.integers(0, 10**9))
@MANY
def test_equals_the_loop_over_all_links_thousands_of_times(engine: Engine, seed: int) -> None:
    assert_equal_to_the_loop(engine, seed)


def test_twenty_orders_of_rows_and_several_thread_counts_give_the_same_bytes() -> None:
    links, limits = many_graphs(7, 8), random_limits(random.Random(7))
    seen = set()
    for shuffle in range(20):
        engine = Engine(threads=1 + shuffle % 8)
        shuffled = list(links)
        random.Random(shuffle).shuffle(shuffled)
        engine.show(shuffled, limits)
        engine.stitch()
        seen.add((str(engine.rows("clusters")), str(engine.rows("refused"))))
    assert len(seen) == 1


def test_rows_that_have_nothing_to_do_with_a_component_do_not_change_it(engine: Engine) -> None:
    links, limits = many_graphs(3, 10), random_limits(random.Random(3))
    engine.show(links, limits)
    engine.stitch()
    alone = engine.rows("clusters"), engine.rows("refused")
    engine.connection.execute(
        "insert into links select 1000000000 + n, 2000000000 + n // 3, 1 + n % 4,"
        " case when n % 5 = 0 then 'reach' else 'person' end, n * 7, null, date '2020-01-01'"
        " from range(1000000) as r(n)"
    )
    engine.stitch()
    for table, before in zip(("clusters", "refused"), alone, strict=True):
        related = f"select * from {table} where record_key < 1000000000 order by all"
        assert engine.connection.execute(related).fetchall() == before


@given(seed=st.integers(0, 10**6))
@FEW
def test_persons_are_parts_of_reaches_and_no_limit_is_broken(engine: Engine, seed: int) -> None:
    links, limits = many_graphs(seed, GRAPHS), random_limits(random.Random(seed))
    links = [link for link in links if link.type_no > 0]
    engine.show(links, limits)
    found = engine.stitch()
    reach_of: dict[int, int] = {}
    for record, person in found.person.items():
        assert reach_of.setdefault(person, found.reach[record]) == found.reach[record], "a person is in two reaches"
    strict = {found.person[link.record] for link in links if link.joins_as == "person"}
    strict_of: dict[int, set[int]] = {}
    for person in strict:
        strict_of.setdefault(reach_of[person], set()).add(person)
    assert max(map(len, strict_of.values()), default=0) <= 1, "a weak link connects two strict persons"

    held: dict[tuple[int, int], set[int]] = {}
    for link in links:
        if link.joins_as == "person" and (link.record, link.value) not in found.refused:
            for key in (link.type_no, ANY):
                held.setdefault((found.person[link.record], key), set()).add(link.value)
    for (_, key), values in held.items():
        if key in limits and limits[key].window_days is None:
            assert len(values) <= limits[key].max_count, f"seed {seed}: limit {key} is broken"


def test_no_weak_link_changes_a_person(engine: Engine) -> None:
    links, limits = many_graphs(11, 15), random_limits(random.Random(11))
    engine.show(links, limits)
    with_weak = engine.stitch().person
    engine.show([link for link in links if link.joins_as != "reach"], limits)
    without = engine.stitch().person
    assert {record: with_weak[record] for record in without} == without


def test_a_cannot_link_gives_what_would_be_had_the_link_never_been(engine: Engine) -> None:
    shown = [Link(1, 101, 2, "person", 10), Link(2, 101, 2, "person", 20), Link(2, 102, 3, "person", 30),
             Link(3, 102, 3, "person", 40)]  # fmt: skip
    engine.show([link for link in shown if link.rank != 20], {})
    never = engine.stitch()
    apart = [Link(1, 901, -2, None, 0, limit_key=555), Link(2, 902, -2, None, 0, limit_key=555)]
    engine.show(shown + apart, {})
    undone = engine.stitch()
    assert undone.person == never.person
    assert undone.reach == never.reach
    assert undone.refused == {(2, 101): 555}


def test_a_record_that_links_to_itself_is_a_person_and_joins_nobody(engine: Engine) -> None:
    links = [
        Link(1, 11, 2, "person", 1), Link(2, 11, 2, "person", 2), Link(2, 2, -1, "reach", 9),
        Link(3, 3, -1, "person", 3),
        Link(4, 12, 14, "reach", 20), Link(2, 12, 14, "reach", 21), Link(5, 12, 14, "reach", 22),
        Link(5, 21, 17, None, 30), Link(1, 22, 17, None, 31),
    ]  # fmt: skip
    engine.show(links, {17: Limit(1)})
    found = engine.stitch()
    assert found.person == {1: 1, 2: 1, 3: 3, 4: 4, 5: 5}
    assert found.reach == {1: 1, 2: 1, 3: 3, 4: 1, 5: 5}
    assert found.refused == {(5, 12): 17}


def test_a_value_that_two_persons_show_goes_to_the_first_and_both_keep_their_records(engine: Engine) -> None:
    links = [
        Link(1, 11, 1, "person", 1), Link(2, 12, 1, "person", 2), Link(3, 13, 14, "reach", 50),
        Link(1, 13, 14, "reach", 40), Link(2, 13, 14, "reach", 45),
    ]  # fmt: skip
    engine.show(links, {1: Limit(1)})
    found = engine.stitch()
    assert found.reach == {1: 1, 2: 2, 3: 1}
    assert found.refused == {(2, 13): 1}, "two national ids are the stronger reason than two strict persons"
    engine.show(links, {})
    assert engine.stitch().refused == {(2, 13): STRICT_PERSON}


def test_what_does_not_converge_says_so(engine: Engine) -> None:
    engine.show([Link(1, 11, 1, "person", 1), Link(1, 12, 1, "person", 2), Link(2, 11, 1, "person", 3)], {1: Limit(1)})
    engine.connection.execute("update links set link_rank = null")
    with pytest.raises(CompilerError, match=r"did not converge: round 1 decided none of 3 links"):
        engine.stitch()
