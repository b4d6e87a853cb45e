"""Mutual funds and insurance policies."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo import vocabulary
from cardinal.demo.cohort import Cohort, empty_table
from cardinal.demo.counterparties import BANK
from cardinal.demo.customers import cif_numbers
from cardinal.demo.declarations import NOT_ASKED, declare
from cardinal.demo.harvest import Harvest, pick
from cardinal.demo.identifiers import numbered
from cardinal.demo.ledger import C, Ledger
from cardinal.demo.life import activity
from cardinal.demo.months import DAY, Month
from cardinal.demo.people import market, true_persons
from cardinal.demo.products import CODES, Openings, P
from cardinal.demo.randomness import OFFICE_HOURS, Array, choose_by_row, happens, seconds_of_day

_FUNDS = pl.Series(["CB-CASH", "CB-BOND", "CB-MIX", "CB-THEQ", "CB-GLOBEQ", "CB-SSF", "CB-RMF"])
_CLASSES = pl.Series(
    ["money_market", "fixed_income", "balanced", "equity", "foreign_equity", "tax_saving", "tax_saving"]
)
_DRIFT = np.array([0.0012, 0.0020, 0.0035, 0.0050, 0.0065, 0.0045, 0.0040])
_SWING = np.array([0.0002, 0.004, 0.018, 0.045, 0.050, 0.035, 0.025])
_LEVELS = pl.Series(["low", "moderate", "high", "very_high"])
_RELATIONS = pl.Series(["spouse", "child", "parent", "sibling", "other"])
_POLICY_STATUS = pl.Series(["active", "lapsed", "matured", "cancelled"])
_FREQUENCIES = pl.Series(["monthly", "annual"])


def add_investments(cohort: Cohort) -> None:
    """Begin without portfolios and policies."""
    cohort.tables["fund"] = empty_table(person="i", fund="i", units="f", cost="f", since="i", sold="i")
    cohort.tables["policy"] = empty_table(
        person="i", product="i", status="i", coverage="f", premium="f", yearly="i", relation="i", start="i", years="i"
    )
    cohort.tables["assessment"] = empty_table(person="i", day="i")


def unit_values(seed: int, month: Month, start: int) -> Array:
    """Return each fund's value a unit at the end of a month; all cohorts see the same market."""
    value = np.full(len(_FUNDS), 10.0)
    for number in range(start - 1, month.number + 1):
        common = market(seed, "funds", number).normal(0, 1)
        own = market(seed, "each_fund", number).normal(0, 1, len(_FUNDS))
        value = value * (1 + _DRIFT + _SWING * (0.8 * common + 0.6 * own))
    return value


def open_portfolios(
    cohort: Cohort, month: Month, openings: Openings, harvest: Harvest, ledger: Ledger | None, name: str
) -> None:
    """Test suitability and buy the first funds."""
    rng, person, size = cohort.rng(month.number, name), cohort.person, len(openings.person)
    who = openings.person
    _assess(cohort, harvest, who, openings.day * DAY + seconds_of_day(rng, OFFICE_HOURS, size), rng)
    pieces = 1 + rng.integers(0, 3, size)
    holder = np.repeat(who, pieces)
    day = np.repeat(openings.day, pieces)
    # The bold buy shares, the careful money-market funds, those who pay much tax the tax-saving ones.
    bold = person["risk"][holder] / 8
    taxed = person["income"][holder] > 50_000
    weights = np.stack(
        [1.3 - bold, 1.2 - 0.6 * bold, np.full(len(holder), 0.8), bold, 1.2 * bold**2, 0.7 * taxed, 0.5 * taxed], 1
    )
    fund = choose_by_row(rng, weights)
    amount = np.round(np.clip(person["wealth"][holder] * rng.uniform(0.01, 0.1, len(holder)), 1_000, 5e6), -2)
    unique = np.unique(np.stack([holder, fund]), axis=1, return_index=True)[1]
    holder, fund, amount, day = holder[unique], fund[unique], amount[unique], day[unique]
    values = unit_values(cohort.seed, month, cohort.start_month)
    paid = values[fund] * (rng.uniform(0.85, 1.05, len(fund)) if ledger is None else 1.0)
    cohort.tables["fund"].append(person=holder, fund=fund, units=np.round(amount / paid, 4), cost=amount, since=day)
    if ledger is not None:
        ledger.post(person["main_account"][holder], day * DAY + 39_000, -amount, "fund_purchase", C["mobile"], BANK)


def _assess(cohort: Cohort, harvest: Harvest, who: Array, seconds: Array, rng: np.random.Generator) -> None:
    rows = cohort.tables["assessment"].append(person=who, day=seconds // DAY)
    score = np.clip(cohort.person["risk"][who] + rng.integers(-1, 2, len(who)), 1, 8)
    own_stream = cohort.rng(int(rows[0]) if len(rows) else 0, "net_worth_test")
    worth = declare(cohort, who, seconds // DAY, own_stream)
    harvest.add(
        "wealth", "risk_profiles",
        person=true_persons(cohort)[who], due=np.maximum(seconds // DAY, Month(cohort.start_month).first_day),
        risk_profile_id=numbered("RP", cohort.unique_numbers(rows)),
        cif_no=cif_numbers(cohort, cohort.person["cif"][who]),
        assessed_at=seconds, risk_score=score, risk_level=pick(_LEVELS, (score - 1) // 2),
        valid_until_date=seconds // DAY + 730,
        declared_net_worth_amount=np.where(worth == NOT_ASKED, np.nan, worth), currency_code="THB",
    )  # fmt: skip


def value_portfolios(cohort: Cohort, month: Month, harvest: Harvest, ledger: Ledger) -> None:
    """Save, sell and value funds at the month's end."""
    fund, person, rng = cohort.tables["fund"], cohort.person, cohort.rng(month.number, "funds")
    active = activity(cohort, month)
    values = unit_values(cohort.seed, month, cohort.start_month)
    held = np.flatnonzero((fund["units"] > 0) & (fund["since"] < month.first_day))
    saving = held[happens(rng, 0.22 * active[fund["person"][held]], len(held))]
    amount = np.round(person["income"][fund["person"][saving]] * rng.uniform(0.02, 0.1, len(saving)), -2) + 100
    fund["units"][saving] += np.round(amount / values[fund["fund"][saving]], 4)
    fund["cost"][saving] += amount
    day = month.first_day + rng.integers(1, 25, len(saving))
    ledger.post(
        person["main_account"][fund["person"][saving]], day * DAY + 35_000, -amount, "fund_purchase", C["mobile"], BANK
    )
    leaving = active[fund["person"][held]] < 0.5
    selling = held[happens(rng, 0.012 + 0.5 * leaving, len(held))]
    ledger.post(
        person["main_account"][fund["person"][selling]], np.full(len(selling), (month.last_day - 3) * DAY + 36_000),
        fund["units"][selling] * values[fund["fund"][selling]], "fund_sale", C["mobile"], BANK,
    )  # fmt: skip
    for name in ("units", "cost"):
        fund[name][selling] = 0
    fund["sold"][selling] = month.number
    shown = np.flatnonzero((fund["units"] > 0) | (fund["sold"] == month.number))
    who = fund["person"][shown]
    harvest.add(
        "wealth", "fund_holdings",
        person=true_persons(cohort)[who], due=np.full(len(shown), month.last_day),
        portfolio_no=numbered("PF", cohort.unique_numbers(who)), cif_no=cif_numbers(cohort, person["cif"][who]),
        fund_code=pick(_FUNDS, fund["fund"][shown]), asset_class=pick(_CLASSES, fund["fund"][shown]),
        as_of_date=np.full(len(shown), month.last_day), units=fund["units"][shown], cost_amount=fund["cost"][shown],
        market_value_amount=np.round(fund["units"][shown] * values[fund["fund"][shown]], 2), currency_code="THB",
    )  # fmt: skip
    tested = cohort.tables["assessment"]
    again = np.unique(tested["person"][(month.first_day - tested["day"]) // 30 == 24])
    again = again[active[again] > 0.9]
    _assess(cohort, harvest, again, np.full(len(again), (month.first_day + 14) * DAY + 50_000), rng)


def sell_policies(
    cohort: Cohort, month: Month, openings: Openings, harvest: Harvest, ledger: Ledger | None, name: str
) -> None:
    """Sell insurance; those with a family name husband, wife or child as the beneficiary."""
    rng, person, size = cohort.rng(month.number, name), cohort.person, len(openings.person)
    who, product = openings.person, openings.product
    married, parent = person["marital"][who] == vocabulary.MARRIED, person["children"][who] > 0
    weights = np.stack(
        [0.02 + 1.2 * married, 0.01 + 0.9 * parent, 0.5 + 0.5 * ~married, np.full(size, 0.15), np.full(size, 0.05)], 1
    )
    coverage = np.round(np.clip(person["income"][who] * rng.uniform(15, 60, size), 100_000, 20e6), -4)
    yearly = happens(rng, 0.6, size)
    premium = np.round(coverage * np.where(product == P["in_health"], 0.022, 0.013) * np.where(yearly, 1, 1 / 11.5), 0)
    rows = cohort.tables["policy"].append(
        person=who, product=product, coverage=coverage, premium=premium, yearly=yearly,
        relation=choose_by_row(rng, weights), start=openings.day, years=rng.choice([10, 15, 20], size),
    )  # fmt: skip
    _emit_policies(cohort, harvest, rows, openings.day * DAY + seconds_of_day(rng, OFFICE_HOURS, size), True)
    if ledger is not None:
        ledger.post(
            person["main_account"][who], openings.day * DAY + 41_000, -premium, "insurance_premium", C["mobile"], BANK
        )


def _emit_policies(cohort: Cohort, harvest: Harvest, rows: Array, seconds: Array, new: bool) -> None:
    policy, person = cohort.tables["policy"], cohort.person
    who = policy["person"][rows]
    harvest.add(
        "insurance", "policies",
        person=true_persons(cohort)[who], due=np.maximum(seconds // DAY, Month(cohort.start_month).first_day), new=new,
        policy_no=numbered("IP", cohort.unique_numbers(rows)), cif_no=cif_numbers(cohort, person["cif"][who]),
        product_code=pick(CODES, policy["product"][rows]), policy_status=pick(_POLICY_STATUS, policy["status"][rows]),
        coverage_amount=policy["coverage"][rows], premium_amount=policy["premium"][rows],
        premium_frequency=pick(_FREQUENCIES, policy["yearly"][rows]),
        is_tax_deductible=policy["product"][rows] != P["in_health"],
        beneficiary_relation=pick(_RELATIONS, policy["relation"][rows]), start_date=policy["start"][rows],
        end_date=policy["start"][rows] + policy["years"][rows] * 365, currency_code="THB", updated_at=seconds,
    )  # fmt: skip


def collect_premiums(cohort: Cohort, month: Month, harvest: Harvest, ledger: Ledger) -> None:
    """Collect premiums; policies of people who leave or run short lapse."""
    policy, person, rng = cohort.tables["policy"], cohort.person, cohort.rng(month.number, "premiums")
    live = np.flatnonzero((policy["status"] == 0) & (policy["start"] < month.first_day))
    who = policy["person"][live]
    start_month = (policy["start"][live] / 30.4368).astype(np.int64) % 12
    due = (policy["yearly"][live] == 0) | (start_month == month.number % 12)
    strain = (person["job_loss"][who] > 0) & (np.abs(month.number - person["job_loss"][who]) < 5)
    lapses = happens(rng, 0.002 + 0.06 * strain + 0.25 * (activity(cohort, month)[who] < 0.5), len(live))
    paying = live[due & ~lapses]
    day = month.first_day + policy["start"][paying] % 27
    ledger.post(
        person["main_account"][policy["person"][paying]], day * DAY + 21_600, -policy["premium"][paying],
        "insurance_premium", C["system"], BANK,
    )  # fmt: skip
    gone = live[lapses]
    policy["status"][gone] = 1 + 2 * (gone % 3 == 0)
    cohort.tables["holdings"]["held"][policy["person"][gone], policy["product"][gone]] = 0
    _emit_policies(cohort, harvest, gone, np.full(len(gone), (month.last_day - 1) * DAY + 60_000), False)
