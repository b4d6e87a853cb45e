"""What came of a run."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Outcome:
    """What came of a run.

    `status`: done, and `message` tells what the destination counted, if it does; or stopped, since the destination was
    down for all of it or a part, or let nobody in, and it says why. What is
    `uncertain` or `unsent` goes out in the next run.
    """

    run_id: str
    status: str
    message: str | None
    accepted: int
    rejected: int
    uncertain: int
    unsent: int


def outcome_of(ledger: duckdb.DuckDBPyConnection, run_id: str, status: str, message: str | None) -> Outcome:
    """Return what the ledger says of a run."""
    counts = ledger.execute(
        "select accepted_count, rejected_count, uncertain_count, unsent_count from runs where run_id = ?", [run_id]
    ).fetchall()[0]
    return Outcome(run_id, status, message, *counts)
