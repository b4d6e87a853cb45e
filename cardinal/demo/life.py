"""What happens in people's lives: events foreseen three months ahead, attrition that fades in, changed contacts."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo import vocabulary
from cardinal.demo.cohort import Cohort
from cardinal.demo.harvest import TRUTH, Harvest
from cardinal.demo.identifiers import mobile_numbers
from cardinal.demo.months import Month
from cardinal.demo.people import EVENTS, draw_income, true_persons
from cardinal.demo.randomness import Array, happens

FORESIGHT = 3  # months between the decision and the event: time to search, save and ask
FADE = {3: 0.72, 2: 0.42, 1: 0.16, 0: 0.05}  # activity by months left until a customer leaves


def foresee(cohort: Cohort, month: Month) -> None:
    """Draw who will meet which event `FORESIGHT` months after `month`, and which customers will leave."""
    person, rng = cohort.person, cohort.rng(month.number, "foresee")
    target = month.number + FORESIGHT
    age = (month.first_day - person["birth"]) / 365.25
    employed = np.asarray(vocabulary.OCCUPATION_SALARIED)[person["occupation"]]
    single = person["marital"] != vocabulary.MARRIED
    newlywed = (person["marriage"] > 0) & (np.abs(target - person["marriage"]) <= 24)
    young_child = (person["child"] > 0) & (target - person["child"] <= 18) & (target > person["child"])
    solvent = np.clip(person["income"] / 40_000, 0.2, 2.0)
    hazards: dict[str, Array] = {
        "first_job": 0.06 * ((person["occupation"] == vocabulary.STUDENT) & (age > 20.5)),
        "marriage": 0.009 * (single & (age > 22) & (age < 45)),
        "divorce": 0.0012 * (~single & (age < 65)),
        "child": (0.006 + 0.012 * newlywed) * (~single & (age > 22) & (age < 42)),
        "house": (0.0015 + 0.008 * newlywed + 0.004 * young_child) * (age > 25) * (age < 55) * solvent,
        "car": (0.002 + 0.004 * young_child + 0.002 * ~person["owns_car"]) * (age > 22) * (age < 65) * solvent,
        "university": 0.006 * ((person["children"] > 0) & (age > 42) & (age < 58)),
        "relocation": 0.0025 * (age < 60) + 0.004 * newlywed,
        "retirement": 0.05 * ((age > 59.5) & (person["occupation"] != vocabulary.RETIRED)),
        "pay_rise": 0.012 * (employed & (age < 55)),
        "job_loss": 0.0018 * employed,
    }
    for name, hazard in hazards.items():
        fresh = (person[name] == 0) | (person[name] < month.number - 24)
        person[name] = np.where(happens(rng, hazard * fresh, cohort.size), target, person[name])
    _foresee_churn(cohort, target, age, rng)


def _foresee_churn(cohort: Cohort, target: int, age: Array, rng: np.random.Generator) -> None:
    person = cohort.person
    complained = (person["complaint_month"] > 0) & (target - person["complaint_month"] <= 6)
    settled = person["pays_here"] & np.asarray(vocabulary.OCCUPATION_SALARIED)[person["occupation"]]
    held = cohort.tables["holdings"]["held"].sum(axis=1) if "holdings" in cohort.tables else np.ones(cohort.size)
    hazard = 0.009 * np.where(settled, 0.45, 1.2) * np.where(complained, 5.0, 1.0) * np.exp(-0.25 * (held - 1))
    hazard *= np.where(age < 30, 1.5, np.where(age > 55, 0.6, 1.0)) * np.where(person["relocation"] == target, 2.5, 1.0)
    if "loan" in cohort.tables:
        loan = cohort.tables["loan"]
        borrows = np.zeros(cohort.size, dtype=bool)
        borrows[loan["person"][loan["owed"] > 1]] = True
        hazard *= np.where(borrows, 0.15, 1.0)  # a loan ties
    staying = person["customer"] & (person["churn_month"] == 0) & (person["customer_month"] < target - 5)
    leaves = happens(rng, np.clip(hazard, 0, 0.2) * staying, cohort.size)
    person["churn_month"] = np.where(leaves, target, person["churn_month"])
    person["dormant"] |= leaves & happens(rng, 0.3, cohort.size)


def activity(cohort: Cohort, month: Month) -> Array:
    """Return how active each customer is: 1 as usual, less towards the end, 0 once gone."""
    person = cohort.person
    left = person["churn_month"] - month.number
    level = np.ones(cohort.size)
    for months, value in FADE.items():
        level = np.where((person["churn_month"] > 0) & (left == months), value, level)
    gone = (person["churn_month"] > 0) & (left < 0)
    result: Array = np.where(gone | ~person["customer"], 0.0, level)
    return result


def intents(cohort: Cohort, month: Month, event: str, before: int = FORESIGHT, after: int = 1) -> Array:
    """Return who stands within `before` months before to `after` months after an event."""
    when = cohort.person[event]
    ahead = when - month.number
    result: Array = (when > 0) & (ahead <= before) & (ahead >= -after)
    return result


def live(cohort: Cohort, month: Month, harvest: Harvest) -> Array:
    """Let this month's events happen; returns who has to be registered anew because something changed."""
    person, rng = cohort.person, cohort.rng(month.number, "life")
    now = {name: person[name] == month.number for name in EVENTS}
    age = (month.first_day - person["birth"]) / 365.25
    person["marital"] = np.where(now["marriage"], vocabulary.MARRIED, person["marital"])
    person["marital"] = np.where(now["divorce"], vocabulary.DIVORCED, person["marital"])
    person["children"] = person["children"] + now["child"]
    person["owns_home"] |= now["house"]
    person["owns_car"] |= now["car"]
    province = rng.choice(
        len(vocabulary.PROVINCES),
        size=cohort.size,
        p=np.asarray(vocabulary.PROVINCE_WEIGHTS) / sum(vocabulary.PROVINCE_WEIGHTS),
    )
    person["province"] = np.where(now["relocation"], province, person["province"])
    moved = now["relocation"] | now["house"]
    person["address"] = np.where(moved, rng.integers(0, 10_000, cohort.size), person["address"])

    job = rng.choice([1, 2, 3, 4, 5, 8, 9, 10, 12], size=cohort.size)
    person["occupation"] = np.where(now["first_job"], job, person["occupation"])
    new_income = draw_income(rng, job, age)
    income = np.where(now["first_job"], new_income, person["income"])
    income = np.where(now["pay_rise"], income * rng.uniform(1.05, 1.3, cohort.size), income)
    income = np.where(now["retirement"], income * 0.4, income)
    income = np.where(now["job_loss"], income * 0.35, income)
    recovers = (person["job_loss"] > 0) & (person["job_loss"] == month.number - 5)
    person["income"] = np.where(recovers, income / 0.4, income)
    person["occupation"] = np.where(now["retirement"], vocabulary.RETIRED, person["occupation"])
    spent = 1 - 0.25 * now["house"] - 0.15 * now["car"] - 0.08 * now["university"] - 0.05 * now["marriage"]
    growth = 1 + rng.normal(0.002, 0.006, cohort.size)
    person["wealth"] = np.maximum(person["wealth"] * growth * spent + 0.08 * person["income"], 0)
    person["churned"] |= (person["churn_month"] > 0) & (person["churn_month"] < month.number)

    for name in EVENTS:
        who = np.flatnonzero(now[name])
        day = month.first_day + rng.integers(0, month.days, len(who))
        harvest.add(
            TRUTH, "life_events",
            person=true_persons(cohort)[who], due=day, new=False,
            true_person=true_persons(cohort)[who],
            event_type=pl.repeat(EVENT_NAMES[name], len(who), eager=True),
            occurred_date=day,
        )  # fmt: skip
    moved_phone = _change_phones(cohort, month, rng)
    changed: Array = (
        moved | now["marriage"] | now["divorce"] | now["first_job"] | now["retirement"] | now["pay_rise"] | moved_phone
    )
    return changed & happens(rng, 0.55, cohort.size)


EVENT_NAMES = {name: name for name in EVENTS} | {
    "house": "house_purchase",
    "car": "car_purchase",
    "university": "child_university",
    "child": "child_birth",
}


def _change_phones(cohort: Cohort, month: Month, rng: np.random.Generator) -> Array:
    """Give some people new numbers; carriers give old numbers out again after three months."""
    person, freed = cohort.person, cohort.tables["freed_phone"]
    changes = happens(rng, 0.004, cohort.size)
    who = np.flatnonzero(changes)
    rested = np.flatnonzero((freed["month"] <= month.number - 3) & (freed["phone"] > 0))
    reused = min(len(rested), round(len(who) * 0.4))
    counter = cohort.tables["counter"]
    first = int(counter["phone"][0])
    fresh = mobile_numbers(cohort.unique_numbers(first + np.arange(len(who) - reused)))
    counter["phone"] = np.array([first + len(who) - reused])
    old = person["phone"][who]
    person["phone"][who] = np.concatenate([freed["phone"][rested[:reused]], fresh])
    freed["phone"][rested[:reused]] = 0
    freed.append(phone=old, month=month.number)
    mails = happens(rng, 0.0015, cohort.size)
    person["email_generation"] = person["email_generation"] + mails
    return changes
