"""One cohort, one month: the order in which things happen."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo.advertising import report_ads
from cardinal.demo.arrivals import leaving_accounts, register_again, say_farewell, update_records, welcome
from cardinal.demo.campaigns import announce_campaigns, run_campaigns, tell_effects
from cardinal.demo.card_spending import authorise, combine, draw_purchases, emit_transactions
from cardinal.demo.cards import add_cards, issue_cards, raise_limits, replace_cards
from cardinal.demo.cohort import Cohort
from cardinal.demo.customers import begin_customers, enter_initial_customers
from cardinal.demo.declarations import tell_initial
from cardinal.demo.deposits import add_accounts, open_accounts, strike_balances
from cardinal.demo.devices import add_devices, renew_devices
from cardinal.demo.digital import emit_events
from cardinal.demo.everyday_money import post_everyday_money
from cardinal.demo.fraud import draw_episodes, report_fraud
from cardinal.demo.harvest import Contracts, Harvest, TableKey
from cardinal.demo.holders import change_holders
from cardinal.demo.investments import (
    add_investments,
    collect_premiums,
    open_portfolios,
    sell_policies,
    value_portfolios,
)
from cardinal.demo.leads import collect_leads, emit_outcomes, work_leads
from cardinal.demo.ledger import Ledger
from cardinal.demo.lending import add_loans, collect_instalments, grant_loans
from cardinal.demo.life import FORESIGHT, foresee, live
from cardinal.demo.months import Month
from cardinal.demo.partners import add_pool, send_pool
from cardinal.demo.payments import make_payments
from cardinal.demo.people import make_cohort
from cardinal.demo.products import (
    CARDS,
    DEPOSITS,
    LOANS,
    POLICIES,
    Openings,
    P,
    add_holdings,
    initial_openings,
    take_up,
)  # fmt: skip
from cardinal.demo.randomness import Array
from cardinal.demo.reversals import charge_and_reverse
from cardinal.demo.service import ask_consent, serve
from cardinal.demo.sessions import draw_sessions, expose, tell_sessions
from cardinal.demo.statements import bill
from cardinal.demo.stewards import decide_identities

_FUNDS = range(P["mf_open"], P["mf_open"] + 1)


def begin_cohort(seed: int, number: int, first_person: int, size: int, start_month: int) -> Cohort:
    """Make a cohort as it stands on the first day of the history."""
    cohort = make_cohort(seed, number, first_person, size, start_month)
    begin_customers(cohort, Month(start_month))
    add_holdings(cohort)
    for add in (add_accounts, add_cards, add_loans, add_investments):
        add(cohort)
    add_devices(cohort, Month(start_month))
    add_pool(cohort)
    for earlier in range(FORESIGHT):
        foresee(cohort, Month(start_month - FORESIGHT + earlier))
    return cohort


def simulate_month(cohort: Cohort, month: Month, contracts: Contracts) -> dict[TableKey, pl.DataFrame]:
    """Live one month and return all its rows. The cohort moves on to the month's end."""
    harvest = Harvest(contracts)
    newcomers = np.zeros(0, dtype=np.int64)
    if month.number == cohort.start_month:
        newcomers = _enter_past(cohort, month, harvest)
    foresee(cohort, month)
    changed = live(cohort, month, harvest)
    renew_devices(cohort, month)
    assignments = run_campaigns(cohort, month, harvest)
    sessions = draw_sessions(cohort, month)
    expose(cohort, month, sessions, harvest)
    tell_sessions(cohort, sessions, harvest)
    emit_events(cohort, month, sessions, harvest)
    leads = collect_leads(cohort, month, sessions, harvest)
    won, steps = work_leads(cohort, month, leads)

    ledger = Ledger()
    _use_cards(cohort, month, harvest, ledger, assignments.spending)
    collect_instalments(cohort, month, harvest, ledger)
    value_portfolios(cohort, month, harvest, ledger)
    collect_premiums(cohort, month, harvest, ledger)
    post_everyday_money(cohort, month, ledger)

    welcomed, first_accounts = welcome(cohort, month, won, harvest)
    register_again(cohort, month, harvest)
    openings = take_up(cohort, month, assignments.boost, won)
    _open(cohort, month, first_accounts, harvest, ledger, "first")
    _open(cohort, month, openings, harvest, ledger, "new")
    emit_outcomes(cohort, month, leads, steps, harvest)
    tell_effects(cohort, assignments, openings, harvest)

    charge_and_reverse(cohort, month, ledger)
    emptied = leaving_accounts(cohort, month)
    ledger.close(cohort, month, harvest, emptied)
    change_holders(cohort, month, harvest)
    say_farewell(cohort, month, emptied, harvest)
    strike_balances(cohort, month, harvest)
    replace_cards(cohort, month, harvest)
    raise_limits(cohort, month, harvest)
    update_records(cohort, month, harvest, changed)
    serve(cohort, month, harvest)
    ask_consent(cohort, month, harvest, np.concatenate([newcomers, welcomed]))
    send_pool(cohort, month, harvest)
    decide_identities(cohort, month, harvest)
    return harvest.gather()


def simulate_market(seed: int, persons: int, month: Month, contracts: Contracts) -> dict[TableKey, pl.DataFrame]:
    """Return the month's rows that belong to nobody: campaigns and paid media."""
    harvest = Harvest(contracts)
    announce_campaigns(seed, month, persons, harvest)
    report_ads(seed, persons, month, harvest)
    return harvest.gather()


def _enter_past(cohort: Cohort, month: Month, harvest: Harvest) -> Array:
    """Send what stood before the history begins; returns who is a customer by then."""
    enter_initial_customers(cohort, month, harvest)
    _open(cohort, month, initial_openings(cohort, month), harvest, None, "initial")
    tell_initial(cohort, harvest)
    return np.flatnonzero(cohort.person["customer"] | (cohort.person["contact"] >= 0))


def _open(cohort: Cohort, month: Month, openings: Openings, harvest: Harvest, ledger: Ledger | None, name: str) -> None:
    open_accounts(cohort, month, openings.of(DEPOSITS), harvest, ledger, f"{name}_accounts")
    issue_cards(cohort, month, openings.of(CARDS), harvest, f"{name}_cards")
    grant_loans(cohort, month, openings.of(LOANS), harvest, ledger, f"{name}_loans")
    open_portfolios(cohort, month, openings.of(_FUNDS), harvest, ledger, f"{name}_funds")
    sell_policies(cohort, month, openings.of(POLICIES), harvest, ledger, f"{name}_policies")


def _use_cards(cohort: Cohort, month: Month, harvest: Harvest, ledger: Ledger, lift: Array) -> None:
    paid = make_payments(cohort, month, harvest, ledger)
    bought = draw_purchases(cohort, month, lift)
    stolen, kind, hit = draw_episodes(cohort, month)
    rows, line = authorise(cohort, month, combine([bought, paid, stolen]))
    rows = bill(cohort, month, rows, line, harvest, ledger)
    ids = emit_transactions(cohort, month, harvest, rows)
    report_fraud(cohort, month, harvest, rows, ids, kind, hit)
