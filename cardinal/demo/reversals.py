"""Account fees, and what is booked back days later: fees charged by mistake and transfers that came back."""

from __future__ import annotations

import numpy as np

from cardinal.demo.cohort import Cohort
from cardinal.demo.counterparties import BANK
from cardinal.demo.deposits import OPEN
from cardinal.demo.ledger import C, Ledger, T
from cardinal.demo.months import DAY, Month
from cardinal.demo.randomness import OFFICE_HOURS, Array, happens, moments, seconds_of_day

_FEES = (20, 50, 100, 200)
_SLOWEST = 9  # days after which everything is booked back; only what can be in this month is


def charge_and_reverse(cohort: Cohort, month: Month, ledger: Ledger) -> None:
    """Charge the month's account fees; book a few of them, and a few transfers to other banks, back."""
    account, rng = cohort.tables["account"], cohort.rng(month.number, "reversals")
    settled = (account["status"] == OPEN) & (account["opened"] < month.first_day)
    charged = np.flatnonzero(settled & (account["balance"] > 500) & happens(rng, 0.01, len(account)))
    size = len(charged)
    ledger.post(
        charged, moments(rng, month.first_day, month.days, OFFICE_HOURS, size), -rng.choice(_FEES, size), "fee",
        C["system"], BANK,
    )  # fmt: skip
    rows = ledger.postings()
    early = settled[rows["account"]] & (rows["second"] // DAY <= month.last_day - _SLOWEST)
    wrong = early & (rows["kind"] == T["fee"]) & happens(rng, 0.12, len(early))
    returned = early & (rows["kind"] == T["transfer_out"]) & (rows["elsewhere"] >= 0) & (rows["payment"] < 0)
    returned &= happens(rng, 0.002, len(early))
    _book_back(ledger, np.flatnonzero(wrong), rng, 2, _SLOWEST)
    _book_back(ledger, np.flatnonzero(returned), rng, 1, 4)


def _book_back(ledger: Ledger, places: Array, rng: np.random.Generator, soonest: int, latest: int) -> None:
    """Post the opposite of postings some days after them, with the same other side."""
    rows, size = ledger.postings(), len(places)
    day = rows["second"][places] // DAY + rng.integers(soonest, latest + 1, size)
    ledger.post(
        rows["account"][places], day * DAY + seconds_of_day(rng, OFFICE_HOURS, size), -rows["amount"][places],
        rows["kind"][places], C["system"], rows["counterparty"][places], elsewhere=rows["elsewhere"][places],
        reverses=places,
    )  # fmt: skip
