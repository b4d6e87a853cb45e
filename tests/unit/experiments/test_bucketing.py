"""The published vectors in Python and in SQL, and the same in both for any id."""

import json
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardinal.experiments.bucketing import assign, bucket_of, choose, hash_texts, layer_bucket_of, ranges_of
from cardinal.experiments.declaration import Arm, Layer
from tests.identity.macro_runner import MacroRunner
from tests.unit.experiments.samples import an_experiment

VECTORS = json.loads((Path(__file__).parent / "growthbook_vectors.json").read_text())
# Any letter but the surrogates, which no text may hold alone, and 0, which no id holds.
IDS = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
        st.sampled_from("น้ำใจก๊วยเตี๋ยว🏦e\u0301"),
    ),
    max_size=24,
)


@pytest.fixture(scope="module")
def macros():
    with duckdb.connect() as connection:
        yield MacroRunner(connection)


def in_sql(macros: MacroRunner, expression: str, pairs: list[tuple[str, str]]) -> list[float]:
    values = ", ".join("(?, ?, ?)" for _ in pairs)
    rows = [value for number, (left, right) in enumerate(pairs) for value in (number, left, right)]
    found = macros.connection.execute(
        f"select {expression} from (values {values}) as pairs (place, seed, unit) order by place", rows
    )
    return [value for (value,) in found.fetchall()]


@pytest.mark.parametrize(("seed", "unit", "version", "expected"), VECTORS["hash"])
def test_the_published_hashes(macros, seed, unit, version, expected):
    if version == 2:
        assert bucket_of(seed, [unit])[0] == expected
        assert in_sql(macros, macros.experiment_bucket("seed", "unit"), [(seed, unit)]) == [expected]
    else:
        # Version 1 is what layers use, whose seed is "__" and their name.
        assert hash_texts([unit + seed])[0] % 1_000 / 1_000 == expected
        assert in_sql(macros, f"{macros.fnv32a('unit || seed')} % 1000 / 1000.0", [(seed, unit)]) == [expected]


@pytest.mark.parametrize(("unit", "layer", "expected"), VECTORS["inNamespace"])
def test_the_published_namespaces(macros, unit, layer, expected):
    name, begin, end = layer
    place = layer_bucket_of(name, [unit])[0]
    assert (begin <= place < end) == expected
    assert in_sql(macros, macros.layer_bucket("seed", "unit"), [(name, unit)]) == [place]


def can_be_declared(count, coverage, weights):
    return 0 <= coverage <= 1 and (not weights or (len(weights) == count and abs(sum(weights) - 1) < 0.01))


@pytest.mark.parametrize(("arms", "expected"), [one for one in VECTORS["getBucketRange"] if can_be_declared(*one[0])])
def test_the_published_ranges(arms, expected):
    count, coverage, weights = arms
    weights = weights or [1 / count] * count
    assert ranges_of(weights, coverage) == [pytest.approx(one) for one in expected]


@pytest.mark.parametrize(("place", "ranges", "expected"), VECTORS["chooseVariation"])
def test_the_published_choices(place, ranges, expected):
    assert choose(np.array([place]), [tuple(one) for one in ranges])[0] == expected


@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(IDS, IDS), min_size=1, max_size=40))
def test_sql_and_python_agree_on_any_id(pairs):
    with duckdb.connect() as connection:
        macros = MacroRunner(connection)
        expected = [float(bucket_of(seed, [unit])[0]) for seed, unit in pairs]
        assert in_sql(macros, macros.experiment_bucket("seed", "unit"), pairs) == expected
        layers = [float(layer_bucket_of(seed, [unit])[0]) for seed, unit in pairs]
        assert in_sql(macros, macros.layer_bucket("seed", "unit"), pairs) == layers


def test_a_letter_beyond_two_bytes_is_two_units_as_in_javascript():
    # "🏦" is D83C DFE6: what a loop over charCodeAt gives.
    expected = 0x811C9DC5
    for unit in (0xD83C, 0xDFE6):
        expected = (expected ^ unit) * 0x01000193 % 2**32
    assert hash_texts(["🏦", ""]).tolist() == [expected, 0x811C9DC5]


@settings(max_examples=100, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 1000), min_size=1, max_size=4, unique=True),
    units=st.lists(IDS, min_size=1, max_size=200, unique=True),
    weight=st.floats(0.05, 0.95),
)
def test_experiments_of_a_layer_share_nobody_and_together_have_all(cuts, units, weight):
    bounds = sorted({0, *cuts, 1000})
    taken: dict[str, int] = dict.fromkeys(units, 0)
    for number, (begin, end) in enumerate(pairwise(bounds)):
        experiment = an_experiment(
            key=f"x{number}", layer=Layer("site", begin / 1000, end / 1000),
            arms=(Arm("a", weight), Arm("b", 1 - weight)),
        )  # fmt: skip
        for unit, arm in zip(units, assign(experiment, units), strict=True):
            taken[unit] += arm is not None
    assert taken == {unit: int(unit != "") for unit in units}


def test_arms_get_their_weights_and_two_experiments_draw_independently():
    units = [f"u{number}" for number in range(50_000)]
    arms = (Arm("a", 0.2), Arm("b", 0.3), Arm("c", 0.5))
    one, other = (np.array(assign(an_experiment(key=key, arms=arms), units)) for key in ("one", "other"))
    for arm in arms:
        # Five standard deviations of a binomial share.
        room = 5 * (arm.weight * (1 - arm.weight) / len(units)) ** 0.5
        assert abs((one == arm.name).mean() - arm.weight) < room
        both = (other[one == arm.name] == "a").mean()
        assert abs(both - 0.2) < 5 * (0.16 / (one == arm.name).sum()) ** 0.5


def test_coverage_leaves_the_rest_out_and_widening_it_moves_nobody():
    units = [f"u{number}" for number in range(5_000)]
    arms = (Arm("a", 0.5), Arm("b", 0.5))
    narrow = assign(an_experiment(arms=arms, coverage=0.2), units)
    wide = assign(an_experiment(arms=arms, coverage=0.6), units)
    assert 800 < sum(arm is not None for arm in narrow) < 1_200
    assert all(after == before for before, after in zip(narrow, wide, strict=True) if before)


def test_an_empty_id_is_nobody():
    assert assign(an_experiment(), ["", "u1"])[0] is None
