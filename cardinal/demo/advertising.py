"""Paid media: cost by day on both platforms, clicks that come back as ids, pixel events and conversions."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo import vocabulary
from cardinal.demo.harvest import Harvest, pick
from cardinal.demo.months import Month
from cardinal.demo.people import market
from cardinal.demo.randomness import Array

AD_COUNT = len(vocabulary.TOPICS)  # an ad group and an ad for each topic
_CAMPAIGN_OF = np.arange(AD_COUNT) // 2
_CAMPAIGN_NAMES = (
    "Cards and home",
    "Car and family",
    "Education and funds",
    "Insurance and travel",
    "Later life and deals",
)
GOOGLE_CAMPAIGNS = pl.Series([str(18_200_455_100 + 37 * n) for n in range(5)])
GOOGLE_GROUPS = pl.Series([str(142_300_877_000 + 113 * n) for n in range(AD_COUNT)])
META_CAMPAIGNS = pl.Series([f"12021{n}0771044{n}" for n in range(5)])
META_SETS = pl.Series([f"12021{n}0771055{n}" for n in range(AD_COUNT)])
META_ADS = pl.Series([f"12021{n}0771066{n}" for n in range(AD_COUNT)])
_TYPES = pl.Series(["SEARCH", "SEARCH", "DISPLAY", "PERFORMANCE_MAX", "VIDEO"])
UTM_CAMPAIGNS = pl.Series([f"{topic}_{year}" for topic in vocabulary.TOPICS for year in ("always_on",)])


def report_ads(seed: int, persons: int, month: Month, harvest: Harvest) -> None:
    """Write cost and clicks a day; each day is restated twice within a month, as the platforms do."""
    rng = market(seed, "ads", month.number)
    days = np.repeat(np.arange(month.first_day, month.last_day + 1), AD_COUNT)
    ad = np.tile(np.arange(AD_COUNT), month.days)
    weekend = np.isin((days + 3) % 7, (5, 6))
    # Clicks are those of our own people's sessions and of strangers who never come back.
    clicks = rng.poisson(persons * 0.0009 * (1.3 - 0.5 * weekend) * (1 + 0.4 * (ad % 3)) + 2)
    for restated, lag in ((1.0, 1), (1.015, 4), (1.02, 18)):
        due = days + lag
        reported = np.floor(clicks * restated).astype(np.int64)
        _add_google(harvest, due, days, ad, reported, lag == 1)
        _add_meta(harvest, due, days, ad, np.floor(reported * 0.8).astype(np.int64), lag == 1)


def _add_google(harvest: Harvest, due: Array, days: Array, ad: Array, clicks: Array, new: bool) -> None:
    cost = clicks * (9.0 + 2.5 * (ad % 4))
    harvest.add(
        "google_ads", "campaign_days",
        person=np.zeros(len(days), dtype=np.int64), due=due, new=new,
        customer_id="4417720935", campaign_id=pick(GOOGLE_CAMPAIGNS, _CAMPAIGN_OF[ad]),
        campaign_name=pick(pl.Series(_CAMPAIGN_NAMES), _CAMPAIGN_OF[ad]),
        advertising_channel_type=pick(_TYPES, _CAMPAIGN_OF[ad]), ad_group_id=pick(GOOGLE_GROUPS, ad),
        ad_group_name=pick(vocabulary.TOPIC_NAMES, ad), report_date=days, impressions=clicks * 24 + ad, clicks=clicks,
        cost_micros=np.round(cost * 1e6).astype(np.int64),
        conversions=np.round(clicks * 0.021, 2), conversions_value=np.round(clicks * 0.021 * 350, 2),
        currency_code="THB",
    )  # fmt: skip


def _add_meta(harvest: Harvest, due: Array, days: Array, ad: Array, clicks: Array, new: bool) -> None:
    harvest.add(
        "meta_ads", "ad_days",
        person=np.zeros(len(days), dtype=np.int64), due=due, new=new,
        account_id="act_77310452", campaign_id=pick(META_CAMPAIGNS, _CAMPAIGN_OF[ad]),
        campaign_name=pick(pl.Series(_CAMPAIGN_NAMES), _CAMPAIGN_OF[ad]), adset_id=pick(META_SETS, ad),
        adset_name=pick(vocabulary.TOPIC_NAMES, ad), ad_id=pick(META_ADS, ad), ad_name=pick(UTM_CAMPAIGNS, ad),
        report_date=days, impressions=clicks * 61 + ad, reach=clicks * 37, clicks=clicks,
        spend_amount=np.round(clicks * (6.5 + 1.5 * (ad % 3)), 2), leads_count=np.floor(clicks * 0.03).astype(np.int64),
        currency_code="THB",
    )  # fmt: skip
