"""What the files of sending and programmes mean, for people who read what was sent to or about them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cardinal.build import quoted
from cardinal.settings import Settings

if TYPE_CHECKING:
    import duckdb

# Of more than one table.
_OFTEN = {
    "sync": "What keeps a list or sends messages, as declared in activation/syncs.yml.",
    "destination": "Where that goes: the kind of destination, and its place.",
    "run_id": "The run that sent it.",
    "key": "By which the row is known: mostly a person or a message.",
    "op": "What was asked of the destination: add, change or remove.",
    "version": "How often something other was sent under this key.",
    "reason": "Why it wasn't accepted, or what was said.",
    "person_id": "The person.",
    "programme": "The programme, as declared in programmes/.",
    "entry_id": "One stay in a programme.",
    "step": "Where in the programme.",
    "entered_at": "When the stay began (UTC).",
    "channel": "By what it reaches people.",
    "purpose": "What was agreed to.",
    "run_no": "The advance of programmes that wrote it.",
}
# File and table -> what a row is, and what its columns mean beside the above.
TABLES: dict[str, tuple[str, dict[str, str]]] = {
    "outbox/ledger.duckdb state": (
        "What a destination holds, or may hold, one row a list and key.",
        {
            "acked": "What the destination has accepted, field by field.",
            "maybe": "What it may hold besides: sent, and never answered.",
            "intent_op": "What was last asked for without a yes.",
            "intent_payload": "What was last sent without a yes.",
            "intent_state": "What came of that: uncertain, rejected or postponed.",
            "changed_at": "When this last changed (UTC).",
        },
    ),
    "outbox/ledger.duckdb outgoing": (
        "What a run that hasn't ended is sending.",
        {
            "batch_no": "Which request of the run.",
            "payload": "What is sent, field by field.",
            "before": "What the destination may hold until then.",
            "about": "Whom it is about, and what for.",
        },
    ),
    "outbox/ledger.duckdb withdrawals": (
        "Who said that they want no more, before a build knew of it.",
        {
            "event_id": "The message that said so.",
            "line_user_id": "Who said it at LINE.",
            "phone": "Who said it by text message.",
            "withdrawn_at": "When (UTC).",
        },
    ),
    "outbox/results": (
        "What came of each row that was sent.",
        {
            "status": "accepted, rejected or uncertain.",
            "folded_at": "When it was written down (UTC).",
            "row_id": "The id that went out with the row.",
            "campaign": "The audience or programme that it belongs to.",
            "experiment_key": "The experiment that drew who gets it.",
            "arm": "The side of the experiment.",
        },
    ),
    "programmes/state.duckdb entries": (
        "One stay in a programme.",
        {
            "version": "Of the programme, as it was declared then.",
            "moved_at": "When it came to this step (UTC).",
            "waits_until": "Until when it waits (UTC).",
            "last_message_at": "When the last message was due (UTC).",
            "because": "What led into the programme.",
            "status": "Whether it goes on, or how it ended.",
            "ended_at": "When it ended (UTC).",
        },
    ),
    "programmes/state.duckdb messages": (
        "A message that a programme asked for.",
        {
            "version": "Of the programme, as it was declared then.",
            "message_key": "The message.",
            "template": "Its text, in activation/templates/.",
            "stop_events": "What ends the stay before it goes out.",
            "stay_segment": "The segment that one has to be in until it goes out.",
            "due_at": "From when it may go out (UTC).",
            "until_date": "The last day on which it may.",
        },
    ),
}


def words_of(place: str, columns: list[str]) -> tuple[str, dict[str, str]]:
    """Return what a row of a file and table is, and what each column means; nothing where that isn't known."""
    description, meanings = TABLES.get(place, ("", {}))
    known = {**_OFTEN, **meanings} if description else {}
    return description, {column: known.get(column, "") for column in columns}


def destinations(connection: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, str]:
    """Return by sync where its rows are held, as the ledger has it."""
    import duckdb

    ledger = settings.outbox / "ledger.duckdb"
    if not ledger.exists():
        return {}
    connection.execute(f"attach '{quoted(ledger)}' as state (read_only)")
    try:
        # A ledger of before it was written down doesn't say.
        with suppress(duckdb.CatalogException):
            return dict(connection.execute("select sync, place from state.main.places").fetchall())
        return {}
    finally:
        connection.execute("detach state")


def with_destination(row: dict[str, Any], held: dict[str, str]) -> dict[str, Any]:
    """Return a row that names a sync with where that goes."""
    if "sync" not in row:
        return row
    return {"sync": row["sync"], "destination": held.get(str(row["sync"])), **row}
