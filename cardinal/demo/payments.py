"""Payments: bills, top-ups, gateway, QR and transfers, settled by an account or a credit card."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo import vocabulary
from cardinal.demo.card_spending import ECOMMERCE, RECURRING, Charges, charges
from cardinal.demo.cards import ACTIVE
from cardinal.demo.cohort import Cohort
from cardinal.demo.counterparties import BANKS, COUNTERPARTIES, banks_of, people_elsewhere, shops_paid
from cardinal.demo.customers import cif_numbers, user_ids
from cardinal.demo.harvest import TRUTH, Harvest, pick
from cardinal.demo.identifiers import account_numbers, card_tokens, numbered
from cardinal.demo.ledger import C, Ledger, T, payment_ids
from cardinal.demo.life import activity, intents
from cardinal.demo.months import DAY, Month
from cardinal.demo.people import true_persons
from cardinal.demo.randomness import NIGHT_HOURS, SCREEN_HOURS, Array, choose, happens, moments, repeat_rows

_TYPES = pl.Series(["bill", "top_up", "gateway", "qr", "transfer"])
BILL, TOP_UP, GATEWAY, QR, TRANSFER = range(5)
_FUNDING = pl.Series(["account", "credit_card", "external"])
_CHANNELS = pl.Series(["mobile", "web", "branch", "atm", "gateway"])
_STATUSES = pl.Series(["completed", "failed", "reversed"])
# Category, share of bills, mean amount.
_BILLS = (
    ("electricity", 24, 1_300), ("water", 16, 260), ("telecom", 22, 520), ("internet", 14, 640),
    ("insurance", 4, 2_500),
    ("tax", 2, 4_500), ("education", 3, 12_000), ("entertainment", 5, 350), ("government", 3, 700),
    ("donation", 2, 300),
    ("transport", 3, 400), ("marketplace", 2, 600),
)  # fmt: skip
_CATEGORIES = pl.Series([name for name, _, _ in _BILLS])
_BILLERS = pl.Series([f"BL{n:03d}" for n in range(3 * len(_BILLS))])
_TYPE_MEANS = np.array([0.0, 180.0, 700.0, 190.0, 1_600.0])


def make_payments(cohort: Cohort, month: Month, harvest: Harvest, ledger: Ledger) -> Charges:
    """Order the month's payments; accounts are debited here, card payments are returned as charges."""
    person, rng = cohort.person, cohort.rng(month.number, "payments")
    active = activity(cohort, month) * (person["main_account"] >= 0) * person["customer"]
    digital = person["digital"]
    rates = np.stack(
        [0.7 + 0.3 * (person["role"] == 0), 0.35 * digital, 0.2 * digital, 0.8 * digital**1.2, 0.35 * (0.2 + digital)],
        1,
    )
    counts = rng.poisson(rates * active[:, None])
    place, kind = np.nonzero(counts)
    repeats = counts[place, kind]
    who, kind = np.repeat(place, repeats), np.repeat(kind, repeats)
    stolen, thieves = _takeovers(cohort, month, rng, active)
    genuine = len(who)
    who, kind = np.concatenate([who, stolen]), np.concatenate([kind, np.full(len(stolen), TRANSFER)])
    size = len(who)
    fraud = np.arange(size) >= genuine
    education = intents(cohort, month, "university", 0, 3)[who]
    bill = choose(rng, [share for _, share, _ in _BILLS], size)
    bill = np.where(education & happens(rng, 0.4, size), 6, bill)
    mean = np.where(kind == BILL, np.array([amount for _, _, amount in _BILLS])[bill], _TYPE_MEANS[kind])
    amount: Array = mean * np.clip(person["income"][who] / 35_000, 0.4, 6) ** 0.4 * rng.lognormal(-0.2, 0.6, size)
    amount = np.round(np.where(kind == TOP_UP, np.ceil(amount / 50) * 50, amount), 2)
    amount = np.where(fraud, np.round(rng.uniform(9_000, 49_000, size), -2), amount)
    second = moments(rng, month.first_day, month.days, SCREEN_HOURS, size)
    second[genuine:] = thieves
    card = _paying_cards(cohort, month)[who]
    by_card = (card >= 0) & (kind != TRANSFER) & happens(rng, np.where(kind == GATEWAY, 0.6, 0.22), size)
    external = (kind == GATEWAY) & ~by_card & happens(rng, 0.12, size)
    account = np.where(by_card | external, -1, person["main_account"][who])
    status = np.where(fraud, 0, choose(rng, (97.2, 2.2, 0.6), size))
    remote = happens(rng, 0.25 + 0.73 * digital[who], size) | fraud
    channel = np.where(
        kind == GATEWAY,
        4,
        np.where(remote, np.where(happens(rng, 0.12, size) & ~fraud, 1, 0), 2 + rng.integers(0, 2, size)),
    )
    shop = rng.integers(0, 600, size)
    at_shop = (kind == GATEWAY) | (kind == QR)
    friends, sellers = people_elsewhere(cohort, who, rng), shops_paid(shop)
    by_name = np.where(at_shop, sellers["counterparty"], -1)
    other = np.where(kind == TRANSFER, friends["counterparty"], by_name)
    by_transfer = np.where(kind == QR, sellers["elsewhere"], -1)
    elsewhere = np.where(kind == TRANSFER, friends["elsewhere"], by_transfer)
    bank = banks_of(elsewhere)
    _write(
        cohort,
        month,
        harvest,
        who,
        kind,
        second,
        by_card,
        external,
        card,
        account,
        amount,
        bill,
        shop,
        other,
        bank,
        channel,
        status,
    )
    done = status == 0
    debited = done & (account >= 0)
    ledger.post(
        account[debited], second[debited] + 2, -amount[debited],
        np.where(kind[debited] == TRANSFER, T["transfer_out"],
            np.where(at_shop[debited], T["transfer_out"], T["bill_payment"])),
        np.array([C["mobile"], C["web"], C["branch"], C["atm"], C["web"]])[channel[debited]],
        other[debited], np.flatnonzero(debited), elsewhere[debited],
    )  # fmt: skip
    _tell_takeovers(cohort, month, harvest, rng, who, second, amount, genuine)
    charged = np.flatnonzero(done & by_card)
    group = np.array([13 if name == "insurance" else 15 for name, _, _ in _BILLS])[bill[charged]]
    shops = np.where(at_shop[charged], shop[charged], group * vocabulary.SHOPS_PER_GROUP + bill[charged])
    return charges(
        len(charged), card=card[charged], second=second[charged] + 2, amount=amount[charged], shop=shops,
        mode=np.where(kind[charged] == BILL, RECURRING, ECOMMERCE), payment=charged,
    )  # fmt: skip


def _paying_cards(cohort: Cohort, month: Month) -> Array:
    """Return each person's newest usable card, -1 without one."""
    card = cohort.tables["card"]
    usable = np.flatnonzero((card["status"] == ACTIVE) & (card["issued"] < month.first_day) & (card["primary"] < 0))
    newest = np.full(cohort.size, -1)
    newest[card["person"][usable]] = usable
    return newest


def _takeovers(cohort: Cohort, month: Month, rng: np.random.Generator, active: Array) -> tuple[Array, Array]:
    """Return transfers that thieves ordered from taken-over logins: at night, large, several in a row."""
    person = cohort.person
    hit = np.flatnonzero(happens(rng, 0.00012 * person["login"] * (active > 0.5), cohort.size))
    place = repeat_rows(rng.integers(2, 5, len(hit)))
    start = moments(rng, month.first_day, month.days - 1, NIGHT_HOURS, len(hit))
    return hit[place], start[place] + rng.integers(0, 1_800, len(place))


def _tell_takeovers(
    cohort: Cohort, month: Month, harvest: Harvest, rng: np.random.Generator, who: Array, second: Array, amount: Array,
    genuine: int,
) -> None:  # fmt: skip
    rows = np.arange(genuine, len(who))
    victim, day = true_persons(cohort)[who[rows]], second[rows] // DAY
    harvest.add(
        TRUTH, "fraud_episodes",
        person=victim, due=day, new=False,
        fraud_episode_id=numbered(f"FT{cohort.number:03d}M{month.number - 24_000}N", who[rows]), true_person=victim,
        fraud_kind="account_takeover", source="payments", table_name="payments",
        record_id=payment_ids(cohort, month, rows), occurred_date=day,
        reported_date=day + rng.integers(1, 3, len(rows)), amount=amount[rows],
    )  # fmt: skip


def _write(
    cohort: Cohort, month: Month, harvest: Harvest, who: Array, kind: Array, second: Array, by_card: Array,
    external: Array, card: Array, account: Array, amount: Array, bill: Array, shop: Array, other: Array, bank: Array,
    channel: Array, status: Array,
) -> None:  # fmt: skip
    size, person = len(who), cohort.person
    known = (who + np.arange(size)) % 25 > 0  # the hub doesn't always know the payer
    online = (channel <= 1) & person["login"][who]
    tokens = card_tokens(cohort.unique_numbers(np.arange(len(cohort.tables["card"]))))
    harvest.add(
        "payments", "payments",
        person=true_persons(cohort)[who], due=second // DAY,
        payment_id=payment_ids(cohort, month, np.arange(size)),
        cif_no=cif_numbers(cohort, np.where(known & ~external, person["cif"][who], -1)),
        user_id=user_ids(cohort, who, online), paid_at=second, payment_type=pick(_TYPES, kind),
        funding_type=pick(_FUNDING, np.where(by_card, 1, np.where(external, 2, 0))),
        account_no=account_numbers(np.where(account < 0, -1, cohort.unique_numbers(account))),
        card_token=pick(tokens, np.where(by_card, card, -1)), amount=amount, currency_code="THB",
        biller_code=pick(_BILLERS, np.where(kind == BILL, bill * 3 + who % 3, -1)),
        biller_category=pick(_CATEGORIES, np.where(kind == BILL, bill, np.where(kind == TOP_UP, 2, -1))),
        mcc=pick(vocabulary.SHOP_CODES, np.where((kind == GATEWAY) | (kind == QR), shop, -1)),
        counterparty_name=pick(COUNTERPARTIES, other), counterparty_bank_code=pick(BANKS, bank),
        channel=pick(_CHANNELS, channel), payment_status=pick(_STATUSES, status),
    )  # fmt: skip
