"""Delivery: what a run changed goes the way of every source, through the inbox into the lake."""

from __future__ import annotations

import duckdb

from cardinal.ingestion import delivery
from cardinal.settings import Settings

SOURCE = "activation"
TABLES = {
    "programme_entries": """
        select
            entry_id, programme, version, person_id, entered_at, step, waits_until as waiting_until_at, because, status,
            ended_at, $as_of as as_of_date
        from entries where run_no = $run order by entry_id
    """,
    "programme_messages": """
        select
            message_key, entry_id, programme, version, step, person_id, channel, template, reason, stop_events,
            stay_segment, entered_at, due_at, until_date, $as_of as as_of_date
        from messages where run_no = $run order by message_key
    """,
}


def deliver(settings: Settings, state: duckdb.DuckDBPyConnection) -> None:
    """Put what runs changed into the inbox, if it isn't there yet.

    Killed in between, the next run does it again before it changes anything: the same file twice changes nothing.
    """
    undelivered = state.execute("select run_no, as_of_date from runs where not is_delivered order by run_no").fetchall()
    for run, as_of in undelivered:
        for table, query in TABLES.items():
            rows = state.execute(query, {"run": run, "as_of": as_of}).pl()
            if len(rows):
                delivery.drop(settings, SOURCE, table, f"run_{run:06d}", as_of, rows)
        state.execute("update runs set is_delivered = true where run_no = ?", [run])
