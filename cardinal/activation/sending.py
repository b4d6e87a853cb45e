"""Plan and apply: the two things that can be done with a sync."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from cardinal.activation import ledger as books
from cardinal.activation.declaration import BusyError, Sync, SyncError, UndeliveredError
from cardinal.activation.deliveries import find_late_consent
from cardinal.activation.delivery import deliver
from cardinal.activation.destination import (
    AccessRefusedError,
    Destination,
    Nature,
    Noted,
    UnavailableError,
)
from cardinal.activation.destinations.catalogue import nature_of, open_destination
from cardinal.activation.outcome import Outcome, outcome_of
from cardinal.activation.places import GUARD, find_moved, is_moved, note_place
from cardinal.activation.planning import Plan, look, make_plan, make_withdrawal
from cardinal.activation.reading import read_nothing
from cardinal.activation.run import Progress, Run, Sleep
from cardinal.activation.sharing import note_unsure
from cardinal.privacy.journal import is_under_way
from cardinal.settings import Settings

# By number and not by key: a batch is what is fetched together. What is taken out goes before what is put in: an
# address may have become another's; what is only put back goes last. Of a removal, the table no longer says whom about.
NUMBERED = """
insert into outgoing by name
select
    $run as run_id,
    cast((row_number() over sending - 1) // $size as integer) as batch_no,
    key, op, version, difference.payload, before,
    {
        person_id: person_id, campaign: campaign, purpose: purpose, channel: channel, experiment_key: experiment_key,
        arm: arm
    } as about
from difference left join desired using (key) where op is not null
window sending as (order by list_position(['remove', 'change', 'add'], op), before = [difference.payload], key)
order by batch_no
"""
BEGIN_RUN = """
insert into runs by name select
    $run as run_id, $sync as sync, $fingerprint as fingerprint, 'running' as status, $desired as desired_count,
    $held as held_count, $add as add_count, $change as change_count, $remove as remove_count, $retry as retry_count,
    $same as same_count, $invalid as invalid_count, $overridden as overridden, now() at time zone 'UTC' as started_at,
    $as_of as as_of_date, false as is_delivered
"""


def plan_sync(settings: Settings, sync: Sync, again: bool = False) -> Plan:
    """Say what would be sent, and send nothing."""
    with books.open_ledger(settings.outbox) as ledger:
        recover(ledger, settings, sync)
        return _plan(ledger, settings, sync, again, nature_of(sync))


def apply_sync(
    settings: Settings,
    sync: Sync,
    progress: Progress,
    expected: str | None = None,
    despite: Collection[str] = (),
    again: bool = False,
    destination: Destination | None = None,
    sleep: Sleep = time.sleep,
) -> Outcome | None:
    """Send what is different, and write down what was accepted; None where there is nothing to send.

    `expected` is the fingerprint of the plan that somebody looked at. `despite` names guards that may trip; it is
    logged. `again` sends once more what was rejected. Killed at any point, the next run goes on: nothing is lost, and
    what may have been taken goes out with the same ids.

    Raises:
        SyncError: The plan is another one than expected, or a guard tripped; nothing was sent, but that who withdrew is
            taken out of a mirror all the same. UndeliveredError where that didn't get through.
        BusyError: A person is being erased: what is published shows them still.
    """
    with books.open_ledger(settings.outbox) as ledger:
        if is_under_way(settings):
            raise BusyError(
                f"{sync.name}: an erasure is under way in {settings.home}, so nothing was sent: try again after it"
            )
        target = destination or open_destination(sync, settings)
        try:
            _recover(ledger, settings, sync, target)
            plan = _plan(ledger, settings, sync, again, nature_of(sync, target))
            _check_fingerprint(plan, expected)
            stops = {guard: found for guard, found in plan.tripped.items() if guard not in despite}
            if stops:
                # No mistake of a build makes wrong what people said themselves. Where it moved, none of them is held.
                left = _remove(ledger, settings, sync, plan.leaving, target, sleep)
                raise _refusal(sync, stops, left)
            run_id = _begin(ledger, plan, sorted(set(despite) & set(plan.tripped)))
            status, message = Run(ledger, sync, target, run_id, sleep).deliver(progress, plan.sends)
            books.fold(ledger, settings.outbox, run_id, status, message)
            deliver(settings, ledger)
        finally:
            target.close()
        return outcome_of(ledger, run_id, status, message) if plan.sends else None


def withdraw(
    settings: Settings,
    sync: Sync,
    keys: Collection[str],
    destination: Destination | None = None,
    sleep: Sleep = time.sleep,
) -> Outcome | None:
    """Remove rows from a destination, by their keys; None where it holds none of them.

    What comes of it is written down like that of any run. Without a table that can be read, nobody is put in again who
    goes along with them.
    """
    with books.open_ledger(settings.outbox) as ledger:
        if moved := find_moved(ledger, sync):
            raise SyncError(f"sync {sync.name}: nobody was removed. {GUARD}: {moved}")
        target = destination or open_destination(sync, settings)
        try:
            _recover(ledger, settings, sync, target)
            try:
                look(ledger, sync, _snapshot(settings, sync))
            except (SyncError, duckdb.Error):
                read_nothing(ledger)
            return _remove(ledger, settings, sync, keys, target, sleep)
        finally:
            target.close()


def _remove(
    ledger: duckdb.DuckDBPyConnection,
    settings: Settings,
    sync: Sync,
    keys: Collection[str],
    target: Destination,
    sleep: Sleep,
) -> Outcome | None:
    plan = make_withdrawal(ledger, sync, keys, nature_of(sync, target)) if keys else None
    if plan is None or not plan.sends:
        return None
    run_id = _begin(ledger, plan, [])
    status, message = Run(ledger, sync, target, run_id, sleep).deliver(lambda *_: None, plan.sends)
    books.fold(ledger, settings.outbox, run_id, status, message)
    deliver(settings, ledger)
    return outcome_of(ledger, run_id, status, message)


def empty(
    settings: Settings, sync: Sync, destination: Destination | None = None, sleep: Sleep = time.sleep
) -> Outcome | None:
    """Remove all that a mirror's destination holds, whatever the table has; None where it holds nothing.

    Raises:
        SyncError: The sync is no mirror: its destination takes nothing back; or it is held elsewhere.
    """
    if sync.mode != "mirror":
        raise SyncError(f"sync {sync.name}: one of mode {sync.mode} takes nothing back: empty it there by hand")
    with books.open_ledger(settings.outbox) as ledger:
        recover(ledger, settings, sync)
        keys = [key for (key,) in ledger.execute("select key from state where sync = ?", [sync.name]).fetchall()]
    return withdraw(settings, sync, keys, destination, sleep)


def recover(ledger: duckdb.DuckDBPyConnection, settings: Settings, sync: Sync) -> None:
    """Fold what was killed, if anything was."""
    if any(name == sync.name for _, name in books.open_runs(ledger)):
        target = open_destination(sync, settings)
        try:
            _recover(ledger, settings, sync, target)
        finally:
            target.close()


def _recover(ledger: duckdb.DuckDBPyConnection, settings: Settings, sync: Sync, target: Destination) -> None:
    for run_id, name in books.open_runs(ledger):
        if name != sync.name:
            continue
        # Another destination knows nothing of it.
        batches = [] if is_moved(ledger, sync) else books.unanswered(ledger, run_id)
        for batch_no, batch_key in batches:
            try:
                was_taken = target.was_taken(batch_key)
            except (UnavailableError, AccessRefusedError) as error:
                # Taken for unknown, its rows would go again in other batches: of a file, that is a second copy.
                raise SyncError(
                    f"sync {sync.name}: the destination can't be asked what arrived of run {run_id}, which was killed:"
                    f" {error}. Nothing was sent: try again later"
                ) from None
            if was_taken:
                books.end_batch(ledger, run_id, batch_no, batch_key, [])
            elif isinstance(target, Noted):
                came = {key: target.came_of(name, key) for key in books.keys_of(ledger, run_id, batch_no)}
                books.end_batch(ledger, run_id, batch_no, batch_key, _answers(came))
        books.fold(ledger, settings.outbox, run_id, "killed", "the run was killed")


def _answers(came: Mapping[str, tuple[str, str | None] | None]) -> list[books.Answered]:
    """What wasn't sent at all is still different: the next run sends it, if it is still to be sent."""
    told = {key: what or ("unsent", None) for key, what in came.items()}
    return [(key, status, reason or "", False) for key, (status, reason) in told.items() if status != "accepted"]


def _plan(ledger: duckdb.DuckDBPyConnection, settings: Settings, sync: Sync, again: bool, nature: Nature) -> Plan:
    return make_plan(ledger, sync, _snapshot(settings, sync), again, nature, find_late_consent(settings))


def _snapshot(settings: Settings, sync: Sync) -> Path:
    return settings.published / f"{sync.database}.duckdb"


def _check_fingerprint(plan: Plan, expected: str | None) -> None:
    if expected is not None and expected != plan.fingerprint:
        name = plan.sync.name
        raise SyncError(
            f"sync {name}: the plan {expected} is stale, it is {plan.fingerprint} by now: run"
            f" `cardinal activate plan {name}` again"
        )


def _refusal(sync: Sync, stops: Mapping[str, str], left: Outcome | None) -> SyncError:
    found = "; ".join(f"{guard}: {what}" for guard, what in stops.items())
    names = " ".join(f"--despite {guard}" for guard in stops)
    if left is None:
        return SyncError(f"sync {sync.name}: nothing was sent. {found}. If that is right: {names}")
    counts, missing = f"{left.accepted:,} rows accepted", left.rejected + left.uncertain + left.unsent
    went = "who withdrew was taken out"
    if missing:
        unanswered = left.uncertain + left.unsent
        went = "who withdrew could not be taken out" if not left.accepted else "not all who withdrew could be taken out"
        counts += f", {left.rejected:,} rejected, {unanswered:,} without an answer"
    told = f"{went} ({counts}, run {left.run_id}), and nothing else was sent"
    if left.status != "done":
        told += f". Try again: {left.message}"
    refusal = SyncError if left.status == "done" else UndeliveredError
    return refusal(f"sync {sync.name}: {told}. {found}. If that is right: {names}")


def _begin(ledger: duckdb.DuckDBPyConnection, plan: Plan, overridden: list[str]) -> str:
    """Write down the run and all that it is about to send."""
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}_{secrets.token_hex(4)}"
    kept = ("add", "change", "remove", "retry", "same", "invalid")
    ledger.execute("begin")
    ledger.execute(
        BEGIN_RUN,
        {
            "run": run_id,
            "sync": plan.sync.name,
            "fingerprint": plan.fingerprint,
            "desired": plan.desired,
            "held": plan.held,
            "overridden": overridden,
            "as_of": plan.as_of_date,
            **{action: plan.counts[action] for action in kept},
        },
    )
    note_unsure(ledger, plan.sync.name)
    note_place(ledger, plan.sync)
    ledger.execute(NUMBERED, {"run": run_id, "size": plan.sync.delivery.batch_rows})
    ledger.execute("commit")
    return run_id
