"""Devices and cookies: several a person, some shared in a family, tablets in branches."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo.cohort import Cohort, empty_table
from cardinal.demo.identifiers import click_ids, cookies, uuids
from cardinal.demo.months import Month
from cardinal.demo.randomness import Array, happens

WEB_MOBILE, WEB_DESKTOP, IOS, ANDROID, FAMILY_TABLET, BRANCH_TABLET = range(6)
KINDS = pl.Series(["web_mobile", "web_desktop", "app_ios", "app_android", "family_tablet", "branch_tablet"])
_GENERATIONS = 64  # cookies a device can go through


def add_devices(cohort: Cohort, month: Month) -> None:
    """Give people their devices, and the branches their tablets."""
    person, rng, size = cohort.person, cohort.rng(0, "devices"), cohort.size
    cohort.tables["device"] = empty_table(
        person="i", kind="i", shared_with="i", generation="i", advertising="b", weight="f"
    )
    everyone, digital = np.arange(size), person["digital"]
    apple = happens(rng, np.clip(0.2 + person["income"] / 120_000, 0.2, 0.8), size)
    sharing = np.where(everyone + 1 < size, everyone + 1, everyone)
    lives_with = (person["household"][sharing] == person["household"]) & (sharing != everyone)
    for kind, chance, weight in (
        (WEB_MOBILE, 0.35 + 0.6 * digital, 0.5), (WEB_DESKTOP, 0.1 + 0.35 * digital, 0.35),
        (FAMILY_TABLET, 0.10 * (lives_with & (person["role"] == 0)), 0.35),
    ):  # fmt: skip
        who = np.flatnonzero(happens(rng, chance, size))
        cohort.tables["device"].append(
            person=who, kind=kind, shared_with=np.where(kind == FAMILY_TABLET, sharing[who], -1), weight=weight,
            advertising=happens(rng, 0.5, len(who)),
        )  # fmt: skip
    app = np.flatnonzero(person["login"] & happens(rng, 0.85, size))
    install_app(cohort, app, apple[app], rng)
    tablets = np.arange(max(1, size // 2_000))
    cohort.tables["device"].append(person=-1 - 0 * tablets, kind=BRANCH_TABLET, shared_with=-1, weight=0.0)


def install_app(cohort: Cohort, who: Array, apple: Array, rng: np.random.Generator) -> None:
    """Install the bank's app on the phones of these people."""
    cohort.tables["device"].append(
        person=who, kind=np.where(apple, IOS, ANDROID), shared_with=-1, weight=1.0,
        advertising=happens(rng, np.where(apple, 0.3, 0.75), len(who)),
    )  # fmt: skip


def renew_devices(cohort: Cohort, month: Month) -> None:
    """Let cookies be deleted and phones be replaced: the same device shows a new id."""
    device, rng = cohort.tables["device"], cohort.rng(month.number, "devices")
    chance = np.where(device["kind"] < IOS, 0.05, np.where(device["kind"] < FAMILY_TABLET, 0.015, 0.01))
    renewed = happens(rng, chance, len(device))
    device["generation"] = np.minimum(device["generation"] + renewed, _GENERATIONS - 1)


def is_app(kind: Array) -> Array:
    """Return which kinds are the app rather than the site."""
    result: Array = (kind == IOS) | (kind == ANDROID)
    return result


def pseudo_ids(cohort: Cohort, rows: Array) -> pl.Series:
    """Return the cookie or app-instance id that these devices show now."""
    device = cohort.tables["device"]
    unique = cohort.unique_numbers(rows) * _GENERATIONS + device["generation"][rows]
    app = pl.Series(is_app(device["kind"][rows]))
    return pl.select(pl.when(app).then(click_ids("a", unique, 5)).otherwise(cookies(unique))).to_series()


def vendor_ids(cohort: Cohort, rows: Array) -> pl.Series:
    """Return iOS vendor ids and Android ids, null on the web. A new cookie doesn't change them, a new phone does."""
    device = cohort.tables["device"]
    unique = cohort.unique_numbers(rows) * _GENERATIONS + device["generation"][rows]
    kind = device["kind"][rows]
    ids = pl.select(
        pl.when(pl.Series(kind == IOS)).then(uuids(unique, 11, upper=True)).otherwise(click_ids("d", unique, 17))
    ).to_series()
    return ids.set(pl.Series(~is_app(kind)), None)


def advertising_ids(cohort: Cohort, rows: Array) -> pl.Series:
    """Return advertising ids where the phone allows them."""
    device = cohort.tables["device"]
    unique = cohort.unique_numbers(rows) * _GENERATIONS + device["generation"][rows]
    known = is_app(device["kind"][rows]) & device["advertising"][rows]
    return uuids(unique, 29).set(pl.Series(~known), None)
