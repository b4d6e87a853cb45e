"""`cardinal import`: put another bank's export or a list of leads into the inbox."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cardinal.cli.output import format_table, say
from cardinal.errors import CardinalError
from cardinal.settings import load_settings

if TYPE_CHECKING:
    from cardinal.importers.lead_lists import Correction

ROWS_TO_CORRECT = 4
MOST_SHOWN = 50

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Map a bank's own export, or a list of leads, onto the source contracts and put it into the inbox.",
)


@app.callback()
def imports() -> None:
    """Map a bank's own export, or a list of leads, onto the source contracts and put it into the inbox."""


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


@app.command("sheet")
def sheet(
    spreadsheet: Annotated[str, typer.Argument(help="Id of the spreadsheet: in its address, behind /d/.")],
    name: Annotated[str, typer.Option("--name", help="Name of the list (upload_name): the same each time.")],
    cells: Annotated[str, typer.Option("--range", help="Cells to read, such as Leads!A1:F.")] = "A:Z",
    author: Annotated[str, typer.Option("--by", help="Who uploads it.")] = "google_sheets",
    column: Annotated[
        list[str] | None, typer.Option("--column", help="A header and what it stands for: 'Call me at=phone'.")
    ] = None,
    corrections: Annotated[
        Path | None, typer.Option("--corrections", help="Where to write what is to be put right (.csv or .json).")
    ] = None,
) -> None:
    """Read a list of leads from a Google Sheet and put what is new in it into the inbox (docs/guides/lists.md).

    The token stands in CARDINAL_SHEETS_TOKEN. Ends with exit code 4 if anything is to be put right.
    """
    from cardinal.importers.lead_lists import check, read_list
    from cardinal.importers.sheets import read_range
    from cardinal.importers.uploads import deliver

    settings = load_settings()
    token = settings.sheets_token()
    if token is None:
        raise CardinalError("CARDINAL_SHEETS_TOKEN is not set: give it an OAuth token that may read the sheet")
    named = {}
    for pair in column or []:
        header, _, contracted = pair.rpartition("=")
        named[header] = contracted.strip()
    listed = read_list(read_range(spreadsheet, cells, token, settings.sheets_url()), named)
    found = check(listed, settings)
    settings.begin_home()
    delivery = deliver(listed, found, name, author, settings, datetime.now(UTC))
    say(f"Read {len(listed.rows):,} rows.")
    if listed.unknown:
        say(f"Note: columns that a list doesn't have, left out: {', '.join(listed.unknown)}")
    if delivery.path is None:
        say("Nothing in it is new.")
    else:
        say(
            f"Put into {delivery.path}: {delivery.added:,} new rows, {delivery.changed:,} changed,"
            f" {delivery.deleted:,} deleted."
        )
    _say_corrections(found, corrections)
    say("Next: cardinal ingest")
    if found:
        raise typer.Exit(ROWS_TO_CORRECT)


@app.command("corrections")
def corrections(
    name: Annotated[str, typer.Argument(help="The list's upload_name, or its file in the inbox.")],
    to: Annotated[
        Path | None, typer.Option("--to", help="Where to write what is to be put right (.csv or .json).")
    ] = None,
) -> None:
    """Say what is to be put right in an uploaded list that was ingested, by row and column (docs/guides/lists.md).

    Ends with exit code 4 if there is anything.
    """
    from cardinal.importers.uploads import corrections_of

    found = corrections_of(load_settings(), name)
    _say_corrections(found, to)
    if found:
        raise typer.Exit(ROWS_TO_CORRECT)


def _say_corrections(found: tuple[Correction, ...], path: Path | None) -> None:
    from cardinal.importers.lead_lists import write_corrections

    if path is not None:
        write_corrections(found, path)
    if not found:
        say("Nothing is to be put right.")
        return
    held = len({one.row for one in found if one.is_held_back})
    say(f"To put right: {len(found):,} cells; {held:,} rows stay out until then.")
    rows = [
        (f"{one.column}{one.row}", one.header, one.value, one.reason, "held back" if one.is_held_back else "went in")
        for one in found[:MOST_SHOWN]
    ]
    say(format_table(("cell", "column", "value", "reason", "row"), rows))
    if len(found) > MOST_SHOWN:
        say(f"  and {len(found) - MOST_SHOWN:,} more" + (f", in {path}" if path else ": write them with an option"))
