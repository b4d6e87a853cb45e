"""Who is told how far a step is, or that it waits: the run's log, or the person at the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

from cardinal.single_run import PATIENCE, Patience
from orchestration.lib.failures import Context, without_values

Progress = Callable[[str, int, int], None]
# Opens a display with a title, and gives what the work is to call.
Display = Callable[[str], AbstractContextManager[Progress]]

LOG_STEPS = 10
# The first load of a large bank takes most of it.
PATIENCE_SECONDS = 30 * 60

# Set by whoever runs a job in this process and has something better than the log.
DISPLAY: ContextVar[Display | None] = ContextVar("DISPLAY", default=None)


@contextmanager
def show_progress(context: Context, title: str) -> Iterator[Progress]:
    """Give a step what its station's function tells its progress to, and time to wait for another ingestion.

    What fails there is said without values.
    """
    display = DISPLAY.get()
    with nullcontext(_logged(context, title)) if display is None else display(title) as progress:

        def say(why: str) -> None:
            context.log.info(f"{title} waits: {why}")
            if display:
                progress(f"waits: {why}", 0, 1)

        token = PATIENCE.set(Patience(PATIENCE_SECONDS, say))
        try:
            with without_values(context):
                yield progress
        finally:
            PATIENCE.reset(token)


def _logged(context: Context, title: str) -> Progress:
    said = -1

    def note(description: str, done: int, total: int) -> None:
        nonlocal said
        step = done * LOG_STEPS // total if total else -1
        if step > said:
            said = step
            context.log.info(f"{title}: {100 * done // total} % ({description})")

    return note
