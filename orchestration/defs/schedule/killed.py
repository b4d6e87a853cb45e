"""The sensor on killed runs: those that wait for their place in the pool need somebody who frees it."""

import dagster as dg

from cardinal.settings import load_settings
from orchestration.lib.instance import end_dead_runs


@dg.sensor(name="killed_runs", minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def killed_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Close the records of runs whose process was killed, and free their places in the pools; it starts nothing."""
    end_dead_runs(load_settings(), context.instance)
    return dg.SkipReason("killed runs are closed, and nothing is to be started")
