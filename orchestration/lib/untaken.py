"""Files of the inbox that an ingestion didn't take: who is told of them, since no row shows that they are missing."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar

import dagster as dg

from cardinal.ingestion.inbox import FileProblem
from cardinal.ingestion.report import IngestReport

CHECK = "taken"

# Set by whoever runs a job in this process, to say at its end what wasn't taken.
INGESTED: ContextVar[list[IngestReport] | None] = ContextVar("INGESTED", default=None)


def tell(context: dg.AssetExecutionContext, report: IngestReport) -> None:
    """Name the files in the run's log, and to whoever runs the job in this process."""
    for title, problems in report.problems.items():
        for problem in problems:
            context.log.warning(f"{title}: {problem.file}: {problem.reason}")
    ingested = INGESTED.get()
    if ingested is not None:
        ingested.append(report)


def check_taken(asset: dg.AssetKey, refused: Sequence[FileProblem]) -> dg.AssetCheckResult:
    """Return the check that no file was refused. It only warns: all else was taken."""
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=CHECK,
        passed=not refused,
        severity=dg.AssetCheckSeverity.WARN,
        description="\n".join(f"{problem.file}: {problem.reason}" for problem in refused),
        metadata={"files refused": len(refused)},
    )
