"""Who is told how far a step is: the run's log, or the person at the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

import dagster as dg

Progress = Callable[[str, int, int], None]
# Opens a display with a title, and gives what the work is to call.
Display = Callable[[str], AbstractContextManager[Progress]]

LOG_STEPS = 10

# Set by whoever runs a job in this process and has something better than the log.
DISPLAY: ContextVar[Display | None] = ContextVar("DISPLAY", default=None)


@contextmanager
def show_progress(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, title: str) -> Iterator[Progress]:
    """Give a step what its station's function tells its progress to."""
    display = DISPLAY.get()
    if display is None:
        yield _logged(context, title)
        return
    with display(title) as progress:
        yield progress


def _logged(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, title: str) -> Progress:
    said = -1

    def note(description: str, done: int, total: int) -> None:
        nonlocal said
        step = done * LOG_STEPS // total if total else -1
        if step > said:
            said = step
            context.log.info(f"{title}: {100 * done // total} % ({description})")

    return note
