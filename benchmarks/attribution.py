"""What do removal effects of a Markov chain cost: one inverse for all steps, or a chain for each one removed?

Both run in this one process over the same ways through channels and campaigns; the ratio between them is what
holds on another machine.

    python -m benchmarks.attribution --ways 50000 --campaigns 40
"""

from __future__ import annotations

import argparse
import random
import time

from ml.attribution import Step, Way, learn_chain, shapley_credits

SEED = 20261129
CHANNELS = 14


def make_ways(count: int, campaigns: int) -> list[Way]:
    """Return random ways of five steps in the mean, a few of which converted."""
    chance = random.Random(SEED)  # noqa: S311
    return [
        Way(
            tuple(
                (f"channel {chance.randrange(CHANNELS)}", f"campaign {chance.randrange(campaigns)}")
                for _ in range(min(30, 1 + int(chance.expovariate(0.25))))
            ),
            float(chance.randrange(3)),
            float(chance.randrange(30)),
        )
        for _ in range(count)
    ]


def without(ways: list[Way], removed: Step) -> float:
    """Return the chance to convert, learned again with everybody lost who comes to a step."""
    cut = []
    for way in ways:
        if removed in way.steps:
            kept = way.steps[: way.steps.index(removed)]
            cut.append(Way((*kept, ("lost", "lost")), 0.0, way.converted + way.lost))
        else:
            cut.append(way)
    return learn_chain(cut).conversion_rate


def main() -> None:
    """Print both times; the baseline is measured on a fiftieth of the steps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ways", type=int, default=50_000)
    parser.add_argument("--campaigns", type=int, default=40)
    options = parser.parse_args()
    ways = make_ways(options.ways, options.campaigns)
    begun = time.perf_counter()
    chain = learn_chain(ways)
    learned = time.perf_counter() - begun
    begun = time.perf_counter()
    shapley_credits(ways)
    shared = time.perf_counter() - begun
    steps = sorted(chain.removal_effects)[::50]
    begun = time.perf_counter()
    for step in steps:
        without(ways, step)
    solved = (time.perf_counter() - begun) / len(steps) * len(chain.removal_effects)
    print(f"{len(ways):,} ways of {len(chain.removal_effects)} steps")
    print(f"removal effects by one inverse   {learned:8.2f} s")
    print(f"a chain for each step removed    {solved:8.2f} s   x {solved / learned:,.0f}")
    print(f"Shapley values                   {shared:8.2f} s")


if __name__ == "__main__":
    main()
