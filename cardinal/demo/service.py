"""Branch visits, calls to the call centre, consent and the rights of those whose data it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from cardinal.demo.cohort import Cohort
from cardinal.demo.customers import branches, cif_numbers, contact_ids, user_ids
from cardinal.demo.harvest import Harvest, pick
from cardinal.demo.identifiers import numbered
from cardinal.demo.identity_noise import emails, typed_phones
from cardinal.demo.life import activity, intents
from cardinal.demo.months import DAY, Month
from cardinal.demo.people import true_persons
from cardinal.demo.randomness import OFFICE_HOURS, Array, choose, choose_by_row, happens, moments, repeat_rows

_SERVICES = pl.Series(
    ["cash", "account_opening", "loan_enquiry", "card_service", "fund_advice", "insurance_advice", "complaint", "other"]
)
_TOPICS = pl.Series(
    ["card_lost", "dispute", "fee", "limit_increase", "loan_enquiry", "app_problem", "complaint", "closure", "other"]
)
_DISPUTE, _COMPLAINT, _CLOSURE = 1, 6, 7
_SCORES = ((5, 15, 25, 35, 20), (45, 30, 15, 7, 3))
_PURPOSES = pl.Series(["marketing", "analytics", "personalisation", "third_party_sharing", "credit_offers"])
_CHANNELS = pl.Series(["all", "email", "sms", "push", "line", "phone", "ads", "web"])
_REASONS = pl.Series(["do_not_contact", "vulnerable", "deceased", "legal"])
_DO_NOT_CONTACT, _VULNERABLE = 0, 1
_VIA = pl.Series(["app", "web", "branch", "call_centre", "unsubscribe_link"])


def serve(cohort: Cohort, month: Month, harvest: Harvest) -> None:
    """Let customers come to branches and call; complaints come before many a farewell."""
    person, rng = cohort.person, cohort.rng(month.number, "service")
    active = activity(cohort, month)
    leaving = (
        (person["churn_month"] > 0)
        & (person["churn_month"] - month.number <= 2)
        & person["customer"]
        & ~person["churned"]
    )
    house, car = intents(cohort, month, "house", 3, 0), intents(cohort, month, "car", 3, 0)
    visits = repeat_rows(rng.poisson(0.22 * (1.25 - person["digital"]) * active + 0.3 * (house | car) * (active > 0)))
    size = len(visits)
    weights = np.tile(np.array([40.0, 6, 2, 8, 3, 3, 1.5, 12]), (size, 1))
    weights[:, 2] += 60 * (house | car)[visits]
    weights[:, 4] += 8 * (person["wealth"][visits] > 1e6)
    weights[:, 6] += 8 * leaving[visits]
    service = choose_by_row(rng, weights) if size else np.zeros(0, dtype=np.int64)
    second = moments(rng, month.first_day, month.days, OFFICE_HOURS, size)
    recognised = happens(rng, 0.85, size)
    harvest.add(
        "core_banking", "branch_visits",
        person=true_persons(cohort)[visits], due=second // DAY,
        branch_visit_id=numbered(f"BV{cohort.number:03d}M{month.number - 24_000}N", np.arange(size)),
        branch_id=branches(person["province"][visits]),
        cif_no=cif_numbers(cohort, np.where(recognised, person["cif"][visits], -1)), visited_at=second,
        service_type=pick(_SERVICES, service), wait_seconds=np.round(rng.exponential(500, size)).astype(np.int64),
    )  # fmt: skip
    _take_calls(cohort, month, harvest, rng, active, leaving)


def _take_calls(
    cohort: Cohort, month: Month, harvest: Harvest, rng: np.random.Generator, active: Array, leaving: Array
) -> None:
    person = cohort.person
    upset = happens(rng, 0.006 * (active > 0), cohort.size)
    person["complaint_month"] = np.where(upset, month.number, person["complaint_month"])
    who = np.concatenate([repeat_rows(rng.poisson(0.035 * active + 0.05 * leaving)), np.flatnonzero(upset)])
    size = len(who)
    weights = np.tile(np.array([4.0, 5, 14, 7, 8, 20, 0, 0, 30]), (size, 1))
    weights[:, _CLOSURE] += 30 * leaving[who]
    weights[:, 2] += 20 * leaving[who]
    topic = choose_by_row(rng, weights) if size else np.zeros(0, dtype=np.int64)
    complains = np.arange(size) >= size - int(upset.sum())
    topic = np.where(complains, _COMPLAINT, topic)
    second = moments(rng, month.first_day, month.days, OFFICE_HOURS, size)
    verified = happens(rng, 0.8, size)
    score = 1 + np.where(complains | leaving[who], choose(rng, _SCORES[1], size), choose(rng, _SCORES[0], size))
    lasts = rng.integers(300, 3 * DAY, size)
    closes = second + lasts
    columns: dict[str, Any] = {
        "case_id": numbered(f"CC{cohort.number:03d}M{month.number - 24_000}N", np.arange(size)),
        "cif_no": cif_numbers(cohort, np.where(verified, person["cif"][who], -1)),
        "phone": typed_phones(cohort, who, rng, 0.01, 0.1),
        "opened_at": second,
        "topic": pick(_TOPICS, topic),
        "is_caller_verified": verified,
    }
    persons = true_persons(cohort)[who]
    harvest.add("crm", "call_centre_cases", person=persons, due=second // DAY, case_status="open", **columns)
    harvest.add(
        "crm", "call_centre_cases", person=persons, due=closes // DAY, new=False, case_status="closed",
        closed_at=closes,
        satisfaction_score=pl.Series(score).set(pl.Series(happens(rng, 0.6, size)), None), **columns,
    )  # fmt: skip


def ask_consent(cohort: Cohort, month: Month, harvest: Harvest, newcomers: Array) -> None:
    """Write first decisions of newcomers, withdrawals of others, and requests about the data held."""
    person, rng = cohort.person, cohort.rng(month.number, "consent")
    first_day = Month(cohort.start_month).first_day
    serial = 0
    begun = np.where(person["customer"][newcomers], person["registered"][newcomers], first_day - 30)
    for purpose, chance in ((0, 0.95), (1, 0.9), (2, 0.7), (3, 0.35), (4, 0.5)):
        grants = person["marketing"][newcomers] if purpose == 0 else happens(rng, 0.6, len(newcomers))
        # Who doesn't agree leaves no trace mostly: no box was ticked.
        asked = happens(rng, np.where(grants, chance, 0.12), len(newcomers))
        who, grants = newcomers[asked], grants[asked]
        by_channel = happens(rng, 0.25, len(who))
        channel = np.where(by_channel, 1 + rng.integers(0, 5, len(who)), 0)
        second = begun[asked] * DAY + 40_000 + who % 20_000
        serial = _decide(
            cohort, month, harvest, rng, who, purpose, channel, grants, second, rng.integers(0, 3, len(who)), serial
        )
    known = person["customer"] & (person["registered"] < month.first_day)
    withdraws = np.flatnonzero(
        known & person["marketing"] & happens(rng, 0.003 + 0.012 * (person["promo"] < 0.12), cohort.size)
    )
    person["marketing"][withdraws] = False
    second = moments(rng, month.first_day, month.days, OFFICE_HOURS, len(withdraws))
    channel = choose(rng, (60, 20, 10, 0, 5, 5), len(withdraws))
    via = choose(rng, (30, 10, 5, 15, 40), len(withdraws))
    no = np.zeros(len(withdraws), dtype=bool)
    serial = _decide(cohort, month, harvest, rng, withdraws, 0, channel, no, second, via, serial)
    back = np.flatnonzero(known & ~person["marketing"] & happens(rng, 0.004, cohort.size))
    person["marketing"][back] = True
    second = moments(rng, month.first_day, month.days, OFFICE_HOURS, len(back))
    _decide(cohort, month, harvest, rng, back, 0, 0 * back, np.ones(len(back), bool), second, 0 * back, serial)
    _take_requests(cohort, month, harvest, rng)
    _suppress(cohort, month, harvest)


def _decide(
    cohort: Cohort, month: Month, harvest: Harvest, rng: np.random.Generator, who: Array, purpose: int, channel: Array,
    grants: Array, second: Array, via: Array, serial: int,
) -> int:  # fmt: skip
    kind, subject = _subjects(cohort, who, rng)
    known = ~subject.is_null().to_numpy()
    rows = np.flatnonzero(known)
    harvest.add(
        "consent", "consent_events",
        person=true_persons(cohort)[who[rows]],
        due=np.maximum(second[rows] // DAY, Month(cohort.start_month).first_day),
        consent_event_id=numbered(f"CE{cohort.number:03d}M{month.number - 24_000}N", serial + rows),
        subject_type=kind.gather(rows), subject_id=subject.gather(rows), purpose=_PURPOSES[purpose],
        channel=pick(_CHANNELS, channel[rows]),
        decision=pick(pl.Series(["withdrawn", "granted"]), grants[rows].astype(np.int64)), occurred_at=second[rows],
        collected_via=pick(_VIA, via[rows]), policy_version="2024-06",
    )  # fmt: skip
    return serial + len(who)


def _subjects(cohort: Cohort, who: Array, rng: np.random.Generator) -> tuple[pl.Series, pl.Series]:
    """Return how the consent centre knows each: by customer number mostly, else login, contact or e-mail."""
    person, draw = cohort.person, rng.random(len(who))
    by_user = person["login"][who] & (draw < 0.25)
    by_contact = (person["contact"][who] >= 0) & (draw > 0.88)
    has_cif = person["cif"][who] >= 0
    code = np.select([by_user, by_contact, has_cif], [0, 1, 2], 3)
    chosen = pl.Series(code)
    subject = pl.select(
        pl.when(chosen == 0).then(user_ids(cohort, who))
        .when(chosen == 1).then(contact_ids(cohort, person["contact"][who]))
        .when(chosen == 2).then(cif_numbers(cohort, person["cif"][who]))
        .otherwise(emails(cohort, who))
    ).to_series()  # fmt: skip
    return pick(pl.Series(["user_id", "contact_id", "cif_no", "email"]), code), subject


def _take_requests(cohort: Cohort, month: Month, harvest: Harvest, rng: np.random.Generator) -> None:
    who = np.flatnonzero(cohort.person["customer"] & happens(rng, 0.0010, cohort.size))
    second = moments(rng, month.first_day, month.days, OFFICE_HOURS, len(who))
    kind, subject = _subjects(cohort, who, rng)
    columns: dict[str, Any] = {
        "privacy_request_id": numbered(f"PR{cohort.number:03d}M{month.number - 24_000}N", np.arange(len(who))),
        "request_type": pick(
            pl.Series(["access", "erasure", "rectification", "restriction", "portability"]),
            choose(rng, (45, 25, 15, 8, 7), len(who)),
        ),
        "subject_type": kind,
        "subject_id": subject,
        "requested_at": second,
    }
    persons, done = true_persons(cohort)[who], second + rng.integers(2, 29, len(who)) * DAY
    harvest.add("consent", "privacy_requests", person=persons, due=second // DAY, request_status="open", **columns)
    harvest.add(
        "consent", "privacy_requests", person=persons, due=done // DAY, new=False, request_status="completed",
        completed_at=done, **columns,
    )  # fmt: skip


def _suppress(cohort: Cohort, month: Month, harvest: Harvest) -> None:
    """Put a few on the list of those whom nobody contacts; who is vulnerable stays on it for half a year."""
    person, rng = cohort.person, cohort.rng(month.number, "suppressions")
    who = np.flatnonzero((person["cif"] >= 0) & happens(rng, 0.0015, cohort.size))
    second = moments(rng, month.first_day, month.days, OFFICE_HOURS, len(who))
    reason = choose(rng, (50, 30, 15, 5), len(who))
    # Only who asks for it is kept free of one channel and not of all.
    channel = np.where(reason == _DO_NOT_CONTACT, choose(rng, (50, 10, 15, 0, 5, 20, 0, 0), len(who)), 0)
    until = pl.Series(second + 180 * DAY)
    harvest.add(
        "consent", "suppressions",
        person=true_persons(cohort)[who],
        due=second // DAY,
        suppression_id=numbered(f"SL{cohort.number:03d}M{month.number - 24_000}N", np.arange(len(who))),
        subject_type="cif_no", subject_id=cif_numbers(cohort, person["cif"][who]), reason=pick(_REASONS, reason),
        channel=pick(_CHANNELS, channel), since_at=second,
        until_at=pl.select(pl.when(pl.Series(reason == _VULNERABLE)).then(until)).to_series(),
    )  # fmt: skip
