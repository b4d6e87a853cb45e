"""`cardinal programmes`: what programmes there are and who is where, and the run that takes everybody further."""

from __future__ import annotations

from typing import Annotated

import typer

from cardinal.cli.output import format_table, say
from cardinal.errors import CardinalError
from cardinal.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Programmes: messages over days, and where each person is in them.")


@app.command("list")
def list_programmes() -> None:
    """Show each declared programme, and how many people are at which of its steps or how they left it.

    Exit codes: 0 shown; 1 a declaration can't be used; 2 wrong usage.
    """
    from cardinal.programmes.declaration import ProgrammeError, read_programmes
    from cardinal.programmes.looking import count_places

    settings = load_settings()
    for programme in read_programmes(settings.project_dir):
        entry = f"segment {programme.segment}" if programme.segment else f"event {' or '.join(programme.entry_events)}"
        say(f"{programme.name}: {programme.description} Enters by {entry}, {len(programme.steps)} steps.")
    try:
        places = count_places(settings)
    except ProgrammeError as error:
        say(str(error))
        return
    rows = [
        (place.programme, place.version, place.step.number if place.step else "", place.step or place.status,
         f"{place.people:,}", f"{place.messages:,}")
        for place in places
    ]  # fmt: skip
    say(format_table(("programme", "version", "step", "where", "people", "messages"), rows))


@app.command("advance")
def advance() -> None:
    """Take everybody as far as they get by the published snapshot; the same snapshot again changes nothing.

    Messages that became due go through the inbox into the next build, which asks for consent, suppression and caps once
    more, and then to the sender.

    Exit codes: 0 done; 1 a declaration can't be used, nothing is published, or the snapshot is older than the state;
    2 wrong usage.
    """
    from cardinal.programmes.advancing import advance as take_further

    done = take_further(load_settings())
    rows = [
        (move.programme, move.version, f"{move.entered:,}", f"{move.ended:,}", f"{move.messages:,}")
        for move in done.moves
    ]
    say(format_table(("programme", "version", "entered", "ended", "messages due"), rows))
    say(f"As of {done.clock.now:%Y-%m-%d %H:%M} UTC. Next: cardinal run daily, then cardinal activate plan NAME")


@app.command("explain")
def explain(person: Annotated[str, typer.Argument(help="A person_id.")]) -> None:
    """Say in which programmes a person is or was, why, and what they were due.

    Exit codes: 0 said; 1 nobody is in a programme yet, or this person never was; 2 wrong usage.
    """
    from cardinal.programmes.looking import find_stays

    stays = find_stays(load_settings(), person)
    if not stays:
        raise CardinalError("this person was in no programme: cardinal audiences explain says who may be contacted")
    for stay in stays:
        where = f"at step {stay.step.number} ({stay.step})" if stay.step else f"{stay.status} {_time(stay.ended_at)}"
        until = f" until {_time(stay.waits_until)}" if stay.waits_until else ""
        say(f"{stay.programme}, version {stay.version}: entered {_time(stay.entered_at)}, {where}{until}")
        say(f"  because: {stay.because}")
        for due_at, template, channel, reason in stay.messages:
            say(f"  {_time(due_at)} due: {template} by {channel} ({reason})")


def _time(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""
