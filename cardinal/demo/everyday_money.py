"""Everyday money: incomes, cash, cards, transfers, and the big steps that life's events cost."""

from __future__ import annotations

import numpy as np

from cardinal.demo import vocabulary
from cardinal.demo.cohort import Cohort
from cardinal.demo.counterparties import (
    SHOP,
    STATE,
    STATE_ELSEWHERE,
    employers,
    own_elsewhere,
    people_elsewhere,
)  # fmt: skip
from cardinal.demo.deposits import OPEN, ordered_payees, transfer_inside
from cardinal.demo.ledger import C, Ledger, T
from cardinal.demo.life import activity, intents
from cardinal.demo.months import DAY, Month
from cardinal.demo.products import RATES
from cardinal.demo.randomness import (
    OFFICE_HOURS,
    SCREEN_HOURS,
    SHOP_HOURS,
    Array,
    happens,
    moments,
    repeat_rows,
)  # fmt: skip


def post_everyday_money(cohort: Cohort, month: Month, ledger: Ledger) -> None:
    """Post incomes and everyday spending on main accounts."""
    person, rng = cohort.person, cohort.rng(month.number, "everyday")
    active = activity(cohort, month) * (person["main_account"] >= 0)
    _post_incomes(cohort, month, ledger, active, rng)
    income, digital = person["income"], person["digital"]
    has_debit = np.zeros(cohort.size, dtype=bool)
    debit = cohort.tables["debit"]
    has_debit[cohort.tables["account"]["person"][debit["account"][debit["closed"] == 0]]] = True
    family = 1 + 0.15 * np.minimum(person["children"], 3)
    # Kind, how often a month, share of the income each time, hours, channel, other side.
    plans = (
        ("cash_withdrawal", 1.5 * (1.15 - digital), 0.085, SHOP_HOURS, C["atm"], "none"),
        ("debit_card_purchase", 1.6 * has_debit * (0.4 + digital), 0.024, SHOP_HOURS, C["pos"], "shop"),
        ("transfer_out", 1.0 * (0.25 + digital), 0.10, SCREEN_HOURS, C["mobile"], "people"),
        ("cash_deposit", 0.12 * (1.2 - digital), 0.2, OFFICE_HOURS, C["branch"], "none"),
        ("transfer_in", 0.3 * (0.2 + digital), 0.05, SCREEN_HOURS, C["mobile"], "people"),
    )
    for kind, rate, share, hours, channel, side in plans:
        who = repeat_rows(rng.poisson(rate * active * family))
        size = len(who)
        amount = np.round(
            income[who] * share * rng.lognormal(-0.25, 0.7, size), -1 if kind != "cash_withdrawal" else -2
        )
        second = moments(rng, month.first_day, month.days, hours, size)
        others = {"counterparty": SHOP + rng.integers(0, 600, size)} if side == "shop" else {}
        if side == "people":
            others = people_elsewhere(cohort, who, rng)
        if kind == "transfer_out":
            friend = _friends_here(cohort, who, active, rng)
            here = friend >= 0
            transfer_inside(
                cohort, ledger, person["main_account"][who[here]], person["main_account"][friend[here]], second[here],
                amount[here], channel,
            )  # fmt: skip
            amount = np.where(here, 0, amount)
        sign = 1 if kind in ("cash_deposit", "transfer_in") else -1
        ledger.post(person["main_account"][who], second, sign * amount, kind, channel, **others)
    _save(cohort, month, ledger, active, rng)
    _post_big_steps(cohort, month, ledger, active, rng)


def _friends_here(cohort: Cohort, who: Array, active: Array, rng: np.random.Generator) -> Array:
    """Return whom of this bank's customers a transfer goes to, -1 where it goes elsewhere."""
    # A few fixed friends each, so that the same people pay each other again.
    friend = (who + 1 + (who * 13 + 101 * rng.integers(0, 3, len(who))) % 997) % cohort.size
    here = happens(rng, 0.25, len(who)) & (active[friend] > 0.3) & (friend != who)
    return np.where(here, friend, -1)


def _save(cohort: Cohort, month: Month, ledger: Ledger, active: Array, rng: np.random.Generator) -> None:
    """Move money between people's own accounts: aside after payday, back when it is needed."""
    person, account = cohort.person, cohort.tables["account"]
    owner = account["person"]
    main = person["main_account"][owner]
    second = (account["status"] == OPEN) & (account["opened"] < month.first_day) & (account["maturity"] < 0)
    savings = np.flatnonzero(second & (main >= 0) & (main != np.arange(len(account))) & (active[owner] > 0.5))
    who, size = owner[savings], len(savings)
    aside = happens(rng, 0.4, size)
    back = ~aside & happens(rng, 0.12, size)
    amount = np.round(
        np.where(aside, person["income"][who] * rng.uniform(0.03, 0.15, size),
                 account["balance"][savings] * rng.uniform(0.1, 0.5, size)), -2,
    )  # fmt: skip
    when = moments(rng, month.first_day, month.days, SCREEN_HOURS, size)
    for some, giver, taker in ((aside, main[savings], savings), (back, savings, main[savings])):
        transfer_inside(cohort, ledger, giver[some], taker[some], when[some], amount[some], C["mobile"])


def _post_incomes(cohort: Cohort, month: Month, ledger: Ledger, active: Array, rng: np.random.Generator) -> None:
    person = cohort.person
    salaried = np.asarray(vocabulary.OCCUPATION_SALARIED)[person["occupation"]]
    paid = np.flatnonzero(salaried & person["pays_here"] & (active > 0.5))
    bonus = np.where(month.calendar_month == 12, rng.choice([0, 0, 1, 2], len(paid)), 0)
    day = month.first_day + np.minimum(person["pay_day"][paid], month.days) - 1
    ledger.post(
        person["main_account"][paid], day * DAY + 8 * 3_600 + rng.integers(0, 1_800, len(paid)),
        person["income"][paid] * (1 + bonus) * rng.normal(0.93, 0.012, len(paid)), "salary", C["system"],
        **employers(person["employer"][paid]),
    )  # fmt: skip
    elsewhere = np.flatnonzero(salaried & ~person["pays_here"] & happens(rng, 0.75 * active, cohort.size))
    ledger.post(
        person["main_account"][elsewhere], moments(rng, month.first_day, month.days, SCREEN_HOURS, len(elsewhere)),
        np.round(person["income"][elsewhere] * rng.uniform(0.25, 0.6, len(elsewhere)), -2), "transfer_in", C["mobile"],
        **own_elsewhere(cohort, elsewhere),
    )  # fmt: skip
    retired = np.flatnonzero((person["occupation"] == vocabulary.RETIRED) & (active > 0.3))
    ledger.post(
        person["main_account"][retired], (month.first_day + month.days - 5) * DAY + 30_000 + retired % 3_600,
        person["income"][retired] * 0.95, "transfer_in", C["system"], STATE,
        elsewhere=STATE_ELSEWHERE,
    )  # fmt: skip
    free = np.flatnonzero(~salaried & (person["occupation"] != vocabulary.RETIRED) & (active > 0))
    who = free[repeat_rows(rng.poisson(3.5 * active[free]))]
    cash = happens(rng, 0.3, len(who))
    ledger.post(
        person["main_account"][who], moments(rng, month.first_day, month.days, SHOP_HOURS, len(who)),
        np.round(person["income"][who] * rng.lognormal(-1.5, 0.6, len(who)), -1),
        np.where(cash, T["cash_deposit"], T["transfer_in"]), np.where(cash, C["branch"], C["mobile"]),
        **{name: np.where(cash, -1, side) for name, side in people_elsewhere(cohort, who, rng).items()},
    )  # fmt: skip


def _post_big_steps(cohort: Cohort, month: Month, ledger: Ledger, active: Array, rng: np.random.Generator) -> None:
    """Down payments, weddings, tuition; money that leaves before its owner does; savings moved aside."""
    person, account = cohort.person, cohort.tables["account"]
    main = np.maximum(person["main_account"], 0)
    balance = (
        np.where(person["main_account"] >= 0, account["balance"][main], 0) if len(account) else np.zeros(cohort.size)
    )
    leaving = (person["churn_month"] > 0) & (person["churn_month"] - month.number == 1)
    # The wealthy keep more on their accounts; what is above goes to other banks and brokers.
    wanted = 2.0 * person["income"] + 0.12 * person["wealth"]
    sweeping = happens(rng, 0.45 * (balance > wanted), cohort.size)
    for mask, share in (
        (intents(cohort, month, "house", 1, 0), 0.45), (intents(cohort, month, "car", 0, 0), 0.3),
        (intents(cohort, month, "marriage", 2, 0), 0.2), (intents(cohort, month, "university", 0, 1), 0.3),
        (leaving, 0.85), (sweeping, 0.4),
    ):  # fmt: skip
        who = np.flatnonzero(mask & (active > 0) & (balance > 1_000))
        ledger.post(
            person["main_account"][who], moments(rng, month.first_day, month.days, OFFICE_HOURS, len(who)),
            -np.round(balance[who] * share * rng.uniform(0.7, 1.1, len(who)), -2), "transfer_out", C["mobile"],
            **people_elsewhere(cohort, who, rng),
        )  # fmt: skip
    standing = cohort.tables["standing"]
    live = np.flatnonzero((standing["until"] == 0) & (standing["since"] < month.first_day))
    ledger.post(
        standing["account"][live], (month.first_day + standing["day"][live]) * DAY + 6 * 3_600,
        -standing["amount"][live], "standing_order", C["system"],
        **ordered_payees(cohort, live),
    )  # fmt: skip
    if month.calendar_month in (6, 12):
        earning = np.flatnonzero((account["status"] == OPEN) & (account["balance"] > 100))
        ledger.post(
            earning, np.full(len(earning), (month.last_day) * DAY + 82_800),
            account["balance"][earning] * np.asarray(RATES)[account["product"][earning]] / 2, "interest",
        )  # fmt: skip
