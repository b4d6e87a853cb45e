"""`cardinal run`: a job of the orchestrator, in this process and without its server."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cardinal.cli.ingest import FILES_REFUSED, say_problems
from cardinal.cli.output import progress_bar, say, say_error
from cardinal.errors import CardinalError
from cardinal.settings import load_settings

if TYPE_CHECKING:
    from orchestration.lib.headless import JobReport

SHOWN = 5
# The first gate (orchestration/defs/ingestion/landed.py).
LANDED = "landed"


def run(
    job: Annotated[str, typer.Argument(help="The job: daily, hourly, ... An unknown name lists them.")],
    from_failure: Annotated[
        bool, typer.Option("--from-failure", help="Only what failed, or never ran, when the job ran last.")
    ] = False,
    first: Annotated[
        datetime | None, typer.Option("--from", help="The first day that backfill takes in.", formats=["%Y-%m-%d"])
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", help="The last one; else only the first.", formats=["%Y-%m-%d"])
    ] = None,
) -> None:
    """Run a job as the orchestrator would: its steps in order, one writer at a time, whatever else is running.

    `make dev` opens the same jobs in Dagster's pages, where this run can be looked at too.

    Exit codes: 0 done, 1 a step or a check failed; what doesn't hang on it was done all the same, 3 done, but
    whole files were refused.
    """
    try:
        from orchestration.lib.headless import run_job
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("dagster", "dagster_dbt"):
            raise
        raise CardinalError("Dagster isn't installed: pip install 'cardinal[orchestration]'") from None
    if last and not first:
        raise CardinalError("--to needs --from, the first day")
    days = (first.date(), (last or first).date()) if first else None
    report = run_job(load_settings(), job, progress_bar, from_failure, days)
    _say_report(job, report)
    if report.failed_steps or report.failed_checks:
        raise typer.Exit(1)
    if not report.took_all:
        raise typer.Exit(FILES_REFUSED)


def _say_report(job: str, report: JobReport) -> None:
    for step, reason in report.failed_steps.items():
        say_error(f"{step}: {reason}")
    for check in report.failed_checks:
        say_error(f"check failed: {check}")
    if report.warnings:
        more = " ..." if report.warnings[SHOWN:] else ""
        say(f"{len(report.warnings):,} checks warn: {', '.join(report.warnings[:SHOWN])}{more}")
    for ingested in report.ingested:
        for title, problems in ingested.problems.items():
            say_problems(title, problems)
    done = "done" if report.took_all else "done, but not every file was taken"
    ended = "failed in part" if report.failed_steps else done
    made = f"{report.materialized:,} assets made, {report.checks:,} checks passed"
    say(f"{job} is {ended}: {made} (run {report.run_id}).")
    if LANDED in report.failed_steps:
        # From failure it would look at the same rows again: what is delivered meanwhile is taken in by a whole run.
        say(f"Next: let what is missing or broken be delivered again, then cardinal run {job} (without --from-failure)")
    elif report.failed_steps:
        say(f"Next: put it right, then cardinal run {job} --from-failure")
