"""How people become customers, are registered twice, and leave."""

from __future__ import annotations

import numpy as np

from cardinal.demo.cards import ACTIVE, emit_cards
from cardinal.demo.cards import CLOSED as CARD_CLOSED
from cardinal.demo.cohort import Cohort
from cardinal.demo.customers import add_contacts, emit_contacts, emit_customers, register
from cardinal.demo.declarations import ask_again, ask_registered
from cardinal.demo.deposits import CLOSED, DORMANT, OPEN, emit_accounts, emit_debit_cards, emit_standing_orders
from cardinal.demo.devices import install_app
from cardinal.demo.harvest import Harvest
from cardinal.demo.months import DAY, Month
from cardinal.demo.products import Openings, P
from cardinal.demo.randomness import OFFICE_HOURS, Array, happens, seconds_of_day


def welcome(cohort: Cohort, month: Month, won: Openings, harvest: Harvest) -> tuple[Array, Openings]:
    """Register those whose lead was won and those who walk in; returns them and the accounts they open."""
    person, rng = cohort.person, cohort.rng(month.number, "welcome")
    stranger = ~person["customer"] & (person["churn_month"] == 0)
    by_lead = np.zeros(cohort.size, dtype=bool)
    by_lead[won.person] = True
    walks_in = happens(rng, 0.0025 + 0.35 * (person["first_job"] == month.number), cohort.size)
    who = np.flatnonzero(stranger & (by_lead | walks_in))
    day = month.first_day + rng.integers(2, 20, len(who))
    first_won = np.full(cohort.size, month.last_day)
    np.minimum.at(first_won, won.person, won.day)
    day = np.minimum(day, np.maximum(first_won[who] - 1, month.first_day))
    second = day * DAY + seconds_of_day(rng, OFFICE_HOURS, len(who))
    person["customer"][who] = True
    person["customer_month"][who] = month.number
    person["registered"][who] = day
    joins = happens(rng, 0.15 + 0.8 * person["digital"][who], len(who))
    person["login"][who] = joins
    install_app(cohort, who[joins], rng.random(int(joins.sum())) < 0.4, rng)
    rows = register(cohort, who, second, rng)
    ask_registered(cohort, rows)
    emit_customers(cohort, harvest, rows, second, True, rng)
    contacts = who[person["contact"][who] < 0]
    entered = add_contacts(cohort, contacts, person["registered"][contacts] * DAY + 64_000, rng)
    emit_contacts(cohort, harvest, entered, True, rng)
    product = np.where(happens(rng, 0.2 + 0.7 * person["digital"][who], len(who)), P["sa_esaving"], P["sa_basic"])
    cohort.tables["holdings"]["held"][who, product] = 1
    return who, Openings(who, product, day)


def register_again(cohort: Cohort, month: Month, harvest: Harvest) -> None:
    """Give a few customers a second number, as happens when a counter doesn't find the first."""
    person, rng = cohort.person, cohort.rng(month.number, "register_again")
    able = person["customer"] & (person["churn_month"] == 0) & (person["cif2"] < 0) & (person["cif"] >= 0)
    who = np.flatnonzero(able & happens(rng, 0.0006, cohort.size))
    second = (month.first_day + rng.integers(0, month.days, len(who))) * DAY + seconds_of_day(
        rng, OFFICE_HOURS, len(who)
    )
    rows = register(cohort, who, second, rng)
    ask_registered(cohort, rows)
    cohort.tables["cif"]["id_missing"][rows] |= happens(rng, 0.5, len(who))
    emit_customers(cohort, harvest, rows, second, True, rng)


def update_records(cohort: Cohort, month: Month, harvest: Harvest, changed: Array) -> None:
    """Send the records of customers who told the bank that something changed."""
    person, cif, rng = cohort.person, cohort.tables["cif"], cohort.rng(month.number, "updates")
    told = changed & person["customer"] & (person["customer_month"] < month.number) & (person["churn_month"] == 0)
    rows = person["cif"][told & (person["cif"] >= 0)]
    who = cif["person"][rows]
    cif["marital"][rows] = person["marital"][who]
    cif["income"][rows] = np.round(person["income"][who] * rng.lognormal(-0.03, 0.12, len(who)), -2)
    day = month.first_day + rng.integers(0, month.days, len(rows))
    ask_again(cohort, month, rows, day)
    emit_customers(cohort, harvest, rows, day * DAY + seconds_of_day(rng, OFFICE_HOURS, len(rows)), False, rng)
    contact = cohort.tables["contact"]
    contacts = person["contact"][np.flatnonzero(told & (person["contact"] >= 0) & happens(rng, 0.5, cohort.size))]
    contact["updated"][contacts] = (month.first_day + rng.integers(0, month.days, len(contacts))) * DAY + 37_000
    emit_contacts(cohort, harvest, contacts, False, rng)


def leaving_accounts(cohort: Cohort, month: Month) -> Array:
    """Return the accounts that are emptied and closed at the end of this month."""
    person, account = cohort.person, cohort.tables["account"]
    owner = account["person"]
    goes = (person["churn_month"][owner] == month.number) & ~person["dormant"][owner]
    return np.flatnonzero(goes & (account["status"] == OPEN))


def say_farewell(cohort: Cohort, month: Month, closing: Array, harvest: Harvest) -> None:
    """Close what leavers hold; the quiet ones leave their accounts behind, which fall dormant."""
    person, account, card = cohort.person, cohort.tables["account"], cohort.tables["card"]
    rng, end = cohort.rng(month.number, "farewell"), month.last_day * DAY + 86_000
    account["status"][closing], account["closed"][closing] = CLOSED, month.last_day
    emit_accounts(cohort, harvest, closing, np.full(len(closing), end), False)
    quiet = np.flatnonzero(
        (person["churn_month"][account["person"]] == month.number) & person["dormant"][account["person"]]
        & (account["status"] == OPEN)
    )  # fmt: skip
    account["status"][quiet] = DORMANT
    emit_accounts(cohort, harvest, quiet, np.full(len(quiet), end), False)
    leaves = (person["churn_month"] == month.number) & person["customer"]
    cards = np.flatnonzero(leaves[card["person"]] & (card["status"] == ACTIVE) & ~person["dormant"][card["person"]])
    card["status"][cards], card["closed"][cards] = CARD_CLOSED, month.last_day
    emit_cards(cohort, harvest, cards, np.full(len(cards), end), False)
    debit, standing = cohort.tables["debit"], cohort.tables["standing"]
    gone = account["closed"] == month.last_day
    debits = np.flatnonzero(gone[debit["account"]] & (debit["closed"] == 0))
    debit["closed"][debits] = month.last_day
    emit_debit_cards(cohort, harvest, debits, np.full(len(debits), end), False)
    ends = gone | (account["status"] == DORMANT)
    orders = np.flatnonzero(ends[standing["account"]] & (standing["until"] == 0))
    standing["until"][orders] = month.last_day
    emit_standing_orders(cohort, harvest, orders, np.full(len(orders), end), False)
    who = np.flatnonzero(leaves & ~person["dormant"] & (person["cif"] >= 0))
    cif = cohort.tables["cif"]
    rows = np.flatnonzero(np.isin(cif["person"], who))
    cif["closed"][rows] = end
    emit_customers(cohort, harvest, rows, np.full(len(rows), end), False, rng)
    person["main_account"][who] = -1
    # What they still owe they pay from another bank.
    loan = cohort.tables["loan"]
    emptied = (loan["account"] >= 0) & (account["closed"][np.maximum(loan["account"], 0)] > 0)
    loan["account"] = np.where(emptied, -1, loan["account"])
