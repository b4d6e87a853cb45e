"""`cardinal privacy`: what is held about a person, and that it goes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cardinal.cli.output import say
from cardinal.settings import load_settings

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
