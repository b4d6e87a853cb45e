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
from orchestration.lib.learning import MODELS
from orchestration.lib.steps import MORE_TO_COME

BACKFILLED = dg.AssetSelection.assets(deliveries)
LEARNED = dg.AssetSelection.key_prefixes(MODELS) | dg.AssetSelection.assets(lookalikes)
TABLES = dg.AssetSelection.assets(lake)
SENT = dg.AssetSelection.assets(*sent)
RETAINED = dg.AssetSelection.assets(anonymous_ids)
FRESH = build_dbt_asset_selection([unscored], dbt_selector="hourly") | build_dbt_asset_selection(
    [scored], dbt_selector="hourly"
)

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
