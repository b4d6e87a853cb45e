"""`cardinal identity`: why records are one person, and what other rules would make of them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cardinal.build import open_build, open_database
from cardinal.cli.identity_changes import say_simulation
from cardinal.cli.output import format_table, progress_bar, say
from cardinal.dbt_build import BuildStoppedError, build_warehouse
from cardinal.errors import CardinalError
from cardinal.settings import Settings, load_settings

if TYPE_CHECKING:
    from cardinal.identity.person import PersonCard
    from cardinal.identity.simulation import TrialHouse

MOST_RECORDS = 2

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Explain why records are one person, and try out other rules. Changes nothing.",
)


@app.callback()
def identity() -> None:
    """Explain why records are one person, and try out other rules. Changes nothing."""


@app.command("explain")
def explain(
    record: Annotated[
        list[str],
        typer.Option(
            help="A record, source.table:record_id. Give two to see what connects or parts them, one to see its person."
        ),
    ],
    reach: Annotated[
        bool, typer.Option("--reach", help="Take weaker links too: the wider cluster for analytics and advertising.")
    ] = False,
) -> None:
    """Say why two records are one person or not, or what makes up the person of one.

    Identifiers are never shown whole. docs/guides/identity-why.md tells how to undo a merge.
    """
    from cardinal.identity.explanation import explain_pair

    if len(record) > MOST_RECORDS:
        raise typer.BadParameter("give one record or two", param_hint="--record")
    settings = load_settings()
    check_built(settings)
    with open_build(settings) as connection:
        if len(record) == 1:
            from cardinal.identity.person import describe_person

            card = describe_person(connection, record[0], reach)
        else:
            for line in explain_pair(connection, record[0], record[1], reach):
                say(line)
            return
    _say_person(card, reach)


def check_built(settings: Settings) -> None:
    """Stop with a clear word where there is no warehouse yet."""
    if not settings.warehouse.exists():
        raise CardinalError(f"there is no warehouse in {settings.home} yet: run `dbt build`")


@app.command("simulate")
def simulate(
    rules: Annotated[
        Path, typer.Option("--rules", help="A changed copy of seeds/identity/identifier_rules.csv.", dir_okay=False)
    ],
    examples: Annotated[int, typer.Option(min=0, help="How many merges and splits to name, largest first.")] = 5,
) -> None:
    """Show which persons other identifier rules would merge and split. Touches neither warehouse nor lake.

    Builds the identity models on a copy in a temporary folder (TMPDIR), which takes two and a half times the size of
    the warehouse, and removes it at the end.
    """
    from cardinal.identity import rule_file
    from cardinal.identity.comparison import compare_states, keep_state
    from cardinal.identity.records import check_tables
    from cardinal.identity.simulation import copy_house

    settings = load_settings()
    check_built(settings)
    columns = rule_file.load_columns(settings.project_dir)
    tried = rule_file.read_rules(rules, columns)
    with tempfile.TemporaryDirectory(prefix="cardinal-simulate-") as folder:
        with open_build(settings) as connection:
            check_tables(connection)
            changes = rule_file.compare_rules(rule_file.read_built_rules(connection), tried)
            if not changes:
                say(f"{rules} holds the rules that the warehouse was built with: nothing would change.")
                return
            with progress_bar("Copying") as progress:
                trial = copy_house(settings, Path(folder), tried, columns, progress)
        with open_database(trial.settings.warehouse, read_only=False) as connection:
            keep_state(connection)
        _build_trial(trial)
        with open_database(trial.settings.warehouse) as connection:
            comparison = compare_states(connection, examples)
    say_simulation(changes, comparison)


def _build_trial(trial: TrialHouse) -> None:
    try:
        with progress_bar("Building") as progress:
            built = build_warehouse(trial.settings, progress, *trial.arguments)
    except BuildStoppedError as error:
        raise CardinalError(f"the copy can't be built: {error.reason}") from error
    if built.failures:
        failures = "; ".join(f"{name}: {message}" for name, message in built.failures.items())
        raise CardinalError(f"the copy can't be built with these rules: {failures}")


def _say_person(card: PersonCard, reach: bool) -> None:
    record = card.record
    cluster = "reach" if reach else "person"
    if record.person_key is None:
        say(f"{record.name} shows nothing that may join: it belongs to no one.")
    else:
        named = record.reach_id or record.person_id if reach else record.person_id
        say(f"{record.name} belongs to {cluster} {named}: {card.record_count:,} records.")
    sources = [(table, count, first or "", last or "") for table, count, first, last in card.sources]
    say(format_table(("table", "records", "first seen", "last seen"), sources))
    say()
    say(format_table(("identifier", "value", "evidence", "joins as", "records"), card.identifiers))
    for name, count in card.left_out.items():
        say(f"  and {count:,} more of {name}")
    if card.refused_count:
        say(f"{card.refused_count:,} links of these records were refused.")
