"""Deposit accounts: opening, everyday money in and out, month-end balances, closing."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo.cohort import Cohort, empty_table
from cardinal.demo.counterparties import BANKS, Side, banks_of, people_names, standing_payees
from cardinal.demo.customers import branches, cif_numbers
from cardinal.demo.harvest import Harvest, pick
from cardinal.demo.holders import emit_first_holders
from cardinal.demo.identifiers import account_numbers, numbered, outside_account_numbers
from cardinal.demo.ledger import C, Ledger
from cardinal.demo.months import DAY, Month
from cardinal.demo.people import true_persons
from cardinal.demo.products import CODES, RATES, Openings, P, debit_card_takers
from cardinal.demo.randomness import (
    OFFICE_HOURS,
    Array,
    happens,
    seconds_of_day,
)  # fmt: skip

OPEN, DORMANT, CLOSED = range(3)
_STATUS = pl.Series(["open", "dormant", "closed"])
_PURPOSES = pl.Series(["household", "savings", "rent", "other"])
_SAVING = 1


def add_accounts(cohort: Cohort) -> None:
    """Begin without accounts."""
    cohort.tables["account"] = empty_table(
        person="i", cif="i", product="i", opened="i", closed="i", balance="f", maturity="i", status="i", joint="i",
        authorised="i", authorised_since="i",
    )  # fmt: skip
    cohort.tables["standing"] = empty_table(account="i", amount="f", purpose="i", day="i", since="i", until="i")
    cohort.tables["debit"] = empty_table(account="i", issued="i", closed="i", last_four="i")


def open_accounts(
    cohort: Cohort, month: Month, openings: Openings, harvest: Harvest, ledger: Ledger | None, name: str
) -> None:
    """Open accounts; with a ledger the first deposit is a posting, without one it lies in the past."""
    rng, person = cohort.rng(month.number, name), cohort.person
    who, size = openings.person, len(openings.person)
    second_number = (person["cif2"][who] >= 0) & happens(rng, 0.5, size)
    term = np.array([0, 0, 0, 0, 5, 7, 10])[openings.product]
    fixed = term > 0
    first = np.where(
        fixed | (openings.product == P["sa_supersaving"]),
        np.clip(person["wealth"][who] * rng.uniform(0.03, 0.2, size), 10_000, 3e6),
        person["income"][who] * rng.lognormal(-0.1, 0.8, size),
    )
    first = np.round(first, -2)
    joint = np.where(
        happens(rng, 0.10, size) & (person["role"][who] == 1) & (person["cif"][person["head"][who]] >= 0),
        person["head"][who],
        -1,
    )
    accounts = cohort.tables["account"]
    rows = accounts.append(
        person=who,
        cif=np.where(second_number, person["cif2"][who], person["cif"][who]),
        product=openings.product,
        opened=openings.day,
        balance=first if ledger is None else 0,
        maturity=np.where(fixed, openings.day + term * 365, -1),
        joint=joint,
        authorised=-1,
    )
    everyday = ~fixed & (openings.product != P["sa_supersaving"])
    fresh = everyday & (person["main_account"][who] < 0)
    person["main_account"][who[fresh]] = rows[fresh]
    moment = openings.day * DAY + seconds_of_day(rng, OFFICE_HOURS, size)
    if ledger is not None:
        _deposit_first(cohort, ledger, rows, moment, first)
    emit_accounts(cohort, harvest, rows, moment, True)
    emit_first_holders(cohort, harvest, rows, moment)
    _issue_debit_cards(cohort, harvest, openings, rows, moment, rng)
    _order(cohort, harvest, rows[everyday & happens(rng, 0.18, size)], moment, rng)


def _deposit_first(cohort: Cohort, ledger: Ledger, rows: Array, moment: Array, first: Array) -> None:
    """Pay the first money in: from the main account where it has enough, else in cash."""
    account, person = cohort.tables["account"], cohort.person
    who = account["person"][rows]
    main = person["main_account"][who]
    there = np.maximum(main, 0)
    moved = (main >= 0) & (main != rows) & (account["balance"][there] > 1.2 * first)
    moved &= account["opened"][there] < account["opened"][rows]
    ledger.post(rows[~moved], moment[~moved], first[~moved], "cash_deposit", C["branch"])
    transfer_inside(cohort, ledger, main[moved], rows[moved], moment[moved], first[moved], C["branch"])


def transfer_inside(
    cohort: Cohort, ledger: Ledger, giver: Array, taker: Array, second: Array, amount: Array, channel: int
) -> None:
    """Post transfers between two accounts of this bank, both legs."""
    names = people_names(cohort, cohort.tables["account"]["person"])
    ledger.post(giver, second, -amount, "transfer_out", channel, names[taker], other_account=taker)
    ledger.post(taker, second, amount, "transfer_in", channel, names[giver], other_account=giver)


def emit_accounts(cohort: Cohort, harvest: Harvest, rows: Array, seconds: Array, new: bool) -> None:
    """Write the present record of these accounts."""
    account = cohort.tables["account"]
    owner, product = account["person"][rows], account["product"][rows]
    harvest.add(
        "core_banking", "accounts",
        person=true_persons(cohort)[owner], due=_sent(cohort, seconds), new=new,
        account_no=account_numbers(cohort.unique_numbers(rows)),
        product_code=pick(CODES, product), currency_code="THB",
        branch_id=branches(cohort.person["province"][owner]),
        account_status=pick(_STATUS, account["status"][rows]),
        opened_date=account["opened"][rows], maturity_date=account["maturity"][rows],
        interest_rate=np.asarray(RATES)[product],
        closed_date=np.where(account["closed"][rows] > 0, account["closed"][rows], -1),
        updated_at=seconds, change_type="insert" if new else "update",
    )  # fmt: skip


def _sent(cohort: Cohort, seconds: Array) -> Array:
    result: Array = np.maximum(seconds // DAY, Month(cohort.start_month).first_day)
    return result


def _issue_debit_cards(
    cohort: Cohort, harvest: Harvest, openings: Openings, rows: Array, moment: Array, rng: np.random.Generator
) -> None:
    takes = debit_card_takers(cohort, openings, rng)
    cards = cohort.tables["debit"].append(
        account=rows[takes], issued=moment[takes] // DAY, last_four=rng.integers(0, 10_000, int(takes.sum()))
    )
    emit_debit_cards(cohort, harvest, cards, moment[takes], True)


def emit_debit_cards(cohort: Cohort, harvest: Harvest, cards: Array, seconds: Array, new: bool) -> None:
    """Write the present record of these debit cards."""
    debit, account = cohort.tables["debit"], cohort.tables["account"]
    rows = debit["account"][cards]
    harvest.add(
        "cards", "debit_cards",
        person=true_persons(cohort)[account["person"][rows]], due=_sent(cohort, seconds), new=new,
        card_token=numbered("dbt", cohort.unique_numbers(cards)), cif_no=cif_numbers(cohort, account["cif"][rows]),
        account_no=account_numbers(cohort.unique_numbers(rows)), product_code="db_standard", first_six="537798",
        last_four=four_digits(debit["last_four"][cards]),
        card_status=pick(pl.Series(["active", "closed"]), (debit["closed"][cards] > 0).astype(np.int64)),
        issued_date=debit["issued"][cards], expiry_date=debit["issued"][cards] + 5 * 365,
        closed_date=np.where(debit["closed"][cards] > 0, debit["closed"][cards], -1), updated_at=seconds,
    )  # fmt: skip


def four_digits(numbers: Array) -> pl.Series:
    """Write numbers with leading zeros."""
    return pl.Series("n", numbers).cast(pl.String).str.zfill(4)


def _order(cohort: Cohort, harvest: Harvest, rows: Array, moment: Array, rng: np.random.Generator) -> None:
    account, size = cohort.tables["account"], len(rows)
    owner = account["person"][rows]
    orders = cohort.tables["standing"].append(
        account=rows,
        amount=np.round(np.clip(cohort.person["income"][owner] * rng.uniform(0.03, 0.2, size), 300, None), -2),
        purpose=rng.integers(0, len(_PURPOSES), size), day=rng.integers(1, 28, size),
        since=account["opened"][rows] + 30,
    )  # fmt: skip
    emit_standing_orders(cohort, harvest, orders, (account["opened"][rows] + 30) * DAY + 36_000, True)


def ordered_payees(cohort: Cohort, orders: Array) -> Side:
    """Return who is paid by these standing orders."""
    standing = cohort.tables["standing"]
    owner = cohort.tables["account"]["person"][standing["account"][orders]]
    return standing_payees(cohort, owner, standing["purpose"][orders] == _SAVING)


def emit_standing_orders(cohort: Cohort, harvest: Harvest, orders: Array, seconds: Array, new: bool) -> None:
    """Write the present record of these standing orders."""
    standing = cohort.tables["standing"]
    rows = standing["account"][orders]
    payees = ordered_payees(cohort, orders)["elsewhere"]
    harvest.add(
        "core_banking", "standing_orders",
        person=true_persons(cohort)[cohort.tables["account"]["person"][rows]], due=_sent(cohort, seconds), new=new,
        standing_order_id=numbered("SO", cohort.unique_numbers(orders)),
        account_no=account_numbers(cohort.unique_numbers(rows)), amount=standing["amount"][orders],
        currency_code="THB", purpose=pick(_PURPOSES, standing["purpose"][orders]), frequency="monthly",
        counterparty_account_no=outside_account_numbers(payees),
        counterparty_bank_code=pick(BANKS, banks_of(payees)), valid_from_date=standing["since"][orders],
        valid_until_date=np.where(standing["until"][orders] > 0, standing["until"][orders], -1), updated_at=seconds,
    )  # fmt: skip


def strike_balances(cohort: Cohort, month: Month, harvest: Harvest) -> None:
    """Write the month-end balance of every account that is open."""
    account = cohort.tables["account"]
    rows = np.flatnonzero((account["closed"] == 0) & (account["opened"] <= month.last_day))
    balance = account["balance"][rows]
    held = np.where(rows % 17 == 0, np.round(balance * 0.02, 2), 0)
    harvest.add(
        "core_banking", "account_balances",
        person=true_persons(cohort)[account["person"][rows]], due=np.full(len(rows), month.last_day),
        account_no=account_numbers(cohort.unique_numbers(rows)), balance_date=np.full(len(rows), month.last_day),
        ledger_balance_amount=balance, available_balance_amount=balance - held, currency_code="THB",
    )  # fmt: skip
