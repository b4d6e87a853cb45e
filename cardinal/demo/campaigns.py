"""Campaigns with a control group: whom they change, by how much, and the messages that carried them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from cardinal.demo import vocabulary
from cardinal.demo.cohort import Cohort
from cardinal.demo.customers import contact_ids
from cardinal.demo.harvest import TRUTH, Harvest, pick
from cardinal.demo.identifiers import numbered
from cardinal.demo.months import DAY, Month
from cardinal.demo.people import market, true_persons
from cardinal.demo.products import CARDS, PRODUCTS, Openings, P, demand
from cardinal.demo.randomness import Array, happens

# Name, product, objective, channel, offer, lift in the month for the keenest.
_PRODUCT_CAMPAIGNS = (
    ("Shopping card welcome", "cr_shopping", "cross_sell", "email", "OF-CASHBACK-500", 0.11),
    ("Platinum upgrade", "cr_platinum", "upsell", "line", "OF-LOUNGE", 0.09),
    ("Personal loan rate cut", "ln_personal", "cross_sell", "sms", "OF-RATE-12", 0.08),
    ("First fund", "mf_open", "cross_sell", "push", "OF-FUND-100", 0.10),
    ("Health check", "in_health", "cross_sell", "email", "OF-HEALTH-10", 0.09),
    ("Family protection", "in_life", "cross_sell", "line", "OF-FAMILY", 0.09),
    ("Tax season", "in_tax", "cross_sell", "email", "OF-TAX", 0.10),
    ("e-Savings bonus", "sa_esaving", "activation", "push", "OF-ESAVE-1", 0.12),
    ("Fixed deposit plan", "fda_5yplan", "cross_sell", "sms", "OF-FD-EXTRA", 0.07),
)
_STAY = ("Stay with us", "", "retention", "line", "OF-STAY", 0.0)
_SPEND = ("Spend and earn", "", "activation", "email", "OF-POINTS-X5", 0.0)
_SHARE = 0.16  # of all contacts, drawn for each campaign
_CONTROL = 0.25
_FAILURES = {"bounced": "mailbox_unavailable", "failed": "number_unknown"}


@dataclass(frozen=True)
class Campaign:
    """One campaign of a month."""

    campaign_id: str
    name: str
    product: int
    objective: str
    channel: str
    offer: str
    lift: float
    day: int


@dataclass
class Assignments:
    """What this month's campaigns did: changed chances by person and product, spending, and whom to tell of."""

    boost: Array
    spending: Array
    waiting: list[tuple[Campaign, Array, Array, Array, Array, Array]] = field(default_factory=list)


def month_campaigns(seed: int, month: Month) -> list[Campaign]:
    """Return the campaigns that start in a month; all cohorts take part in the same ones."""
    rng = market(seed, "campaigns", month.number)
    places = rng.permutation(len(_PRODUCT_CAMPAIGNS))[:3]
    chosen = [_PRODUCT_CAMPAIGNS[place] for place in places]
    chosen += [_STAY] if month.number % 2 == 0 else []
    chosen += [_SPEND] if month.number % 3 == 0 else []
    return [
        Campaign(
            f"CMP{month.number - 24_000}-{n + 1}", f"{name} {month.label}", P.get(product, -1), objective,
            channel, offer,
            lift, month.first_day + 1,
        )
        for n, (name, product, objective, channel, offer, lift) in enumerate(chosen)
    ]  # fmt: skip


def announce_campaigns(seed: int, month: Month, persons: int, harvest: Harvest) -> None:
    """Write the campaigns of a month."""
    for campaign in month_campaigns(seed, month):
        start = np.array([campaign.day * DAY + 9 * 3_600])
        harvest.add(
            "crm", "campaigns",
            person=np.zeros(1, dtype=np.int64), due=start // DAY,
            campaign_id=campaign.campaign_id, campaign_name=campaign.name, objective=campaign.objective,
            product_code=PRODUCTS[campaign.product] if campaign.product >= 0 else None, channel=campaign.channel,
            offer_code=campaign.offer, starts_at=start, ends_at=start + 27 * DAY,
            budget_amount=float(round(persons * 1.4, -2)), currency_code="THB",
        )  # fmt: skip


def true_effects(cohort: Cohort, campaign: Campaign, base: Array) -> Array:
    """Return how much a product campaign changes each person's chance: much for a few, less than nothing for some."""
    person = cohort.person
    reach = {
        "email": person["has_email"] * (0.3 + person["digital"]),
        "sms": np.full(cohort.size, 0.8),
        "push": person["login"] * (0.4 + 0.8 * person["digital"]),
        "line": person["line"] * 1.1,
    }[campaign.channel]
    need = np.clip(base / 0.004, 0.0, 1.6)
    effect = campaign.lift * reach * need * np.clip(person["promo"] - 0.12, 0, None) ** 1.2 * 1.6
    # Those who dislike being sold to turn away from what they would have taken.
    annoyed = person["promo"] < 0.12
    return np.clip(np.where(annoyed, -0.6 * base, effect), -base, 0.6)


def run_campaigns(cohort: Cohort, month: Month, harvest: Harvest) -> Assignments:
    """Draw members and arms, apply the true effects to the treated, and write members and messages."""
    person, contact = cohort.person, cohort.tables["contact"]
    held = cohort.tables["holdings"]["held"]
    result = Assignments(np.zeros((cohort.size, len(PRODUCTS))), np.ones(cohort.size))
    base = demand(cohort, month)
    serial = 0
    for number, campaign in enumerate(month_campaigns(cohort.seed, month)):
        rng = cohort.rng(month.number, f"campaign{number}")
        eligible = person["customer"] & ~person["churned"] & person["marketing"] & (person["contact"] >= 0)
        if campaign.product >= 0:
            eligible &= held[:, campaign.product] == 0
        if campaign.objective == "activation" and campaign.product < 0:
            eligible &= held[:, CARDS.start : CARDS.stop].any(axis=1)
        leaving = (person["churn_month"] >= month.number) & (person["churn_month"] <= month.number + 3)
        # The retention desk already knows whom to watch, roughly.
        share = np.where(leaving, 0.5, 0.10) if campaign.objective == "retention" else _SHARE
        member = np.flatnonzero(eligible & happens(rng, share, cohort.size))
        treated = ~happens(rng, _CONTROL, len(member))
        control, treatment, outcome = _apply(cohort, month, campaign, base, member, treated, result, leaving, rng)
        second = campaign.day * DAY + 32_400 + rng.integers(0, 20_000, len(member))
        result.waiting.append((campaign, member, treated, control, treatment, outcome))
        rows = person["contact"][member]
        harvest.add(
            "crm", "campaign_members",
            person=true_persons(cohort)[member], due=second // DAY, campaign_id=campaign.campaign_id,
            contact_id=contact_ids(cohort, rows), assigned_at=second,
            arm=pick(pl.Series(["control", "treatment"]), treated.astype(np.int64)),
        )  # fmt: skip
        usable = {"email": contact["mail"][rows], "sms": contact["phone"][rows]}.get(
            campaign.channel, np.ones(len(rows), bool)
        )
        sent = np.flatnonzero(treated & usable)
        serial = _send(cohort, month, campaign, member[sent], second[sent], harvest, rng, serial)
    return result


def _apply(
    cohort: Cohort, month: Month, campaign: Campaign, base: Array, member: Array, treated: Array, result: Assignments,
    leaving: Array, rng: np.random.Generator,
) -> tuple[Array, Array, Array]:  # fmt: skip
    person = cohort.person
    who = member[treated]
    if campaign.product >= 0:
        effect = true_effects(cohort, campaign, base[:, campaign.product])
        result.boost[who, campaign.product] += effect[who]
        control = base[member, campaign.product]
        return control, control + effect[member], np.full(len(member), -1)
    if campaign.objective == "retention":
        # A good offer keeps those who can be moved; it reminds some quiet ones that they could leave.
        stays = 0.15 + 0.6 * person["promo"]
        reminded = np.where((person["digital"] < 0.35) & (person["churn_month"] == 0), 0.02, 0.0)
        kept = who[leaving[who] & happens(rng, stays[who], len(who))]
        person["churn_month"][kept] = 0
        person["dormant"][kept] = False
        lost = who[happens(rng, reminded[who], len(who))]
        person["churn_month"][lost] = month.number + 3
        control = leaving[member].astype(float)
        treatment = np.where(leaving[member], 1 - stays[member], reminded[member])
        return control, treatment, (person["churn_month"][member] > 0).astype(np.int64)
    lift = 0.45 * person["promo"] - 0.05
    result.spending[who] *= 1 + lift[who]
    return np.zeros(len(member)), lift[member], np.full(len(member), -2)


def _send(
    cohort: Cohort, month: Month, campaign: Campaign, who: Array, second: Array, harvest: Harvest,
    rng: np.random.Generator, serial: int,
) -> int:  # fmt: skip
    """Write what became of each message: delivered or not, opened, clicked, unsubscribed."""
    person, size = cohort.person, len(who)
    fails = happens(rng, 0.03, size)
    keen = 0.12 + 0.5 * person["promo"][who] + 0.1 * person["digital"][who]
    opened = ~fails & happens(rng, keen * (0.0 if campaign.channel == "sms" else 1.0), size)
    clicked = (opened | (~fails & (campaign.channel == "sms"))) & happens(rng, 0.04 + 0.3 * person["promo"][who], size)
    leaves = opened & happens(rng, 0.004 + 0.02 * (person["promo"][who] < 0.12), size)
    person["marketing"][who[leaves]] = False
    message = numbered(f"MS{cohort.number:03d}M{month.number - 24_000}N", serial + np.arange(size))
    steps = (
        ("sent", np.ones(size, dtype=bool), 0, 1),
        ("bounced" if campaign.channel == "email" else "failed", fails, 5, 60),
        ("delivered", ~fails, 3, 60), ("opened", opened, 120, 40_000), ("clicked", clicked, 45_000, 50_000),
        ("unsubscribed", leaves, 96_000, 9_000),
    )  # fmt: skip
    contact = contact_ids(cohort, person["contact"][who])
    for number, (event, mask, least, spread) in enumerate(steps):
        rows = np.flatnonzero(mask)
        at = second[rows] + least + rng.integers(0, spread, len(rows))
        harvest.add(
            "crm", "message_events",
            person=true_persons(cohort)[who[rows]], due=at // DAY,
            message_event_id=numbered(f"ME{cohort.number:03d}M{month.number - 24_000}N", (serial + rows) * 8 + number),
            message_id=message.gather(rows), campaign_id=campaign.campaign_id, contact_id=contact.gather(rows),
            channel=campaign.channel, event_type=event, occurred_at=at,
            link_url=f"https://www.cardinalbank.example/offer/{campaign.offer.lower()}" if event == "clicked" else None,
            failure_reason=_FAILURES.get(event),
        )  # fmt: skip
    return serial + size


def tell_effects(cohort: Cohort, assignments: Assignments, openings: Openings, harvest: Harvest) -> None:
    """Write each member's chance with and without the campaign, and what came of it."""
    taken = np.zeros((cohort.size, len(PRODUCTS)), dtype=bool)
    taken[openings.person, openings.product] = True
    for campaign, member, treated, control, treatment, outcome in assignments.waiting:
        if campaign.product >= 0:
            name, converted = "product_taken", taken[member, campaign.product]
        else:
            name, converted = ("card_spending", None) if outcome[:1].tolist() == [-2] else ("churn", outcome == 1)
        person = true_persons(cohort)[member]
        harvest.add(
            TRUTH, "treatment_effects",
            person=person, due=np.full(len(member), campaign.day), new=False, true_person=person,
            effect_kind="campaign", campaign_id=campaign.campaign_id,
            unit_id=contact_ids(cohort, cohort.person["contact"][member]),
            outcome=name, assigned_date=np.full(len(member), campaign.day),
            arm=pick(vocabulary.VARIANTS, treated.astype(np.int64)),
            probability_control=control, probability_treatment=treatment, true_effect=treatment - control,
            has_converted=converted,
        )  # fmt: skip
