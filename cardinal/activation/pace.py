"""How fast, and how long to wait: a limit of rows a second, and the waits between attempts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import tenacity

from cardinal.activation.declaration import Delivery
from cardinal.activation.destination import ThrottledError, UnavailableError

# Without it, senders that failed together come back together.
JITTER = 0.25


@dataclass
class Pace:
    """The limit of one run.

    Attributes:
        rows_per_second: Upper limit; none where None.
        sleep: Waits; tests give one that doesn't.
        clock: Tells the time.
    """

    rows_per_second: float | None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _free_at: float = field(default=0.0, init=False)

    def wait_for(self, rows: int) -> None:
        """Wait until so many rows may go, and count them."""
        if self.rows_per_second is None:
            return
        now = self.clock()
        if self._free_at > now:
            self.sleep(self._free_at - now)
        self._free_at = max(now, self._free_at) + rows / self.rows_per_second


def retrying(delivery: Delivery, sleep: Callable[[float], None] = time.sleep) -> tenacity.Retrying:
    """Return what tries again where a destination is unavailable: as long as it asks for, else with doubling waits.

    A destination that asks for more than the longest wait isn't asked again: its rows wait for the next run.
    """
    doubling = tenacity.wait_exponential(delivery.first_wait_seconds, max=delivery.longest_wait_seconds)
    jitter = tenacity.wait_random(0, delivery.first_wait_seconds * JITTER)

    def wait(state: tenacity.RetryCallState) -> float:
        asked = _asked(state)
        return asked if asked is not None else float(doubling(state) + jitter(state))

    def is_worth_it(state: tenacity.RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        return isinstance(error, UnavailableError) and (_asked(state) or 0.0) <= delivery.longest_wait_seconds

    return tenacity.Retrying(
        retry=is_worth_it, wait=wait, stop=tenacity.stop_after_attempt(delivery.attempts), sleep=sleep, reraise=True
    )


def _asked(state: tenacity.RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.wait_seconds if isinstance(error, ThrottledError) else None
