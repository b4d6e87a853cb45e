"""Delivery: what was sent and answered goes the way of every source, through the inbox into the lake."""

from __future__ import annotations

import duckdb

from cardinal.ingestion import delivery
from cardinal.settings import Settings

SOURCE = "activation"
ABOUT = ("row_id", "person_id", "campaign", "purpose", "channel", "experiment_key", "arm")
RUN = """
select
    run_id, sync, as_of_date, status, fingerprint, desired_count, held_count, accepted_count, rejected_count,
    uncertain_count, unsent_count, invalid_count, array_to_string(overridden, ', ') as overridden, message,
    started_at, ended_at
from runs where run_id = ?
"""


def deliver(settings: Settings, ledger: duckdb.DuckDBPyConnection) -> None:
    """Put the results of runs that ended into the inbox, if they aren't there yet.

    Rows are named by their key; what was sent of them stays in the outbox. Killed in between, the next run does it
    again: the same file twice changes nothing.
    """
    import polars as pl

    undelivered = ledger.execute(
        "select run_id, as_of_date from runs where status != 'running' and not is_delivered order by started_at"
    ).fetchall()
    for run_id, as_of_date in undelivered:
        run = ledger.execute(RUN, [run_id]).pl()
        # A run of before it was written down doesn't say whom its rows were about.
        told = pl.read_parquet(settings.outbox / "results" / f"{run_id}.parquet")
        rows = pl.concat([pl.DataFrame(schema=dict.fromkeys(ABOUT, pl.String)), told], how="diagonal").select(
            "run_id",
            pl.col("key").alias("row_key"),
            "sync",
            pl.lit(as_of_date).alias("as_of_date"),
            "op",
            "version",
            "status",
            "reason",
            pl.col("folded_at").alias("answered_at"),
            *ABOUT,
        )
        if len(rows):
            delivery.drop(settings, SOURCE, "row_results", run_id, as_of_date, rows)
        delivery.drop(settings, SOURCE, "runs", run_id, as_of_date, run)
        ledger.execute("update runs set is_delivered = true where run_id = ?", [run_id])
