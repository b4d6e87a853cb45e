"""Look-alikes: the third-party pool ranked anew for each segment for which somebody once asked for it."""

from collections.abc import Iterator
from time import monotonic

import dagster as dg

from cardinal.settings import load_settings
from ml import registry
from ml.delivery import SOURCE
from ml.lookalike import REACHES, TABLE, TASK_PREFIX, rank_lookalikes
from ml.task import TaskError
from orchestration.lib.dbt_project import team
from orchestration.lib.freshness import WEEKLY
from orchestration.lib.learning import CONTRACTS
from orchestration.lib.metadata import describe, since
from orchestration.lib.progress import show_progress
from orchestration.lib.steps import RETRIES, WRITER

RANKED, CURVES = dg.AssetKey([SOURCE, TABLE]), dg.AssetKey([SOURCE, REACHES])
CHECK = "ranked"


def _spec(table: str) -> dg.AssetSpec:
    contract = CONTRACTS[SOURCE, table]
    return dg.AssetSpec(
        [SOURCE, table],
        description=contract.description,
        group_name=contract.owner,
        owners=[team(contract.owner)],
        kinds={"scikitlearn", "parquet"},
        freshness_policy=WEEKLY,
    )


# It reads segments of the last whole build, which are made of scores too: as a dependency that would be a circle, since
# the build brings in both. So it belongs to `retrain`, and the next `daily` shows it.
@dg.multi_asset(
    name="ml__lookalikes",
    specs=[_spec(TABLE), _spec(REACHES)],
    check_specs=[dg.AssetCheckSpec(CHECK, asset=RANKED)],
    pool=WRITER,
    retry_policy=RETRIES,
)
def lookalikes(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Rank the pool for each segment that was asked for before. One that can't be ranked fails the check."""
    settings, started = load_settings(), monotonic()
    asked = [name.removeprefix(TASK_PREFIX) for name in registry.tasks(settings) if name.startswith(TASK_PREFIX)]
    profiles, steps, said, hindered = 0, 0, [], []
    with show_progress(context, "Ranking look-alikes") as progress:
        for done, segment in enumerate(asked):
            progress(segment, done, len(asked))
            try:
                found = rank_lookalikes(settings, segment)
            except TaskError as error:
                hindered.append(str(error))
                continue
            if found.is_used:
                profiles, steps = profiles + found.profiles, steps + len(found.reaches)
            verdict = f"{found.profiles:,} profiles" if found.is_used else "not better than lot, not delivered"
            said.append(f"{segment} as of {found.as_of_date} by {found.version}: {verdict}")
        progress("done", len(asked), len(asked))
    window = "; ".join([*said, *hindered]) or "nobody asked for a segment's look-alikes yet"
    for key, rows in ((RANKED, profiles), (CURVES, steps)):
        checks = [dg.AssetCheckResult(check_name=CHECK, passed=not hindered, metadata={"window": window})]
        link = settings.lake / SOURCE / key.path[-1]
        yield dg.MaterializeResult(
            asset_key=key,
            metadata=describe(rows=rows, window=window, seconds=since(started), link=link),
            check_results=checks if key == RANKED else [],
        )
