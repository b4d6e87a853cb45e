"""Products: who needs and can afford which, and who takes one this month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from cardinal.demo import vocabulary
from cardinal.demo.cohort import Cohort, Table
from cardinal.demo.life import activity, intents
from cardinal.demo.months import Month
from cardinal.demo.randomness import Array, happens

# Codes as in seeds/reference/products.csv; the position is the code used in the simulation.
PRODUCTS = (
    "sa_esaving", "sa_supersaving", "ca_dailyflow", "sa_basic", "fda_5yplan", "fda_7yplan", "fda_10yplan",
    "cr_platinum", "cr_diamond", "cr_gold", "cr_silver", "cr_shopping", "cr_auto", "cr_classic", "cr_junior",
    "db_standard", "ln_personal", "ln_mortgage", "ln_auto", "mf_open", "in_life", "in_health", "in_tax",
)  # fmt: skip
CODES = pl.Series(PRODUCTS)
P = {code: position for position, code in enumerate(PRODUCTS)}
DEPOSITS = range(P["sa_esaving"], P["fda_10yplan"] + 1)
CARDS = range(P["cr_platinum"], P["cr_junior"] + 1)
LOANS = range(P["ln_personal"], P["ln_auto"] + 1)
POLICIES = range(P["in_life"], P["in_tax"] + 1)
RATES = (0.015, 0.012, 0.0, 0.003, 0.021, 0.023, 0.025)
CARD_FEES = (2000, 5000, 800, 0, 500, 500, 0, 0)


@dataclass(frozen=True)
class Openings:
    """Products taken: who, which, and on what day."""

    person: Array
    product: Array
    day: Array

    def of(self, products: range) -> Openings:
        """Return those of a family."""
        mine = (self.product >= products.start) & (self.product < products.stop)
        return Openings(self.person[mine], self.product[mine], self.day[mine])


def add_holdings(cohort: Cohort) -> None:
    """Begin with nobody holding anything."""
    cohort.tables["holdings"] = Table(held=np.zeros((cohort.size, len(PRODUCTS)), dtype=np.int8))


def demand(cohort: Cohort, month: Month) -> Array:
    """Return the chance of each person to take each product this month, need times affordability."""
    person, held = cohort.person, cohort.tables["holdings"]["held"] > 0
    income, wealth, digital = person["income"], person["wealth"], person["digital"]
    age = (month.first_day - person["birth"]) / 365.25
    rich, worker = np.clip(wealth / 2e6, 0, 3), (age > 20) & (age < 62)
    p = np.zeros((cohort.size, len(PRODUCTS)))
    p[:, P["sa_esaving"]] = 0.010 * digital
    p[:, P["sa_supersaving"]] = 0.002 * np.clip(rich, 0, 2)
    p[:, P["ca_dailyflow"]] = 0.006 * np.isin(person["occupation"], (10, 11, 12))
    for code, least in (("fda_5yplan", 35), ("fda_7yplan", 40), ("fda_10yplan", 45)):
        p[:, P[code]] = 0.0013 * np.clip(rich, 0, 2) * (age > least) + 0.004 * intents(cohort, month, "child", 0, 6)
    _demand_cards(person, held, p, income, age)
    strained = intents(cohort, month, "job_loss", 0, 4) | intents(cohort, month, "marriage", 1, 1)
    p[:, P["ln_personal"]] = (0.0022 * (1 + 3 * person["revolver"]) + 0.02 * strained) * worker * (income > 13_000)
    p[:, P["ln_mortgage"]] = 0.40 * intents(cohort, month, "house", 0, 0) * (income > 22_000) * (age < 58)
    p[:, P["ln_auto"]] = 0.42 * intents(cohort, month, "car", 0, 0) * (income > 16_000)
    p[:, P["mf_open"]] = 0.004 * np.clip(income / 50_000, 0, 2.5) * (person["risk"] / 4) * (age > 24)
    newly = intents(cohort, month, "child", 2, 4)
    p[:, P["in_life"]] = (
        0.0015 * worker + 0.035 * newly * (income > 18_000) + 0.02 * intents(cohort, month, "house", 0, 2)
    )
    p[:, P["in_health"]] = 0.0012 * (1 + np.clip((age - 35) / 15, 0, 2)) * (income > 20_000) + 0.01 * newly
    tax_season = {10: 2.0, 11: 3.0, 12: 4.0}.get(month.calendar_month, 0.6)
    p[:, P["in_tax"]] = 0.0018 * np.clip(income / 50_000, 0, 3) * (income > 30_000) * tax_season
    return np.clip(p, 0, 0.6) * ~held


def _demand_cards(person: Table, held: Array, p: Array, income: Array, age: Array) -> None:
    cards = held[:, CARDS.start : CARDS.stop].sum(axis=1)
    appetite = (
        0.011 * (income >= 15_000) * (age >= 20) * (age < 72) * np.array([1.0, 0.35, 0.1, 0, 0, 0, 0, 0, 0])[cards]
    )
    tier = np.select([income > 150_000, income > 80_000, income > 45_000, income > 25_000], [1, 0, 2, 3], 6)
    for code, share in (("cr_shopping", 0.25 + 0.5 * person["promo"]), ("cr_auto", 0.35 * person["owns_car"])):
        p[:, P[code]] = appetite * share
    for position, product in enumerate(CARDS):
        if PRODUCTS[product] not in ("cr_shopping", "cr_auto", "cr_junior"):
            p[:, product] = appetite * (tier == position)
    p[:, P["cr_junior"]] = 0.006 * ((age >= 18) & (age < 23))


def take_up(cohort: Cohort, month: Month, boost: Array, requested: Openings) -> Openings:
    """Return the products taken this month: demand changed by campaigns, and what leads asked for and won."""
    held = cohort.tables["holdings"]["held"]
    rng = cohort.rng(month.number, "take_up")
    able = (activity(cohort, month) > 0.9) & (cohort.person["customer_month"] < month.number)
    chance = np.clip(demand(cohort, month) + boost, 0, 0.9) * able[:, None]
    taken = rng.random(chance.shape) < chance
    who, product = np.nonzero(taken)
    day = month.first_day + 4 + rng.integers(0, month.days - 4, len(who))
    # Whoever asked for a product and got it doesn't take it a second time.
    asked = set(zip(requested.person.tolist(), requested.product.tolist(), strict=True))
    fresh = np.array([pair not in asked for pair in zip(who.tolist(), product.tolist(), strict=True)], dtype=bool)
    who, product, day = who[fresh], product[fresh], day[fresh]
    openings = Openings(
        np.concatenate([requested.person, who]),
        np.concatenate([requested.product, product]),
        np.concatenate([requested.day, day]),
    )
    np.add.at(held, (openings.person, openings.product), 1)
    return openings


def initial_openings(cohort: Cohort, month: Month) -> Openings:
    """Return the products that customers hold when the history begins, with opening days in the past."""
    person, held = cohort.person, cohort.tables["holdings"]["held"]
    rng = cohort.rng(0, "initial_products")
    years = np.clip((month.first_day - person["birth"]) / 365.25 - 18, 0.3, None)
    chance = 1 - (1 - demand(cohort, month)) ** np.clip(years * 6, 1, 70)[:, None]
    chance[:, P["ln_mortgage"]] = 0.22 * person["owns_home"] * (person["income"] > 22_000) * (years < 40)
    chance[:, P["ln_auto"]] = 0.20 * person["owns_car"] * (person["income"] > 16_000)
    chance[:, P["ln_personal"]] *= 0.45
    chance[:, P["sa_basic"]] = 0.25
    has_main = happens(rng, 0.6 * person["digital"] + 0.15, cohort.size)
    taken = (rng.random(chance.shape) < chance) & person["customer"][:, None]
    taken[:, P["sa_esaving"]] = person["customer"] & has_main
    none = person["customer"] & ~taken[:, list(DEPOSITS)].any(axis=1)
    taken[:, P["sa_basic"]] |= none
    cards = taken[:, CARDS.start : CARDS.stop]
    cards &= np.cumsum(cards, axis=1) <= 2
    who, product = np.nonzero(taken)
    held[who, product] = 1
    longest = np.where(product == P["ln_auto"], 4, np.where(product == P["ln_personal"], 2.5, 12))
    age_days = np.minimum(years[who], longest) * 365 * rng.beta(1, 1.4, len(who))
    day = month.first_day - 1 - age_days.astype(np.int64)
    return Openings(who, product, np.maximum(day, _registered_day(person, month)[who]))


def _registered_day(person: Table, month: Month) -> Array:
    result: Array = np.minimum(person["registered"], month.first_day - 1)
    return result


def debit_card_takers(cohort: Cohort, accounts: Openings, rng: np.random.Generator) -> Array:
    """Return which new accounts come with a debit card."""
    payable = accounts.product <= P["sa_basic"]
    wish = np.where(cohort.person["occupation"][accounts.person] == vocabulary.RETIRED, 0.5, 0.75)
    return payable & happens(rng, wish, len(accounts.person))
