"""The ledger of a month: every posting on a deposit account, put in order and balanced at the end."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from cardinal.demo.cohort import Cohort
from cardinal.demo.counterparties import BANKS, COUNTERPARTIES, STATE, banks_of, is_shown, own_elsewhere
from cardinal.demo.harvest import Harvest, pick
from cardinal.demo.identifiers import account_numbers, numbered, outside_account_numbers
from cardinal.demo.months import DAY, Month
from cardinal.demo.people import true_persons
from cardinal.demo.randomness import Array, running_sum

TYPES = (
    "salary", "transfer_in", "transfer_out", "cash_deposit", "cash_withdrawal", "bill_payment", "card_payment",
    "loan_disbursement", "loan_repayment", "fund_purchase", "fund_sale", "insurance_premium", "standing_order",
    "interest", "fee", "debit_card_purchase", "other",
)  # fmt: skip
T = {name: code for code, name in enumerate(TYPES)}
CHANNELS = ("branch", "atm", "mobile", "web", "pos", "system")
C = {name: code for code, name in enumerate(CHANNELS)}
_TYPE_NAMES, _CHANNEL_NAMES = pl.Series(TYPES), pl.Series(CHANNELS)
_DIRECTIONS = pl.Series(["debit", "credit"])
# What the account statement says: the kind; pensions, which are transfers; and the same again for what is booked back.
_TEXTS = [*(name.replace("_", " ").upper() for name in TYPES), "PENSION"]
_PENSION = len(TYPES)
_DESCRIPTIONS = pl.Series([*_TEXTS, *(f"REVERSAL {text}" for text in _TEXTS)])
_COLUMNS: dict[str, Any] = {
    "account": np.int64, "second": np.int64, "amount": np.float64, "kind": np.int64, "channel": np.int64,
    "counterparty": np.int64, "payment": np.int64, "elsewhere": np.int64, "other_account": np.int64,
    "reverses": np.int64,
}  # fmt: skip


class Ledger:
    """Collects postings of one cohort and month; amounts are signed, positive raises the balance."""

    def __init__(self) -> None:
        self._parts: list[dict[str, Array]] = []

    def post(
        self,
        account: Array,
        second: Array,
        amount: Array,
        kind: str | Array,
        channel: int | Array = C["system"],
        counterparty: int | Array = -1,
        payment: int | Array = -1,
        elsewhere: int | Array = -1,
        other_account: int | Array = -1,
        reverses: int | Array = -1,
    ) -> None:
        """Add postings; rows without an account (a negative position) or amount are left out.

        elsewhere: the other side's account at another bank; other_account: its position if it is one of ours;
        reverses: the place in `postings` of what is booked back.
        """
        values: dict[str, Any] = {
            "account": account, "second": second, "amount": np.round(amount, 2),
            "kind": T[kind] if isinstance(kind, str) else kind, "channel": channel, "counterparty": counterparty,
            "payment": payment, "elsewhere": elsewhere, "other_account": other_account, "reverses": reverses,
        }  # fmt: skip
        keep = (account >= 0) & (np.abs(values["amount"]) >= 0.01)
        self._parts.append(
            {
                name: np.broadcast_to(np.asarray(values[name], dtype=dtype), (len(account),))[keep]
                for name, dtype in _COLUMNS.items()
            }
        )

    def postings(self) -> dict[str, Array]:
        """Return what is posted so far, in the order of posting; places stay the same until the month is closed."""
        return self._combined()

    def close(self, cohort: Cohort, month: Month, harvest: Harvest, emptied: Array) -> None:
        """Order the postings, bring in money where an account would run dry, empty some, and write them."""
        accounts = cohort.tables["account"]
        rows = self._combined()
        # Nothing is posted before the day on which an account is opened.
        opened = accounts["opened"][rows["account"]] * DAY
        rows["second"] = np.where(rows["second"] < opened, opened + 19 * 3_600, rows["second"])
        opening = accounts["balance"]
        order, running = _running_balances(rows, opening)
        # People keep money elsewhere too: what would overdraw an account is brought in first.
        lowest = np.zeros(len(accounts))
        np.minimum.at(lowest, rows["account"][order], running)
        dry = np.flatnonzero(lowest < 0)
        self.post(
            dry, np.maximum(month.first_second, accounts["opened"][dry] * DAY),
            np.ceil(-lowest[dry] / 500) * 500 + 200, "transfer_in", C["mobile"],
            **own_elsewhere(cohort, accounts["person"][dry]),
        )  # fmt: skip
        rows = self._combined()
        final = opening + np.bincount(rows["account"], rows["amount"], minlength=len(accounts))
        end = np.full(len(emptied), (month.last_day + 1) * DAY - 1)
        home = own_elsewhere(cohort, accounts["person"][emptied])
        self.post(emptied, end, -final[emptied], "transfer_out", C["branch"], **home)
        rows = self._combined()
        order, running = _running_balances(rows, opening)
        sorted_rows = {name: values[order] for name, values in rows.items()}
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        sorted_rows["reverses"] = np.where(sorted_rows["reverses"] < 0, -1, place[sorted_rows["reverses"]])
        last = np.r_[np.flatnonzero(np.diff(sorted_rows["account"])), len(running) - 1] if len(running) else []
        accounts["balance"][sorted_rows["account"][last]] = np.round(running[last], 2) if len(running) else 0
        _write(cohort, month, harvest, sorted_rows, running)
        self._parts = []

    def _combined(self) -> dict[str, Array]:
        if not self._parts:
            return {name: np.zeros(0, dtype=dtype) for name, dtype in _COLUMNS.items()}
        combined = {name: np.concatenate([part[name] for part in self._parts]) for name in _COLUMNS}
        self._parts = [combined]
        return combined


def _running_balances(rows: dict[str, Array], opening: Array) -> tuple[Array, Array]:
    order = np.lexsort((rows["second"], rows["account"]))
    account = rows["account"][order]
    running = opening[account] + running_sum(account, rows["amount"][order])
    return order, running


def _write(cohort: Cohort, month: Month, harvest: Harvest, rows: dict[str, Array], running: Array) -> None:
    account, amount, second = rows["account"], rows["amount"], rows["second"]
    owner = cohort.tables["account"]["person"]
    known_accounts = account_numbers(cohort.unique_numbers(np.arange(len(owner))))
    prefix = f"AT{cohort.number:03d}M{month.number - 24_000}N"
    ids = numbered(prefix, np.arange(len(account)))
    shown = is_shown(rows["elsewhere"], second)
    outside = outside_account_numbers(np.where(shown, rows["elsewhere"], -1))
    inside = pick(known_accounts, rows["other_account"])
    kind = np.where(rows["counterparty"] == STATE, _PENSION, rows["kind"])
    kind = np.where(rows["reverses"] >= 0, len(_TEXTS) + kind, kind)
    harvest.add(
        "core_banking", "account_transactions",
        person=true_persons(cohort)[owner[account]], due=second // DAY,
        account_transaction_id=ids,
        account_no=known_accounts.gather(account),
        booked_at=second, value_date=second // DAY,
        direction=_DIRECTIONS.gather((amount > 0).astype(np.int64)),
        amount=np.abs(amount), currency_code="THB",
        transaction_type=_TYPE_NAMES.gather(rows["kind"]),
        channel=_CHANNEL_NAMES.gather(rows["channel"]),
        counterparty_account_no=inside.fill_null(outside),
        counterparty_bank_code=pick(BANKS, banks_of(rows["elsewhere"])),
        counterparty_name=pick(COUNTERPARTIES, rows["counterparty"]),
        payment_id=payment_ids(cohort, month, rows["payment"]),
        balance_after_amount=np.round(running, 2),
        description=_DESCRIPTIONS.gather(kind), reversal_of_id=pick(ids, rows["reverses"]),
    )  # fmt: skip


def payment_ids(cohort: Cohort, month: Month, payment: Array) -> pl.Series:
    """Return payment numbers for positions of this month's payments; a negative position is null."""
    return numbered(f"PY{cohort.number:03d}M{month.number - 24_000}N", payment)
