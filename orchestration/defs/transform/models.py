"""The dbt project: one asset a model or seed, one check a test.

Two steps: what needs no scores, with the features that they are made of, and what shows them. More steps would see the
lake at as many moments; two is what the way of the scores, out of the marts and back, asks for.
"""

import dagster as dg
from dagster_dbt import dbt_assets

from orchestration.lib.dbt_project import TRANSLATOR, load_manifest
from orchestration.lib.dbt_steps import Results, build_models
from orchestration.lib.failures import without_values
from orchestration.lib.steps import RETRIES, WRITER

SCORED = "source:ml+"


@dbt_assets(
    name="build",
    manifest=load_manifest(),
    exclude=SCORED,
    dagster_dbt_translator=TRANSLATOR,
    pool=WRITER,
    retry_policy=RETRIES,
)
def unscored(context: dg.AssetExecutionContext) -> Results:
    """Begin a build: everything that needs no scores."""
    with without_values(context):
        yield from build_models(context, "--exclude", SCORED, begins=True)


@dbt_assets(
    name="build_scored",
    manifest=load_manifest(),
    select=SCORED,
    dagster_dbt_translator=TRANSLATOR,
    pool=WRITER,
    retry_policy=RETRIES,
)
def scored(context: dg.AssetExecutionContext) -> Results:
    """Go on with the build: what shows scores, and what reads that."""
    with without_values(context):
        yield from build_models(context, "--select", SCORED, begins=False)
