"""The contact budget: no caps are broken, and no other choice serves the priorities better."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.compiled_models import run_model

MODEL = "activation/audience_decisions.sql"
CHANNELS = ("email", "sms", "ads")
# Channel, priority, whether they may get it, and whether it is a contact: who is on a list already has had theirs.
WANTED = st.tuples(st.sampled_from(CHANNELS), st.integers(1, 3), st.booleans(), st.booleans())


Wanted = tuple[str, int, bool, bool]
# Contacts left by channel; None where there is no cap.
Left = dict[str, int | None]


@pytest.fixture(scope="module")
def memory() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def decide(connection: duckdb.DuckDBPyConnection, wanted: list[Wanted], left: Left, budget: int) -> set[int]:
    connection.execute("""
        create or replace table audience_checks (
            audience varchar, person_id varchar, purpose varchar, channel varchar, priority integer,
            has_consent boolean, consent_since_at timestamp, is_reachable boolean, is_address_shared boolean,
            is_contactable boolean,
            suppression_reasons varchar, is_outside_global_holdout boolean, is_outside_holdout boolean,
            experiment_key varchar, arm varchar, is_in_arm boolean,
            is_contact boolean, channel_contacts_left integer, contacts_left integer
        )
    """)
    rows = [
        (
            f"{number:02}", "p", "marketing", channel, priority, is_eligible, None, True, False, True, None, True, True,
            None, None, True, is_contact and channel != "ads", None if channel == "ads" else left[channel], budget,
        )
        for number, (channel, priority, is_eligible, is_contact) in enumerate(wanted)
    ]  # fmt: skip
    if rows:
        connection.executemany(f"insert into audience_checks values ({', '.join('?' * 19)})", rows)
    return {int(row[0]) for row in run_model(connection, MODEL) if row[-2]}


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    wanted=st.lists(WANTED, max_size=7),
    left=st.fixed_dictionaries({"email": st.integers(0, 3), "sms": st.none() | st.integers(0, 3)}),
    budget=st.integers(0, 4),
)
def test_no_allowed_choice_serves_the_priorities_better(
    memory: duckdb.DuckDBPyConnection, wanted: list[Wanted], left: Left, budget: int
) -> None:
    chosen = decide(memory, wanted, left, budget)
    eligible = [number for number, row in enumerate(wanted) if row[2]]
    # Any weights that fall with priority: where audiences are served in order of it, each sum of them is the greatest.
    order = sorted(eligible, key=lambda number: (wanted[number][1], number))
    for weigh in (lambda place: 2.0**-place, lambda place: 10.0 - place, lambda _: 1.0):
        weight = {number: weigh(place) for place, number in enumerate(order)}
        best = max(
            sum(weight[number] for number in choice)
            for size in range(len(eligible) + 1)
            for choice in combinations(eligible, size)
            if fits(choice, wanted, left, budget)
        )
        assert fits(tuple(chosen), wanted, left, budget)
        assert sum(weight[number] for number in chosen) == pytest.approx(best)
    assert chosen <= set(eligible)


def fits(choice: tuple[int, ...], wanted: list[Wanted], left: Left, budget: int) -> bool:
    counts = Counter(wanted[number][0] for number in choice if wanted[number][0] != "ads" and wanted[number][3])
    return counts.total() <= budget and all(
        (cap := left[channel]) is None or count <= cap for channel, count in counts.items()
    )
