"""What each step of journeys is worth: Markov removal effects and Shapley values (docs/attribution.md)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import polars as pl

# A channel and a campaign; those of conversions that no touch led to.
Step = tuple[str, str]
NOBODY: Step = ("none", "none")
MODELS = ("markov", "shapley")
_GROUP = ("level", "conversion_kind", "month_end_date")
_START = 0


class Way(NamedTuple):
    """One way through the steps, and how many journeys that took it converted and didn't."""

    steps: tuple[Step, ...]
    converted: float
    lost: float = 0.0


class Chain(NamedTuple):
    """A first-order Markov chain that was learned from ways."""

    conversion_rate: float
    removal_effects: dict[Step, float]


def learn_chain(ways: Sequence[Way]) -> Chain:
    """Learn how journeys move from step to step, and what share of the conversions each step's absence costs.

    The removal effect of a step is 1 - P(conversion, if who comes to it is lost) / P(conversion). Who is lost there are
    those who ever reach it and would have converted from it, so that one inverse tells it of all steps.
    """
    walked = [way for way in ways if way.steps and way.converted + way.lost > 0]
    states = sorted({step for way in walked for step in way.steps})
    place = {step: number for number, step in enumerate(states, start=1)}
    size = len(states) + 1
    moves, converts, leaves = np.zeros((size, size)), np.zeros(size), np.zeros(size)
    for way in walked:
        numbers = [_START, *(place[step] for step in way.steps)]
        weight = way.converted + way.lost
        for here, there in itertools.pairwise(numbers):
            # Who stays where they are goes on later as if they hadn't.
            if here != there:
                moves[here, there] += weight
                leaves[here] += weight
        converts[numbers[-1]] += way.converted
        leaves[numbers[-1]] += weight
    if not converts.any():
        return Chain(0.0, dict.fromkeys(states, 0.0))
    visits = np.linalg.inv(np.eye(size) - moves / leaves[:, None])
    chance = visits @ (converts / leaves)
    reached = visits[_START] / np.diag(visits)
    effects = reached * chance / chance[_START]
    return Chain(float(chance[_START]), {step: float(effects[place[step]]) for step in states})


def markov_credits(ways: Sequence[Way]) -> dict[Step, float]:
    """Return the conversions of each step: all of them, shared by removal effects."""
    chain = learn_chain(ways)
    total = math.fsum(chain.removal_effects.values())
    conversions = math.fsum(way.converted for way in ways if way.steps)
    shared = {step: conversions * effect / total for step, effect in chain.removal_effects.items()} if total else {}
    return shared | _unled(ways)


def shapley_credits(ways: Sequence[Way]) -> dict[Step, float]:
    """Return the conversions of each step by its Shapley value.

    Steps that play together are worth the conversions of all journeys that needed no other step. That game is a sum of
    games which each pay when all steps of one journey are there, and those share alike: the value is exact for any
    number of steps, and nothing has to be tried.
    """
    parts: dict[Step, list[float]] = {}
    for way in ways:
        steps = sorted(set(way.steps))
        for step in steps:
            parts.setdefault(step, []).append(way.converted / len(steps))
    return {step: math.fsum(values) for step, values in parts.items()} | _unled(ways)


def _unled(ways: Sequence[Way]) -> dict[Step, float]:
    unled = math.fsum(way.converted for way in ways if not way.steps)
    return {NOBODY: unled} if unled else {}


def path_credits(paths: pl.DataFrame) -> pl.DataFrame:
    """Return one row per level, kind of conversion, month, model and step with its conversions.

    paths: `int_attribution__paths`.
    """
    import polars as pl

    rows: list[dict[str, Any]] = []
    for group, part in paths.sort(*_GROUP).group_by(*_GROUP, maintain_order=True):
        named = dict(zip(_GROUP, group, strict=True))
        ways = sorted(
            Way(tuple((step["channel"], step["campaign"]) for step in steps), float(converted), float(lost))
            for steps, converted, lost in part.select("steps", "conversion_count", "lost_count").iter_rows()
        )
        for model, found in zip(MODELS, (markov_credits(ways), shapley_credits(ways)), strict=True):
            rows += [
                named | {"attribution_model": model, "channel": channel, "campaign": campaign, "credit": credit}
                for (channel, campaign), credit in sorted(found.items())
                if credit
            ]
    schema: dict[str, Any] = {
        **{name: paths.schema[name] for name in _GROUP},
        **dict.fromkeys(("attribution_model", "channel", "campaign"), pl.String),
        "credit": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema)
