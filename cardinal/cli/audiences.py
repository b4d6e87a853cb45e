"""`cardinal audiences`: how large each audience is, and why a person is in it or not."""

from __future__ import annotations

import typer

from cardinal.audiences.declaration import AudienceError, read_audiences
from cardinal.build import open_build
from cardinal.cli.output import format_table, say
from cardinal.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, help="Audiences: who may be contacted, for what, by which channel.")

CONDITIONS = {
    "has_consent": "consent",
    "is_contactable": "not suppressed",
    "is_reachable": "address known, theirs alone",
    "is_outside_global_holdout": "not held out of all",
    "is_outside_holdout": "not held out of this",
    "is_in_arm": "in the experiment's arm",
    "is_within_cap": "contact left on the channel",
    "is_within_budget": "contact left in the week",
}
# Ids that were merged lead to who has the person now.
CURRENT = """
select people.person_id from marts.customer_360 as people
where people.person_id = coalesce(
    (select current_person_id from marts.current_person_ids where person_id = $person), $person
)
"""


@app.command("list")
def list_sizes() -> None:
    """Show each audience of the last build: whom its segments choose, where they fall out, and who is left."""
    header = (
        "audience",
        "channel",
        "members",
        "no consent",
        "suppressed",
        "no address",
        "shared",
        "held out",
        "over cap",
        "chosen",
    )
    rows = _query(
        load_settings(),
        "select audience, channel, member_count, without_consent_count, suppressed_count, without_address_count,"
        " address_shared_count, held_out_count, over_budget_count, chosen_count"
        " from audiences.audience_sizes order by audience",
    )
    say(format_table(header, rows))
    say("Next: cardinal audiences explain PERSON_ID")


@app.command("explain")
def explain(person: str = typer.Argument(help="A person_id.")) -> None:
    """Say of each audience that wants a person whether they are in, condition by condition, and who withdrew since."""
    from cardinal.activation.declaration import BusyError
    from cardinal.audiences.withdrawn import withdrawn_since

    settings = load_settings()
    known = _query(settings, CURRENT, {"person": person})
    if not known:
        raise AudienceError(
            f"nobody has the id {person}, or had it: `cardinal identity explain` tells whom a record belongs to"
        )
    ((current,),) = known
    if current != person:
        say(f"{person} is {current} by now.")
    rows = _query(
        settings,
        f"select audience, explanation, {', '.join(CONDITIONS)} from audiences.audience_decisions"
        " where person_id = $person order by audience",
        {"person": str(current)},
    )
    names = {audience.name for audience in read_audiences(settings.project_dir)}
    is_sending = False
    try:
        withdrawn = withdrawn_since(settings, str(current))
    except BusyError:
        withdrawn, is_sending = set[str](), True
    for audience, explanation, *held in rows:
        since = " by the build, but they withdrew since: left out of what is sent" if audience in withdrawn else ""
        say(f"{audience}: {explanation}{since}")
        say(format_table(("condition", "holds"), zip(CONDITIONS.values(), map(_word, held), strict=True)))
        names.discard(str(audience))
    if names:
        say(f"Not chosen by the segments of {', '.join(sorted(names))}.")
    if is_sending:
        say("Who withdrew since the build isn't told while a run sends: ask again when it has ended.")


def _word(value: object) -> str:
    return "yes" if value else "no"


def _query(settings: Settings, sql: str, parameters: dict[str, str] | None = None) -> list[tuple[object, ...]]:
    with open_build(settings) as connection:
        there = connection.execute(
            "select 1 from duckdb_tables() where schema_name = 'audiences' and table_name = 'audience_sizes'"
        ).fetchone()
        if there is None:
            raise AudienceError("no audience has been built: run dbt build")
        return connection.execute(sql, parameters or {}).fetchall()
