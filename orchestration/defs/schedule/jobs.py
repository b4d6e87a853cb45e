"""The jobs: which assets each of them makes."""

import dagster as dg
from dagster_dbt import build_dbt_asset_selection

from orchestration.defs.activation.sent import sent
from orchestration.defs.ingestion.deliveries import deliveries
from orchestration.defs.ingestion.lake import lake
from orchestration.defs.learning.lookalikes import lookalikes
from orchestration.defs.privacy.retained import anonymous_ids
from orchestration.defs.publishing.published import snapshot
from orchestration.defs.transform.models import scored, unscored
from orchestration.lib.dbt_project import built_nodes, check_key, load_manifest, tests_of
from orchestration.lib.learning import MODELS
from orchestration.lib.steps import MORE_TO_COME


def _select_fresh() -> dg.AssetSelection:
    """Return what the selector names, with the tests that look at nothing else: the rest is of the night before.

    A test that compares both would fail for what is merely newer; and publishing waits for the word of each test that
    is chosen.
    """
    keys = set[dg.AssetKey]().union(
        *(build_dbt_asset_selection([part], dbt_selector="hourly").resolve([part]) for part in (unscored, scored))
    )
    manifest = load_manifest()
    made = {node["unique_id"] for key, node in built_nodes(manifest).items() if key in keys}
    checks = (
        check_key(manifest, test["unique_id"])
        for test in tests_of(manifest)
        if made.issuperset(test["depends_on"]["nodes"])
    )
    return dg.AssetSelection.assets(*keys).without_checks() | dg.AssetSelection.checks(*filter(None, checks))


BACKFILLED = dg.AssetSelection.assets(deliveries)
LEARNED = dg.AssetSelection.key_prefixes(MODELS) | dg.AssetSelection.assets(lookalikes)
TABLES = dg.AssetSelection.assets(lake)
SENT = dg.AssetSelection.assets(*sent)
RETAINED = dg.AssetSelection.assets(anonymous_ids)
FRESH = _select_fresh()

daily = dg.define_asset_job(
    "daily",
    selection=dg.AssetSelection.all() - BACKFILLED - LEARNED - SENT - RETAINED,
    description="The whole walk: take in what came, build, score, assign personas, publish, advance programmes.",
)
hourly = dg.define_asset_job(
    "hourly",
    selection=FRESH | (FRESH.upstream(depth=1) & TABLES) | dg.AssetSelection.assets(snapshot),
    description="The channels that deliver all day long, as far as selectors.yml says.",
    tags=MORE_TO_COME,
)
retrain = dg.define_asset_job(
    "retrain",
    selection=LEARNED,
    description="Every model learned anew; one that is shown to be better scores from then on.",
)
intake = dg.define_asset_job(
    "intake",
    selection=TABLES,
    description="What came into the inbox, taken into the lake and checked.",
    tags=MORE_TO_COME,
)
backfill = dg.define_asset_job(
    "backfill", selection=BACKFILLED, description="Deliveries of chosen days, taken into the lake."
)
activate = dg.define_asset_job(
    "activate",
    selection=SENT,
    description="What changed, sent to each destination. Nothing starts it by itself.",
)
retain = dg.define_asset_job(
    "retain",
    selection=RETAINED,
    description="What anonymous visitors did too long ago to be kept, removed; builds from nothing if there is any.",
)

JOBS = [daily, hourly, retrain, intake, backfill, activate, retain]
