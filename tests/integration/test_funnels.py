"""The funnel macro against a loop that anybody can read, and what it says to declarations that are wrong."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.identity.macro_runner import CompilerError
from tests.integration.funnel_rules import Event, compiled, declared, looped

KINDS = "abcde"
STEPS = [{"step": "one", "event": "page_view"}, {"step": "two", "event": "search"}]
GOOD = {"within_days": 1, "steps": STEPS}


def random_case(seed: int) -> tuple[dict[str, Any], dict[str, Any], list[Event]]:
    """A funnel as declared, as the loop takes it, and events with many of the same moment."""
    rng = random.Random(seed)
    # Steps may share events, and a step may come twice.
    steps = [sorted(rng.sample(KINDS, rng.randint(1, 2))) for _ in range(rng.randint(2, 5))]
    strict, among = rng.random() < 0.5, rng.choice([["web"], ["web", "app"]])
    minutes = rng.choice([1, 3, 20])
    declaration = {
        "within_minutes": minutes,
        "order": "strict" if strict else "loose",
        "among": "channel in ('" + "', '".join(among) + "')",
        "steps": [{"step": f"s{number}", "event": kinds} for number, kinds in enumerate(steps)],
    }
    loop = {"steps": [set(kinds) for kinds in steps], "window": minutes * 60_000_000, "strict": strict, "among": among}
    moments = [rng.choice([0, 1, 30_000_000, 60_000_000 * rng.randint(0, 25)]) for _ in range(30)]
    events = [
        Event(rng.choice(["p1", "p2", "v1", None]), rng.choice(moments), rng.choice(KINDS), rng.choice(["web", "app"]))
        for _ in range(rng.randint(0, 60))
    ]
    return declaration, loop, events


@given(seed=st.integers(0, 10**9))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_macro_finds_what_a_loop_over_the_events_finds(seed: int) -> None:
    declaration, loop, events = random_case(seed)
    assert compiled(declared({"f": declaration})["f"], events) == looped(loop, events), f"seed {seed}"


def test_random_funnels_are_walked_to_the_end_and_dropped_out_of() -> None:
    """The property would say nothing if nobody came far, or if strict and loose were the same."""
    far = {(loop["strict"], found.step_no) for seed in range(300) for _, loop, events in [random_case(seed)]
           for found in looped(loop, events)}  # fmt: skip
    assert {(strict, step) for strict in (True, False) for step in (1, 2, 3, 4)} <= far
    cases = [random_case(seed)[1:] for seed in range(300)]
    differ = sum(looped({**loop, "strict": True}, e) != looped({**loop, "strict": False}, e) for loop, e in cases)
    assert differ > 50


@pytest.mark.parametrize(
    ("funnel", "message"),
    [
        ({"steps": STEPS}, "funnel f: exactly one of within_days, within_hours, within_minutes"),
        ({**GOOD, "within_hours": 2}, "funnel f: exactly one of"),
        ({**GOOD, "within_days": 0}, "must be a positive number"),
        ({**GOOD, "within_days": "ten"}, "must be a positive number"),
        ({**GOOD, "order": "any"}, "funnel f: order is loose or strict, not any"),
        ({**GOOD, "windw": 3}, "funnel f: windw is none of title, steps"),
        ({"within_days": 1}, "funnel f: steps is missing"),
        ({**GOOD, "steps": STEPS[:1]}, "funnel f: steps must be a list of 2 to 30 steps"),
        ({**GOOD, "steps": "page_view"}, "funnel f: steps must be a list"),
        ({**GOOD, "entered_in_last_days": -1}, "entered_in_last_days must be a positive number"),
        ({**GOOD, "steps": [*STEPS, {"step": "one", "event": "login"}]}, "funnel f, step 3: there is another step one"),
        ({**GOOD, "steps": [*STEPS, {"step": "x"}]}, "funnel f, step 3 (x): event or where must say what takes it"),
        ({**GOOD, "steps": [*STEPS, {"event": "login"}]}, "funnel f, step 3: step is missing"),
        ({**GOOD, "steps": [*STEPS, "login"]}, "funnel f, step 3: expected keys such as step"),
        (
            {**GOOD, "steps": [*STEPS, {"step": "x", "event": "logn"}]},
            "step 3 (x): logn is no event_kind of customer_tim",
        ),
        ("page_view", "funnel f: expected keys such as"),
    ],
)
def test_a_wrong_declaration_is_told_by_name(funnel: Any, message: str) -> None:
    with pytest.raises(CompilerError) as raised:
        declared({"f": funnel}, kinds=("page_view", "search", "login"))
    assert message in str(raised.value)


def test_a_good_declaration_gets_its_defaults() -> None:
    found = declared({"f": GOOD}, kinds=("page_view", "search"))["f"]
    assert (found["order"], found["among"], found["window_micros"]) == ("loose", "true", 86_400_000_000)
    assert [step["condition"] for step in found["steps"]] == ["event_kind in ('page_view')", "event_kind in ('search')"]
    assert declared({}) == {}


def test_names_are_plain() -> None:
    with pytest.raises(CompilerError, match="lower-case"):
        declared({"F-1": GOOD})
