"""Solving again only what changed gives the same rows as solving everything, whatever comes, goes, or is decided."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.identity.engine import Engine
from tests.identity.oracle import Limit, Link
from tests.identity.random_graphs import many_graphs, random_limits

STEPS = 4


def assert_incremental_equals_full(seed: int, graphs: int, *, only_grows: bool = False) -> None:
    """Let records come, and unless they only grow, go and be corrected as well."""
    rng = random.Random(seed)
    links, limits = many_graphs(seed, graphs), random_limits(rng)
    if only_grows:
        # Looser, so that there are components in which nothing is at stake.
        limits = {key: replace(limit, max_count=limit.max_count * 3) for key, limit in limits.items()}
    engine = Engine()
    records = sorted({link.record for link in links})
    present = {record for record in records if rng.random() < 0.5}
    hidden: set[tuple[int, int]] = set()
    changed = set(present)
    for step in range(STEPS):
        engine.show(
            [link for link in links if link.record in present and (link.record, link.value) not in hidden], limits
        )
        engine.restitch(changed)
        engine.stitch()
        for held, full in (("held_clusters", "clusters"), ("held_refused", "refused")):
            assert engine.rows(held) == engine.rows(full), f"seed {seed}, step {step}: {held} isn't the full {full}"
        held, full = engine.rows("held_tallies"), engine.rows("tallies")
        if only_grows:
            # How many values a component holds is counted from above while it grows; what it holds is known.
            held, full = ([row for row in rows if row[3] is not None] for rows in (held, full))
        assert held == full, f"seed {seed}, step {step}: what is tallied isn't what a full stitching tallies"
        new = {record for record in records if record not in present and rng.random() < 0.4}
        share = 0 if only_grows else 0.1
        gone = {record for record in present if rng.random() < share}
        corrected = {record for record in present - gone if rng.random() < share}
        for link in links:
            if link.record in corrected and rng.random() < 0.5:
                hidden ^= {(link.record, link.value)}
        present, changed = (present | new) - gone, new | gone | corrected


@given(seed=st.integers(0, 10**6))
@settings(max_examples=2, deadline=None, derandomize=True)
def test_incremental_equals_full(seed: int) -> None:
    assert_incremental_equals_full(seed, 25)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=2, deadline=None, derandomize=True)
def test_growing_equals_full(seed: int) -> None:
    assert_incremental_equals_full(seed, 25, only_grows=True)


@pytest.mark.slow
@given(seed=st.integers(0, 10**9), only_grows=st.booleans())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_incremental_equals_full_a_thousand_times(seed: int, only_grows: bool) -> None:
    assert_incremental_equals_full(seed, 40, only_grows=only_grows)


# What of a person with one phone is solved again when a record comes: nothing, or the whole component.
PERSON = [Link(10, 1001, 1, "person", 1), Link(11, 1001, 1, "person", 2), Link(11, 2001, 2, "reach", 1001)]
OTHER = [Link(20, 1002, 1, "person", 3), Link(20, 9001, 17, None, 2000)]


@pytest.mark.parametrize(
    ("come", "solved"),
    [
        ([Link(12, 1001, 1, "person", 5)], set()),
        ([Link(5, 1001, 1, "person", 5), Link(5, 2001, 2, "reach", 1002)], set()),
        ([Link(12, 2001, 2, "reach", 1002)], set()),
        ([Link(12, 1003, 1, "person", 5)], set()),
        ([Link(12, 1001, 1, "person", 5), Link(12, 1002, 1, "person", 6)], set()),
        ([Link(12, 1001, 1, "person", 5), Link(12, 9001, 17, None, 2000)], set()),
        # A second strict person in the reach, a second phone of one that may be had, another birth date, a decision.
        ([Link(12, 1003, 1, "person", 5), Link(12, 2001, 2, "reach", 1002)], {10, 11, 12}),
        ([Link(12, 1001, 1, "person", 5), Link(12, 2002, 2, "reach", 1002)], {10, 11, 12}),
        ([Link(21, 1002, 1, "person", 5), Link(21, 9002, 17, None, 2000)], {20, 21}),
        ([Link(12, 2001, 2, "person", 5)], {10, 11, 12}),
        ([Link(12, 1001, 1, "person", 5), Link(12, 9801, 0, "person", 0)], {10, 11, 12}),
    ],
)  # fmt: skip
def test_only_what_is_at_stake_is_solved_again(come: list[Link], solved: set[int]) -> None:
    engine = Engine()
    limits = {2: Limit(1), 17: Limit(1)}
    engine.show(PERSON + OTHER, limits)
    engine.restitch({10, 11, 20})
    engine.show(PERSON + OTHER + come, limits)
    new = {link.record for link in come}
    engine.connection.execute(
        f"create or replace temporary table changed as select unnest({sorted(new)}::ubigint[]) as record_key"
    )
    engine.macros.grow_components("held_clusters", "links", "changed", "limits", "held_tallies", "probe")
    assert {row[0] for row in engine.rows("probe_touched")} == solved
    engine.restitch(new)
    engine.stitch()
    assert engine.rows("held_clusters") == engine.rows("clusters")
    assert engine.rows("held_refused") == engine.rows("refused")


def test_a_refused_must_link_is_kept_when_only_one_side_is_touched() -> None:
    """1 and 2 must be one and must not be one: the earlier decision is refused, and stays so when 2 gets company."""
    links = [
        Link(1, 9801, 0, "person", 0),
        Link(2, 9801, 0, "person", 1),
        Link(1, 9500, -2, None, 2, limit_key=50_000),
        Link(2, 9501, -2, None, 3, limit_key=50_000),
        Link(1, 1001, 1, "person", 10),
        Link(2, 1002, 1, "person", 11),
    ]
    engine = Engine()
    engine.show(links, {})
    assert engine.restitch({1, 2}).refused == {(2, 9801): 50_000}
    engine.show([*links, Link(3, 1002, 1, "person", 12)], {})
    engine.restitch({3})
    engine.stitch()
    assert engine.rows("held_refused") == engine.rows("refused")
    assert engine.rows("held_clusters") == engine.rows("clusters")


def test_what_a_day_does_not_reach_is_not_even_rewritten() -> None:
    engine = Engine()
    links = many_graphs(5, 20)
    engine.show(links, {})
    engine.restitch({link.record for link in links})
    first = min(link.record for link in links)
    before = dict(engine.connection.execute("select record_key, rowid from held_clusters").fetchall())
    engine.restitch({first})
    after = dict(engine.connection.execute("select record_key, rowid from held_clusters").fetchall())
    component = engine.connection.execute(
        "select record_key from held_clusters"
        f" where linked_key = (select linked_key from held_clusters where record_key = {first})"
    ).fetchall()
    moved = {record for record in before if before[record] != after[record]}
    assert moved <= {row[0] for row in component}
