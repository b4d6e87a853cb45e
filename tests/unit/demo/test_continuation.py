"""A bank that goes on day by day tells the same facts as one that was made up to that day at once."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cardinal.contracts import load_contracts
from cardinal.demo.bank import continue_bank, generate_bank
from cardinal.demo.deliveries import delivery_days
from cardinal.demo.truth import SCHEMAS
from cardinal.settings import PROJECT_DIR, Settings
from tests.unit.demo.drop_files import digest, read_lines

PERSONS, SEED = 150, 4


def facts(home: Path) -> dict[str, Counter[tuple[str, ...]]]:
    """Return every line of every table, whatever file it came in."""
    return {
        f"{source}.{table}": Counter(line.values for line in read_lines(home / "inbox", source, table))
        for source, table in load_contracts(PROJECT_DIR)
    }


def truth(home: Path, name: str) -> list[tuple[object, ...]]:
    frame = pl.read_parquet(home / f"truth/{name}.parquet")
    if name == "planted":
        frame = frame.drop("file")
    return sorted(frame.iter_rows(), key=str)


@pytest.mark.parametrize(
    ("made_until", "months", "days"),
    [
        pytest.param(date(2026, 10, 20), 2, 3, id="within a month"),
        pytest.param(date(2026, 10, 31), 2, 2, id="from a month's end"),
        pytest.param(date(2026, 10, 29), 2, 4, id="over a month's end"),
    ],
)
def test_continuing_equals_making_at_once(tmp_path: Path, made_until: date, months: int, days: int) -> None:
    grown, whole = Settings(home=tmp_path / "grown"), Settings(home=tmp_path / "whole")
    until = date.fromordinal(made_until.toordinal() + days)
    further = (until.year - made_until.year) * 12 + until.month - made_until.month

    generate_bank(grown, PERSONS, months, SEED, made_until)
    first = set(digest(grown.inbox).items())
    report = continue_bank(grown, days)
    generate_bank(whole, PERSONS, months + further, SEED, until)

    assert report.until == until
    assert first <= set(digest(grown.inbox).items()), "a file that was sent before has changed"
    told = facts(grown.home)
    for name, lines in facts(whole.home).items():
        assert told[name] == lines, name
    for name in (*SCHEMAS, "persons"):
        assert truth(grown.home, name) == truth(whole.home, name), name


def test_each_further_day_is_delivered_on_the_day_after(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    generate_bank(settings, PERSONS, 1, SEED, date(2026, 10, 31))
    continue_bank(settings)
    continue_bank(settings, 2)

    folders = {path.name for path in (tmp_path / "inbox/core_banking/account_transactions").iterdir()}
    assert folders == {f"delivered={day}" for day in ("2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04")}


@pytest.mark.parametrize("place", ["cardinal.demo.bank.merge_truth", "cardinal.demo.bank.json.dumps"])
def test_a_broken_off_continuation_can_be_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Before the truth is merged, or after it but before the run is noted as complete."""
    broken, smooth = Settings(home=tmp_path / "broken"), Settings(home=tmp_path / "smooth")
    for settings in (broken, smooth):
        generate_bank(settings, PERSONS, 1, SEED, date(2026, 10, 31))

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(place, fail)
        with pytest.raises(KeyboardInterrupt):
            continue_bank(broken)
    for settings in (broken, smooth):
        continue_bank(settings)

    for name in (*SCHEMAS, "persons"):
        assert truth(broken.home, name) == truth(smooth.home, name), name
    assert digest(broken.inbox) == digest(smooth.inbox)


def test_months_are_delivered_on_the_first_of_the_next() -> None:
    days = delivery_days(date(2026, 8, 1), date(2026, 10, 20))
    assert days == (date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 20))


def test_a_bank_that_was_begun_before_declarations_goes_on(tmp_path: Path) -> None:
    """What an earlier version kept of its people and of files not sent yet lacks the columns that came since."""
    settings = Settings(home=tmp_path)
    generate_bank(settings, PERSONS, 2, SEED, date(2026, 10, 20))
    states = list(settings.truth.glob("_state/*/*/people.npz"))
    assert states
    for people in states:
        with np.load(people) as arrays:
            assert "cif/worth" in arrays.files
            kept = {name: arrays[name] for name in arrays.files if name not in ("cif/worth", "cif/worth_day")}
        np.savez(people, allow_pickle=False, **kept)
    for waiting in settings.truth.glob("_state/*/*/pending/core_banking.customers.parquet"):
        pl.read_parquet(waiting).drop(
            "declared_net_worth_amount", "net_worth_declared_date", strict=False
        ).write_parquet(waiting)

    report = continue_bank(settings, 15)

    assert report.until == date(2026, 11, 4)
    assert sum(report.rows.values()) > 0
