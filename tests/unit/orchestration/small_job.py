"""A job of few assets, for runs from failure: Dagster plans the whole job for them, and the nightly one is large."""

from __future__ import annotations

from functools import cache

import dagster as dg

NAME = "small"


@cache
def get_small_job(*assets: str) -> dg.JobDefinition:
    """Return a job that makes these assets of the code location."""
    from orchestration.definitions import defs

    selection = dg.AssetSelection.assets(*(dg.AssetKey(name.split("/")) for name in assets))
    jobs = dg.Definitions(jobs=[dg.define_asset_job(NAME, selection=selection)])
    return dg.Definitions.merge(defs, jobs).resolve_job_def(NAME)
