"""The sensor on the inbox: files are taken in, and checked, when they have come."""

import hashlib

import dagster as dg

from cardinal.contracts import load_contracts
from cardinal.ingestion.inbox import list_drops
from cardinal.settings import load_settings
from orchestration.defs.ingestion.lake import OWN
from orchestration.defs.schedule.jobs import intake


@dg.sensor(name="inbox", job=intake, minimum_interval_seconds=60)
def inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for an intake when the inbox holds something else than at the last one, and has come to rest.

    The cursor is two looks at the inbox: the one that was taken in last, and the one before this.
    """
    settings = load_settings()
    drops, ignored = list_drops(settings.inbox, load_contracts(settings.project_dir))
    seen = [(drop.name, drop.size, drop.modified_ns) for drop in drops if drop.source != OWN]
    # What isn't understood is told by a run, too: a folder whose name is mistyped would never be missed.
    seen += [(problem.file, 0, 0) for problem in ignored]
    look = hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
    taken, _, before = (context.cursor or "").partition(" ")
    if look == taken or not seen:
        return dg.SkipReason("nothing new in the inbox")
    if look != before:
        context.update_cursor(f"{taken} {look}")
        return dg.SkipReason("files are coming in: waiting for one minute in which none does")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=look)], cursor=f"{look} {look}")
