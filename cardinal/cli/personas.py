"""`cardinal personas`: the few groups of customers that marketing thinks in."""

from __future__ import annotations

import typer

from cardinal.cli.output import format_table, say
from cardinal.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Personas: a few stable, named groups of customers.")


@app.command("find")
def find() -> None:
    """Look for groups among the customers of the last whole month, and use them if other samples find them too."""
    from ml.personas import LEAST_AGREEMENT, find_personas

    found = find_personas(load_settings())
    agreement = found.agreement
    for persona in found.personas:
        say(f"{persona.name} ({persona.people:,}): {persona.description}")
    say(
        f"{found.version}: other samples agree to {agreement.value:.2f} ({agreement.low:.2f} to {agreement.high:.2f},"
        f" {LEAST_AGREEMENT} is needed); silhouette {found.silhouette:.2f}."
    )
    say("Next: cardinal personas assign" if found.is_champion else "They are not stable enough and are not used.")


@app.command("assign")
def assign() -> None:
    """Assign every customer to the persona that is nearest, and take that into the lake.

    The same again changes nothing. The next `dbt build` brings it to customer_personas and customer_360.
    """
    from ml.personas import assign_personas

    assigned = assign_personas(load_settings())
    say(format_table(("persona", "people"), [(name, f"{count:,}") for name, count in assigned.people.items()]))
    say(f"{assigned.version} as of {assigned.as_of_date}{'' if assigned.is_new else ', as before'}. Next: dbt build")
