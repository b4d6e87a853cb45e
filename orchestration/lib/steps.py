"""What steps have in common: who may write, what is tried again, and what a failure stops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg
from dagster import DagsterExecutionInterruptedError
from dagster._core.execution.plan.objects import StepFailureData, StepRetryData

from cardinal.settings import load_settings
from orchestration.lib.instance import alive, end_dead_runs

if TYPE_CHECKING:
    from dagster._core.execution.context.system import PlanOrchestrationContext
    from dagster._core.execution.plan.plan import ExecutionPlan
    from dagster._core.execution.retries import RetryMode
    from dagster._core.execution.step_dependency_config import StepDependencyConfig

# Everything that opens a file of the build, if only to read it, goes through this pool, which lets in one step at a
# time, whatever runs at once (dagster.yaml): DuckDB lets no process read a file that another one writes.
WRITER = "duckdb_writer"

# Tag of jobs that run while the day's deliveries still come: half a day's rows are no loss then.
MORE_TO_COME = {"cardinal/day": "more to come"}

# Locks that a person holds, a full disk: they go away. What can't go away by itself raises dg.Failure without retries.
RETRIES = dg.RetryPolicy(max_retries=3, delay=20, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


class LivingExecutor(dg.Executor):
    """Dagster's own, which closes killed runs, and holds a lock by which others see that this one lives."""

    def __init__(self, inner: dg.Executor) -> None:
        self._inner = inner

    @property
    def retries(self) -> RetryMode:
        """How steps are tried again."""
        return self._inner.retries

    @property
    def step_dependency_config(self) -> StepDependencyConfig:
        """What a step waits for."""
        return self._inner.step_dependency_config

    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[dg.DagsterEvent]:
        """Run the steps."""
        settings = load_settings()
        with alive(settings, plan_context.run_id):
            # A killed run may have a place in the pool for which this one would wait for ever.
            end_dead_runs(settings, plan_context.instance)
            for event in self._inner.execute(plan_context, execution_plan):
                yield event
                if _was_ended(event):
                    raise DagsterExecutionInterruptedError


def _was_ended(event: dg.DagsterEvent) -> bool:
    """Return whether somebody ended the run within a step, which Dagster takes for one more failure to try again."""
    data = event.event_specific_data
    error = data.error if isinstance(data, StepRetryData | StepFailureData) else None
    kinds = {KeyboardInterrupt.__name__, DagsterExecutionInterruptedError.__name__}
    return error is not None and error.cause is not None and error.cause.cls_name in kinds


@dg.executor(name="in_process", config_schema=dg.in_process_executor.config_schema.as_field())
def living_executor(context: dg.InitExecutorContext) -> LivingExecutor:
    """Run all steps in one process, since nearly all of them wait for the one writer anyway."""
    create = dg.in_process_executor.executor_creation_fn
    assert create is not None  # noqa: S101 - an executor of Dagster's has one
    return LivingExecutor(create(context))


# A step runs when what it reads is there, even if the step that made it failed elsewhere: a broken segment doesn't keep
# the models from scoring.
EXECUTOR = living_executor.configured({"step_dependency_config": {"require_upstream_step_success": False}})
