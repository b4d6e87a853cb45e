"""What people declare to own in all: at onboarding, at reviews, and before they buy funds."""

from __future__ import annotations

import numpy as np

from cardinal.demo.cohort import Cohort, Table
from cardinal.demo.harvest import Harvest
from cardinal.demo.months import DAY, Month
from cardinal.demo.randomness import Array, happens

NOT_ASKED = -1
# The form asks newcomers since the history begins; of the others, these were reviewed in the two years before.
_ANSWER, _REVIEWED, _REVIEW_DAYS = 0.75, 0.7, 730


def declare(cohort: Cohort, who: Array, days: Array, rng: np.random.Generator, share: float = _ANSWER) -> Array:
    """Return what each declares to own on a day, `NOT_ASKED` for who leaves the field empty.

    People don't know it exactly, say rather less than more, and round it.
    """
    size = len(who)
    felt = _owned(cohort, who, days) * rng.lognormal(-0.03, 0.2, size)
    digits = np.where(happens(rng, 0.25, size), 1, 2)
    step = 10.0 ** (np.floor(np.log10(np.maximum(felt, 1_000))) - digits + 1)
    return np.where(happens(rng, share, size), np.round(felt / step) * step, NOT_ASKED)


def ask_registered(cohort: Cohort, rows: Array) -> None:
    """Ask who got a customer number; those of before the history were asked at a review, if at all."""
    if len(rows) == 0:
        return
    cif, rng = cohort.tables["cif"], cohort.rng(int(rows[0]), "net_worth")
    who, registered = cif["person"][rows], cif["registered"][rows] // DAY
    begin = Month(cohort.start_month).first_day
    reviewed = np.maximum(begin - 1 - rng.integers(0, _REVIEW_DAYS, len(rows)), registered)
    days = np.where(registered < begin, reviewed, registered)
    asked = (registered >= begin) | happens(rng, _REVIEWED, len(rows))
    cif["worth"][rows] = np.where(asked, declare(cohort, who, days, rng), NOT_ASKED)
    cif["worth_day"][rows] = days


def ask_from_now_on(cohort: Cohort) -> None:
    """Let a bank that was begun before there were declarations go on: nobody has been asked yet."""
    cif = cohort.tables["cif"]
    if "worth" not in cif:
        cif["worth"], cif["worth_day"] = np.full(len(cif), float(NOT_ASKED)), np.full(len(cif), -1)


def tell_initial(cohort: Cohort, harvest: Harvest) -> None:
    """Put what the customers of before the history declare into their records, once it is known what they hold."""
    cif = cohort.tables["cif"]
    ask_registered(cohort, np.arange(len(cif)))
    harvest.amend("core_banking", "customers", **declared_columns(cif, np.arange(len(cif))))


def declared_columns(cif: Table, rows: Array) -> dict[str, Array]:
    """Return the declaration as the columns of a customer's record."""
    said = cif["worth"][rows] != NOT_ASKED
    return {
        "declared_net_worth_amount": np.where(said, cif["worth"][rows], np.nan),
        "net_worth_declared_date": np.where(said, cif["worth_day"][rows], -1),
    }


def ask_again(cohort: Cohort, month: Month, rows: Array, days: Array) -> None:
    """Review some of those whose record changes anyway; who doesn't answer keeps what was said before."""
    cif, rng = cohort.tables["cif"], cohort.rng(month.number, "net_worth_review")
    said = declare(cohort, cif["person"][rows], days, rng, _REVIEWED)
    answers = said != NOT_ASKED
    cif["worth"][rows[answers]], cif["worth_day"][rows[answers]] = said[answers], days[answers]


def net_worth(cohort: Cohort) -> Array:
    """Return what people own less what they owe: not less than lies here, and what is paid of house and car on top."""
    person, account, fund, loan = (cohort.tables[name] for name in ("person", "account", "fund", "loan"))
    joint = account["joint"] >= 0
    mine = np.where(joint, 0.5, 1.0) * account["balance"]
    here = _by_person(cohort, account["person"], mine)
    here += _by_person(cohort, account["joint"][joint], mine[joint])
    here += _by_person(cohort, fund["person"], fund["cost"])
    paid = np.where(loan["owed"] > 1, np.maximum(loan["value"] - loan["owed"], 0), 0)
    worth: Array = np.maximum(person["wealth"], here) + _by_person(cohort, loan["person"], paid)
    return worth


def _by_person(cohort: Cohort, who: Array, amount: Array) -> Array:
    return np.bincount(who, weights=amount, minlength=cohort.size)


def _owned(cohort: Cohort, who: Array, days: Array) -> Array:
    """Return what people owned on a day: of days before the history, less what was saved since."""
    months = np.maximum(Month(cohort.start_month).first_day - days, 0) / 30.4368
    now = net_worth(cohort)[who]
    before: Array = np.maximum(now / 1.002**months - 0.08 * cohort.person["income"][who] * months, 0.1 * now)
    return before
