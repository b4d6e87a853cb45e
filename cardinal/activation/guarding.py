"""Guards: what looks wrong about a run before anything leaves."""

from __future__ import annotations

import duckdb

from cardinal.activation.declaration import Sync

# All that may stop a run; the last three are looked at with the plan.
GUARDS = ("removals", "emptied", "invalid", "deviation", "stale", "sources", "moved")
LAST_RUNS = 5
RUNS_THAT_TELL = 3


def find_tripped(
    ledger: duckdb.DuckDBPyConnection, sync: Sync, counts: dict[str, int], desired: int, held: int
) -> dict[str, str]:
    """Return the guards that stop a run, by name, with what they found.

    `counts` are rows by what would be done with them, without the removals of people who want no more; `desired` are
    those of the table, `held` those of the destination.
    """
    guards, removed = sync.guards, counts["remove"]
    found = {}
    if sync.mode == "mirror" and held and removed and not desired:
        found["emptied"] = f"the table is empty, {held:,} rows are held"
    if removed > guards.removed_rows and removed > guards.removed_rate * held:
        found["removals"] = f"{removed:,} of {held:,} rows held would be removed"
    if counts["invalid"] > guards.invalid_rate * desired:
        found["invalid"] = f"{counts['invalid']:,} of {desired:,} rows have no key, or another row's"
    last = ledger.execute(
        # A withdrawal looks at no table.
        "select avg(desired_count), count(*) from (select desired_count from runs where sync = ? and status = 'done'"
        f" and fingerprint != 'withdrawal' order by started_at desc limit {LAST_RUNS})",
        [sync.name],
    ).fetchall()[0]
    mean, runs = last[0] or 0, last[1]
    if runs >= RUNS_THAT_TELL and abs(desired - mean) > guards.deviation_rate * mean:
        found["deviation"] = f"{desired:,} rows, but {mean:,.0f} in the mean of the last {runs} runs"
    return found
