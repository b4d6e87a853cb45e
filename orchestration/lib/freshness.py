"""How old assets may be. Whether sources deliver is the first gate's matter; this is whether what follows has run."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from cardinal.settings import load_settings

# By six in the morning, by the run of that night.
NIGHTLY = dg.FreshnessPolicy.cron("0 6 * * *", lower_bound_delta=timedelta(hours=2), timezone=load_settings().timezone)
# A Sunday may be missed by a day, not altogether.
WEEKLY = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=8))
# The first of a month may be missed by a week.
MONTHLY = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=38))
