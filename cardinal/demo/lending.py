"""Loans: applications, instalments, arrears and the assets that secure them."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo import vocabulary
from cardinal.demo.cohort import Cohort, empty_table
from cardinal.demo.counterparties import BANK, people_elsewhere
from cardinal.demo.customers import cif_numbers
from cardinal.demo.harvest import Harvest, pick
from cardinal.demo.identifiers import account_numbers, numbered
from cardinal.demo.ledger import C, Ledger
from cardinal.demo.life import intents
from cardinal.demo.months import DAY, Month
from cardinal.demo.people import true_persons
from cardinal.demo.products import CODES, Openings, P
from cardinal.demo.randomness import OFFICE_HOURS, Array, choose, happens, seconds_of_day

APPLIED, CURRENT, IN_ARREARS, PAID_OFF, DEFAULTED, DECLINED = range(6)
_STATUS = pl.Series(["applied", "active", "in_arrears", "paid_off", "defaulted", "declined"])
_HOUSES = pl.Series(["condominium", "detached_house", "townhouse", "land"])
_CAR_MAKES = pl.Series(["Toyota", "Honda", "Isuzu", "Mazda", "BYD", "BMW", "Mercedes-Benz", "Ford"])
_CAR_SEGMENTS = pl.Series(["compact", "sedan", "pickup", "eco", "ev", "luxury", "luxury", "pickup"])
_LAST_TRY = 6  # instalments missed before a loan is given up


def add_loans(cohort: Cohort) -> None:
    """Begin without loans."""
    cohort.tables["loan"] = empty_table(
        person="i", cif="i", product="i", principal="f", owed="f", rate="f", term="i", instalment="f", applied="i",
        disbursed="i", due_day="i", status="i", missed="i", paid="i", account="i", closed="i", salt="i",
        value="f",
    )  # fmt: skip


def grant_loans(
    cohort: Cohort, month: Month, openings: Openings, harvest: Harvest, ledger: Ledger | None, name: str
) -> None:
    """Take applications and pay out loans; some are declined."""
    rng, person, loan = cohort.rng(month.number, name), cohort.person, cohort.tables["loan"]
    who, product, size = openings.person, openings.product, len(openings.person)
    income = person["income"][who]
    car, house = product == P["ln_auto"], product == P["ln_mortgage"]
    factor = np.select([house, car], [rng.uniform(35, 65, size), rng.uniform(9, 18, size)], rng.uniform(1.5, 5, size))
    principal = np.round(np.clip(income * factor, np.select([house, car], [600_000, 150_000], 10_000), 20e6), -3)
    rate = np.round(np.select([house, car], [0.062, 0.045], 0.18) + rng.uniform(-0.005, 0.015, size), 4)
    term = np.select(
        [house, car],
        [rng.choice([240, 300, 360], size), rng.choice([48, 60, 72], size)],
        rng.choice([12, 24, 36, 48, 60], size),
    )
    monthly = rate / 12
    instalment = np.ceil(principal * monthly / (1 - (1 + monthly) ** -term))
    old = ledger is None
    burden = instalment / np.maximum(income, 1)
    declined = ~np.full(size, old) & happens(rng, np.where(house | car, 0.06, 0.12) + 0.35 * (burden > 0.55), size)
    first_day = Month(cohort.start_month).first_day
    past = np.where(old, np.clip((first_day - openings.day) // 30, 0, term - 2), 0)
    owed = principal * ((1 + monthly) ** term - (1 + monthly) ** past) / ((1 + monthly) ** term - 1)
    moment = (openings.day - np.where(old, 14, 0)) * DAY + seconds_of_day(rng, OFFICE_HOURS, size)
    rows = loan.append(
        person=who,
        cif=np.where((person["cif2"][who] >= 0) & happens(rng, 0.25, size), person["cif2"][who], person["cif"][who]),
        product=product, principal=principal, owed=np.where(declined, 0, np.round(owed, 2)), rate=rate, term=term,
        instalment=instalment, applied=moment, disbursed=np.where(declined, -1, openings.day + np.where(old, 0, 3)),
        due_day=rng.integers(2, 28, size), status=np.where(declined, DECLINED, CURRENT), paid=past,
        account=person["main_account"][who], salt=rng.integers(0, 1_000_000, size),
    )  # fmt: skip
    decided = loan["status"][rows].copy()
    if not old:
        loan["status"][rows] = APPLIED
        emit_loans(cohort, harvest, rows, moment, True)
        loan["status"][rows] = decided
    # What is paid out shows in the next month's file if the days say so; the posting stays in this month.
    paid_out = np.minimum(np.where(old, openings.day, openings.day + 3), np.where(old, openings.day, month.last_day))
    emit_loans(cohort, harvest, rows, paid_out * DAY + 50_000, old)
    granted = rows[decided == CURRENT]
    if ledger is not None:
        ledger.post(
            loan["account"][granted], paid_out[decided == CURRENT] * DAY + 50_000, loan["principal"][granted],
            "loan_disbursement", C["system"], BANK,
        )  # fmt: skip
        spent = granted[loan["product"][granted] != P["ln_personal"]]
        ledger.post(
            loan["account"][spent], np.minimum(loan["disbursed"][spent], month.last_day) * DAY + 55_000,
            -loan["principal"][spent], "transfer_out", C["branch"],
            **people_elsewhere(cohort, loan["person"][spent], rng),
        )  # fmt: skip
    _emit_collaterals(cohort, harvest, granted, rng)


def emit_loans(cohort: Cohort, harvest: Harvest, rows: Array, seconds: Array, new: bool) -> None:
    """Write the present record of these loans."""
    loan = cohort.tables["loan"]
    status = loan["status"][rows]
    granted = (status != APPLIED) & (status != DECLINED)
    harvest.add(
        "lending", "loans",
        person=true_persons(cohort)[loan["person"][rows]],
        due=np.maximum(seconds // DAY, Month(cohort.start_month).first_day), new=new,
        loan_no=numbered("LN", cohort.unique_numbers(rows)), cif_no=cif_numbers(cohort, loan["cif"][rows]),
        product_code=pick(CODES, loan["product"][rows]), loan_status=pick(_STATUS, status),
        applied_at=loan["applied"][rows],
        disbursed_date=np.where(granted, loan["disbursed"][rows], -1), principal_amount=loan["principal"][rows],
        outstanding_amount=np.where(granted, loan["owed"][rows], 0.0), instalment_amount=loan["instalment"][rows],
        interest_rate=loan["rate"][rows], term_months=loan["term"][rows],
        days_past_due=np.where(granted, loan["missed"][rows] * 30, 0),
        maturity_date=np.where(granted, loan["disbursed"][rows] + (loan["term"][rows] * 30.4368).astype(np.int64), -1),
        closed_date=np.where(loan["closed"][rows] > 0, loan["closed"][rows], -1),
        repayment_account_no=account_numbers(
            np.where(loan["account"][rows] < 0, -1, cohort.unique_numbers(loan["account"][rows]))
        ),
        currency_code="THB", updated_at=seconds,
    )  # fmt: skip


def _emit_collaterals(cohort: Cohort, harvest: Harvest, rows: Array, rng: np.random.Generator) -> None:
    loan = cohort.tables["loan"]
    rows = rows[loan["product"][rows] != P["ln_personal"]]
    size, house = len(rows), loan["product"][rows] == P["ln_mortgage"]
    owner, salt, principal = loan["person"][rows], loan["salt"][rows], loan["principal"][rows]
    luxury = principal > 1_500_000
    make = np.where(luxury, 5 + salt % 2, salt % 5)
    kind = choose(rng, (45, 25, 25, 5), size)
    value = np.round(principal / rng.uniform(0.7, 0.95, size), -4)
    loan["value"][rows] = value
    area = np.round(np.select([kind == 0, kind == 1, kind == 2], [38, 190, 110], 400) * rng.lognormal(0, 0.3, size), 1)
    seconds = loan["disbursed"][rows] * DAY + 43_200
    harvest.add(
        "lending", "collaterals",
        person=true_persons(cohort)[owner], due=np.maximum(seconds // DAY, Month(cohort.start_month).first_day),
        collateral_id=numbered("CO", cohort.unique_numbers(rows)), loan_no=numbered("LN", cohort.unique_numbers(rows)),
        collateral_type=pl.select(
            pl.when(pl.Series(house)).then(pick(_HOUSES, kind)).otherwise(pl.lit("car"))
        ).to_series(),
        area_sqm=np.where(house, area, np.nan), appraised_value_amount=value,
        appraised_date=loan["disbursed"][rows] - 7,
        province=pick(vocabulary.PROVINCES, np.where(house, cohort.person["province"][owner], -1)),
        car_make=pick(_CAR_MAKES, np.where(house, -1, make)),
        car_segment=pick(_CAR_SEGMENTS, np.where(house, -1, make)),
        car_price_amount=np.where(house, np.nan, value), currency_code="THB", updated_at=seconds,
    )  # fmt: skip


def collect_instalments(cohort: Cohort, month: Month, harvest: Harvest, ledger: Ledger) -> None:
    """Let this month's instalments fall due: paid on time, late or missed; write loans that changed."""
    loan, person, rng = cohort.tables["loan"], cohort.person, cohort.rng(month.number, "instalments")
    running = (loan["status"] == CURRENT) | (loan["status"] == IN_ARREARS)
    rows = np.flatnonzero(running & (loan["disbursed"] < month.first_day))
    owner, size = loan["person"][rows], len(rows)
    interest = np.round(loan["owed"][rows] * loan["rate"][rows] / 12, 2)
    due_amount = np.minimum(loan["instalment"][rows], loan["owed"][rows] + interest)
    burden = loan["instalment"][rows] / np.maximum(person["income"][owner], 1)
    strained = intents(cohort, month, "job_loss", 0, 6)[owner]
    missing = 0.008 + 0.02 * (burden > 0.5) + 0.28 * strained + 0.45 * (loan["missed"][rows] > 0)
    misses = happens(rng, missing, size)
    late = ~misses & happens(rng, 0.03 + 0.15 * strained, size)
    due = month.first_day + loan["due_day"][rows] - 1
    paid_day = np.where(late, np.minimum(due + rng.integers(2, 25, size), month.last_day), due)
    late &= paid_day > due
    paid_at = paid_day * DAY + 6 * 3_600 + rng.integers(0, 50_000, size)
    pays, serial = ~misses, numbered(f"LR{cohort.number:03d}M{month.number - 24_000}N", rows)

    def write(some: Array, known: Array, paid: Array, new: bool) -> None:
        harvest.add(
            "lending", "loan_repayments",
            person=true_persons(cohort)[owner[some]], due=known[some], new=new,
            loan_repayment_id=serial.gather(some), loan_no=numbered("LN", cohort.unique_numbers(rows[some])),
            due_date=due[some], due_amount=due_amount[some], paid_at=np.where(paid[some], paid_at[some], -1),
            paid_amount=np.where(paid[some], due_amount[some], 0.0),
            principal_amount=np.round(due_amount - interest, 2)[some], interest_amount=interest[some],
            currency_code="THB",
        )  # fmt: skip

    everyone = np.arange(size)
    write(everyone, due, pays & ~late, True)
    write(everyone[late], paid_day, pays, False)
    ledger.post(
        loan["account"][rows[pays]], paid_at[pays], -due_amount[pays], "loan_repayment", C["system"], BANK,
    )  # fmt: skip
    loan["owed"][rows] = np.where(pays, np.round(loan["owed"][rows] + interest - due_amount, 2), loan["owed"][rows])
    loan["paid"][rows] += pays
    loan["missed"][rows] = np.where(misses, loan["missed"][rows] + 1, np.maximum(loan["missed"][rows] - pays, 0))
    _settle(cohort, month, harvest, rows)


def _settle(cohort: Cohort, month: Month, harvest: Harvest, rows: Array) -> None:
    loan, rng = cohort.tables["loan"], cohort.rng(month.number, "settle")
    # Whoever leaves, and a few others, repay early.
    early = happens(rng, 0.003, len(rows)) | (cohort.person["churn_month"][loan["person"][rows]] == month.number)
    early &= (loan["product"][rows] == P["ln_personal"]) & (loan["missed"][rows] == 0)
    loan["owed"][rows[early]] = 0
    done, given_up = loan["owed"][rows] < 1, loan["missed"][rows] >= _LAST_TRY
    loan["status"][rows] = np.select(
        [done, given_up, loan["missed"][rows] > 0], [PAID_OFF, DEFAULTED, IN_ARREARS], CURRENT
    )
    loan["closed"][rows] = np.where(done | given_up, month.last_day, 0)
    held = cohort.tables["holdings"]["held"]
    held[loan["person"][rows[done]], loan["product"][rows[done]]] = 0
    emit_loans(cohort, harvest, rows, np.full(len(rows), month.last_day * DAY + 80_000), False)
