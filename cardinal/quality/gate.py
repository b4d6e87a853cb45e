"""A gate from end to end: measure, let Great Expectations judge, keep failing rows, write the site."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cardinal.quality.checks import Measured
from cardinal.quality.decisions import decide
from cardinal.quality.expectations import evaluate
from cardinal.quality.failed_rows import clear_failed_rows, write_failed_rows
from cardinal.quality.landed import measure_landed
from cardinal.quality.published import measure_published
from cardinal.quality.report import Finding, Gate, GateReport, read_reports, write_report
from cardinal.quality.rule_book import load_rule_book
from cardinal.quality.site import finish_site
from cardinal.settings import Settings

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[str, int, int], None]


def check_landed(
    settings: Settings, progress: Progress, as_of: datetime | None = None, is_over: bool = True
) -> GateReport:
    """Run the first gate over the newest day of arrival, or the newest until `as_of` (UTC).

    is_over: Whether all of that day is there; while more is to come, fewer rows than usual are no finding.
    """
    book = load_rule_book()
    return _run(
        settings, "landed", lambda connection: measure_landed(connection, settings, book, progress, as_of, is_over)
    )


def check_published(settings: Settings, files: Mapping[str, Path]) -> GateReport:
    """Run the second gate over files of marts, against those that readers see now."""
    book = load_rule_book()
    seen = {name: settings.published / f"{name}.duckdb" for name in files}
    shown = seen if all(path.exists() for path in seen.values()) else None
    return _run(
        settings,
        "published",
        lambda connection: measure_published(connection, files, shown, settings.project_dir, book.published),
    )


def inspect_published(
    settings: Settings, reports: list[GateReport], accepted: Collection[str] = ()
) -> Callable[[Mapping[str, Path]], None]:
    """Return the second gate as a publication calls it: it adds what it found to `reports`, then passes or refuses.

    accepted: Names of expectations that may fail. The gate raises QualityError where another critical one fails.
    """

    def inspect(files: Mapping[str, Path]) -> None:
        reports.append(check_published(settings, files))
        decide(reports[-1], accepted, settings.quality)

    return inspect


def _run(settings: Settings, gate: Gate, measure: Callable[[duckdb.DuckDBPyConnection], Measured]) -> GateReport:
    import duckdb

    folder = settings.quality
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ran_at = datetime.now(UTC)
    with _alone(folder / "quality.lock"), duckdb.connect() as connection:
        measured = measure(connection)
        met = evaluate(gate, measured, folder / "site", ran_at)
        clear_failed_rows(folder, gate)
        findings = []
        for check, is_met in zip(measured.checks, met, strict=True):
            rows_file = None if is_met else write_failed_rows(connection, folder, gate, check)
            findings.append(
                Finding(check.table, check.rule, check.severity, check.expected, check.found_text, is_met, rows_file)
            )
        report = GateReport(gate, measured.batch, ran_at, tuple(findings), measured.notes)
        write_report(folder, report)
        finish_site(folder / "site", read_reports(folder))
    return report


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other gate writes the site; the system lets go of the lock even if this process is killed."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
