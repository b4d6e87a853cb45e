"""Credit cards: issuing, replacing and closing them."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo.cohort import Cohort, empty_table
from cardinal.demo.customers import cif_numbers
from cardinal.demo.deposits import four_digits
from cardinal.demo.harvest import Harvest, pick
from cardinal.demo.identifiers import account_numbers, card_tokens
from cardinal.demo.months import DAY, Month
from cardinal.demo.people import true_persons
from cardinal.demo.products import CARDS, CODES, Openings, P
from cardinal.demo.randomness import OFFICE_HOURS, Array, happens, seconds_of_day

ACTIVE, BLOCKED, CLOSED = range(3)
_STATUS = pl.Series(["active", "blocked", "closed"])
_FIRST_SIX = pl.Series(["455678", "455679", "528811", "528812", "528813", "528814", "455680", "455681"])
# What moved since the last statement, and where it stood then.
BILLED = ("purchases", "cash", "fees", "interest", "repaid")


def add_cards(cohort: Cohort) -> None:
    """Begin without credit cards."""
    cohort.tables["card"] = empty_table(
        person="i", cif="i", product="i", limit="f", closing="f", points="f", statement_day="i", issued="i", closed="i",
        status="i", primary="i", pay_account="i", last_four="i", blocks="i", late="i",
        purchases="f", cash="f", fees="f", interest="f", repaid="f",
    )  # fmt: skip


def issue_cards(cohort: Cohort, month: Month, openings: Openings, harvest: Harvest, name: str) -> None:
    """Issue credit cards; some spouses get one on the same line."""
    rng, person, card = cohort.rng(month.number, name), cohort.person, cohort.tables["card"]
    who, size = openings.person, len(openings.person)
    # Limits follow the law's multiples of income: 1.5 below 30,000 a month, up to 5 above 50,000.
    income = person["income"][who]
    multiple = np.where(income < 30_000, 1.5, np.where(income < 50_000, 2.5, 3.8))
    limit = np.round(income * multiple * rng.uniform(0.6, 1.1, size), -3)
    limit = np.where(openings.product == P["cr_junior"], 10_000, np.clip(limit, 15_000, 1_500_000))
    old = openings.day < Month(cohort.start_month).first_day
    rows = card.append(
        person=who,
        cif=np.where((person["cif2"][who] >= 0) & happens(rng, 0.3, size), person["cif2"][who], person["cif"][who]),
        product=openings.product, limit=limit,
        closing=np.where(old, np.round(limit * rng.beta(1.1, 5, size) * (0.3 + person["revolver"][who]), 2), 0),
        points=np.where(old, rng.integers(0, 8_000, size), 0),
        statement_day=rng.integers(1, 11, size), issued=openings.day, primary=-1,
        pay_account=person["main_account"][who], last_four=rng.integers(0, 10_000, size), blocks=-1,
    )  # fmt: skip
    shares = happens(rng, 0.12, size) & (openings.product != P["cr_junior"])
    spouse = np.where(person["role"][who] == 1, person["head"][who], np.minimum(who + 1, cohort.size - 1))
    couple = (person["role"][who] == 1) | ((person["role"][spouse] == 1) & (person["head"][spouse] == who))
    shares &= couple & (spouse != who) & (person["cif"][spouse] >= 0) & (person["churn_month"][spouse] == 0)
    count = int(shares.sum())
    extra = card.append(
        person=spouse[shares], cif=person["cif"][spouse[shares]], product=openings.product[shares],
        limit=limit[shares], statement_day=card["statement_day"][rows[shares]], issued=openings.day[shares] + 1,
        primary=rows[shares], pay_account=-1, last_four=rng.integers(0, 10_000, count), blocks=-1,
    )  # fmt: skip
    moment = openings.day * DAY + seconds_of_day(rng, OFFICE_HOURS, size)
    emit_cards(cohort, harvest, rows, moment, True)
    emit_cards(cohort, harvest, extra, (openings.day[shares] + 1) * DAY + 40_000, True)


def emit_cards(cohort: Cohort, harvest: Harvest, rows: Array, seconds: Array, new: bool) -> None:
    """Write the present record of these credit cards."""
    card = cohort.tables["card"]
    first_day = Month(cohort.start_month).first_day
    harvest.add(
        "cards", "credit_cards",
        person=true_persons(cohort)[card["person"][rows]], due=np.maximum(seconds // DAY, first_day), new=new,
        card_token=card_tokens(cohort.unique_numbers(rows)), cif_no=cif_numbers(cohort, card["cif"][rows]),
        product_code=pick(CODES, card["product"][rows]),
        first_six=pick(_FIRST_SIX, card["product"][rows] - CARDS.start),
        last_four=four_digits(card["last_four"][rows]),
        card_role=pick(pl.Series(["primary", "supplementary"]), (card["primary"][rows] >= 0).astype(np.int64)),
        primary_card_token=card_tokens(np.where(card["primary"][rows] < 0, -1,
                cohort.unique_numbers(card["primary"][rows]))),
        card_status=pick(_STATUS, card["status"][rows]),
        credit_limit_amount=card["limit"][rows], outstanding_amount=outstanding(cohort)[rows], currency_code="THB",
        issued_date=card["issued"][rows], expiry_date=card["issued"][rows] + 5 * 365,
        closed_date=np.where(card["closed"][rows] > 0, card["closed"][rows], -1),
        payment_account_no=account_numbers(
            np.where(card["pay_account"][rows] < 0, -1, cohort.unique_numbers(card["pay_account"][rows]))
        ),
        updated_at=seconds,
    )  # fmt: skip


def outstanding(cohort: Cohort) -> Array:
    """Return what is owed on each card, unbilled included."""
    card = cohort.tables["card"]
    owed = card["closing"] + card["purchases"] + card["cash"] + card["fees"] + card["interest"] - card["repaid"]
    result: Array = np.round(owed, 2)
    return result


def replace_cards(cohort: Cohort, month: Month, harvest: Harvest) -> None:
    """Block the cards reported this month and send new ones, to which line and balance move."""
    card = cohort.tables["card"]
    rows = np.flatnonzero(
        (card["blocks"] >= month.first_day) & (card["blocks"] <= month.last_day) & (card["status"] == ACTIVE)
    )
    fields = {name: card[name][rows] for name in card}
    day = fields["blocks"]
    fields |= {
        "issued": day + 4,
        "blocks": np.full(len(rows), -1),
        "last_four": (fields["last_four"] * 7 + 13) % 10_000,
    }
    new_rows = card.append(**fields) if len(rows) else rows
    moved = np.arange(len(card))
    moved[rows] = new_rows
    follows = np.flatnonzero(np.isin(card["primary"], rows) & (card["status"] == ACTIVE))
    follows = follows[~np.isin(follows, np.concatenate([rows, new_rows]))]
    line = card["primary"][follows]
    card["primary"] = np.where(card["primary"] >= 0, moved[card["primary"]], -1)
    card["status"][rows] = BLOCKED
    for name in ("closing", "points", *BILLED):
        card[name][rows] = 0
    emit_cards(cohort, harvest, rows, day * DAY + 45_000, False)
    emit_cards(cohort, harvest, new_rows, (day + 4) * DAY + 36_000, True)
    # Supplementary cards follow their line to the new card once the month in which the old one is billed is over.
    sent = np.zeros(len(card), dtype=np.int64)
    sent[rows] = np.maximum(day + 4, month.last_day)
    emit_cards(cohort, harvest, follows, sent[line] * DAY + 86_000, False)


def raise_limits(cohort: Cohort, month: Month, harvest: Harvest) -> None:
    """Raise the limit of cards that are used much and paid well."""
    card, rng = cohort.tables["card"], cohort.rng(month.number, "limits")
    used = outstanding(cohort) / np.maximum(card["limit"], 1)
    good = (card["status"] == ACTIVE) & (card["primary"] < 0) & (card["late"] == 0)
    good &= card["issued"] < month.first_day - 180
    rows = np.flatnonzero(good & happens(rng, 0.004 + 0.03 * (used > 0.6), len(card)))
    card["limit"][rows] = np.round(card["limit"][rows] * rng.uniform(1.15, 1.5, len(rows)), -3)
    seconds = (month.first_day + rng.integers(10, 28, len(rows))) * DAY + 36_000
    emit_cards(cohort, harvest, rows, seconds, False)
