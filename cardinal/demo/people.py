"""The people of a cohort as they stand when the bank's history begins."""

from __future__ import annotations

import numpy as np

from cardinal.demo import names, vocabulary
from cardinal.demo.cohort import Cohort, Table, empty_table
from cardinal.demo.identifiers import mobile_numbers
from cardinal.demo.months import Month
from cardinal.demo.randomness import Array, choose, happens, repeat_rows, running_number, stream

HEAD, SPOUSE, CHILD, RELATIVE = range(4)
# Months in which each of these happened last or will happen; 0 is never.
EVENTS = (
    "first_job", "marriage", "divorce", "child", "house", "car", "university", "relocation", "retirement",
    "pay_rise", "job_loss",
)  # fmt: skip


def make_cohort(seed: int, number: int, first_person: int, size: int, start_month: int) -> Cohort:
    """Make the people of one cohort. They are the same whatever the other cohorts hold."""
    cohort = Cohort(seed, number, first_person, start_month)
    rng = cohort.rng(0, "people")
    today = Month(start_month).first_day

    household, role, age, gender = _households(rng, size)
    # Young people live with their parents, so the head stands before them in the same household.
    head = np.maximum.accumulate(np.where(role == HEAD, np.arange(size), 0))
    nation = np.where(role == HEAD, choose(rng, vocabulary.NATIONALITY_WEIGHTS, size), 0)
    nation = np.where((role == CHILD) | happens(rng, 0.6, size) & (role == SPOUSE), nation[head], nation)
    married = (role == SPOUSE) | _has_spouse(role) | (role == HEAD) & happens(rng, 0.12, size) & (age > 27)
    marital = np.where(married, vocabulary.MARRIED, vocabulary.SINGLE)
    loose = ~married & (age > 35)
    marital = np.where(loose & happens(rng, 0.25, size), vocabulary.DIVORCED, marital)
    marital = np.where(loose & (age > 60) & happens(rng, 0.4, size), vocabulary.WIDOWED, marital)

    occupation = choose(rng, vocabulary.OCCUPATION_WEIGHTS, size)
    occupation = np.where(age < 22, vocabulary.STUDENT, occupation)
    occupation = np.where((age >= 60) & happens(rng, 0.8, size), vocabulary.RETIRED, occupation)
    income = draw_income(rng, occupation, age)
    province = choose(rng, vocabulary.PROVINCE_WEIGHTS, size)[head]
    income = income * np.asarray(vocabulary.PROVINCE_PRICES)[province]
    saving_years = np.clip(age - 22, 0, 40)
    wealth = income * saving_years * rng.lognormal(-0.35, 1.15, size) * 0.8
    digital = np.clip(1.05 - (age - 18) / 75 + rng.normal(0, 0.2, size), 0.02, 1.0)
    children = np.where(marital != vocabulary.SINGLE, rng.poisson(np.clip((age - 26) / 12, 0, 1.4)), 0)

    thai = nation == 0
    given = np.where(
        gender == 1,
        rng.integers(0, names.MALE_COUNT, size),
        names.MALE_COUNT + rng.integers(0, names.FEMALE_COUNT, size),
    )
    thai_names = names.MALE_COUNT + names.FEMALE_COUNT
    given = np.where(thai, given, thai_names + rng.integers(0, names.FOREIGN_GIVEN_COUNT, size))
    family = np.where(
        thai,
        rng.integers(0, names.FAMILY_COUNT, size),
        names.FAMILY_COUNT + rng.integers(0, names.FOREIGN_FAMILY_COUNT, size),
    )
    shares_name = (role == CHILD) | (role == SPOUSE) & happens(rng, 0.7, size)
    family = np.where(shares_name & (nation == nation[head]), family[head], family)

    person = Table(
        household=household, role=role, head=head, gender=gender, nation=nation, given=given, family=family,
        birth=today - np.floor(age * 365.25).astype(np.int64) - rng.integers(0, 365, size),
        province=province, marital=marital, occupation=occupation, income=income, wealth=wealth,
        employer=rng.integers(0, len(vocabulary.EMPLOYERS), size),
        digital=digital, promo=rng.beta(1.6, 2.6, size), revolver=rng.beta(1.2, 2.4, size),
        risk=np.clip(np.round(rng.normal(4.6 - (age - 40) / 22, 1.5, size)), 1, 8).astype(np.int64),
        children=children,
        owns_home=(age > 30) & happens(rng, np.clip((age - 28) / 40, 0, 0.7), size),
        owns_car=happens(rng, np.clip(income / 60_000, 0.05, 0.8), size) & (age > 22),
        speaks_latin=happens(rng, np.where(thai, 0.25, 1.0), size),
        pay_day=np.array([25, 26, 28, 30])[rng.integers(0, 4, size)],
        pays_here=happens(rng, 0.62, size),
    )  # fmt: skip
    _add_contact_points(cohort, rng, person)
    # What the bank knows of a person: customer and contact numbers come with their first relationship.
    zero, no = np.zeros(size, dtype=np.int64), np.full(size, -1)
    flags = np.zeros(size, dtype=bool)
    for name in ("customer", "login", "churned", "line", "marketing", "dormant"):
        person[name] = flags.copy()
    for name in ("cif", "cif2", "main_account", "contact"):
        person[name] = no.copy()
    for name in ("churn_month", "complaint_month", "customer_month", "shock_month", *EVENTS):
        person[name] = zero.copy()
    cohort.tables["person"] = person
    cohort.tables["freed_phone"] = empty_table(phone="i", month="i")
    cohort.tables["counter"] = Table(phone=np.array([size]))
    return cohort


def draw_income(rng: np.random.Generator, occupation: Array, age: Array) -> Array:
    """Draw monthly incomes around the occupation's, rising with age until about 50."""
    middle = np.asarray(vocabulary.OCCUPATION_INCOMES, dtype=np.float64)[occupation]
    career = 0.65 + 0.7 * np.clip((age - 22) / 28, 0, 1)
    result: Array = np.round(middle * career * rng.lognormal(0, 0.38, len(age)), -2)
    return result


def life_stage(person: Table, month: Month) -> Array:
    """Return positions in `vocabulary.LIFE_STAGES`."""
    years = (month.first_day - person["birth"]) / 365.25
    paired, has_child = person["marital"] == vocabulary.MARRIED, person["children"] > 0
    student, retired = person["occupation"] == vocabulary.STUDENT, person["occupation"] == vocabulary.RETIRED
    return np.select(
        [student, retired, has_child & (years < 38), has_child & (years < 56), has_child, paired, years < 35],
        [0, 7, 3, 4, 5, 2, 1],
        6,
    )


def segment(person: Table) -> Array:
    """Return positions in `vocabulary.SEGMENTS`, by true income and wealth."""
    income, wealth = person["income"], person["wealth"]
    return np.select(
        [(wealth > 20e6), (wealth > 5e6) | (income > 150_000), (wealth > 1.2e6) | (income > 55_000)], [3, 2, 1], 0
    )


def _households(rng: np.random.Generator, size: int) -> tuple[Array, Array, Array, Array]:
    sizes = 1 + choose(rng, (36, 32, 18, 14), size)
    household = repeat_rows(sizes)[:size]
    place = running_number(household)
    starts = np.maximum.accumulate(np.where(place == 0, np.arange(size), 0))
    head_age = np.clip(rng.normal(44, 14, size), 20, 84)[starts]
    couple = happens(rng, 0.8, size)[starts] & (head_age > 24)
    spouse = (place == 1) & couple
    child = (place >= 2) & couple & (head_age > 38)
    role = np.where(place == 0, HEAD, np.where(spouse, SPOUSE, np.where(child, CHILD, RELATIVE)))
    age = np.where(place == 0, head_age, rng.uniform(18, 70, size))
    age = np.where(spouse, np.clip(head_age + rng.normal(0, 3, size), 19, 86), age)
    age = np.where(child, np.clip(rng.uniform(15, 26, size), 15, head_age - 18), age)
    gender = rng.integers(0, 2, size)
    gender = np.where(spouse, 1 - gender[starts], gender)
    return household, role, age, gender


def _has_spouse(role: Array) -> Array:
    following = np.r_[role[1:], -1]
    result: Array = (role == HEAD) & (following == SPOUSE)
    return result


def _add_contact_points(cohort: Cohort, rng: np.random.Generator, person: Table) -> None:
    """Give each person a phone and an e-mail address; some use the one of the head of their household."""
    size = len(person)
    here = np.arange(size)
    person["phone"] = mobile_numbers(cohort.unique_numbers(here))
    own_phone = ~((person["role"] == CHILD) & happens(rng, 0.10, size) | happens(rng, 0.01, size))
    person["phone_owner"] = np.where(own_phone, here, person["head"])
    own_email = ~(
        (person["role"] == CHILD) & happens(rng, 0.18, size) | (person["role"] == SPOUSE) & happens(rng, 0.08, size)
    )
    person["email_owner"] = np.where(own_email, here, person["head"])
    person["email_generation"] = np.zeros(size, dtype=np.int64)
    person["email_style"] = rng.integers(0, 5, size)
    person["phone_style"] = choose(rng, (50, 22, 8, 4, 8, 8), size)
    person["has_email"] = happens(rng, 0.35 + 0.6 * person["digital"], size)
    person["address"] = rng.integers(0, 10_000, size)[person["head"]]


def true_persons(cohort: Cohort) -> Array:
    """Return the numbers of the people of a cohort."""
    return cohort.first_person + np.arange(cohort.size)


def market(seed: int, name: str, month: int) -> np.random.Generator:
    """Return a generator that all cohorts share, for what happens to the market as a whole."""
    return stream(seed, "market", name, month)
