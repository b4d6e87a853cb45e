"""`cardinal ingest`: take the inbox into the lake, and say what was rejected and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from cardinal.cli.output import format_table, progress_bar, say
from cardinal.errors import CardinalError
from cardinal.settings import Settings, load_settings

if TYPE_CHECKING:
    from cardinal.ingestion.inbox import FileProblem
    from cardinal.ingestion.report import IngestReport, TableReport

FILES_REFUSED = 3


def ingest() -> None:
    """Check the files of the inbox against their contracts and write them into the lake.

    Files taken before are known by their content and skipped. Rows that break a contract are kept in
    lake/_rejects with the reason, and don't stop anything. Ends with exit code 3 if whole files were refused,
    after everything else was taken.
    """
    settings = load_settings()
    report = ingest_with_progress(settings)
    _say_run(report)
    if not report.is_clean:
        raise typer.Exit(FILES_REFUSED)
    say("Next: dbt build")


def ingest_with_progress(settings: Settings) -> IngestReport:
    """Ingest and show how far it is; what stops ingestion as a whole is an error for the person."""
    from cardinal.ingestion.errors import IngestionError
    from cardinal.ingestion.run import ingest as ingest_inbox

    try:
        with progress_bar("Ingesting") as progress:
            return ingest_inbox(settings, progress)
    except IngestionError as error:
        raise CardinalError(str(error)) from error


def say_rejects(tables: Iterable[TableReport]) -> None:
    """Say how many rows each table lost to which reason."""
    rows = [
        (f"{table.source}.{table.table}", reason, count)
        for table in tables
        for reason, count in table.reject_reasons.items()
    ]
    if not rows:
        say("Rejected: no row.")
        return
    say(f"Rejected: {sum(count for *_, count in rows):,} rows. Each lies with its reason in lake/_rejects.")
    say(format_table(("table", "reason", "rows"), rows))


def say_problems(title: str, problems: Iterable[FileProblem]) -> None:
    """Name the files that were not taken, and why."""
    for number, problem in enumerate(problems):
        if number == 0:
            say(f"{title}:")
        say(f"  {problem.file}: {problem.reason}")


def _say_run(report: IngestReport) -> None:
    tables = report.tables()
    if tables:
        rows = [
            (f"{table.source}.{table.table}", table.batches, table.rows_in, table.rows_out, table.rejects)
            for table in tables
        ]
        say(format_table(("table", "files", "rows in", "rows out", "rejected"), rows))
    known = f"; {report.known_files:,} files were known already" if report.known_files else ""
    loaded = f"{report.rows_in:,} rows in, {report.rows_out:,} rows out"
    say(f"Took {len(report.batches):,} files: {loaded}{known}.")
    say_rejects(tables)
    if report.erased:
        say(f"Turned away: {report.erased:,} rows of people who were erased (docs/privacy.md).")
    for table in tables:
        name = f"{table.source}.{table.table}"
        if table.nulled_values:
            say(f"Note: {name}: {table.nulled_values:,} national ids failed their check digit and were left empty.")
        if table.unknown_columns:
            say(f"Note: {name}: not in the contract, kept aside: {', '.join(table.unknown_columns)}")
    for title, problems in report.problems.items():
        say_problems(title, problems)
