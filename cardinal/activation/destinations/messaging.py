"""What all destinations have in common that say something to a person and can't be asked whether they did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import Answer, Batch, BrokenOffError, Row
from cardinal.activation.destinations.quiet_hours import QUIET_HOURS, HoursError, is_quiet
from cardinal.activation.journal import IN_DOUBT, Journal
from cardinal.activation.templates import UnfilledError


class NotSaidError(Exception):
    """One message wasn't taken; the text says why. `is_final`: it never will be."""

    def __init__(self, reason: str, is_final: bool = True) -> None:
        super().__init__(reason)
        self.is_final = is_final


def check_messages(sync: Sync, to: str) -> None:
    """Check what every sync of messages needs; `to` says what the field of that name holds.

    Raises:
        SyncError: The mode would have to take messages back, there is no address, or nobody could tell quiet hours.
    """
    if sync.mode not in ("append", "event"):
        raise SyncError(f"sync {sync.name}: mode must be append or event: what was said can't be taken back")
    if "to" not in sync.columns:
        raise SyncError(f"sync {sync.name}: columns must hold to ({to})")
    missing = [field for field in QUIET_HOURS if field not in sync.columns]
    if missing:
        raise SyncError(f"sync {sync.name}: columns must hold {', '.join(missing)}: else messages go out at night")


def came_of(journal: Journal, sync: str, key: str, known_for: timedelta | None = None) -> tuple[str, str | None] | None:
    """Return what the journal knows of a message of a killed run, as `Noted` has it; `known_for` as in `say_each`."""
    noted = journal.step(sync, key)
    if noted is None:
        return None
    if noted[0] == "said":
        return "accepted", None
    if known_for is not None and abs(datetime.now(UTC) - noted[1]) < known_for:
        return "uncertain", "the run ended before the answer came"
    return "rejected", IN_DOUBT


def say_each(journal: Journal, batch: Batch, say: Callable[[Row], None], known_for: timedelta | None = None) -> Answer:
    """Say what was never said; one that can't be said now is said in the next run, and harms no other.

    `say` raises NotSaidError for one row, or UnavailableError where it was left in the air: then the batch is tried
    again, and the journal leaves that row out, but where it was begun less than `known_for` ago: so long the other side
    knows it again. What was said of a batch that ends so is told with the error: it is none of those in doubt.
    """
    said: set[str] = set()
    rejected: dict[str, str] = {}
    postponed: dict[str, str] = {}
    for row in batch.rows:
        noted, now = journal.step(batch.sync, row.key), datetime.now(UTC)
        if noted and noted[0] == "said":
            said.add(row.row_id)
            continue
        if noted and (known_for is None or abs(now - noted[1]) >= known_for):
            rejected[row.row_id] = IN_DOUBT
        else:
            try:
                if is_quiet(row.fields, now):
                    postponed[row.row_id] = "quiet hours"
                else:
                    say(row)
                    said.add(row.row_id)
            except BrokenOffError as error:
                error.taken = frozenset(said)
                raise
            except (HoursError, UnfilledError) as error:
                rejected[row.row_id] = str(error)
            except NotSaidError as error:
                (rejected if error.is_final else postponed)[row.row_id] = str(error)
    return Answer(rejected, postponed)
