"""The third-party pool: anonymous profiles, some of them of our own people's devices, most of strangers."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo import vocabulary
from cardinal.demo.cohort import Cohort, Table
from cardinal.demo.devices import BRANCH_TABLET, advertising_ids, is_app, pseudo_ids
from cardinal.demo.harvest import Harvest, pick
from cardinal.demo.identifiers import cookies, numbered, uuids
from cardinal.demo.months import Month
from cardinal.demo.people import true_persons
from cardinal.demo.randomness import Array, choose, happens
from cardinal.demo.sessions import interests

STRANGERS_FROM = 1_000_000_000  # numbers of people in the pool whom the bank has never met
_STRANGERS = 0.6  # for each person of the cohort
_OVERLAP = 0.35
# IAB Audience Taxonomy 1.1 ids of interests, in the order of the topics.
_INTERESTS = pl.Series(["537", "591", "244", "350", "344", "538", "536", "719", "540", "606"])
_AGE_BANDS = pl.Series(["18-24", "25-34", "35-44", "45-54", "55-64", "65+"])
_BANDS = pl.Series(["low", "mid", "high"])
_NAMES = pl.Series(["AdPool Asia", "DataNest"])


def add_pool(cohort: Cohort) -> None:
    """Draw the pool's profiles."""
    device, rng, person = cohort.tables["device"], cohort.rng(0, "partners"), cohort.person
    ours = np.flatnonzero(
        (device["kind"] != BRANCH_TABLET) & (device["person"] >= 0) & happens(rng, _OVERLAP, len(device))
    )
    strangers = round(cohort.size * _STRANGERS)
    size = len(ours) + strangers
    who = np.concatenate([device["person"][ours], np.full(strangers, -1)])
    like = np.where(who >= 0, who, rng.integers(0, cohort.size, size))  # strangers resemble somebody
    cohort.tables["pool"] = Table(
        device=np.concatenate([ours, np.full(strangers, -1)]),
        person=who,
        like=like,
        province=np.where(happens(rng, 0.8, size), person["province"][like], -1),
        guess=rng.integers(0, 1_000_000, size),
    )


def send_pool(cohort: Cohort, month: Month, harvest: Harvest) -> None:
    """Send all profiles once, then those seen again."""
    pool, rng = cohort.tables["pool"], cohort.rng(month.number, "pool")
    first = month.number == cohort.start_month
    rows = np.arange(len(pool)) if first else np.flatnonzero(happens(rng, 0.05, len(pool)))
    size, person = len(rows), cohort.person
    like, guess, device = pool["like"][rows], pool["guess"][rows], pool["device"][rows]
    known = device >= 0
    table = cohort.tables["device"]
    app = np.where(known, is_app(table["kind"][np.maximum(device, 0)]), guess % 2 == 0)
    unique = cohort.unique_numbers(rows) * 64 + 2**40
    ours = np.maximum(device, 0)
    cookie, advertising = pseudo_ids(cohort, ours), advertising_ids(cohort, ours)
    k, a = pl.Series(known), pl.Series(app)
    years = (month.first_day - person["birth"][like]) / 365.25 + rng.normal(0, 3, size)
    age = np.clip(np.digitize(years, (25, 35, 45, 55, 65)), 0, 5)
    affluence = np.digitize(person["income"][like] * rng.lognormal(0, 0.35, size), (22_000, 60_000))
    day = month.first_day + rng.integers(0, month.days, size)
    stranger = STRANGERS_FROM + cohort.unique_numbers(rows)
    harvest.add(
        "partners", "audience_profiles",
        person=np.where(known, true_persons(cohort)[np.maximum(pool["person"][rows], 0)], stranger), due=day, new=first,
        audience_profile_id=numbered("AP", cohort.unique_numbers(rows)), partner_name=pick(_NAMES, guess % 2),
        device_advertising_id=pl.select(
            pl.when(a & k).then(advertising).when(a).then(uuids(unique, 31)).otherwise(None)
        ).to_series(),
        cookie_id=pl.select(pl.when(~a & k).then(cookie).when(~a).then(cookies(unique)).otherwise(None)).to_series(),
        device_operating_system=pick(pl.Series(["Android", "iOS", "Windows"]), np.where(app, guess % 2, guess % 3)),
        interest_codes=_interest_codes(cohort, like, rng, month),
        age_band=pick(_AGE_BANDS, np.where(guess % 7 == 0, -1, age)),
        gender=pick(vocabulary.GENDERS, np.where(guess % 5 == 0, -1, person["gender"][like])),
        province=pick(vocabulary.PROVINCES, pool["province"][rows]), affluence_band=pick(_BANDS, affluence),
        last_seen_date=day,
    )  # fmt: skip


def _interest_codes(cohort: Cohort, like: Array, rng: np.random.Generator, month: Month) -> pl.Series:
    """Return up to three interests, those of the person that the profile is of or resembles."""
    weights = interests(cohort, month)[like]
    noisy = weights * rng.exponential(1, weights.shape)
    order = np.argsort(-noisy, axis=1)[:, :3]
    count = choose(rng, (25, 40, 35), len(like))
    parts = [pick(_INTERESTS, np.where(count >= n, order[:, n], -1)).alias(f"i{n}") for n in range(3)]
    return pl.select(pl.concat_str(parts, separator="|", ignore_nulls=True)).to_series()
