"""Deliveries: what a cohort has lived and the bank has not sent yet, and sending it day by day or month by month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from cardinal.demo.cohort import Cohort, load_cohort
from cardinal.demo.declarations import ask_from_now_on
from cardinal.demo.drops import write_drop
from cardinal.demo.errors import KINDS, plant
from cardinal.demo.harvest import DUE, MARK, TRUTH, Contracts, TableKey, column_type
from cardinal.demo.months import Month, as_date, epoch_day, month_number
from cardinal.demo.randomness import stream
from cardinal.demo.simulation import begin_cohort, simulate_market, simulate_month
from cardinal.demo.truth import person_truth, planted_rows, seen_records

Frames = dict[TableKey, pl.DataFrame]


@dataclass(frozen=True)
class Plan:
    """What one run has to do for one cohort.

    Attributes:
        project_dir: Where the contracts are.
        inbox, truth: Where files go.
        before, after: Folders of all cohorts' states before and after the run.
        seed, persons: Of the whole bank.
        number: The cohort; -1 is the market, which belongs to nobody.
        first_person, size: The cohort's people.
        start_month: Where the history begins.
        simulated: The last month already simulated, start_month - 1 if none.
        through: Last days of the deliveries to make, in order.
    """

    project_dir: Path
    inbox: Path
    truth: Path
    before: Path
    after: Path
    seed: int
    persons: int
    number: int
    first_person: int
    size: int
    start_month: int
    simulated: int
    through: tuple[date, ...]

    @property
    def name(self) -> str:
        """The folder of the cohort's state."""
        return f"cohort-{self.number:04d}" if self.number >= 0 else "market"


@dataclass
class Tally:
    """What a run wrote for one cohort."""

    rows: Counter[str] = field(default_factory=Counter)
    planted: Counter[str] = field(default_factory=Counter)
    files: int = 0
    bytes: int = 0


def delivery_days(start: date, until: date) -> tuple[date, ...]:
    """Return the last day of each delivery: every month's end, and `until`."""
    ends = [as_date(Month(n).last_day) for n in range(month_number(start), month_number(until) + 1)]
    return (*(end for end in ends if end < until), until)


def deliver(plan: Plan, contracts: Contracts) -> Iterator[Tally]:
    """Make the plan's deliveries; yields the tally after each, the same object every time."""
    tally = Tally()
    simulated = plan.simulated
    cohort = _wake(plan)
    pending = _load_pending(plan.before / plan.name, contracts)
    for through in plan.through:
        while simulated < month_number(through):
            simulated += 1
            _merge(pending, _live(plan, cohort, Month(simulated), contracts))
        _send(plan, through, pending, contracts, tally)
        yield tally
    _rest(plan, cohort, Month(simulated), pending)


def _live(plan: Plan, cohort: Cohort | None, month: Month, contracts: Contracts) -> Frames:
    if cohort is None:
        return simulate_market(plan.seed, plan.persons, month, contracts)
    frames = simulate_month(cohort, month, contracts)
    return plant(frames, contracts, stream(plan.seed, plan.number, month.number, "errors"))


def _wake(plan: Plan) -> Cohort | None:
    if plan.number < 0:
        return None
    if plan.simulated < plan.start_month:
        return begin_cohort(plan.seed, plan.number, plan.first_person, plan.size, plan.start_month)
    cohort = load_cohort(plan.before / plan.name / "people.npz")
    ask_from_now_on(cohort)
    return cohort


def _rest(plan: Plan, cohort: Cohort | None, month: Month, pending: Frames) -> None:
    """Keep the cohort and what is not sent yet, for the run that continues."""
    folder = plan.after / plan.name
    (folder / "pending").mkdir(parents=True, exist_ok=True)
    for (source, table), frame in pending.items():
        path = folder / "pending" / f"{source}.{table}.parquet"
        if len(frame):
            frame.write_parquet(path, compression="lz4")
    if cohort is not None:
        cohort.save(folder / "people.npz")
        person_truth(cohort, month).write_parquet(folder / "persons.parquet", compression="lz4")


def _load_pending(folder: Path, contracts: Contracts) -> Frames:
    """Read what is not sent yet; a column that has joined the contract since is empty in it."""
    pending: Frames = {}
    for path in sorted((folder / "pending").glob("*.parquet")):
        source, table, _ = path.name.split(".")
        frame = pl.read_parquet(path)
        if (source, table) in contracts:
            columns = {column.name: column_type(column.data_type) for column in contracts[source, table].columns}
            frame = frame.with_columns(
                pl.lit(None, dtype).alias(name) for name, dtype in columns.items() if name not in frame.columns
            )
        pending[source, table] = frame
    return pending


def _merge(pending: Frames, frames: Frames) -> None:
    for key, frame in frames.items():
        waiting = pending.get(key)
        pending[key] = frame if waiting is None or not len(waiting) else pl.concat([waiting, frame])


def _send(plan: Plan, through: date, pending: Frames, contracts: Contracts, tally: Tally) -> None:
    """Write what is known by the end of a day as the delivery of the day after."""
    last = epoch_day(through)
    delivered = f"delivered={as_date(last + 1).isoformat()}"
    for key in sorted(pending):
        frame = pending[key]
        known = frame[DUE] <= last
        ready = frame.filter(known)
        pending[key] = frame.filter(~known)
        if len(ready) == 0:
            continue
        if key[0] == TRUTH:
            _write_part(plan, key[1], delivered, ready.drop([name for name in ready.columns if name.startswith("_")]))
            continue
        contract = contracts[key]
        # An older row of the same key must come first in the file: the last one wins.
        ready = ready.sort(DUE, maintain_order=True)
        path = write_drop(plan.inbox / key[0] / key[1] / delivered, max(plan.number, 0), contract, ready)
        file = path.relative_to(plan.inbox).as_posix()
        _write_part(plan, "records", f"{delivered}.{key[0]}.{key[1]}", seen_records(ready, contract))
        _write_part(plan, "planted", f"{delivered}.{key[0]}.{key[1]}", planted_rows(ready, contract, file))
        tally.rows[f"{key[0]}.{key[1]}"] += len(ready)
        tally.files += 1
        tally.bytes += path.stat().st_size
        for mark, count in ready.filter(pl.col(MARK) > 0).group_by(MARK).len().iter_rows():
            tally.planted[KINDS[mark]] += count


def _write_part(plan: Plan, name: str, label: str, frame: pl.DataFrame | None) -> None:
    if frame is None or not len(frame):
        return
    folder = plan.truth / "_parts" / name
    folder.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(folder / f"{label}.{max(plan.number, 0):04d}.parquet", compression="lz4")
