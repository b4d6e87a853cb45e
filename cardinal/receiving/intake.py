"""From many requests to one file: what waits is written together, in one flush to the disk, and answered after it."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict

from cardinal.receiving.events import Taken
from cardinal.receiving.spool import Spool

WAITING_ROWS = 50_000
REMEMBERED = 100_000
RELEASE_SECONDS = 0.25


class OverloadedError(Exception):
    """More waits for the disk than memory is given to."""


class Intake:
    """The one writer of the spool, and what was counted.

    Attributes:
        counts: Rows taken by kind, and what was refused by reason; nothing of what was in it.
    """

    def __init__(self, spool: Spool) -> None:
        self.counts: Counter[str] = Counter()
        self._spool = spool
        self._waiting: list[tuple[Taken, asyncio.Future[None]]] = []
        self._rows = 0
        self._work = asyncio.Event()
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._tasks: list[asyncio.Task[None]] = []
        self._disk = asyncio.Lock()

    def start(self) -> None:
        """Begin to write."""
        self._tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._release())]

    async def stop(self) -> None:
        """Write what waits, and release all."""
        while self._rows:
            await asyncio.sleep(0.01)
        async with self._disk:
            for task in self._tasks:
                task.cancel()
            await asyncio.to_thread(self._spool.close)

    async def take(self, taken: Taken) -> None:
        """Return when it is on the disk.

        Raises:
            OverloadedError: Too much waits already.
            OSError: The disk doesn't take it.
        """
        if not len(taken):
            return
        if self._rows + len(taken) > WAITING_ROWS and self._rows:
            raise OverloadedError
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((taken, written))
        self._rows += len(taken)
        self._work.set()
        await written
        self.counts.update(row["event_type"] for row in taken.message_events)
        self.counts.update(row["decision"] for row in taken.consent_events)

    def has_seen(self, source: str, message_id: str) -> bool:
        """Whether that message of a source was taken before, as far as is remembered."""
        return (source, message_id) in self._seen

    def remember(self, source: str, message_id: str) -> None:
        """Remember a message that was taken. Of one that is forgotten again, the rows have the same keys."""
        self._seen[source, message_id] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)

    async def _write(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            batch, self._waiting = self._waiting, []
            try:
                async with self._disk:
                    await asyncio.to_thread(self._spool.write, [taken for taken, _ in batch])
            except OSError as error:
                failure: OSError | None = error
            else:
                failure = None
            self._rows -= sum(len(taken) for taken, _ in batch)
            for _, written in batch:
                # Whoever hung up meanwhile waits no more.
                if written.done():
                    continue
                if failure is None:
                    written.set_result(None)
                else:
                    written.set_exception(failure)

    async def _release(self) -> None:
        while True:
            await asyncio.sleep(RELEASE_SECONDS)
            async with self._disk:
                try:
                    await asyncio.to_thread(self._spool.release)
                except OSError:
                    self.counts["release failed"] += 1
