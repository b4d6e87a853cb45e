"""Card statements, repayments by transactors and revolvers, fees and interest, and reward points."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo.card_spending import (
    CASH,
    FEE,
    INTEREST,
    PURCHASE,
    REFUND,
    REPAYMENT,
    Charges,
    charges,
    combine,
    posted_days,
)  # fmt: skip
from cardinal.demo.cards import ACTIVE, BILLED, BLOCKED
from cardinal.demo.cohort import Cohort, Table
from cardinal.demo.harvest import Harvest, pick
from cardinal.demo.identifiers import card_tokens, numbered
from cardinal.demo.ledger import C, Ledger
from cardinal.demo.life import intents
from cardinal.demo.months import DAY, Month
from cardinal.demo.people import true_persons
from cardinal.demo.products import CARD_FEES, CARDS
from cardinal.demo.randomness import SCREEN_HOURS, Array, choose_by_row, happens, seconds_of_day

DAYS_TO_PAY = 18  # statements close by the 10th, so a bill falls due within its own month
_REWARDS = pl.Series(["RW-CASHBACK", "RW-MILES", "RW-COFFEE", "RW-VOUCHER", "RW-GADGET"])


def bill(cohort: Cohort, month: Month, rows: Charges, line: Array, harvest: Harvest, ledger: Ledger) -> Charges:
    """Close the month's statements, let holders repay; returns all charges with fees, interest and repayments."""
    card, rng = cohort.tables["card"], cohort.rng(month.number, "bill")
    closing_day = month.first_day + card["statement_day"]
    early = posted_days(rows) <= closing_day[line]
    approved = rows["reason"] < 0
    signed = np.where(rows["kind"] == REFUND, -rows["amount"], rows["amount"])
    sums = {}
    for when, mask in (("before", early), ("after", ~early)):
        for name, kinds in (("purchases", (PURCHASE, REFUND)), ("cash", (CASH,))):
            chosen = mask & approved & np.isin(rows["kind"], kinds)
            sums[when, name] = np.bincount(line[chosen], signed[chosen], minlength=len(card))
    billed = np.flatnonzero(
        (card["status"] <= BLOCKED) & (card["primary"] < 0) & (card["issued"] < month.first_day)
        & ((card["status"] == ACTIVE) | (card["closing"] > 0.5))
    )  # fmt: skip
    extra = _charge_fees(card, billed, closing_day, month, rng)
    for name in ("purchases", "cash"):
        card[name] = card[name] + sums["before", name]
    opening, parts = card["closing"].copy(), {name: card[name].copy() for name in BILLED}
    moved = card["purchases"] + card["cash"] + card["fees"] + card["interest"] - card["repaid"]
    closing = np.round(opening + moved, 2)
    card["closing"][billed] = closing[billed]
    earned = np.floor(np.maximum(card["purchases"][billed], 0) / 25)
    for name in BILLED:
        card[name][billed] = 0
        if name in ("purchases", "cash"):
            card[name] = card[name] + sums["after", name]
    # The statement shows the points of its day; what is redeemed or expires afterwards belongs to the next one.
    card["points"][billed] += earned
    _write_statements(cohort, month, harvest, billed, closing_day, opening, parts)
    _move_points(cohort, month, billed, earned, closing_day, harvest, rng)
    repaid = _repay(cohort, month, billed, closing_day, ledger, rng)
    return combine([rows, extra, repaid])


def _charge_fees(card: Table, billed: Array, closing_day: Array, month: Month, rng: np.random.Generator) -> Charges:
    unpaid = np.maximum(card["closing"] - card["repaid"], 0)[billed]
    interest = np.where(unpaid > 1, np.round(unpaid * 0.16 / 12, 2), 0)
    issued_month = (card["issued"][billed] / 30.4368).astype(np.int64) % 12
    anniversary = (issued_month == month.number % 12) & (month.first_day - card["issued"][billed] > 330)
    fee = np.where(anniversary, np.asarray(CARD_FEES, dtype=np.float64)[card["product"][billed] - CARDS.start], 0.0)
    fee = fee * happens(rng, 0.7, len(billed)) + np.where(card["late"][billed] > 0, 100.0, 0.0)
    card["interest"][billed] += interest
    card["fees"][billed] += fee
    parts = []
    for kind, amount in ((FEE, fee), (INTEREST, interest)):
        some = amount > 0
        rows = billed[some]
        parts.append(
            charges(len(rows), card=rows, second=closing_day[rows] * DAY + 3_600, amount=amount[some], kind=kind)
        )
    return combine(parts)


def _move_points(
    cohort: Cohort, month: Month, billed: Array, earned: Array, closing_day: Array, harvest: Harvest,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    card, person = cohort.tables["card"], cohort.person
    owner = card["person"][billed]
    balance = card["points"][billed]
    wish = 0.10 * (0.3 + person["promo"][owner]) * np.minimum(balance / 3_000, 3) * (balance > 600)
    # Before people leave they empty their points.
    wish += 0.3 * (
        (person["churn_month"][owner] > 0) & (person["churn_month"][owner] - month.number <= 2) & (balance > 300)
    )
    redeemed = np.floor(balance * rng.uniform(0.4, 1.0, len(billed)) * happens(rng, np.clip(wish, 0, 0.9), len(billed)))
    expired = np.floor(balance * 0.1 * ((month.calendar_month == 12) & (balance > 2_000)) * (redeemed == 0))
    card["points"][billed] -= redeemed + expired
    serial = 0
    for kind, points, sign, delay in (("earn", earned, 1, 0), ("redeem", redeemed, -1, 9), ("expire", expired, -1, 15)):
        some = np.flatnonzero(points > 0)
        rows = billed[some]
        second = (closing_day[rows] + delay) * DAY + 7_200 + rows % 3_600
        harvest.add(
            "cards", "point_movements",
            person=true_persons(cohort)[card["person"][rows]], due=second // DAY,
            point_movement_id=numbered(f"PM{cohort.number:03d}M{month.number - 24_000}N",
                serial + np.arange(len(rows))),
            card_token=card_tokens(cohort.unique_numbers(rows)), moved_at=second, movement_type=kind,
            points=sign * points[some].astype(np.int64),
            reward_code=pick(_REWARDS, rows % len(_REWARDS)) if kind == "redeem" else None,
        )  # fmt: skip
        serial += len(rows)


def _write_statements(
    cohort: Cohort, month: Month, harvest: Harvest, billed: Array, closing_day: Array, opening: Array,
    parts: dict[str, Array],
) -> None:  # fmt: skip
    card = cohort.tables["card"]
    moving = (
        (np.abs(card["closing"][billed]) > 0.01) | (np.abs(opening[billed]) > 0.01) | (parts["purchases"][billed] > 0)
    )
    rows = billed[moving]
    closing = card["closing"][rows]
    harvest.add(
        "cards", "card_statements",
        person=true_persons(cohort)[card["person"][rows]], due=closing_day[rows],
        card_statement_id=numbered(f"ST{cohort.number:03d}M{month.number - 24_000}N", rows),
        card_token=card_tokens(cohort.unique_numbers(rows)), statement_date=closing_day[rows],
        due_date=closing_day[rows] + DAYS_TO_PAY, opening_balance_amount=opening[rows],
        purchases_amount=np.round(parts["purchases"][rows], 2), cash_advance_amount=np.round(parts["cash"][rows], 2),
        fees_amount=parts["fees"][rows], interest_amount=parts["interest"][rows],
        repayments_amount=np.round(parts["repaid"][rows], 2), closing_balance_amount=closing,
        minimum_due_amount=np.round(np.where(closing > 0, np.maximum(0.08 * closing, np.minimum(closing, 200)), 0), 2),
        credit_limit_amount=card["limit"][rows], points_balance=card["points"][rows].astype(np.int64),
        currency_code="THB",
    )  # fmt: skip


def _repay(
    cohort: Cohort, month: Month, billed: Array, closing_day: Array, ledger: Ledger, rng: np.random.Generator
) -> Charges:
    """Transactors pay all, revolvers a part; the strained pay late or not at all."""
    card, person = cohort.tables["card"], cohort.person
    rows = billed[card["closing"][billed] > 1]
    owner, size, owed = card["person"][rows], len(rows), card["closing"][rows]
    strained = intents(cohort, month, "job_loss", 0, 5)[owner]
    heavy = np.clip(owed / np.maximum(person["income"][owner], 1_000), 0, 4)
    tendency = np.clip(person["revolver"][owner] + 0.12 * (heavy - 1) + 0.3 * strained, 0.01, 0.98)
    revolves = happens(rng, np.where(tendency > 0.45, 0.93, 0.05), size)
    # Pays all, a part, only the least, late, not at all.
    chances = np.stack(
        [
            np.where(revolves, 0.02, 0.95), np.where(revolves, 0.60, 0.01), np.where(revolves, 0.28, 0.005),
            np.where(revolves, 0.06, 0.03) + 0.1 * strained, np.where(revolves, 0.03, 0.005) + 0.1 * strained,
        ],
        axis=1,
    )  # fmt: skip
    way = choose_by_row(rng, chances)
    part = rng.uniform(0.12, 0.6, size)
    amount = np.select(
        [way == 0, way == 1, way == 2, way == 3], [owed, owed * part, np.maximum(owed * 0.08, 200), owed * part], 0
    )
    amount = np.round(np.minimum(amount, owed), 2)
    offset = np.where(way == 3, rng.integers(1, 3, size), -rng.integers(0, 5, size))
    day = np.minimum(closing_day[rows] + DAYS_TO_PAY + offset, month.last_day)
    second = day * DAY + seconds_of_day(rng, SCREEN_HOURS, size)
    card["late"][rows] = (way >= 3).astype(np.int64)
    card["repaid"][rows] += amount
    ledger.post(card["pay_account"][rows], second, -amount, "card_payment", C["mobile"])
    paid = amount > 0
    return charges(int(paid.sum()), card=rows[paid], second=second[paid], amount=amount[paid], kind=REPAYMENT)
