"""Plan and apply: the two things that can be done with a sync."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection
from datetime import UTC, datetime

import duckdb

from cardinal.activation import ledger as books
from cardinal.activation.declaration import BusyError, Sync, SyncError
from cardinal.activation.delivery import deliver
from cardinal.activation.destination import (
    AccessRefusedError,
    Answer,
    Batch,
    BatchRefusedError,
    Destination,
    Replaced,
    Row,
    ThrottledError,
    UnavailableError,
    read_fields,
    row_id,
)
from cardinal.activation.destinations.catalogue import nature_of, open_destination
from cardinal.activation.outcome import Outcome, outcome_of
from cardinal.activation.pace import Pace, retrying
from cardinal.activation.planning import Plan, make_plan, make_withdrawal
from cardinal.activation.sharing import note_unsure
from cardinal.privacy.journal import is_under_way
from cardinal.settings import Settings

Progress = Callable[[str, int, int], None]
Sleep = Callable[[float], None]
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
        return make_plan(ledger, sync, settings.published / f"{sync.database}.duckdb", again, nature_of(sync))


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
        SyncError: The plan is another one than expected, or a guard tripped; nothing was sent.
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
            snapshot = settings.published / f"{sync.database}.duckdb"
            plan = make_plan(ledger, sync, snapshot, again, nature_of(sync, target))
            _check(plan, expected, despite)
            run_id = _begin(ledger, plan, sorted(set(despite) & set(plan.tripped)))
            status, message = _Run(ledger, sync, target, run_id, sleep).deliver(progress, plan.sends)
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

    What comes of it is written down like that of any run.
    """
    with books.open_ledger(settings.outbox) as ledger:
        target = destination or open_destination(sync, settings)
        try:
            _recover(ledger, settings, sync, target)
            plan = make_withdrawal(ledger, sync, keys, nature_of(sync, target))
            if not plan.sends:
                return None
            run_id = _begin(ledger, plan, [])
            status, message = _Run(ledger, sync, target, run_id, sleep).deliver(lambda *_: None, plan.sends)
            books.fold(ledger, settings.outbox, run_id, status, message)
            deliver(settings, ledger)
        finally:
            target.close()
        return outcome_of(ledger, run_id, status, message)


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
        for batch_no, batch_key in books.unanswered(ledger, run_id):
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
        books.fold(ledger, settings.outbox, run_id, "killed", "the run was killed")


def _check(plan: Plan, expected: str | None, despite: Collection[str]) -> None:
    name = plan.sync.name
    if expected is not None and expected != plan.fingerprint:
        raise SyncError(f"sync {name}: the plan {expected} is stale: run `cardinal activate plan {name}` again")
    stops = {guard: found for guard, found in plan.tripped.items() if guard not in despite}
    if stops:
        found = "; ".join(f"{guard}: {what}" for guard, what in stops.items())
        names = " ".join(f"--despite {guard}" for guard in stops)
        raise SyncError(f"sync {name}: nothing was sent. {found}. If that is right: {names}")


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
    ledger.execute(NUMBERED, {"run": run_id, "size": plan.sync.delivery.batch_rows})
    ledger.execute("commit")
    return run_id


class _StoppedError(Exception):
    """The run ends here; the message says why."""


class _Run:
    """The batches of one run."""

    def __init__(
        self, ledger: duckdb.DuckDBPyConnection, sync: Sync, target: Destination, run_id: str, sleep: Sleep
    ) -> None:
        self._ledger, self._sync, self._target, self._run_id = ledger, sync, target, run_id
        self._replaced = target if isinstance(target, Replaced) else None
        self._pace = Pace(sync.delivery.rows_per_second, sleep)
        self._retrying = retrying(sync.delivery, sleep)
        self._failures = 0
        self._told: Counter[str] = Counter()

    def deliver(self, progress: Progress, total: int) -> tuple[str, str | None]:
        """Send all batches; returns status and message of the run."""
        sent = 0
        waiting = []
        for batch_no in range(-(-total // self._sync.delivery.batch_rows)):
            rows = self._fetch(batch_no)
            batch = Batch(self._sync.name, self._run_id, rows)
            books.begin_batch(self._ledger, self._run_id, batch_no, batch.batch_key)
            answers: list[tuple[str, str, str]] = []
            message = None
            try:
                self._send(batch, answers)
            except _StoppedError as stopped:
                message = str(stopped)
            if self._replaced:
                waiting.append((batch_no, batch.batch_key, answers))
            else:
                books.end_batch(self._ledger, self._run_id, batch_no, batch.batch_key, answers)
            if message is not None:
                return "stopped", message
            sent += len(rows)
            progress(self._sync.name, sent, total)
        if self._replaced and waiting:
            try:
                changed: str | None = self._retrying(self._replaced.finish)
            except (UnavailableError, AccessRefusedError, BatchRefusedError) as error:
                return "stopped", f"the destination didn't change over: {error}"
            for batch_no, batch_key, answers in waiting:
                books.end_batch(self._ledger, self._run_id, batch_no, batch_key, answers)
            return "done", changed
        told = ", ".join(f"{count:,} {name}" for name, count in sorted(self._told.items()) if count)
        return "done", f"{told}, as the destination says" if told else None

    def _fetch(self, batch_no: int) -> list[Row]:
        rows = self._ledger.execute(
            "select key, op, version, payload, before from outgoing where run_id = ? and batch_no = ?"
            " order by list_position(['remove', 'change', 'add'], op), key",
            [self._run_id, batch_no],
        ).fetchall()
        return [
            Row(key, op, row_id(self._sync.name, key, version), read_fields(payload), list(map(read_fields, before)))
            for key, op, version, payload, before in rows
        ]

    def _send(self, batch: Batch, answers: list[tuple[str, str, str]]) -> None:
        """Send a batch; if it is refused as a whole, its halves, until the row that it is about stands alone."""
        self._pace.wait_for(len(batch.rows))
        try:
            answer: Answer = self._retrying(self._target.send, batch)
        except BatchRefusedError as error:
            if len(batch.rows) == 1:
                answers.append((batch.rows[0].key, "rejected", str(error)))
                return
            middle = len(batch.rows) // 2
            first, second = batch.rows[:middle], batch.rows[middle:]
            try:
                self._send(Batch(batch.sync, batch.run_id, first), answers)
            except _StoppedError:
                # Of a batch that is done, a row without an answer counts as accepted.
                answers += [(row.key, "uncertain", "the run ended before it was sent") for row in second]
                raise
            self._send(Batch(batch.sync, batch.run_id, second), answers)
            return
        except (UnavailableError, AccessRefusedError) as error:
            answers += [(row.key, "uncertain", str(error)) for row in batch.rows]
            self._failures += 1
            if isinstance(error, AccessRefusedError):
                raise _StoppedError(f"the destination refused access: {error}") from None
            asked = error.wait_seconds if isinstance(error, ThrottledError) else None
            if (asked or 0) > self._sync.delivery.longest_wait_seconds:
                raise _StoppedError(f"the destination asks to wait {asked:,.0f} seconds: {error}") from None
            if self._replaced or self._failures >= self._sync.delivery.failed_batches:
                raise _StoppedError(f"{self._failures} batches in a row failed, the last with {error}") from None
            return
        self._failures = 0
        self._told.update(answer.counts)
        for row in batch.rows:
            if row.row_id in answer.rejected:
                answers.append((row.key, "rejected", answer.rejected[row.row_id]))
            elif row.row_id in answer.postponed:
                answers.append((row.key, "postponed", answer.postponed[row.row_id]))
