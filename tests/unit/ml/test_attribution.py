"""Attribution of journeys, against the published example and against oracles that share nothing with it."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from datetime import date
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.attribution import NOBODY, Way, learn_chain, markov_credits, path_credits, shapley_credits

C1, C2, C3 = ("C1", "none"), ("C2", "none"), ("C3", "none")
EXAMPLE = [Way((C1, C2, C3), 1, 0), Way((C1,), 0, 1), Way((C2, C3), 0, 1)]
STEPS = [(name, "none") for name in "abcde"]

ways = st.lists(
    st.builds(
        Way,
        st.lists(st.sampled_from(STEPS), max_size=6).map(tuple),
        st.integers(0, 5).map(float),
        st.integers(0, 5).map(float),
    ),
    max_size=8,
)


def test_the_published_example():
    chain = learn_chain(EXAMPLE)
    assert chain.conversion_rate == pytest.approx(1 / 3, abs=1e-12)
    assert chain.removal_effects == pytest.approx({C1: 0.5, C2: 1.0, C3: 1.0}, abs=1e-12)
    assert markov_credits(EXAMPLE) == pytest.approx({C1: 0.2, C2: 0.4, C3: 0.4}, abs=1e-12)
    assert shapley_credits(EXAMPLE) == pytest.approx({C1: 1 / 3, C2: 1 / 3, C3: 1 / 3}, abs=1e-12)


def walk(journeys: list[Way], removed: object = None) -> Fraction:
    """The chance to convert, exactly: the equations of the chain solved by elimination in fractions."""
    moves: dict = defaultdict(lambda: defaultdict(Fraction))
    for way in journeys:
        if not way.steps:
            continue
        places = ["start", *way.steps]
        for here, there in itertools.pairwise(places):
            moves[here][there] += Fraction(way.converted + way.lost)
        moves[places[-1]]["converted"] += Fraction(way.converted)
        moves[places[-1]]["lost"] += Fraction(way.lost)
    names = [name for name, to in moves.items() if sum(to.values())]
    rows = []
    for name in names:
        total = sum(moves[name].values())
        row = {other: -moves[name][other] / total for other in names if other != removed}
        row[name] = row.get(name, Fraction(0)) + 1
        rows.append((row, Fraction(0) if name == removed else moves[name]["converted"] / total))
    solved: dict = {}
    while rows:
        place, (row, value) = next((n, found) for n, found in enumerate(rows) if any(found[0].values()))
        rows.pop(place)
        pivot = next(name for name, factor in row.items() if factor)
        scale = row.pop(pivot)
        row = {name: factor / scale for name, factor in row.items()}
        value /= scale
        rows = [
            (
                {
                    name: other.get(name, Fraction(0)) - other.get(pivot, Fraction(0)) * row.get(name, Fraction(0))
                    for name in {*other, *row} - {pivot}
                },
                known - other.get(pivot, Fraction(0)) * value,
            )
            for other, known in rows
        ]
        solved[pivot] = (row, value)
    result: dict = {}
    for name in reversed(solved):
        row, value = solved[name]
        result[name] = value - sum(factor * result[other] for other, factor in row.items() if factor)
    return result.get("start", Fraction(0))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(ways)
def test_removal_effects_are_what_the_chain_loses_without_a_step(journeys):
    chain = learn_chain(journeys)
    base = walk(journeys)
    assert chain.conversion_rate == pytest.approx(float(base), abs=1e-9)
    for step, effect in chain.removal_effects.items():
        expected = 1 - walk(journeys, step) / base if base else 0
        assert effect == pytest.approx(float(expected), abs=1e-9)


def worth(journeys: list[Way], together: frozenset) -> float:
    return sum(way.converted for way in journeys if way.steps and set(way.steps) <= together)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(ways)
def test_shapley_values_are_the_mean_over_all_orders(journeys):
    players = sorted({step for way in journeys for step in way.steps})
    expected = dict.fromkeys(players, 0.0)
    for order in itertools.permutations(players):
        for place, player in enumerate(order):
            before = frozenset(order[:place])
            expected[player] += worth(journeys, before | {player}) - worth(journeys, before)
    found = shapley_credits(journeys)
    for player in players:
        assert found[player] == pytest.approx(expected[player] / math.factorial(len(players)), abs=1e-9)


def test_shapley_values_of_twelve_channels_are_those_of_all_coalitions():
    players = [(f"c{n:02d}", "none") for n in range(12)]
    journeys = [Way(tuple(players[k] for k in range(12) if (n * 37 + 11) >> k & 1), n % 4, 0) for n in range(90)]
    size = len(players)
    mask = [(sum(1 << players.index(step) for step in way.steps), way.converted) for way in journeys if way.steps]
    value = [sum(count for steps, count in mask if steps & ~together == 0) for together in range(1 << size)]
    share = [math.factorial(k) * math.factorial(size - k - 1) / math.factorial(size) for k in range(size)]
    found = shapley_credits(journeys)
    for place, player in enumerate(players):
        bit = 1 << place
        expected = sum(
            share[together.bit_count()] * (value[together | bit] - value[together])
            for together in range(1 << size)
            if not together & bit
        )
        assert found[player] == pytest.approx(expected, abs=1e-9)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(ways)
def test_credits_add_up_to_the_conversions(journeys):
    total = sum(way.converted for way in journeys)
    for found in (markov_credits(journeys), shapley_credits(journeys)):
        assert math.fsum(found.values()) == pytest.approx(total, abs=1e-9)
        assert min(found.values(), default=0.0) >= -1e-9
        assert found.get(NOBODY, 0.0) == sum(way.converted for way in journeys if not way.steps)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(ways, st.randoms(use_true_random=False))
def test_repeats_and_order_of_the_rows_change_nothing(journeys, random):
    repeated = [
        Way(tuple(step for step in way.steps for _ in range(random.randint(1, 3))), way.converted, way.lost)
        for way in journeys
    ]
    random.shuffle(repeated)
    assert markov_credits(repeated) == pytest.approx(markov_credits(journeys), abs=1e-9)
    assert shapley_credits(repeated) == pytest.approx(shapley_credits(journeys), abs=1e-9)


PATHS = pl.Struct({"channel": pl.String, "campaign": pl.String})
SCHEMA = {
    "level": pl.String,
    "conversion_kind": pl.String,
    "month_end_date": pl.Date,
    "steps": pl.List(PATHS),
    "conversion_count": pl.Int64,
    "lost_count": pl.Int64,
}


def test_each_month_and_kind_is_credited_by_itself():
    def steps(*names: str) -> list[dict[str, str]]:
        return [{"channel": name, "campaign": "none"} for name in names]

    january, february = date(2024, 1, 31), date(2024, 2, 29)
    paths = pl.DataFrame(
        [
            ("channel", "lead", january, steps("C1", "C2", "C3"), 1, 0),
            ("channel", "lead", january, steps("C1"), 0, 1),
            ("channel", "lead", january, steps("C2", "C3"), 0, 1),
            ("channel", "lead", january, [], 2, 0),
            ("channel", "sale", january, steps("C1"), 3, 0),
            ("channel", "lead", february, steps("C2"), 0, 4),
        ],
        schema=SCHEMA,
        orient="row",
    )
    found = path_credits(paths)
    rows = {
        (kind, month, model, channel): credit
        for kind, month, model, channel, credit in found.select(
            "conversion_kind", "month_end_date", "attribution_model", "channel", "credit"
        ).iter_rows()
    }
    assert rows == pytest.approx(
        {
            ("lead", january, "markov", "C1"): 0.2,
            ("lead", january, "markov", "C2"): 0.4,
            ("lead", january, "markov", "C3"): 0.4,
            ("lead", january, "markov", "none"): 2.0,
            ("lead", january, "shapley", "C1"): 1 / 3,
            ("lead", january, "shapley", "C2"): 1 / 3,
            ("lead", january, "shapley", "C3"): 1 / 3,
            ("lead", january, "shapley", "none"): 2.0,
            ("sale", january, "markov", "C1"): 3.0,
            ("sale", january, "shapley", "C1"): 3.0,
        }
    )


def test_a_bank_without_journeys_has_credits_without_rows():
    found = path_credits(pl.DataFrame(schema=SCHEMA))
    assert found.is_empty()
    assert found.schema["month_end_date"] == pl.Date
