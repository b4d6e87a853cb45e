"""Customer numbers and CRM contacts: who the bank thinks its customers are."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo import vocabulary
from cardinal.demo.cohort import Cohort, empty_table
from cardinal.demo.declarations import NOT_ASKED, declared_columns
from cardinal.demo.harvest import Harvest, pick
from cardinal.demo.identifiers import customer_numbers, national_ids, numbered
from cardinal.demo.identity_noise import official_names, typed_emails, typed_names, typed_phones
from cardinal.demo.months import DAY, Month
from cardinal.demo.people import true_persons
from cardinal.demo.randomness import OFFICE_HOURS, Array, choose, happens, seconds_of_day

_TITLES = pl.Series(["นาง", "นาย", "นางสาว", "Mrs.", "Mr.", "Miss"])
_CONTACT_SOURCES = pl.Series(["branch", "web", "event", "partner", "import"])


def begin_customers(cohort: Cohort, month: Month) -> None:
    """Decide who has been a customer before the history begins, and since when."""
    person, rng = cohort.person, cohort.rng(0, "customers")
    cohort.tables["cif"] = empty_table(
        person="i", registered="i", closed="i", typo="b", variant="b", id_missing="b", id_wrong="b", verified="i",
        income="f", marital="i", salt="i", worth="f", worth_day="i",
    )  # fmt: skip
    cohort.tables["contact"] = empty_table(
        person="i", created="i", source="i", linked="b", style="i", updated="i", mail="b", phone="b"
    )
    adult = (month.first_day - person["birth"]) / 365.25
    person["customer"] = happens(rng, np.where(adult < 20, 0.4, 0.82), cohort.size)
    tenure = np.minimum(rng.exponential(6, cohort.size), np.maximum(adult - 15, 0.1)) * 365.25
    person["registered"] = month.first_day - 2 - tenure.astype(np.int64)
    person["customer_month"] = np.where(person["customer"], month.number - 12, 0)
    person["marketing"] = happens(rng, 0.68 + 0.1 * person["promo"], cohort.size)
    person["login"] = person["customer"] & happens(rng, 0.15 + 0.8 * person["digital"], cohort.size)
    person["line"] = happens(rng, 0.25 + 0.5 * person["digital"], cohort.size)


def register(cohort: Cohort, who: Array, seconds: Array, rng: np.random.Generator) -> Array:
    """Give people a customer number; returns its position."""
    size, person = len(who), cohort.person
    foreign = person["nation"][who] != 0
    rows = cohort.tables["cif"].append(
        person=who,
        registered=seconds,
        typo=happens(rng, 0.02, size),
        variant=happens(rng, 0.2, size),
        id_missing=happens(rng, np.where(foreign, 0.8, 0.015), size),
        id_wrong=happens(rng, 0.004, size),
        verified=np.where(happens(rng, 0.9, size), seconds, 0),
        income=np.round(person["income"][who] * rng.lognormal(-0.05, 0.18, size), -2),
        marital=person["marital"][who],
        salt=rng.integers(0, 1_000_000, size),
        worth=NOT_ASKED,
    )
    fresh = person["cif"][who] < 0
    person["cif"][who[fresh]] = rows[fresh]
    person["cif2"][who[~fresh]] = rows[~fresh]
    return rows


def emit_customers(
    cohort: Cohort, harvest: Harvest, rows: Array, seconds: Array, new: bool, rng: np.random.Generator
) -> None:
    """Write the present record of these customer numbers."""
    cif, person = cohort.tables["cif"], cohort.person
    who, size = cif["person"][rows], len(rows)
    if size == 0:
        return
    first, last, first_latin, last_latin = official_names(cohort, who, cif["typo"][rows], cif["variant"][rows])
    latin_title = np.where(person["nation"][who] != 0, 3, 0)
    gender = person["gender"][who]
    title = np.where((gender == 0) & (person["marital"][who] == 0), 2, gender) + latin_title
    ids = national_ids(cohort.unique_numbers(who), ~cif["id_wrong"][rows], cif["salt"][rows] % 10 == 0)
    home = pl.select(
        pl.lit("02-") + pl.Series(200 + cif["salt"][rows] % 700).cast(pl.String) + pl.lit("-")
        + pl.Series(1000 + cif["salt"][rows] % 8999).cast(pl.String)
    ).to_series()  # fmt: skip
    address = pl.select(
        pl.Series(1 + person["address"][who] % 399).cast(pl.String) + pl.lit("/")
        + pl.Series(1 + person["address"][who] % 97).cast(pl.String) + pl.lit(" ")
        + pick(vocabulary.ROADS, person["address"][who] % len(vocabulary.ROADS))
    ).to_series()  # fmt: skip
    declared = np.where(happens(rng, 0.1, size), np.nan, cif["income"][rows])
    harvest.add(
        "core_banking", "customers",
        person=true_persons(cohort)[who], due=np.maximum(seconds // DAY, Month(cohort.start_month).first_day), new=new,
        cif_no=cif_numbers(cohort, rows),
        national_id=ids.set(pl.Series(cif["id_missing"][rows]), None),
        member_id=numbered("MB", np.where(cif["salt"][rows] % 5 < 3, cohort.unique_numbers(who), -1)),
        title=pick(_TITLES, title),
        first_name=first, last_name=last, first_name_latin=first_latin, last_name_latin=last_latin,
        date_of_birth=np.where(cif["salt"][rows] % 97 == 0, -1, person["birth"][who]),
        gender=pick(vocabulary.GENDERS, gender),
        marital_status=pick(vocabulary.MARITAL, np.where(cif["salt"][rows] % 11 == 0, -1, cif["marital"][rows])),
        nationality=pick(pl.Series(vocabulary.NATIONALITIES),
            np.where(cif["salt"][rows] % 13 == 0, -1, person["nation"][who])),
        occupation=pick(vocabulary.OCCUPATIONS, person["occupation"][who]),
        employer_name=pick(
            vocabulary.EMPLOYERS,
            np.where(np.asarray(vocabulary.OCCUPATION_SALARIED)[person["occupation"][who]],
                person["employer"][who], -1),
        ),
        monthly_income_amount=declared, currency_code="THB",
        email=typed_emails(cohort, who, rng, 0.015, 0.10),
        mobile_phone=typed_phones(cohort, who, rng, 0.008, 0.02),
        home_phone=home.set(pl.Series(cif["salt"][rows] % 4 != 0), None),
        address_line=address,
        district=pick(vocabulary.DISTRICTS, person["address"][who] % len(vocabulary.DISTRICTS)),
        province=pick(vocabulary.PROVINCES, person["province"][who]),
        postal_code=pick(vocabulary.POSTAL_CODES, person["province"][who]),
        country_code="TH",
        home_branch_id=branches(person["province"][who]),
        registered_at=cif["registered"][rows],
        kyc_verified_at=np.where(cif["verified"][rows] > 0, cif["verified"][rows], -1),
        closed_at=np.where(cif["closed"][rows] > 0, cif["closed"][rows], -1),
        updated_at=seconds, **declared_columns(cif, rows),
    )  # fmt: skip


def cif_numbers(cohort: Cohort, rows: Array) -> pl.Series:
    """Return the customer numbers at these positions; a negative position is null."""
    return customer_numbers(np.where(rows < 0, -1, cohort.unique_numbers(rows)))


def user_ids(cohort: Cohort, who: Array, logged_in: Array | bool = True) -> pl.Series:
    """Return the login ids of people, null where not logged in."""
    return numbered("U", np.where(logged_in, cohort.unique_numbers(who) + 10_000, -1))


def branches(province: Array) -> pl.Series:
    """Return the main branch of a province."""
    return pick(pl.Series([f"BR{n:03d}" for n in range(len(vocabulary.PROVINCES))]), province)


def add_contacts(cohort: Cohort, who: Array, seconds: Array, rng: np.random.Generator, source: int = -1) -> Array:
    """Enter people in the CRM; some are entered twice over the years, and few are linked to their number."""
    size = len(who)
    rows = cohort.tables["contact"].append(
        person=who,
        created=seconds,
        updated=seconds,
        source=choose(rng, (50, 25, 8, 7, 10), size) if source < 0 else source,
        linked=happens(rng, 0.7, size),
        mail=happens(rng, 0.8, size),
        phone=happens(rng, 0.85, size),
    )
    missing = cohort.person["contact"][who] < 0
    cohort.person["contact"][who[missing]] = rows[missing]
    return rows


def emit_contacts(cohort: Cohort, harvest: Harvest, rows: Array, new: bool, rng: np.random.Generator) -> None:
    """Write the present record of these contacts."""
    contact, person = cohort.tables["contact"], cohort.person
    who = contact["person"][rows]
    if len(rows) == 0:
        return
    linked = contact["linked"][rows] & (person["cif"][who] >= 0)
    first_day = Month(cohort.start_month).first_day
    harvest.add(
        "crm", "contacts",
        person=true_persons(cohort)[who], due=np.maximum(contact["updated"][rows] // DAY, first_day), new=new,
        contact_id=contact_ids(cohort, rows),
        cif_no=cif_numbers(cohort, np.where(linked, person["cif"][who], -1)),
        member_id=numbered("MB", np.where(linked & (rows % 4 == 0), cohort.unique_numbers(who), -1)),
        user_id=user_ids(cohort, who, person["login"][who] & (contact["source"][rows] == 1)),
        line_user_id=line_ids(cohort, np.where(person["line"][who] & (rows % 3 > 0), who, -1)),
        full_name=typed_names(cohort, who, rng, 0.3),
        email=typed_emails(cohort, who, rng, 0.02, 0.05).set(pl.Series(~contact["mail"][rows]), None),
        phone=typed_phones(cohort, who, rng, 0.015, 0.05).set(pl.Series(~contact["phone"][rows]), None),
        date_of_birth=np.where(happens(rng, 0.45, len(rows)), person["birth"][who], -1),
        contact_source=pick(_CONTACT_SOURCES, contact["source"][rows]),
        created_at=contact["created"][rows],
        updated_at=contact["updated"][rows],
    )  # fmt: skip


def contact_ids(cohort: Cohort, rows: Array) -> pl.Series:
    """Return the CRM's contact ids."""
    return numbered("CT", np.where(rows < 0, -1, cohort.unique_numbers(rows)))


def line_ids(cohort: Cohort, who: Array) -> pl.Series:
    """Return LINE user ids; a negative position is null."""
    return numbered("Uline", np.where(who < 0, -1, cohort.unique_numbers(who)))


def enter_initial_customers(cohort: Cohort, month: Month, harvest: Harvest) -> None:
    """Send the customers and contacts of the years before, duplicates included."""
    rng = cohort.rng(month.number, "initial_customers")
    person = cohort.person
    who = np.flatnonzero(person["customer"])
    registered = person["registered"][who] * DAY + seconds_of_day(rng, OFFICE_HOURS, len(who))
    rows = register(cohort, who, registered, rng)
    emit_customers(cohort, harvest, rows, registered, True, rng)
    # A second number for some, opened at another branch: half of those without the national id.
    twice = who[happens(rng, 0.022, len(who))]
    later = (person["registered"][twice] + month.first_day) // 2 * DAY + seconds_of_day(rng, OFFICE_HOURS, len(twice))
    seconds_numbers = register(cohort, twice, later, rng)
    cif = cohort.tables["cif"]
    cif["id_missing"][seconds_numbers] |= happens(rng, 0.5, len(twice))
    emit_customers(cohort, harvest, seconds_numbers, later, True, rng)
    known = np.flatnonzero(happens(rng, np.where(person["customer"], 0.75, 0.3), cohort.size))
    again = known[happens(rng, 0.06, len(known))]
    entered = np.concatenate([known, again])
    created = np.minimum(person["registered"][entered] + rng.integers(0, 300, len(entered)), month.first_day - 1)
    contacts = add_contacts(cohort, entered, created * DAY + seconds_of_day(rng, OFFICE_HOURS, len(entered)), rng)
    emit_contacts(cohort, harvest, contacts, True, rng)
