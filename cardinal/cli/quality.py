"""`cardinal quality`: hold what landed, or what is to be published, against what came before."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cardinal.cli.output import progress_bar, say
from cardinal.errors import CardinalError
from cardinal.settings import Settings, load_settings

if TYPE_CHECKING:
    from cardinal.quality.report import Finding, GateReport

FAILED = 1
DATE_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]

app = typer.Typer(no_args_is_help=True, help="Check what lands and what is published against the weeks before.")


@app.command("landed")
def landed(
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=DATE_FORMATS,
            help="Look at the lake as it was at this time (UTC; a day means its end). Give the present time to be told"
            " when nothing arrives any more.",
        ),
    ] = None,
) -> None:
    """Check the newest day of arrival in the lake: rows, freshness, empty, new and shifted values.

    What a day is compared with and how far it may differ is written in cardinal/quality/rules.yml, when a table is
    late in its contract. Pages of all of it lie in quality/site of CARDINAL_HOME, the keys of failing rows in
    quality/failed_rows (mode 0600).

    Exit codes: 0 nothing critical, 1 something critical failed.
    """
    from cardinal.quality.gate import check_landed

    settings = load_settings()
    if as_of is not None and (as_of.hour, as_of.minute) == (0, 0):
        as_of = as_of.replace(hour=23, minute=59)
    with progress_bar("Looking at the lake") as progress:
        report = check_landed(settings, progress, as_of)
    say_report(settings, report)
    if not report.passed:
        raise typer.Exit(FAILED)


@app.command("published")
def published() -> None:
    """Check the marts of the last build against what readers see now, as `cardinal publish` does before it shows them.

    Exit codes: 0 nothing critical, 1 something critical failed or there is no build.
    """
    from cardinal.quality.gate import check_published

    settings = load_settings()
    missing = [path.name for path in settings.mart_files.values() if not path.exists()]
    if missing:
        raise CardinalError(f"there are no marts in {settings.home} yet ({', '.join(missing)}): run `dbt build`")
    report = check_published(settings, settings.mart_files)
    say_report(settings, report)
    if not report.passed:
        raise typer.Exit(FAILED)


def say_report(settings: Settings, report: GateReport) -> None:
    """Say what wasn't met, the worst first, and where to look."""
    critical, warning = report.failed("critical"), report.failed("warning")
    for finding in (*critical, *warning):
        _say_finding(settings, finding)
    for note in report.notes:
        say(f"Note: {note}.")
    say(
        f"Quality of what {'landed on' if report.gate == 'landed' else 'is published with'} {report.batch}:"
        f" {len(report.findings):,} expectations, {len(critical)} failed, {len(warning)} warnings."
    )
    say(f"  {settings.quality / 'site' / 'index.html'}")


def _say_finding(settings: Settings, finding: Finding) -> None:
    say(f"{'FAILED ' if finding.severity == 'critical' else 'warning'} {finding.name}")
    say(f"        expected {finding.expected}")
    say(f"        found    {finding.found}")
    if finding.rows_file:
        say(f"        rows     {settings.quality / finding.rows_file}")
