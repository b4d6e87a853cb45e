"""`cardinal lookalike`: whom in the third-party pool an advertisement for a segment should reach."""

from __future__ import annotations

import typer

from cardinal.cli.output import format_table, say
from cardinal.settings import load_settings


def lookalike(segment: str = typer.Argument(help="A segment, without seg_ (docs/segments.md).")) -> None:
    """Rank the third-party pool by likeness to a segment, and take that into the lake if it is better than lot.

    The same again changes nothing. The next `dbt build` brings it to lookalike_audiences and lookalike_reaches.
    """
    from ml.lookalike import rank_lookalikes

    found = rank_lookalikes(load_settings(), segment)
    rows = [
        (
            f"{reach.rate:.0%}",
            f"{reach.profiles:,}",
            f"{reach.likeness:.2f}",
            f"{reach.expected_lift:.2f}",
            f"{reach.lift.value:.2f} ({reach.lift.low:.2f} to {reach.lift.high:.2f})",
        )
        for reach in found.reaches
    ]
    say(format_table(("reach", "profiles", "likeness", "expected lift", "lift"), rows))
    say(f"{found.segment} {found.version}: {found.seeds:,} of its people are in the pool, as of {found.as_of_date}.")
    if found.is_used:
        say(f"Better than a draw by lot{'' if found.is_new else ', as before'}. Next: dbt build")
    else:
        say("Not shown to be better than a draw by lot, or taken back by `cardinal models undo`: it is not delivered.")
