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
    from cardinal.activation.outcome import Outcome
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
def plan(
    name: Annotated[str | None, typer.Argument(help="The sync, as declared; without it, all that is held.")] = None,
    syncs: Syncs = DECLARED,
    again: Again = False,
) -> None:
    """Say what a sync would send, with a masked sample, and send nothing. Without one: what is held where.

    Exit codes: 0 said; 1 the sync, its table or the snapshot is wrong or missing; 2 wrong usage.
    """
    from cardinal.activation.sending import plan_sync

    if name is None:
        _say_held(syncs)
    else:
        _say_plan(plan_sync(load_settings(), _find(name, syncs), again), syncs, again)


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
            help="Go on though this guard trips: removals, emptied, invalid, deviation, stale, sources or moved. It is"
            " logged. May be given several times.",
            metavar="GUARD",
        ),
    ] = None,
) -> None:
    """Send what changed since the destination accepted it.

    Exit codes: 0 all sent, or nothing to send; 1 refused before anything left, or the run stopped (the next one goes
    on); 2 wrong usage.
    """
    from cardinal.activation.guarding import GUARDS
    from cardinal.activation.sending import apply_sync

    for guard in despite or ():
        if guard not in GUARDS:
            raise typer.BadParameter(f"{guard} is none of {', '.join(GUARDS)}", param_hint="--despite")
    with progress_bar("Sending") as progress:
        outcome = apply_sync(load_settings(), _find(name, syncs), progress, expected, despite or (), again)
    _say_outcome(name, outcome)


@app.command("empty")
def empty(name: Name, syncs: Syncs = DECLARED) -> None:
    """Take out everybody whom the destination of a mirror holds: before it is declared elsewhere, or no longer.

    Exit codes: 0 all taken out, or nobody was held; 1 refused, or not all were; 2 wrong usage.
    """
    from cardinal.activation.sending import empty as empty_sync

    outcome = empty_sync(load_settings(), _find(name, syncs))
    _say_outcome(name, outcome)
    if outcome and outcome.rejected + outcome.uncertain + outcome.unsent:
        raise CardinalError(f"sync {name}: not everybody was taken out: run it again.")


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


def _say_outcome(name: str, outcome: Outcome | None) -> None:
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


def _say_held(path: Path) -> None:
    from cardinal.activation.declaration import load_syncs
    from cardinal.activation.ledger import open_ledger
    from cardinal.activation.places import find_moved, find_undeclared, held_by, place_of

    syncs = load_syncs(path)
    with open_ledger(load_settings().outbox) as ledger:
        held, undeclared = held_by(ledger), find_undeclared(ledger, syncs)
        moved = {name: find_moved(ledger, sync) for name, sync in syncs.items()}
    for name, sync in syncs.items():
        say(f"{name}: {held.get(name, (None, 0))[1]:,} rows held ({moved[name] or place_of(sync)}).")
    for name, (place, count) in undeclared.items():
        say(
            f"{name}: declared no longer, and {count:,} rows are still held ({place or 'nobody wrote down where'}):"
            f" declare it as it was and run `cardinal activate empty {name}` if it is a mirror, or empty it there by"
            " hand; what messages said stays said."
        )


def _say_plan(plan: Plan, syncs: Path, again: bool) -> None:
    say(f"{plan.sync.name}: {plan.desired:,} rows in {plan.sync.model}, {plan.held:,} held by the destination.")
    for action, count in plan.counts.items():
        if count:
            since = " since the build" if action == "withdrawn" else ""
            say(f"  {action:<9}{count:>12,}{since}")
    for op, payload in plan.sample:
        say(f"  e.g. {op} {payload}")
    for guard, found in plan.tripped.items():
        say(f"Guard {guard} stops it: {found}.")
    command = f"cardinal activate apply {plan.sync.name} --plan {plan.fingerprint}"
    if syncs != DECLARED:
        command += f" --syncs {syncs}"
    if again:
        command += " --again"
    if plan.tripped:
        overridden = " ".join(f"--despite {guard}" for guard in plan.tripped)
        say(f"Plan {plan.fingerprint}. If that is right after all: {command} {overridden}")
    elif plan.sends:
        say(f"Plan {plan.fingerprint}. Next: {command}")
    else:
        say(f"Plan {plan.fingerprint}: nothing to send.")
