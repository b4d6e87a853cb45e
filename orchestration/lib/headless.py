"""Run a job in this process, without a server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import dagster as dg

from cardinal.errors import CardinalError
from cardinal.ingestion.report import IngestReport
from cardinal.settings import Settings
from orchestration.lib.instance import open_instance
from orchestration.lib.progress import DISPLAY, Display
from orchestration.lib.untaken import INGESTED

MODULE = "orchestration.lib.headless"
EVALUATED = dg.DagsterEventType.ASSET_CHECK_EVALUATION
# What Dagster logs stays in the records of the run; a terminal has the display.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
# Packages whose errors say only what a person may read.
OWN = ("cardinal.", "ml.", "orchestration.")
FROM_FAILURE = {"dagster/is_resume_retry": "true"}
# Dagster's tags of a run of several partitions.
FIRST_DAY, LAST_DAY = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


@dataclass(frozen=True)
class JobReport:
    """What a run of a job did.

    Attributes:
        run_id: Dagster's name of the run.
        materialized: Assets that were made.
        checks: Checks that passed.
        failed_steps: Steps that failed, with the reason.
        failed_checks: Checks that weren't met and don't only warn.
        warnings: Checks that warn.
        ingested: What was taken from the inbox, and what wasn't.
    """

    run_id: str
    materialized: int
    checks: int
    failed_steps: dict[str, str]
    failed_checks: list[str]
    warnings: list[str]
    ingested: tuple[IngestReport, ...] = ()

    @property
    def took_all(self) -> bool:
        """Whether every file of the inbox was understood and loaded."""
        return all(report.is_clean for report in self.ingested)


def job_names() -> list[str]:
    """Return the jobs there are."""
    from orchestration.definitions import defs

    return sorted(job.name for job in defs.jobs or ())


def get_job(name: str) -> dg.JobDefinition:
    """Return a job by name; how Dagster finds it again."""
    from orchestration.definitions import defs

    return defs.resolve_job_def(name)


def run_job(
    settings: Settings,
    name: str,
    display: Display,
    from_failure: bool = False,
    days: tuple[date, date] | None = None,
) -> JobReport:
    """Run a job to its end.

    display: Shows how far each step is. from_failure: Run only what failed, or never ran, when the job ran last. days:
    The first and the last of a job that goes by days.

    Raises:
        CardinalError: There is no such job, its last run didn't fail, or it has no such days.
    """
    if name not in job_names():
        raise CardinalError(f"there is no job {name}: choose one of {', '.join(job_names())}")
    tags = _tags_of(name, days, from_failure)
    job = dg.build_reconstructable_job(MODULE, "get_job", reconstructable_args=(name,))
    with open_instance(settings) as instance:
        ingested: list[IngestReport] = []
        shown, told = DISPLAY.set(display), INGESTED.set(ingested)
        try:
            result = dg.execute_job(
                job,
                instance,
                run_config=QUIET,
                tags=tags,
                reexecution_options=_last_failure(instance, name) if from_failure else None,
            )
        finally:
            DISPLAY.reset(shown)
            INGESTED.reset(told)
        with result:
            return _report(result, ingested)


def _tags_of(name: str, days: tuple[date, date] | None, from_failure: bool) -> dict[str, str]:
    partitions = get_job(name).partitions_def
    if partitions is None:
        if days:
            raise CardinalError(f"{name} doesn't go by days: leave --from and --to out")
        return FROM_FAILURE if from_failure else {}
    if not days:
        raise CardinalError(f"{name} goes by days: say which, with --from YYYY-MM-DD and --to YYYY-MM-DD")
    if from_failure:
        raise CardinalError(f"{name} takes in whole days: leave --from-failure out")
    first, last = map(str, days)
    if first > last or not all(map(partitions.has_partition_key, (first, last))):
        earliest, latest = partitions.get_first_partition_key(), partitions.get_last_partition_key()
        raise CardinalError(f"{name} has no days {first} to {last}: choose from {earliest} to {latest}")
    return {FIRST_DAY: first, LAST_DAY: last}


def _last_failure(instance: dg.DagsterInstance, name: str) -> dg.ReexecutionOptions:
    runs = instance.get_runs(dg.RunsFilter(job_name=name), limit=1)
    if not runs or runs[0].status is not dg.DagsterRunStatus.FAILURE:
        raise CardinalError(f"the last run of {name} didn't fail: leave --from-failure out")
    return dg.ReexecutionOptions.from_failure(runs[0].run_id, instance)


def _report(result: dg.JobExecutionResult, ingested: list[IngestReport]) -> JobReport:
    events = result.all_events
    evaluations = [event.asset_check_evaluation_data for event in events if event.event_type is EVALUATED]
    unmet = [check for check in evaluations if not check.passed]
    failed = [check for check in unmet if check.severity is dg.AssetCheckSeverity.ERROR]
    stopped = {event.step_key or "": _reason(event) for event in events if event.is_step_failure}
    if not (result.success or stopped):
        stopped = {"run": "somebody ended it"}
    return JobReport(
        run_id=result.run_id,
        materialized=sum(1 for event in events if event.is_step_materialization),
        checks=len(evaluations) - len(unmet),
        failed_steps=stopped,
        failed_checks=[_name(check) for check in failed],
        warnings=[_name(check) for check in unmet if check not in failed],
        ingested=tuple(ingested),
    )


def _name(check: dg.AssetCheckEvaluation) -> str:
    return f"{check.asset_key.to_user_string()}: {check.check_name}"


def _reason(event: dg.DagsterEvent) -> str:
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return data.user_failure_data.description
    error = data.error.cause or data.error if data.error else None
    if error is None:
        return ""
    # Others quote values.
    kind, _, said = error.message.strip().partition(": ")
    return said if kind.startswith(OWN) else f"{error.cls_name} (what was said is in the log of the run)"
