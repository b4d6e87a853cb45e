"""A simulated cohort for tests to look at."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from cardinal.contracts import load_contracts
from cardinal.demo.cohort import Cohort
from cardinal.demo.harvest import TableKey
from cardinal.demo.months import Month
from cardinal.demo.simulation import begin_cohort, simulate_month
from cardinal.settings import PROJECT_DIR

PERSONS, MONTHS, START = 3_000, 10, 2026 * 12


@dataclass(frozen=True)
class World:
    """A simulated cohort and everything that happened, before any error is planted."""

    cohort: Cohort
    frames: dict[TableKey, pl.DataFrame]

    def table(self, source: str, name: str) -> pl.DataFrame:
        return self.frames[source, name]


def make_world() -> World:
    """Simulate one cohort for MONTHS months."""
    seed = 21
    print(f"seed {seed}")
    contracts = load_contracts(PROJECT_DIR)
    cohort = begin_cohort(seed, 0, 1, PERSONS, START)
    months = [simulate_month(cohort, Month(START + n), contracts) for n in range(MONTHS)]
    keys = {key for frames in months for key in frames}
    return World(cohort, {key: pl.concat([frames[key] for frames in months if key in frames]) for key in keys})
