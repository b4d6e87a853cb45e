"""What a sync's table holds: read from the published snapshot, which is open only so long."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destinations.catalogue import CHANNELS, MESSAGES
from cardinal.activation.withdrawals import find_withdrawn
from cardinal.build import quoted

# A row without a key, or whose key another row has, is never sent; nor is it taken for gone.
DESIRED = """
create or replace temporary table desired as
select
    cast("{key}" as varchar) as key,
    cast(to_json(any_value({{{fields}}})) as varchar) as payload,
    count(*) as copies,
    {about}
from {source}
where {is_wanted}
group by all
"""
# What a row is about, by the columns of the table that tell it.
ABOUT = {
    "person_id": ("person_id",), "campaign": ("audience", "programme"), "purpose": ("purpose",),
    "channel": ("channel",), "experiment_key": ("experiment_key",), "arm": ("arm",),
}  # fmt: skip


def read_table(ledger: duckdb.DuckDBPyConnection, sync: Sync, snapshot: Path) -> tuple[float | None, date, int]:
    """Read the table of a sync into the temporary table `desired`.

    Returns how many hours ago the snapshot was built, its newest day, and how many rows were left out as withdrawn.

    Raises:
        SyncError: The snapshot, the table or a column isn't there, or it is of another channel than the destination.
    """
    if not snapshot.exists():
        raise SyncError(f"sync {sync.name}: there is no {snapshot.name} published yet: run `cardinal publish`")
    schema, table = sync.model.split(".")
    fields = ", ".join(f"'{field}': \"{column}\"" for field, column in sync.columns.items())
    ledger.execute(f"attach '{quoted(snapshot)}' as source (read_only)")
    try:
        source = f'source."{schema}"."{table}"'
        columns = {row[0] for row in ledger.execute(f"describe {source}").fetchall()}
        _check_columns(sync, columns)
        hours = _hours_since_build(ledger)
        _check_channels(ledger, sync, source, columns)
        withdrawn = find_withdrawn(ledger, source, sync.key, columns, hours)
        # Without one, the table isn't compared with a list that is empty.
        is_wanted = f'coalesce(cast("{sync.key}" as varchar) not in (from withdrawn), true)' if withdrawn else "true"
        ledger.execute(
            DESIRED.format(key=sync.key, fields=fields, about=_about(sync, columns), source=source, is_wanted=is_wanted)
        )
        return hours, _newest_day(ledger), withdrawn
    except duckdb.CatalogException:
        raise SyncError(
            f"sync {sync.name}: model: there is no {sync.model} in {snapshot}: it is misspelt, or hasn't been published"
        ) from None
    except duckdb.BinderException as error:
        raise SyncError(f"sync {sync.name}: {str(error).splitlines()[0]}") from None
    finally:
        ledger.execute("detach source")


def read_nothing(ledger: duckdb.DuckDBPyConnection) -> None:
    """Let `desired` be empty, and nobody be known to want no more, where the table can't be read."""
    about = ", ".join(f"{field} varchar" for field in ABOUT)
    ledger.execute(f"create or replace temporary table desired (key varchar, payload varchar, copies bigint, {about})")
    ledger.execute("create or replace temporary table leavers (key varchar)")


def _check_columns(sync: Sync, columns: set[str]) -> None:
    # As SQL takes them, in either case.
    known = {name.lower() for name in columns}
    for declared, column in (("key", sync.key), *((f"columns.{field}", name) for field, name in sync.columns.items())):
        if column.lower() not in known:
            there = ", ".join(sorted(columns))
            raise SyncError(f"sync {sync.name}: {declared}: {sync.model} has no column {column}; it has {there}")


def _check_channels(ledger: duckdb.DuckDBPyConnection, sync: Sync, source: str, columns: set[str]) -> None:
    """Whoever agreed to one channel agreed to no other."""
    kind = str(sync.destination["type"])
    if kind not in CHANNELS:
        return
    if "channel" not in columns:
        if kind not in MESSAGES:
            return
        raise SyncError(f"sync {sync.name}: {sync.model} has no column channel: nobody knows what people agreed to")
    found = {row[0] for row in ledger.execute(f"select channel from {source} group by channel").fetchall()}
    others = sorted(str(channel) for channel in found - set(CHANNELS[kind]))
    if others:
        raise SyncError(
            f"sync {sync.name}: {sync.model} is for channel {', '.join(others)}, and {kind} reaches people by"
            f" {' or '.join(CHANNELS[kind])}: declare an audience for that channel, to which they agreed"
        )


def _about(sync: Sync, columns: set[str]) -> str:
    told = {field: next((name for name in names if name in columns), None) for field, names in ABOUT.items()}
    values = {field: f'cast("{name}" as varchar)' if name else "cast(null as varchar)" for field, name in told.items()}
    if told["campaign"] is None:
        values["campaign"] = f"'{sync.name}'"
    return ", ".join(f"any_value({value}) as {field}" for field, value in values.items())


def _hours_since_build(ledger: duckdb.DuckDBPyConnection) -> float | None:
    """Since the last build that made consent and suppressions anew; one that goes on with it, by the hour, doesn't."""
    try:
        (hours,) = ledger.execute(
            "select date_diff('second', max(whole_started_at), now() at time zone 'UTC') / 3600"
            " from source.cardinal.build"
        ).fetchall()[0]
    except (duckdb.CatalogException, duckdb.BinderException):
        # One of before it was written down.
        return None
    return float(hours) if hours is not None else None


def _newest_day(ledger: duckdb.DuckDBPyConnection) -> date:
    """A bank's newest day, as its marts have it; where they don't say, today."""
    # The one is in the serving snapshot, the other in the restricted one.
    for mart in ("customer_360_pseudonymous", "customer_360"):
        with suppress(duckdb.CatalogException):
            (day,) = ledger.execute(f"select max(as_of_date) from source.marts.{mart}").fetchall()[0]
            if isinstance(day, date):
                return day
    return datetime.now(UTC).date()
