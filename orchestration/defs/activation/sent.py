"""What destinations hold: one asset for each declared sync, made by sending what changed."""

from collections.abc import Iterator
from time import monotonic

import dagster as dg

from cardinal.activation.declaration import BusyError, Sync, SyncError, UndeliveredError, load_syncs
from cardinal.activation.outcome import Outcome
from cardinal.activation.sending import apply_sync
from cardinal.settings import PROJECT_DIR, load_settings
from orchestration.defs.publishing.published import SNAPSHOT
from orchestration.lib.dbt_project import team
from orchestration.lib.freshness import WEEKLY
from orchestration.lib.metadata import describe, since
from orchestration.lib.progress import show_progress
from orchestration.lib.steps import RETRIES

OWNER = "crm"
PREFIX = "sent"
CHECK = "accepted"
# One ledger, one sender at a time.
POOL = "activation"


def _sent(sync: Sync) -> dg.AssetsDefinition:
    key = dg.AssetKey([PREFIX, sync.name])

    @dg.asset(
        key=key,
        deps=[SNAPSHOT],
        check_specs=[dg.AssetCheckSpec(CHECK, asset=key)],
        # Who withdrew consent is to be taken out of everything within days.
        freshness_policy=WEEKLY,
        description=f"Rows of {sync.model} that the {sync.destination['type']} {sync.name} has accepted ({sync.mode}).",
        group_name=OWNER,
        owners=[team(OWNER)],
        kinds={"activation"},
        pool=POOL,
        retry_policy=RETRIES,
    )
    def send(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        settings, started = load_settings(), monotonic()
        try:
            with show_progress(context, "Sending") as progress:
                outcome = apply_sync(settings, sync, progress)
        except (BusyError, UndeliveredError):
            # Either goes away by itself: tried again.
            raise
        except SyncError as error:
            # A guard tripped: somebody has to look, and `cardinal activate apply --despite` says that somebody did.
            raise dg.Failure(str(error), allow_retries=False) from error
        if outcome and outcome.status != "done":
            raise dg.Failure(f"sync {sync.name} stopped: {outcome.message}; the next run goes on")
        yield _describe(sync, outcome, since(started))

    return send


def _describe(sync: Sync, outcome: Outcome | None, seconds: float) -> dg.MaterializeResult[None]:
    outcome = outcome or Outcome("none", "done", None, 0, 0, 0, 0)
    open_rows = outcome.rejected + outcome.uncertain
    counts = {"accepted": outcome.accepted, "rejected": outcome.rejected, "without an answer": outcome.uncertain}
    return dg.MaterializeResult(
        metadata=describe(
            rows=outcome.accepted,
            window=f"run {outcome.run_id}",
            seconds=seconds,
            link=load_settings().outbox,
            **counts,
        ),
        check_results=[
            dg.AssetCheckResult(
                check_name=CHECK,
                passed=open_rows == 0,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={**counts, "next": f"cardinal activate rejected {sync.name}"},
            )
        ],
    )


sent = [_sent(sync) for sync in load_syncs(PROJECT_DIR / "activation" / "syncs.yml").values()]
