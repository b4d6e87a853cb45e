"""Solving again only what changed gives the same rows as solving everything, whatever comes, goes, or is decided."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.identity.engine import Engine
from tests.identity.random_graphs import many_graphs, random_limits

STEPS = 4


def assert_incremental_equals_full(seed: int, graphs: int) -> None:
    rng = random.Random(seed)
    links, limits = many_graphs(seed, graphs), random_limits(rng)
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
        new = {record for record in records if record not in present and rng.random() < 0.4}
        gone = {record for record in present if rng.random() < 0.1}
        corrected = {record for record in present - gone if rng.random() < 0.1}
        for link in links:
            if link.record in corrected and rng.random() < 0.5:
                hidden ^= {(link.record, link.value)}
        present, changed = (present | new) - gone, new | gone | corrected


@given(seed=st.integers(0, 10**6))
@settings(max_examples=2, deadline=None, derandomize=True)
def test_incremental_equals_full(seed: int) -> None:
    assert_incremental_equals_full(seed, 25)


@pytest.mark.slow
@given(seed=st.integers(0, 10**9))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_incremental_equals_full_a_thousand_times(seed: int) -> None:
    assert_incremental_equals_full(seed, 40)


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
