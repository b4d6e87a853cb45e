"""What is bought with credit cards: needs of the moment by merchant category, authorised or declined."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from cardinal.demo import vocabulary
from cardinal.demo.cards import ACTIVE, outstanding
from cardinal.demo.cohort import Cohort
from cardinal.demo.harvest import Harvest, pick
from cardinal.demo.identifiers import card_tokens, numbered
from cardinal.demo.ledger import payment_ids
from cardinal.demo.life import activity, intents
from cardinal.demo.months import DAY, Month
from cardinal.demo.people import true_persons
from cardinal.demo.products import P
from cardinal.demo.randomness import SHOP_HOURS, Array, happens, moments, running_sum

KINDS = pl.Series(["purchase", "cash_advance", "refund", "repayment", "fee", "interest"])
PURCHASE, CASH, REFUND, REPAYMENT, FEE, INTEREST = range(6)
MODES = pl.Series(["chip", "contactless", "magstripe", "ecommerce", "manual", "recurring"])
CHIP, CONTACTLESS, MAGSTRIPE, ECOMMERCE, MANUAL, RECURRING = range(6)
REASONS = pl.Series(["insufficient_limit", "suspected_fraud", "expired", "wrong_pin", "other"])
ONLINE_GROUPS = [vocabulary.SPENDING.index(name) for name in ("online", "travel", "entertainment")]

CHARGE_COLUMNS = ("card", "second", "amount", "shop", "country", "mode", "kind", "payment", "episode", "reason")
Charges = dict[str, Array]


def charges(size: int, **columns: Any) -> Charges:
    """Make rows to be charged: card, second, amount, shop, country, mode, kind, payment, episode, reason."""
    defaults = {"payment": -1, "episode": -1, "reason": -1, "country": 0, "kind": PURCHASE}
    return {
        name: np.broadcast_to(np.asarray(columns.get(name, defaults.get(name, 0))), (size,)) for name in CHARGE_COLUMNS
    }


def spending_rates(cohort: Cohort, month: Month) -> Array:
    """Return how often each person buys in each group this month: life stage, taste, and what lies ahead."""
    person = cohort.person
    age = (month.first_day - person["birth"]) / 365.25
    rates = np.tile(0.75 * np.asarray(vocabulary.SPENDING_RATES), (cohort.size, 1))
    at = {name: column for column, name in enumerate(vocabulary.SPENDING)}
    rates *= (np.clip(person["income"] / 35_000, 0.2, 8) ** 0.35 * (0.7 + 0.6 * person["digital"]))[:, None]
    seasons = 1.25 if month.calendar_month in (11, 12) else 1.1 if month.calendar_month == 4 else 1.0
    rates[:, [at["shopping"], at["travel"], at["dining"], at["online"]]] *= seasons
    rates[:, at["home"]] *= (
        1 + 9 * intents(cohort, month, "house", 0, 3) + 3 * intents(cohort, month, "relocation", 0, 1)
    )
    rates[:, at["car"]] *= 0.2 + 1.6 * person["owns_car"] + 4 * intents(cohort, month, "car", 1, 3)
    rates[:, at["fuel"]] *= 0.15 + 1.5 * person["owns_car"]
    rates[:, at["transport"]] *= 1.6 - 1.0 * person["owns_car"]
    rates[:, at["children"]] *= (
        0.2 + 6 * ((person["children"] > 0) & (age < 50)) + 14 * intents(cohort, month, "child", 2, 8)
    )
    rates[:, at["health"]] *= 0.5 + np.clip((age - 30) / 20, 0, 2.5) + 3 * intents(cohort, month, "child", 3, 1)
    rates[:, at["education"]] *= 0.4 + 1.5 * (person["children"] > 1) + 14 * intents(cohort, month, "university", 0, 6)
    rates[:, at["travel"]] *= 0.4 + 1.2 * (person["income"] > 60_000) + 4 * intents(cohort, month, "marriage", 0, 2)
    rates[:, at["wedding"]] *= 0.3 + 60 * intents(cohort, month, "marriage", 3, 0)
    rates[:, at["shopping"]] *= 0.6 + 0.9 * person["promo"]
    rates[:, at["online"]] *= 0.2 + 1.6 * person["digital"]
    rates[:, at["entertainment"]] *= np.clip(1.8 - age / 50, 0.3, 1.6)
    rates[:, at["dining"]] *= np.clip(1.6 - age / 70, 0.5, 1.4) * (1 - 0.3 * intents(cohort, month, "child", 0, 8))
    strained = intents(cohort, month, "job_loss", 0, 4)
    return rates * np.where(strained, 0.6, 1.0)[:, None]


def draw_purchases(cohort: Cohort, month: Month, lift: Array) -> Charges:
    """Draw the month's purchases; `lift` is what campaigns did to each person's spending."""
    card, person = cohort.tables["card"], cohort.person
    rng = cohort.rng(month.number, "purchases")
    usable = np.flatnonzero((card["status"] == ACTIVE) & (card["issued"] < month.first_day))
    owner = card["person"][usable]
    weight = activity(cohort, month)[owner] * lift[owner] * np.where(card["primary"][usable] >= 0, 0.4, 1.0)
    cards_held = np.bincount(owner, minlength=cohort.size)
    rates = spending_rates(cohort, month)[owner] * (weight / np.sqrt(np.maximum(cards_held[owner], 1)))[:, None]
    product = card["product"][usable]
    at = {name: column for column, name in enumerate(vocabulary.SPENDING)}
    rates[:, [at["shopping"], at["online"]]] *= np.where(product == P["cr_shopping"], 1.8, 1.0)[:, None]
    rates[:, [at["fuel"], at["car"]]] *= np.where(product == P["cr_auto"], 2.2, 1.0)[:, None]
    counts = rng.poisson(rates)
    place, group = np.nonzero(counts)
    repeats = counts[place, group]
    place, group = np.repeat(place, repeats), np.repeat(group, repeats)
    size, owner = len(place), owner[place]
    mean = np.asarray(vocabulary.SPENDING_MEANS, dtype=np.float64)[group]
    amount = mean * np.clip(person["income"][owner] / 35_000, 0.3, 10) ** 0.45 * rng.lognormal(-0.25, 0.7, size)
    # People return to the same few shops: half of the purchases go to one of three of theirs.
    habit = (owner * 31 + group * 7 + rng.integers(0, 3, size)) % vocabulary.SHOPS_PER_GROUP
    shop = np.where(happens(rng, 0.55, size), habit, rng.integers(0, vocabulary.SHOPS_PER_GROUP, size))
    online = np.isin(group, ONLINE_GROUPS) & happens(rng, 0.8, size) | happens(
        rng, 0.10 * person["digital"][owner], size
    )
    abroad = (group == at["travel"]) & happens(rng, 0.3, size) | happens(rng, 0.006, size)
    mode = np.where(online, ECOMMERCE, np.where(happens(rng, 0.6, size), CONTACTLESS, CHIP))
    mode = np.where(
        (group == at["insurance"]) | (group == at["entertainment"]) & happens(rng, 0.3, size), RECURRING, mode
    )
    reason = np.where(happens(rng, 0.012, size), rng.integers(2, 5, size), -1)
    reason = np.where(abroad & happens(rng, 0.03, size), 1, reason)
    bought = charges(
        size,
        card=usable[place],
        second=moments(rng, month.first_day, month.days, SHOP_HOURS, size),
        amount=np.round(np.maximum(amount, 20), 2),
        shop=group * vocabulary.SHOPS_PER_GROUP + shop,
        country=np.where(abroad, rng.integers(1, 6, size), 0),
        mode=mode,
        reason=reason,
    )
    return combine([bought, _draw_cash(cohort, month, usable, rng)])


def _draw_cash(cohort: Cohort, month: Month, usable: Array, rng: np.random.Generator) -> Charges:
    card, person = cohort.tables["card"], cohort.person
    owner = card["person"][usable]
    need = 0.03 * person["revolver"][owner] + 0.08 * intents(cohort, month, "job_loss", 0, 4)[owner]
    rows = usable[happens(rng, need * activity(cohort, month)[owner], len(usable))]
    return charges(
        len(rows), card=rows, second=moments(rng, month.first_day, month.days, SHOP_HOURS, len(rows)),
        amount=np.clip(np.round(card["limit"][rows] * rng.uniform(0.03, 0.15, len(rows)), -2), 500, 30_000),
        shop=vocabulary.CASH_SHOP, mode=CHIP, kind=CASH,
    )  # fmt: skip


def combine(parts: list[Charges]) -> Charges:
    """Put charges together."""
    return {name: np.concatenate([part[name] for part in parts]) for name in CHARGE_COLUMNS}


def posted_days(rows: Charges) -> Array:
    """Return the day on which each charge reaches the card account: purchases on the day after, others at once."""
    result: Array = rows["second"] // DAY + (rows["kind"] == PURCHASE)
    return result


def authorise(cohort: Cohort, month: Month, rows: Charges) -> tuple[Charges, Array]:
    """Order charges by line and time, and approve them while the limit lasts; adds refunds."""
    card, rng = cohort.tables["card"], cohort.rng(month.number, "authorise")
    line = np.where(card["primary"][rows["card"]] >= 0, card["primary"][rows["card"]], rows["card"])
    order = np.lexsort((rows["second"], line))
    rows, line = {name: values[order] for name, values in rows.items()}, line[order]
    asked = np.where(rows["reason"] < 0, rows["amount"], 0.0)
    # What was billed last will be paid this month by most; the line counts half of it as free again.
    room = card["limit"] - outstanding(cohort) + 0.5 * card["closing"]
    too_much = running_sum(line, asked) > room[line]
    rows["reason"] = np.where((rows["reason"] < 0) & too_much, 0, rows["reason"])
    back = np.flatnonzero(
        (rows["reason"] < 0) & (rows["kind"] == PURCHASE) & (rows["episode"] < 0) & happens(rng, 0.008, len(line))
    )
    later = rows["second"][back] + rng.integers(2, 12, len(back)) * DAY
    back, later = back[later // DAY <= month.last_day], later[later // DAY <= month.last_day]
    refunds = {name: values[back] for name, values in rows.items()} | {
        "second": later,
        "kind": np.full(len(back), REFUND),
        "payment": np.full(len(back), -1),
    }
    combined = combine([rows, refunds])
    return combined, np.concatenate([line, line[back]])


def emit_transactions(cohort: Cohort, month: Month, harvest: Harvest, rows: Charges) -> pl.Series:
    """Write card transactions; returns their ids."""
    size, shop, country = len(rows["card"]), rows["shop"], rows["country"]
    ids = numbered(f"CX{cohort.number:03d}M{month.number - 24_000}N", np.arange(size))
    _write(cohort, month, harvest, rows, ids, rows["second"] // DAY, np.zeros(size, dtype=bool), True, shop, country)
    return ids


def emit_disputes(
    cohort: Cohort, month: Month, harvest: Harvest, rows: Charges, ids: pl.Series, places: Array, reported: Array
) -> None:
    """Write reported transactions again, now disputed, on the day of the report."""
    some = {name: values[places] for name, values in rows.items()}
    flags = np.ones(len(places), dtype=bool)
    _write(cohort, month, harvest, some, ids.gather(places), reported, flags, False, some["shop"], some["country"])


def _write(
    cohort: Cohort, month: Month, harvest: Harvest, rows: Charges, ids: pl.Series, due: Array, disputed: Array,
    new: bool, shop: Array, country: Array,
) -> None:  # fmt: skip
    card = cohort.tables["card"]
    kind, second = rows["kind"], rows["second"]
    tokens = card_tokens(cohort.unique_numbers(np.arange(len(card))))
    approved = rows["reason"] < 0
    at_shop = kind <= REFUND
    rate = np.asarray(vocabulary.COUNTRY_RATES)[country]
    original = np.where(at_shop, np.round(rows["amount"] / rate, 2), np.nan)
    seen_shop, seen_country = np.where(at_shop, shop, -1), np.where(at_shop, country, -1)
    harvest.add(
        "cards", "card_transactions",
        person=true_persons(cohort)[card["person"][rows["card"]]], due=due, new=new,
        card_transaction_id=ids, card_token=tokens.gather(rows["card"]),
        authorised_at=second, posted_date=np.where(approved, posted_days(rows), -1),
        transaction_type=KINDS.gather(kind), amount=rows["amount"], currency_code="THB",
        original_amount=original, original_currency_code=pick(vocabulary.COUNTRY_CURRENCIES, seen_country),
        mcc=pick(vocabulary.SHOP_CODES, seen_shop), merchant_id=pick(vocabulary.SHOP_IDS, seen_shop),
        merchant_name=pick(vocabulary.SHOP_NAMES, seen_shop),
        merchant_country_code=pick(vocabulary.COUNTRIES, seen_country),
        entry_mode=pick(MODES, np.where(at_shop, rows["mode"], -1)),
        terminal_id=numbered("TM", np.where(at_shop & (rows["mode"] < ECOMMERCE), shop * 9 + second % 3, -1)),
        is_approved=approved, decline_reason=pick(REASONS, rows["reason"]), is_disputed=disputed,
        payment_id=payment_ids(cohort, month, rows["payment"]),
    )  # fmt: skip
