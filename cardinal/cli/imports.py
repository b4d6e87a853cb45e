"""`cardinal import`: put another bank's export into the inbox."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cardinal.cli.output import format_table, say
from cardinal.settings import load_settings

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Map a bank's own export onto the source contracts and put it into the inbox.",
)


@app.callback()
def imports() -> None:
    """Map a bank's own export onto the source contracts and put it into the inbox."""


@app.command("berka")
def berka(
    directory: Annotated[Path, typer.Argument(help="Folder with account.asc, client.asc, ..., trans.asc.")],
) -> None:
    """Import the PKDD'99 Czech bank: a real bank's accounts, loans, cards and postings, anonymised.

    docs/guides/bring-your-own-bank.md walks through it.
    """
    from cardinal.importers.berka import MARKET, import_berka

    settings = load_settings(bank=MARKET)
    report = import_berka(directory, settings)
    rows = [(f"{drop.source}.{drop.table}", drop.rows) for drop in report.drops]
    read = ", ".join(f"{name} {count:,}" for name, count in report.files.items())
    say(f"Read {read}.")
    say(f"Put into {settings.inbox}, as delivered on {report.delivered}:")
    say(format_table(("table", "rows"), rows))
    for note in report.notes:
        say(f"Note: {note}")
    say("Next: cardinal ingest")
