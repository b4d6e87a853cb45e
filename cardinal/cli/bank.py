"""`cardinal generate` and `cardinal demo`: a synthetic bank, alone or through the whole house."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from cardinal.cli.ingest import ingest_with_progress, say_problems, say_rejects
from cardinal.cli.inventory import count_notable_rows, has_bank
from cardinal.cli.output import format_size, format_table, progress_bar, say, say_error
from cardinal.cli.publish import publish_build
from cardinal.dbt_build import BuildResult, build_warehouse
from cardinal.errors import CardinalError
from cardinal.settings import Settings, load_settings

Persons = Annotated[int, typer.Option(min=1, help="People to make, strangers to the bank included.")]
Months = Annotated[int, typer.Option(min=1, help="Months of history.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same bytes.")]
Until = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Last day of the history.", show_default="2026-10-31"),
]


def generate(
    persons: Persons = 5000,
    months: Months = 24,
    seed: Seed = 7,
    until: Until = None,
    days: Annotated[
        int | None,
        typer.Option(min=1, help="Continue the bank that is there by so many days; all else comes from it."),
    ] = None,
) -> None:
    """Make a demo bank: every source's files in the inbox, and the truth about its people beside them."""
    settings = load_settings()
    if days is not None:
        _continue_bank(settings, days)
        return
    _generate_bank(settings, persons, months, seed, until)
    say("Next: cardinal ingest")


def demo(persons: Persons = 5000, months: Months = 24, seed: Seed = 7) -> None:
    """Make a demo bank, ingest it, build the warehouse, publish it, and say what came of it.

    A home that holds a bank keeps it: then nothing is generated, and only what is new is ingested and built.
    """
    settings = load_settings()
    if has_bank(settings):
        _check_bank_is_whole(settings)
        say(f"{settings.home} holds a bank already; going on with it.")
    else:
        _generate_bank(settings, persons, months, seed, None)
    ingest_with_progress(settings)
    with progress_bar("Building") as progress:
        # Unit tests look at rules, not at data.
        built = build_warehouse(settings, progress, "--exclude-resource-type", "unit_test")
    if built.failures:
        _say_failures(built)
        raise typer.Exit(1)
    say()
    publish_build(settings)
    say()
    _say_build(settings, built)
    say()
    _say_lake(settings)
    say()
    _say_next(settings)


def _generate_bank(settings: Settings, persons: int, months: int, seed: int, until: datetime | None) -> None:
    from cardinal.demo.bank import DEFAULT_UNTIL, DemoError, generate_bank

    last_day = until.date() if until else DEFAULT_UNTIL
    try:
        with progress_bar("Generating") as progress:
            report = generate_bank(settings, persons, months, seed, last_day, progress)
    except DemoError as error:
        raise CardinalError(str(error)) from error
    say(
        f"Made a bank of {persons:,} people over {months} months to {report.until} (seed {seed}):"
        f" {report.total_rows:,} rows in {report.files:,} files, {format_size(report.bytes)}, in {settings.inbox}."
    )


def _continue_bank(settings: Settings, days: int) -> None:
    from cardinal.demo.bank import DemoError, continue_bank

    try:
        with progress_bar("Generating") as progress:
            report = continue_bank(settings, days, progress)
    except DemoError as error:
        raise CardinalError(str(error)) from error
    say(f"The bank went on to {report.until}: {report.total_rows:,} rows in {report.files:,} files more.")
    say("Next: cardinal ingest")


def _check_bank_is_whole(settings: Settings) -> None:
    """A demo bank whose making was broken off must not pass for one that has these people."""
    if settings.truth.exists() and not (settings.truth / "persons.parquet").exists():
        raise CardinalError(
            f"the making of the demo bank in {settings.home} was broken off: delete that folder's inbox/ and truth/"
        )


def _say_failures(built: BuildResult) -> None:
    for name, message in built.failures.items():
        say_error(f"{name}: {message}")
    say_error(f"{len(built.failures):,} failed, {built.skipped:,} behind them skipped. The whole log is {built.log}")


def _say_build(settings: Settings, built: BuildResult) -> None:
    say(f"Built {settings.warehouse}: {built.models:,} models and seeds, {built.tests:,} tests passed.")
    if built.warnings:
        more = " ..." if built.warnings[5:] else ""
        say(f"{len(built.warnings):,} tests warn: {', '.join(built.warnings[:5])}{more}")
    say(format_table(("table", "rows"), count_notable_rows(settings).items()))


def _say_lake(settings: Settings) -> None:
    """Say what the lake took in and turned away, in this run and all before."""
    from cardinal.ingestion.ledger import read_ledger

    tables = read_ledger(settings)
    rows, files = sum(table.rows_out for table in tables), sum(table.batches for table in tables)
    say(f"The lake holds {rows:,} rows of {len(tables)} tables, from {files:,} files.")
    say_rejects(tables)
    nulled = sum(table.nulled_values for table in tables)
    if nulled:
        say(f"{nulled:,} national ids failed their check digit and were left empty.")
    say_problems("Refused whole", [problem for table in tables for problem in table.rejected_files])


def _say_next(settings: Settings) -> None:
    say("What to look at next:")
    say("  source .venv/bin/activate")
    for name, table in (("serving", "customer_360_pseudonymous"), ("restricted", "customer_360")):
        file = settings.published / f"{name}.duckdb"
        look = f"import duckdb; duckdb.connect('{file}', read_only=True).sql('from marts.{table} limit 3').show()"
        say(f'  python -c "{look}"')
    say("  docs/guides/bi.md                      how BI tools connect to these files")
    say("  dbt docs generate && dbt docs serve    every model, column and where it comes from")
    say("  cardinal status                        what lies where")
    say("  cardinal generate --days 1 && cardinal ingest && dbt build && cardinal publish    the next day")
