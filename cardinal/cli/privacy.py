"""`cardinal privacy`: what is held about a person, and that it goes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cardinal.cli.activate import DECLARED
from cardinal.cli.output import format_table, progress_bar, say
from cardinal.cli.publish import publish_build
from cardinal.errors import CardinalError
from cardinal.settings import Settings, load_settings

if TYPE_CHECKING:
    from cardinal.privacy.erasure import ErasurePlan

app = typer.Typer(no_args_is_help=True, help="Rights of people: access to what is held about them, and erasure.")

Person = Annotated[str | None, typer.Option("--person", help="A person_id.", metavar="ID")]
Cif = Annotated[str | None, typer.Option("--cif", help="Instead: a customer number.")]
Email = Annotated[str | None, typer.Option("--email", help="Instead: an e-mail address.")]
Phone = Annotated[str | None, typer.Option("--phone", help="Instead: a telephone number.")]


@app.command("access")
def access(
    target: Annotated[Path, typer.Argument(help="Folder to make; it must not be there yet.", show_default=False)],
    person: Person = None,
    cif: Cif = None,
    email: Email = None,
    phone: Phone = None,
) -> None:
    """Write everything that is held about a person: access.json for programs, access.html for people.

    Where it comes from, what was made of it, where it went, under which consent. The files show the person: only their
    owner may read them, and nothing of them is printed.

    Exit codes: 0 written; 1 nobody is known by that, several are, or the folder is there already; 2 wrong usage.
    """
    from cardinal.privacy.access import write_access

    folder, held = write_access(load_settings(), person, {"cif": cif, "email": email, "phone": phone}, target)
    rows = sum(len(table.rows) for table in (*held.consents, *held.sources, *held.derived, *held.sent))
    say(f"{held.person_id}: {rows:,} rows of {len(held.sources):,} source tables and what was made of them.")
    say(f"  {folder / 'access.html'}")
    say(f"  {folder / 'access.json'}")


@app.command("erase")
def erase(
    person: Person = None,
    cif: Cif = None,
    email: Email = None,
    phone: Phone = None,
    yes: Annotated[bool, typer.Option("--yes", help="Erase, whatever the plan is.")] = False,
    expected: Annotated[
        str | None,
        typer.Option("--plan", help="The plan that was looked at: erase if it is still the plan.", metavar="ID"),
    ] = None,
    despite_destinations: Annotated[
        bool,
        typer.Option("--despite-destinations", help="Go on though a destination can't be told; the receipt says so."),
    ] = False,
    syncs: Annotated[
        Path, typer.Option("--syncs", help="The file that declares the syncs.", dir_okay=False)
    ] = DECLARED,
) -> None:
    """Erase a person for good: say what would be erased, and with --yes or --plan do it.

    Destinations are told first; then inbox, lake and outbox go without the person, the warehouse is built anew and
    published, and a receipt is written. Booked money stays without whose it was. Killed at any point, the same command
    goes on.

    Exit codes: 0 said, or erased; 1 nobody is known by that, several are, the plan is another one by now, a destination
    can't be told, or the build failed (the same command goes on); 2 wrong usage.
    """
    from cardinal.activation.declaration import load_syncs
    from cardinal.privacy import erasure

    settings = load_settings()
    given = {"cif": cif, "email": email, "phone": phone}
    journal = erasure.pending(settings, person, given)
    if journal is None:
        plan = erasure.plan_erasure(settings, person, given)
        _say_plan(plan)
        if expected is not None and expected != plan.fingerprint:
            raise CardinalError(f"the plan {expected} is stale, nothing was erased: look at it again")
        if not yes and expected is None:
            say(f"Nothing was erased. Next: cardinal privacy erase --person {plan.person_id} --plan {plan.fingerprint}")
            return
        journal = erasure.begin_erasure(settings, plan)
    else:
        say(f"Going on with the erasure {journal.erasure_id}: {', '.join(journal.done) or 'nothing'} done so far.")
    with progress_bar("Erasing") as progress:
        receipt = erasure.erase(
            settings, journal, load_syncs(syncs), lambda: _rebuild(settings), progress, despite_destinations
        )
    say(f"Erased. The receipt is {receipt}")


@app.command("retain")
def retain() -> None:
    """Remove what anonymous visitors did longer ago than `anonymous_retention_days` of dbt_project.yml (90).

    Only of ids that were never linked to a person. Inbox and lake go on without it, and the warehouse is built anew and
    published. Killed at any point, the next run goes on.

    Exit codes: 0 removed, or nothing was too old; 1 there is no build, it is in use, or building failed; 2 wrong usage.
    """
    from cardinal.privacy import retention

    settings = load_settings()
    expired = retention.retain(settings, datetime.now(UTC).date(), lambda: _rebuild(settings))
    for table, rows in expired.rows.items():
        say(f"{table}: {rows:,} rows from before {expired.before} removed.")
    if not expired.rows:
        say(f"Nothing anonymous is from before {expired.before}.")


def _say_plan(plan: ErasurePlan) -> None:
    from cardinal.privacy.erasure import treatment

    say(f"Plan {plan.fingerprint} to erase {plan.person_id}:")
    say(format_table(("table", "rows", ""), [(table, rows, treatment(table)) for table, rows in plan.tables.items()]))
    for sync, rows in plan.syncs.items():
        say(f"Held by the destination of {sync}: {rows:,} rows.")
    say(f"{len(plan.hashes):,} tombstones will keep them from coming back.")


def _rebuild(settings: Settings) -> None:
    """Build the warehouse from nothing and publish it."""
    from cardinal.privacy.rebuilding import build_anew

    with progress_bar("Building") as progress:
        build_anew(settings, progress)
    publish_build(settings)
