"""`cardinal activate`: what destinations should hold, sent as a difference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cardinal.cli.output import progress_bar, say
from cardinal.errors import CardinalError
from cardinal.settings import PROJECT_DIR, load_settings

if TYPE_CHECKING:
    from cardinal.activation.declaration import Sync
    from cardinal.activation.planning import Plan

DECLARED = PROJECT_DIR / "activation" / "syncs.yml"

app = typer.Typer(
    help="Send audiences to destinations: only what changed, nothing lost, nothing twice.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="The sync, as declared.", show_default=False)]
Again = Annotated[
    bool, typer.Option("--again", help="What the destination rejected is sent once more, though nothing of it changed.")
]
Syncs = Annotated[Path, typer.Option("--syncs", help="The file that declares the syncs.", dir_okay=False)]


@app.command("plan")
def plan(name: Name, syncs: Syncs = DECLARED, again: Again = False) -> None:
    """Say what a sync would send, with a masked sample, and send nothing.

    Exit codes: 0 said; 1 the sync, its table or the snapshot is wrong or missing; 2 wrong usage.
    """
    from cardinal.activation.sending import plan_sync

    _say_plan(plan_sync(load_settings(), _find(name, syncs), again))


@app.command("apply")
def apply(
    name: Name,
    syncs: Syncs = DECLARED,
    again: Again = False,
    expected: Annotated[
        str | None,
        typer.Option("--plan", help="The plan that was looked at; refuse if it is another one by now.", metavar="ID"),
    ] = None,
    despite: Annotated[
        list[str] | None,
        typer.Option(
            help="Go on though this guard trips: removals, emptied, invalid, deviation, stale or sources. It is logged."
            " May be given several times.",
            metavar="GUARD",
        ),
    ] = None,
) -> None:
    """Send what changed since the destination accepted it.

    Exit codes: 0 all sent, or nothing to send; 1 refused before anything left, or the run stopped (the next one goes
    on); 2 wrong usage.
    """
    from cardinal.activation.sending import apply_sync

    with progress_bar("Sending") as progress:
        outcome = apply_sync(load_settings(), _find(name, syncs), progress, expected, despite or (), again)
    if outcome is None:
        say(f"{name}: nothing to send.")
        return
    say(
        f"{name}: {outcome.accepted:,} rows accepted, {outcome.rejected:,} rejected, {outcome.uncertain:,} without an"
        f" answer, {outcome.unsent:,} not sent (run {outcome.run_id})."
    )
    if outcome.status != "done":
        raise CardinalError(f"sync {name} stopped: {outcome.message}. The next run goes on.")
    if outcome.message:
        say(f"{name}: {outcome.message}.")


@app.command("preview")
def preview(
    name: Name,
    syncs: Syncs = DECLARED,
    template: Annotated[
        str | None, typer.Option(help="The template, where each row of the sync names its own.", metavar="NAME")
    ] = None,
) -> None:
    """Show a message as somebody would get it, filled with made-up values, and send nothing.

    Exit codes: 0 shown; 1 the sync sends no messages, or its declaration or template is wrong; 2 wrong usage.
    """
    from cardinal.activation import preview as previews

    say(previews.preview(_find(name, syncs), load_settings(), template))


@app.command("rejected")
def rejected(name: Name, syncs: Syncs = DECLARED) -> None:
    """Say why a destination rejected rows, or gave no answer, and how many.

    The rows themselves are in outbox/ledger.duckdb (table state) and outbox/results.

    Exit codes: 0 said; 1 there is no such sync; 2 wrong usage.
    """
    from cardinal.activation.ledger import open_ledger, unaccepted

    sync = _find(name, syncs)
    with open_ledger(load_settings().outbox) as ledger:
        found = unaccepted(ledger, sync.name)
    for state, op, reason, count in found:
        say(f"{count:>10,}  {op:<7} {state:<10} {reason}")
    if not found:
        say(f"{name}: everything was accepted.")


def _find(name: str, path: Path) -> Sync:
    from cardinal.activation.declaration import load_syncs

    syncs = load_syncs(path)
    if name not in syncs:
        raise CardinalError(f"there is no sync {name} in {path}: {', '.join(syncs) or 'it declares none'}")
    return syncs[name]


def _say_plan(plan: Plan) -> None:
    say(f"{plan.sync.name}: {plan.desired:,} rows in {plan.sync.model}, {plan.held:,} held by the destination.")
    for action, count in plan.counts.items():
        if count:
            since = " since the build" if action == "withdrawn" else ""
            say(f"  {action:<9}{count:>12,}{since}")
    for op, payload in plan.sample:
        say(f"  e.g. {op} {payload}")
    for guard, found in plan.tripped.items():
        say(f"Guard {guard} stops it: {found}.")
    say(f"Plan {plan.fingerprint}. Next: cardinal activate apply {plan.sync.name} --plan {plan.fingerprint}")
