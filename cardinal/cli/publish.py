"""`cardinal publish`: show readers the build that passed."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cardinal.cli.output import format_size, progress_bar, say
from cardinal.cli.quality import say_report
from cardinal.settings import Settings, load_settings

if TYPE_CHECKING:
    from cardinal.publishing.snapshot import Snapshot
    from cardinal.quality.report import GateReport


def publish(
    parquet: Annotated[
        Path | None,
        typer.Option(
            help="Write the serving marts as Parquet too, into a folder of the build in this one.", file_okay=False
        ),
    ] = None,
    restricted: Annotated[
        bool, typer.Option("--restricted", help="With --parquet: the restricted marts too, which show people.")
    ] = False,
    despite_quality: Annotated[
        list[str] | None,
        typer.Option(
            help="Publish in spite of this failed expectation, named as `cardinal quality published` names it. It is"
            " logged. May be given several times.",
            metavar="EXPECTATION",
        ),
    ] = None,
) -> None:
    """Publish the marts of the last build, if it was whole, all its tests passed, and so does the gate of quality.

    Readers find them in published/serving.duckdb (no personal data) and published/restricted.duckdb (mode 0600) of
    CARDINAL_HOME, and see one build or the next, never a part of it. Where CARDINAL_POSTGRES_URL is set, the serving
    marts go into that database likewise. docs/guides/bi.md tells how BI tools connect.

    Exit codes: 0 published, or that build was published already; 1 the build isn't whole, a test or a critical
    expectation failed, or there is no room: what was published before stays; 2 wrong usage.
    """
    if restricted and parquet is None:
        raise typer.BadParameter("goes with --parquet only", param_hint="--restricted")
    settings = load_settings()
    snapshot = publish_build(settings, despite_quality or ())
    if parquet is not None:
        _write_parquet(snapshot, parquet, restricted)


def publish_build(settings: Settings, accepted: Collection[str] = ()) -> Snapshot:
    """Publish everywhere that is set, show how far that is, and say what readers see now.

    `accepted` names the expectations that may fail.
    """
    snapshot = _publish_files(settings, accepted)
    _publish_to_postgres(settings, snapshot)
    return snapshot


def _publish_files(settings: Settings, accepted: Collection[str]) -> Snapshot:
    from cardinal.publishing.snapshot import publish_snapshot
    from cardinal.quality.gate import inspect_published

    reports: list[GateReport] = []
    try:
        with progress_bar("Publishing") as progress:
            snapshot = publish_snapshot(settings, progress, inspect_published(settings, reports, accepted))
    finally:
        for report in reports:
            say_report(settings, report)
    built = f"build {snapshot.build.build_id} of {snapshot.build.started_at:%Y-%m-%d %H:%M} UTC"
    if not snapshot.is_new:
        say(f"Nothing new: {built} is published already.")
        return snapshot
    say(f"Published {built}:")
    for name in settings.mart_files:
        size = format_size(snapshot.file(name).stat().st_size)
        say(f"  {settings.published / f'{name}.duckdb'}  {size}")
    return snapshot


def _write_parquet(snapshot: Snapshot, directory: Path, restricted: bool) -> None:
    from cardinal.publishing.parquet import write_parquet

    with progress_bar("Writing Parquet") as progress:
        written = write_parquet(snapshot, directory, restricted, progress)
    for folder in written:
        say(f"Parquet   {folder}")
    if not written:
        say(f"Parquet   of that build lies in {directory} already.")


def _publish_to_postgres(settings: Settings, snapshot: Snapshot) -> None:
    url = settings.postgres_url()
    if url is None:
        return
    from cardinal.publishing.postgres import publish_to_postgres

    with progress_bar("Loading PostgreSQL") as progress:
        published = publish_to_postgres(url, snapshot, progress)
    if published.is_new:
        say(f"PostgreSQL shows that build now: {published.tables} tables.")
    else:
        say("PostgreSQL shows that build already.")
    for note in published.notes:
        say(f"Note: {note}.")
