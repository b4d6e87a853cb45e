"""Leads: people who ask for a product on the site, in Messenger, in shops or on a list, and what became of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from cardinal.demo import vocabulary
from cardinal.demo.advertising import META_ADS, META_CAMPAIGNS, UTM_CAMPAIGNS
from cardinal.demo.cohort import Cohort
from cardinal.demo.customers import cif_numbers, user_ids
from cardinal.demo.devices import pseudo_ids
from cardinal.demo.digital import MEDIA, SOURCES, fbclids, gclids
from cardinal.demo.harvest import Harvest, pick
from cardinal.demo.identifiers import numbered
from cardinal.demo.identity_noise import typed_emails, typed_names, typed_phones
from cardinal.demo.life import intents
from cardinal.demo.months import DAY, Month
from cardinal.demo.people import true_persons
from cardinal.demo.products import CODES, Openings, P
from cardinal.demo.randomness import SCREEN_HOURS, Array, choose, happens, moments
from cardinal.demo.sessions import TOPIC_PRODUCTS, Sessions, interests

_LEAST_INCOME = {"ln_mortgage": 22_000, "ln_auto": 16_000, "ln_personal": 13_000, "cr_platinum": 80_000}
_GOODS = pl.Series(["electronics", "fashion", "home", "beauty", "baby", "car accessories"])


class LeadBook:
    """Collects a month's leads: who asked for what, where, and under which number."""

    def __init__(self) -> None:
        self.who: list[Array] = []
        self.product: list[Array] = []
        self.second: list[Array] = []
        self.source: list[pl.Series] = []
        self.lead_id: list[pl.Series] = []

    def enter(self, who: Array, product: Array, second: Array, source: str, lead_id: pl.Series) -> None:
        """Add the leads of one source."""
        self.who.append(who)
        self.product.append(product)
        self.second.append(second)
        self.source.append(pl.repeat(source, len(who), dtype=pl.String, eager=True))
        self.lead_id.append(lead_id)


def collect_leads(cohort: Cohort, month: Month, sessions: Sessions, harvest: Harvest) -> LeadBook:
    """Write the month's leads of all four sources."""
    book = LeadBook()
    _registrations(cohort, month, sessions, harvest, book)
    _messenger(cohort, month, harvest, book)
    _orders(cohort, month, harvest, book)
    _uploads(cohort, month, harvest, book)
    return book


def _registrations(cohort: Cohort, month: Month, sessions: Sessions, harvest: Harvest, book: LeadBook) -> None:
    rng, rows = cohort.rng(month.number, "registrations"), np.flatnonzero(sessions.asks)
    person, who, second = cohort.person, sessions.actor[rows], sessions.second[rows] + 305
    size, product = len(rows), TOPIC_PRODUCTS[sessions.topic[rows]]
    ids = numbered(f"WR{cohort.number:03d}M{month.number - 24_000}N", rows)
    income = person["income"][who] * rng.lognormal(0.08, 0.3, size)
    harvest.add(
        "website", "registrations",
        person=true_persons(cohort)[who], due=second // DAY, registration_id=ids, registered_at=second,
        user_pseudo_id=pseudo_ids(cohort, sessions.device[rows]),
        user_id=user_ids(cohort, sessions.login[rows], sessions.login[rows] >= 0),
        full_name=typed_names(cohort, who, rng, 0.4), email=typed_emails(cohort, who, rng, 0.03, 0.12),
        phone=typed_phones(cohort, who, rng, 0.03, 0.04),
        date_of_birth=np.where(happens(rng, 0.35, size), person["birth"][who], -1),
        province=pick(vocabulary.PROVINCES, np.where(happens(rng, 0.8, size), person["province"][who], -1)),
        monthly_income_amount=np.where(happens(rng, 0.6, size), np.round(income, -3), np.nan), currency_code="THB",
        product_code=pick(CODES, product), traffic_source=pick(SOURCES, sessions.origin[rows]),
        traffic_medium=pick(MEDIA, sessions.origin[rows]), traffic_campaign=pick(UTM_CAMPAIGNS, sessions.ad[rows]),
        gclid=gclids(cohort, month, sessions, rows), fbclid=fbclids(cohort, month, sessions, rows),
        has_marketing_consent=happens(rng, 0.62, size),
    )  # fmt: skip
    book.enter(who, product, second, "website", ids)


def _asking(cohort: Cohort, month: Month, rate: Array, name: str) -> tuple[np.random.Generator, Array, Array, Array]:
    """Draw who asks this month and for what, by what they care about."""
    rng = cohort.rng(month.number, name)
    able = (cohort.person["churn_month"] == 0) & ~cohort.person["churned"]
    who = np.flatnonzero(happens(rng, rate * able, cohort.size))
    weights = interests(cohort, month)[who]
    topic = np.array([], dtype=np.int64)
    if len(who):
        cumulative = np.cumsum(weights, axis=1)
        topic = (cumulative <= (rng.random(len(who)) * cumulative[:, -1])[:, None]).sum(axis=1)
    return rng, who, topic, moments(rng, month.first_day, month.days, SCREEN_HOURS, len(who))


def _searching(cohort: Cohort, month: Month) -> Array:
    found = np.zeros(cohort.size, dtype=bool)
    for event in ("house", "car", "child", "university"):
        found |= intents(cohort, month, event, 3, 0)
    return found


def _messenger(cohort: Cohort, month: Month, harvest: Harvest, book: LeadBook) -> None:
    person = cohort.person
    rate = (0.002 + 0.02 * _searching(cohort, month)) * (0.3 + person["digital"])
    rng, who, topic, second = _asking(cohort, month, rate, "messenger")
    size, product = len(who), TOPIC_PRODUCTS[topic]
    ids = numbered(f"ML{cohort.number:03d}M{month.number - 24_000}N", np.arange(size))
    ad = np.where(happens(rng, 0.6, size), topic, -1)
    greetings = pl.Series(["สนใจค่ะ", "สอบถามรายละเอียดครับ", "Hi, how can I apply?", "ดอกเบี้ยเท่าไหร่คะ", "ขอข้อมูลหน่อยค่ะ"])
    harvest.add(
        "messenger", "leads",
        person=true_persons(cohort)[who], due=second // DAY, lead_id=ids,
        psid=numbered("77", 1_000_000_000 + cohort.unique_numbers(who)),
        full_name=typed_names(cohort, who, rng, 0.5), phone=typed_phones(cohort, who, rng, 0.02, 0.35),
        email=typed_emails(cohort, who, rng, 0.02, 0.7), product_code=pick(CODES, product),
        message_text=pick(greetings, (second + who) % len(greetings)), ad_id=pick(META_ADS, ad),
        campaign_id=pick(META_CAMPAIGNS, np.where(ad < 0, -1, ad // 2)),
        has_marketing_consent=happens(rng, 0.5, size), created_at=second,
    )  # fmt: skip
    book.enter(who, product, second, "messenger", ids)


def _orders(cohort: Cohort, month: Month, harvest: Harvest, book: LeadBook) -> None:
    person = cohort.person
    rng, who, topic, second = _asking(cohort, month, 0.06 * person["digital"], "orders")
    size = len(who)
    wants = happens(rng, 0.06, size)
    product = np.where(wants, TOPIC_PRODUCTS[topic], -1)
    platform = rng.integers(0, 3, size)
    ids = numbered(f"EO{cohort.number:03d}M{month.number - 24_000}N", np.arange(size))
    cancelled = happens(rng, 0.05, size)
    columns: dict[str, Any] = {
        "order_id": ids,
        "platform": pick(pl.Series(["shopmall", "bazaar", "bank_shop"]), platform),
        "buyer_id": numbered("BY", cohort.unique_numbers(who) * 4 + platform),
        "buyer_name": typed_names(cohort, who, rng, 0.45),
        "email": typed_emails(cohort, who, rng, 0.03, 0.45),
        "phone": typed_phones(cohort, who, rng, 0.01, 0.08),
        "shipping_province": pick(vocabulary.PROVINCES, person["province"][who]),
        "product_code": pick(CODES, product),
        "item_category": pick(_GOODS, rng.integers(0, len(_GOODS), size)),
        "order_amount": np.round(rng.lognormal(6.3, 0.8, size), 2),
        "currency_code": "THB",
        "payment_method": pick(
            pl.Series(["card", "transfer", "wallet", "cash_on_delivery"]), choose(rng, (40, 20, 25, 15), size)
        ),
        "voucher_code": pick(
            pl.Series(["SAVE50", "FREESHIP"]), np.where(happens(rng, 0.4 * person["promo"][who], size), who % 2, -1)
        ),
        "ordered_at": second,
    }
    persons = true_persons(cohort)[who]
    harvest.add("ecommerce", "orders", person=persons, due=second // DAY, order_status="paid", **columns)
    status = pick(pl.Series(["completed", "cancelled"]), cancelled.astype(np.int64))
    later = second // DAY + rng.integers(2, 9, size)
    harvest.add("ecommerce", "orders", person=persons, due=later, new=False, order_status=status, **columns)
    book.enter(who[wants], product[wants], second[wants], "ecommerce", ids.filter(pl.Series(wants)))


def _uploads(cohort: Cohort, month: Month, harvest: Harvest, book: LeadBook) -> None:
    person = cohort.person
    rng, who, topic, _ = _asking(cohort, month, 0.0025 + 0.004 * _searching(cohort, month), "uploads")
    size = len(who)
    product = TOPIC_PRODUCTS[topic]
    list_name = f"event_{month.label}_{cohort.number:03d}"
    second = np.full(size, (month.first_day + 14) * DAY + 50_000)
    harvest.add(
        "manual", "uploads",
        person=true_persons(cohort)[who], due=second // DAY, upload_name=list_name, row_no=1 + np.arange(size),
        uploaded_at=second, uploaded_by="event.team", full_name=typed_names(cohort, who, rng, 0.25),
        phone=typed_phones(cohort, who, rng, 0.03, 0.05), email=typed_emails(cohort, who, rng, 0.03, 0.5),
        product_code=pick(CODES, product), province=pick(vocabulary.PROVINCES, person["province"][who]),
        note=pick(pl.Series(["งานมหกรรมการเงิน", "called at booth", "ขอให้โทรกลับ"]),
            np.where(who % 3 == 0, who % 9 // 3, -1)),
    )  # fmt: skip
    lead_id = pl.select(pl.lit(f"{list_name}|") + pl.Series(1 + np.arange(size)).cast(pl.String)).to_series()
    book.enter(who, product, second, "manual", lead_id)


def work_leads(cohort: Cohort, month: Month, book: LeadBook) -> tuple[Openings, dict[str, Array]]:
    """Decide what becomes of the leads; returns what is won, when, and the steps to write once numbers are known."""
    rng, person = cohort.rng(month.number, "outcomes"), cohort.person
    who, product, second = (np.concatenate(part) for part in (book.who, book.product, book.second))
    size, income = len(who), person["income"][who]
    least = np.full(len(CODES), 15_000.0)
    for code, amount in _LEAST_INCOME.items():
        least[P[code]] = amount
    affordable = income >= least[product]
    needed = np.isin(product, (P["ln_mortgage"], P["ln_auto"], P["in_life"])) & _searching(cohort, month)[who]
    reached = happens(rng, 0.82, size)
    qualified = reached & happens(rng, np.where(affordable, 0.75, 0.25), size)
    applied = qualified & happens(rng, 0.35 + 0.35 * needed + 0.2 * person["promo"][who], size)
    won = applied & affordable & happens(rng, 0.72, size)
    day = second // DAY
    won_day = np.minimum(day + rng.integers(4, 12, size), month.last_day)
    held = cohort.tables["holdings"]["held"]
    # A product is opened once a month, and only by those who don't hold it.
    fresh = won & (held[who, product] == 0) & (person["churn_month"][who] == 0)
    pair = who * 64 + product
    first = np.zeros(size, dtype=bool)
    first[np.unique(np.where(fresh, pair, -1), return_index=True)[1]] = True
    opened = fresh & first
    steps = {"reached": reached, "qualified": qualified, "applied": applied, "won": opened, "day": won_day}
    return Openings(who[opened], product[opened], won_day[opened]), steps


def emit_outcomes(cohort: Cohort, month: Month, book: LeadBook, steps: dict[str, Array], harvest: Harvest) -> None:
    """Write the steps of the month's leads; the last ones may lie in the next month."""
    rng, person = cohort.rng(month.number, "lead_steps"), cohort.person
    who, product, second = (np.concatenate(part) for part in (book.who, book.product, book.second))
    source, lead_id = pl.concat(book.source), pl.concat(book.lead_id)
    size, serial = len(who), 0
    contact = second + rng.integers(1, 3, size) * DAY // 2
    end = np.maximum(steps["day"] * DAY + 61_200, contact + 3_600)
    plan = (
        ("contacted", steps["reached"], contact), ("unreachable", ~steps["reached"], contact + 2 * DAY),
        ("qualified", steps["qualified"], contact + 600), ("applied", steps["applied"], contact + 1_800),
        ("won", steps["won"], end), ("declined", steps["applied"] & ~steps["won"], end),
        ("lost", steps["reached"] & ~steps["applied"], end + DAY),
    )  # fmt: skip
    for outcome, mask, when in plan:
        rows = np.flatnonzero(mask)
        is_won = outcome == "won"
        cif = np.where(is_won, person["cif"][who[rows]], -1)
        harvest.add(
            "crm", "lead_outcomes",
            person=true_persons(cohort)[who[rows]], due=when[rows] // DAY,
            lead_outcome_id=numbered(f"LO{cohort.number:03d}M{month.number - 24_000}N", serial + rows),
            lead_source=source.gather(rows), lead_id=lead_id.gather(rows), outcome=outcome, occurred_at=when[rows],
            product_code=pick(CODES, product[rows]), cif_no=cif_numbers(cohort, cif),
            sale_amount=np.round(person["income"][who[rows]] * 3, -3) if is_won else None,
            currency_code="THB" if is_won else None,
        )  # fmt: skip
        serial += size
