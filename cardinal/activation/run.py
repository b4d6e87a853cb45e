"""One run: its batches go out one after the other, and each answer is written down before the next one goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import duckdb

from cardinal.activation import ledger as books
from cardinal.activation.declaration import Sync
from cardinal.activation.destination import (
    AccessRefusedError,
    Answer,
    Batch,
    BatchRefusedError,
    Destination,
    Noted,
    Replaced,
    Row,
    ThrottledError,
    UnavailableError,
    read_fields,
    row_id,
)
from cardinal.activation.pace import Pace, retrying

Progress = Callable[[str, int, int], None]
Sleep = Callable[[float], None]


class _StoppedError(Exception):
    """The run ends here; the message says why."""


class Run:
    """The batches of one run, as they were written into the ledger."""

    def __init__(
        self, ledger: duckdb.DuckDBPyConnection, sync: Sync, target: Destination, run_id: str, sleep: Sleep
    ) -> None:
        """`target` is open, and stays so; `sleep` is how it waits."""
        self._ledger, self._sync, self._target, self._run_id = ledger, sync, target, run_id
        self._replaced = target if isinstance(target, Replaced) else None
        self._pace = Pace(sync.delivery.rows_per_second, sleep)
        self._retrying = retrying(sync.delivery, sleep)
        self._failures = 0
        self._undelivered: list[str] = []
        self._told: Counter[str] = Counter()
        # Of the batch on its way: what an attempt left unanswered.
        self._unanswered: set[str] = set()

    def deliver(self, progress: Progress, total: int) -> tuple[str, str | None]:
        """Send all batches; returns status and message of the run."""
        sent = 0
        waiting = []
        for batch_no in range(-(-total // self._sync.delivery.batch_rows)):
            rows = self._fetch(batch_no)
            batch = Batch(self._sync.name, self._run_id, rows)
            books.begin_batch(self._ledger, self._run_id, batch_no, batch.batch_key)
            answers: list[books.Answered] = []
            message = None
            self._unanswered.clear()
            parts = self._parts(batch)
            for number, part in enumerate(parts, 1):
                try:
                    self._send(part, answers)
                except _StoppedError as stopped:
                    message = str(stopped)
                    answers += [self._refused(row, "unsent", "") for later in parts[number:] for row in later.rows]
                    break
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
        if self._undelivered:
            # The others went out; but somebody, or Dagster, has to come back for these.
            lost, last = len(self._undelivered), self._undelivered[-1]
            return "stopped", f"{lost:,} of the requests got no answer after all attempts, the last: {last}"
        told = ", ".join(f"{count:,} {name}" for name, count in sorted(self._told.items()) if count)
        return "done", f"{told}, as the destination says" if told else None

    def _parts(self, batch: Batch) -> list[Batch]:
        """Where rows go one by one all the same, a limit holds for each; elsewhere a batch is one request."""
        if self._sync.delivery.rows_per_second is None or not isinstance(self._target, Noted):
            return [batch]
        return [Batch(batch.sync, batch.run_id, [row]) for row in batch.rows]

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

    def _send(self, batch: Batch, answers: list[books.Answered]) -> None:
        """Send a batch; if it is refused as a whole, its halves, until the row that it is about stands alone."""
        self._pace.wait_for(len(batch.rows))
        try:
            answer: Answer = self._retrying(self._attempt, batch)
        except BatchRefusedError as error:
            if len(batch.rows) == 1:
                answers.append(self._refused(batch.rows[0], "rejected", str(error)))
                return
            middle = len(batch.rows) // 2
            first, second = batch.rows[:middle], batch.rows[middle:]
            try:
                self._send(Batch(batch.sync, batch.run_id, first), answers)
            except _StoppedError:
                # Of a batch that is done, a row without an answer counts as accepted.
                answers += [self._refused(row, "uncertain", "the run ended before it was sent") for row in second]
                raise
            self._send(Batch(batch.sync, batch.run_id, second), answers)
            return
        except (UnavailableError, AccessRefusedError) as error:
            left = [row for row in batch.rows if row.row_id not in error.taken]
            answers += [self._refused(row, "uncertain", str(error)) for row in left]
            self._failures += 1
            self._undelivered.append(str(error))
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
                answers.append(self._refused(row, "rejected", answer.rejected[row.row_id]))
            elif row.row_id in answer.postponed:
                # Put off by the second attempt, it may have been taken by the first.
                status = "uncertain" if row.row_id in self._unanswered else "postponed"
                answers.append(self._refused(row, status, answer.postponed[row.row_id]))

    def _attempt(self, batch: Batch) -> Answer:
        try:
            return self._target.send(batch)
        except UnavailableError as error:
            self._unanswered |= {row.row_id for row in batch.rows if self._is_begun(row)} - error.taken
            raise

    def _is_begun(self, row: Row) -> bool:
        """Whether a row may have been on its way: who goes row by row knows which ones weren't."""
        return not isinstance(self._target, Noted) or self._target.came_of(self._sync.name, row.key) is not None

    def _refused(self, row: Row, status: str, reason: str) -> books.Answered:
        return row.key, status, reason, row.row_id in self._unanswered
