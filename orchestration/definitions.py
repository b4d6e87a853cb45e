"""The code location: loads what orchestration/defs says exists, and nothing else."""

from __future__ import annotations

import dagster as dg

from orchestration import defs as everything
from orchestration.defs.ingestion.inbox import inbox
from orchestration.defs.schedule.jobs import JOBS
from orchestration.defs.schedule.killed import killed_runs
from orchestration.defs.schedule.schedules import SCHEDULES
from orchestration.lib.steps import EXECUTOR

defs = dg.Definitions(
    assets=dg.load_assets_from_package_module(everything),
    asset_checks=dg.load_asset_checks_from_package_module(everything),
    jobs=JOBS,
    schedules=SCHEDULES,
    sensors=[inbox, killed_runs],
    executor=EXECUTOR,
)
