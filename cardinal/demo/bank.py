"""The demo bank: make one, or let it live on by some days."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

from cardinal.contracts import load_contracts
from cardinal.demo.cohort import COHORT_PERSONS
from cardinal.demo.deliveries import Plan, Tally, deliver, delivery_days
from cardinal.demo.months import Month, month_number
from cardinal.demo.truth import merge_truth
from cardinal.errors import CardinalError
from cardinal.settings import Settings, environment_of_children

DEFAULT_UNTIL = date(2026, 10, 31)  # fixed, so that the same command gives the same bytes on any day
WORKERS = 2
_LARGEST = 15_000_000


class DemoError(CardinalError):
    """A demo bank cannot be made or continued; the message says why and what to do."""


class Progress(Protocol):
    """Is told how far a long task is."""

    def __call__(self, description: str, done: int, total: int) -> None:
        """Take note that `done` of `total` steps are done."""


def no_progress(description: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class BankReport:
    """What a run wrote.

    Attributes:
        rows: Rows by `source.table`, planted ones included.
        planted: Planted errors by kind.
        files: How many files.
        bytes: Their size together.
        until: The last day that the bank has now sent.
    """

    rows: dict[str, int]
    planted: dict[str, int]
    files: int
    bytes: int
    until: date

    @property
    def total_rows(self) -> int:
        """Rows of all tables."""
        return sum(self.rows.values())


def generate_bank(
    settings: Settings,
    persons: int,
    months: int,
    seed: int,
    until: date = DEFAULT_UNTIL,
    progress: Progress = no_progress,
) -> BankReport:
    """Make a demo bank of `persons` people over the `months` months that end with `until`.

    Files go to the inbox, one delivery a month; the truth about everybody lies in `truth/`.
    """
    if persons < 1 or persons > _LARGEST:
        raise DemoError(f"--persons must be between 1 and {_LARGEST:,}, not {persons}")
    if months < 1 or months > 240:
        raise DemoError(f"--months must be between 1 and 240, not {months}")
    if seed < 0:
        raise DemoError(f"--seed must not be negative, not {seed}")
    if _state_file(settings).exists():
        raise DemoError(
            f"a demo bank already stands in {settings.home}: continue it with `cardinal generate --days 1`, "
            "or give another CARDINAL_HOME, or delete that folder's inbox/ and truth/ first"
        )
    if settings.truth.exists():
        raise DemoError(
            f"the making of the demo bank in {settings.home} was broken off: delete that folder's inbox/ and truth/"
        )
    if settings.inbox.exists() and any(settings.inbox.iterdir()):
        raise DemoError(
            f"{settings.inbox} already holds files of another bank: give another CARDINAL_HOME, "
            "since two banks in one lake would be taken for one"
        )
    start_month = month_number(until) - months + 1
    through = delivery_days(Month(start_month).first_date, until)
    settings.begin_home()
    settings.write_national_id_key(f"demo-{hashlib.sha256(str(seed).encode()).hexdigest()}")
    return _run(settings, seed, persons, start_month, start_month - 1, through, {}, progress)


def continue_bank(settings: Settings, days: int = 1, progress: Progress = no_progress) -> BankReport:
    """Let the demo bank in this home live on by `days` days, each sent on the day after it."""
    if days < 1:
        raise DemoError(f"--days must be at least 1, not {days}")
    if not _state_file(settings).exists():
        raise DemoError(
            f"there is no demo bank in {settings.home} to continue: make one first with "
            "`cardinal generate --persons 5000 --months 24 --seed 7`"
        )
    state = json.loads(_state_file(settings).read_text())
    last = date.fromisoformat(state["until"])
    through = tuple(last + timedelta(days=n + 1) for n in range(days))
    return _run(
        settings,
        state["seed"],
        state["persons"],
        state["start_month"],
        month_number(last),
        through,
        state["truth_rows"],
        progress,
    )


def _run(
    settings: Settings,
    seed: int,
    persons: int,
    start_month: int,
    simulated: int,
    through: tuple[date, ...],
    known: dict[str, int],
    progress: Progress,
) -> BankReport:
    shutil.rmtree(settings.truth / "_parts", ignore_errors=True)
    before = _state_folder(
        settings, Month(start_month).first_date if simulated < start_month else through[0] - timedelta(1)
    )
    after = _state_folder(settings, through[-1])
    shutil.rmtree(after, ignore_errors=True)
    market = Plan(
        settings.project_dir, settings.inbox, settings.truth, before, after, seed, persons, -1, 0, 0, start_month,
        simulated, through,
    )  # fmt: skip
    plans = [market] + [
        replace(market, number=number, first_person=first + 1, size=min(COHORT_PERSONS, persons - first))
        for number, first in enumerate(range(0, persons, COHORT_PERSONS))
    ]
    total = Tally()
    try:
        for tally in _tallies(plans, progress):
            total.rows.update(tally.rows)
            total.planted.update(tally.planted)
            total.files += tally.files
            total.bytes += tally.bytes
    except OSError as error:
        raise DemoError(f"the demo bank's files could not be written to {settings.home}: {error}") from error
    progress("writing the truth", 0, 1)
    rows = merge_truth(settings.truth, after, known)
    state = {
        "seed": seed,
        "persons": persons,
        "start_month": start_month,
        "until": through[-1].isoformat(),
        "truth_rows": rows,
    }
    beside = _state_file(settings).with_suffix(".writing")
    beside.write_text(json.dumps(state, indent=2) + "\n")
    beside.replace(_state_file(settings))
    if before != after:
        shutil.rmtree(before, ignore_errors=True)
    progress("writing the truth", 1, 1)
    return BankReport(
        dict(sorted(total.rows.items())), dict(sorted(total.planted.items())), total.files, total.bytes, through[-1]
    )


def _tallies(plans: list[Plan], progress: Progress) -> Iterator[Tally]:
    """Carry the plans out, in two processes where there are several cohorts; yields each plan's tally."""
    if len(plans) <= WORKERS:
        steps, done = sum(len(plan.through) for plan in plans), 0
        contracts = load_contracts(plans[0].project_dir)
        for plan in plans:
            for last in deliver(plan, contracts):
                done += 1
                progress("living and writing", done, steps)
                tally = last
            yield tally
        return
    # Two processes share the cores; threads within each would only get in the other's way. Polars reads
    # this when it is imported, which a spawned process does before any code of ours could say it.
    with environment_of_children(POLARS_MAX_THREADS="1"), multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
        for done, tally in enumerate(pool.imap_unordered(_deliver_all, plans), start=1):
            progress("living and writing", done, len(plans))
            yield tally


def _deliver_all(plan: Plan) -> Tally:
    return list(deliver(plan, load_contracts(plan.project_dir)))[-1]


def _state_file(settings: Settings) -> Path:
    return settings.truth / "_state" / "bank.json"


def _state_folder(settings: Settings, until: date) -> Path:
    # One folder a day: a run that is broken off leaves the state that it began with as it was.
    return settings.truth / "_state" / until.isoformat()
