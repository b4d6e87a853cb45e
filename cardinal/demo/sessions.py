"""Visits of the site and the app: who really sits there, what they care about, where they come from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from cardinal.demo import vocabulary
from cardinal.demo.advertising import AD_COUNT
from cardinal.demo.cohort import Cohort
from cardinal.demo.customers import user_ids
from cardinal.demo.devices import BRANCH_TABLET, KINDS, is_app, pseudo_ids
from cardinal.demo.harvest import TRUTH, Harvest, pick
from cardinal.demo.identifiers import numbered
from cardinal.demo.life import activity, intents
from cardinal.demo.months import DAY, UTC_OFFSET_SECONDS, Month
from cardinal.demo.people import true_persons
from cardinal.demo.products import P
from cardinal.demo.randomness import (
    OFFICE_HOURS,
    SCREEN_HOURS,
    Array,
    choose,
    choose_by_row,
    happens,
    moments,
    repeat_rows,
)

DIRECT, ORGANIC, GOOGLE, META, LINE, EMAIL, REFERRAL = range(7)
TOPIC = {name: position for position, name in enumerate(vocabulary.TOPICS)}
# What somebody who asks on a topic asks for.
TOPIC_PRODUCTS = np.array([
    P["cr_gold"], P["ln_mortgage"], P["ln_auto"], P["in_life"], P["ln_personal"], P["mf_open"], P["in_health"],
    P["cr_platinum"], P["in_tax"], P["cr_shopping"],
])  # fmt: skip


@dataclass(frozen=True)
class Sessions:
    """One row a session; `actor` is who sits there, `login` whose login is used (-1 none)."""

    device: Array
    actor: Array
    login: Array
    second: Array
    topic: Array
    origin: Array
    ad: Array
    asks: Array
    variant: Array

    def __len__(self) -> int:
        return len(self.device)


def interests(cohort: Cohort, month: Month) -> Array:
    """Return how much each person cares about each topic now; what lies ahead comes first."""
    person = cohort.person
    age = (month.first_day - person["birth"]) / 365.25
    weight = np.full((cohort.size, len(vocabulary.TOPICS)), 0.25)
    weight[:, TOPIC["cards"]] = 0.9
    weight[:, TOPIC["deals"]] += 1.6 * person["promo"]
    weight[:, TOPIC["investing"]] += 0.8 * (person["wealth"] > 1e6) * person["risk"] / 5
    weight[:, TOPIC["insurance"]] += 0.3 * (age > 35) + 2.0 * intents(cohort, month, "child", 3, 2)
    weight[:, TOPIC["travel"]] += 0.5 * (person["income"] > 50_000) + 1.2 * intents(cohort, month, "marriage", 3, 0)
    weight[:, TOPIC["retirement"]] += 0.9 * (age > 50) + 2.5 * intents(cohort, month, "retirement", 3, 1)
    weight[:, TOPIC["home"]] += 6.0 * intents(cohort, month, "house", 3, 0) + 1.0 * intents(cohort, month, "relocation")
    weight[:, TOPIC["car"]] += 5.0 * intents(cohort, month, "car", 3, 0)
    weight[:, TOPIC["family"]] += 4.0 * intents(cohort, month, "child") + 4.0 * intents(cohort, month, "marriage", 3, 0)
    weight[:, TOPIC["education"]] += 5.0 * intents(cohort, month, "university", 3, 1)
    return weight


def draw_sessions(cohort: Cohort, month: Month) -> Sessions:
    """Draw the month's sessions."""
    person, device, rng = cohort.person, cohort.tables["device"], cohort.rng(month.number, "sessions")
    searching = np.zeros(cohort.size, dtype=bool)
    for event in ("house", "car", "child", "marriage", "university", "retirement"):
        searching |= intents(cohort, month, event, 3, 0)
    level = np.where(person["customer"] | (person["churn_month"] > 0), activity(cohort, month), 0.35)
    rate = 1.1 * person["digital"] * level + 0.9 * searching * person["digital"] * (person["churn_month"] == 0)
    owner = np.maximum(device["person"], 0)
    usual = np.where(device["person"] >= 0, rate[owner] * device["weight"], 0)
    usual = np.where(device["kind"] == BRANCH_TABLET, 8.0, usual)
    rows = repeat_rows(rng.poisson(usual))
    size, kind = len(rows), device["kind"][rows]
    app = is_app(kind)
    customers = np.flatnonzero(person["customer"] & ~person["churned"])
    visitors = customers[rng.integers(0, len(customers), size)] if len(customers) else np.zeros(size, dtype=np.int64)
    second_user = (device["shared_with"][rows] >= 0) & happens(rng, 0.4, size)
    actor = np.where(second_user, device["shared_with"][rows], owner[rows])
    actor = np.where(kind == BRANCH_TABLET, visitors, actor)
    logged = person["login"][actor] & happens(
        rng, np.where(app, 0.93, np.where(kind == BRANCH_TABLET, 0.5, 0.33)), size
    )
    # A tablet at home often stays logged in as the parent while the child uses it.
    stays = second_user & person["login"][owner[rows]] & happens(rng, 0.3, size)
    login = np.where(stays, owner[rows], np.where(logged, actor, -1))
    hours = moments(rng, month.first_day, month.days, SCREEN_HOURS, size)
    opening_hours = moments(rng, month.first_day, month.days, OFFICE_HOURS, size)
    second = np.where(kind == BRANCH_TABLET, opening_hours, hours)
    # Events of a session stay within the month that draws it.
    second = np.minimum(second, (month.last_day + 1) * DAY - 1_800)
    topic = choose_by_row(rng, interests(cohort, month)[actor])
    origin = np.where(app, choose(rng, (85, 0, 0, 0, 8, 7, 0), size), choose(rng, (32, 27, 14, 11, 5, 5, 6), size))
    origin = np.where(kind == BRANCH_TABLET, DIRECT, origin)
    ad = np.where((origin == GOOGLE) | (origin == META), (topic + rng.integers(0, 2, size)) % AD_COUNT, -1)
    variant = (rows * 2_654_435_761 + month.number // 6 * 40_503) // 65_536 % 2
    near = searching[actor] & np.isin(
        topic, [TOPIC[name] for name in ("home", "car", "family", "education", "retirement")]
    )
    asking = (0.010 + 0.07 * near + 0.01 * (ad >= 0)) * np.where(app, 0.35, 1.0)
    asks = happens(rng, asking * (1 + experiment_effect(cohort, actor) * variant * ~app), size)
    asks &= (kind != BRANCH_TABLET) & (person["churn_month"][actor] == 0)
    return Sessions(rows, actor, login, second, topic, origin, ad, asks, variant)


def experiment_effect(cohort: Cohort, who: Array) -> Array:
    """Return the true relative effect of variant B of the site's experiment on asking for a product."""
    digital = cohort.person["digital"][who]
    result: Array = np.where(digital > 0.6, 0.6, np.where(digital < 0.3, -0.2, 0.25))
    return result


def experiment_key(month: Month) -> str:
    """Return the experiment that the site runs in a month: one each half year."""
    return f"site_form_{month.number // 12}h{month.number % 12 // 6 + 1}"


def expose(cohort: Cohort, month: Month, sessions: Sessions, harvest: Harvest) -> None:
    """Write who saw which variant, on the site by cookie and in the app by login, and the true effect."""
    rng, device, number = cohort.rng(month.number, "exposures"), cohort.tables["device"], 0
    app = is_app(device["kind"][sessions.device])
    for on_app, key in ((False, experiment_key(month)), (True, experiment_key(month).replace("site_form", "app_home"))):
        shown = (app == on_app) & happens(rng, 0.6, len(sessions))
        rows = np.flatnonzero(shown & (sessions.login >= 0) if on_app else shown)
        # The app's arms follow the login, the site's follow the device.
        arm = sessions.login[rows] * 7 // 3 % 2 if on_app else sessions.variant[rows]
        unit = user_ids(cohort, sessions.login[rows]) if on_app else pseudo_ids(cohort, sessions.device[rows])
        actor = true_persons(cohort)[sessions.actor[rows]]
        due = sessions.second[rows] // DAY
        variants = pick(vocabulary.VARIANTS, arm)
        harvest.add(
            "experiments", "exposures",
            person=actor, due=due,
            exposure_id=_exposure_ids(cohort, month, number, len(rows)), experiment_key=key, variant_key=variants,
            unit_type="user_id" if on_app else "user_pseudo_id", unit_id=unit, exposed_at=sessions.second[rows] + 1,
        )  # fmt: skip
        number += len(rows)
        effect = np.zeros(len(rows)) if on_app else experiment_effect(cohort, sessions.actor[rows])
        harvest.add(
            TRUTH, "treatment_effects",
            person=actor, due=due, new=False, true_person=actor, effect_kind="experiment", campaign_id=key,
            unit_id=unit,
            outcome="generate_lead", assigned_date=due, arm=variants, true_effect=effect,
            has_converted=sessions.asks[rows],
        )  # fmt: skip


def _exposure_ids(cohort: Cohort, month: Month, first: int, size: int) -> pl.Series:
    return numbered(f"EX{cohort.number:03d}M{month.number - 24_000}N", first + np.arange(size))


def tell_sessions(cohort: Cohort, sessions: Sessions, harvest: Harvest) -> None:
    """Write the truth of who sat at which device."""
    kind = cohort.tables["device"]["kind"][sessions.device]
    actor = true_persons(cohort)[sessions.actor]
    day = sessions.second // DAY
    harvest.add(
        TRUTH, "device_sessions",
        person=actor, due=day, new=False,
        user_pseudo_id=pseudo_ids(cohort, sessions.device), ga_session_id=sessions.second - UTC_OFFSET_SECONDS,
        true_person=actor, device_kind=pick(KINDS, kind), is_shared=kind >= 4, started_date=day,
    )  # fmt: skip
