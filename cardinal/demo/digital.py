"""Events of the site and the app in the shape of a GA4 export, and what the ad platforms see of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from cardinal.demo import vocabulary
from cardinal.demo.advertising import GOOGLE_CAMPAIGNS, GOOGLE_GROUPS, UTM_CAMPAIGNS
from cardinal.demo.cohort import Cohort
from cardinal.demo.customers import user_ids
from cardinal.demo.devices import (
    ANDROID,
    FAMILY_TABLET,
    IOS,
    WEB_DESKTOP,
    WEB_MOBILE,
    advertising_ids,
    is_app,
    pseudo_ids,
    vendor_ids,
)
from cardinal.demo.harvest import Harvest, pick
from cardinal.demo.identifiers import click_ids, numbered
from cardinal.demo.months import DAY, UTC_OFFSET_SECONDS, Month
from cardinal.demo.people import true_persons
from cardinal.demo.randomness import Array, happens, repeat_rows, running_number
from cardinal.demo.sessions import GOOGLE, META, Sessions

NAMES = pl.Series([
    "session_start", "page_view", "screen_view", "login", "search", "view_promotion", "select_promotion",
    "select_content", "generate_lead", "application_start", "application_submit",
])  # fmt: skip
(
    START, PAGE, SCREEN, LOGIN, SEARCH, VIEW_PROMOTION, SELECT_PROMOTION, SELECT_CONTENT, LEAD, APPLY, SUBMIT,
) = range(11)  # fmt: skip
SOURCES = pl.Series(["(direct)", "google", "google", "facebook", "line", "newsletter", "blog.example"])
MEDIA = pl.Series(["(none)", "organic", "cpc", "paid_social", "social", "email", "referral"])
_SYSTEMS = pl.Series(["Android", "Windows", "iOS", "Android", "iPadOS", "Android"])
_BROWSERS = pl.Series(["Chrome", "Chrome", "Safari", "Edge"])
_REFERRERS = pl.Series(["https://www.google.co.th/", "https://www.facebook.com/", "https://blog.example/money"])
_PROVINCES_EN = pl.Series([
    "Bangkok", "Nonthaburi", "Samut Prakan", "Pathum Thani", "Chon Buri", "Chiang Mai", "Nakhon Ratchasima",
    "Khon Kaen",
    "Phuket", "Songkhla", "Rayong", "Nakhon Pathom", "Udon Thani", "Surat Thani", "Phitsanulok", "Ubon Ratchathani",
])  # fmt: skip


def emit_events(cohort: Cohort, month: Month, sessions: Sessions, harvest: Harvest) -> None:
    """Write the events of the sessions, and the pixel events and conversions that follow from them."""
    rng = cohort.rng(month.number, "events")
    events = _draw_events(cohort, sessions, rng)
    _write_events(cohort, month, sessions, events, harvest, rng)
    _write_pixel_events(cohort, month, sessions, events, harvest, rng)
    _write_conversions(cohort, month, sessions, harvest)


def _draw_events(cohort: Cohort, sessions: Sessions, rng: np.random.Generator) -> dict[str, Array]:
    """Draw what happens in each session: kind, seconds after its begin, topic, page."""
    person, size = cohort.person, len(sessions)
    app = is_app(cohort.tables["device"]["kind"][sessions.device])
    promo = person["promo"][sessions.actor]
    pages = 1 + rng.poisson(1.3 + 0.8 * (sessions.topic > 0), size)
    session = repeat_rows(pages)
    viewed = {
        "session": session,
        "kind": np.where(app[session], SCREEN, PAGE),
        "offset": 1 + running_number(session) * 45 + rng.integers(0, 40, len(session)),
        "on_topic": happens(rng, 0.8, len(session)),
    }
    everyone = np.arange(size)
    parts = [{"session": everyone, "kind": np.full(size, START), "offset": np.zeros(size, dtype=np.int64)}, viewed]
    chances = (
        (LOGIN, (sessions.login >= 0).astype(float), 48), (SEARCH, 0.10 + 0.14 * (sessions.topic > 0), 30),
        (VIEW_PROMOTION, 0.25 + 0.15 * promo, 20), (SELECT_CONTENT, np.full(size, 0.10), 60),
        (LEAD, sessions.asks.astype(float), 300), (APPLY, 0.6 * sessions.asks, 310),
        (SUBMIT, 0.35 * sessions.asks, 420),
    )  # fmt: skip
    for kind, chance, offset in chances:
        some = np.flatnonzero(happens(rng, chance, size))
        at = np.where(app[some] & (kind == LOGIN), 4, offset) + rng.integers(0, 12, len(some))
        parts.append({"session": some, "kind": np.full(len(some), kind), "offset": at})
        if kind == VIEW_PROMOTION:
            # Variant B of the app's home draws no more clicks than A; people fond of promotions click more.
            clicked = happens(rng, 0.05 + 0.3 * promo[some], len(some))
            parts.append(
                {"session": some[clicked], "kind": np.full(clicked.sum(), SELECT_PROMOTION), "offset": at[clicked] + 9}
            )
    for part in parts:
        part.setdefault("on_topic", np.ones(len(part["session"]), dtype=bool))
    events = {
        name: np.concatenate([part[name] for part in parts]) for name in ("session", "kind", "offset", "on_topic")
    }
    order = np.argsort(sessions.second[events["session"]] * 1_024 + np.minimum(events["offset"], 1_000), kind="stable")
    return {name: values[order] for name, values in events.items()}


def _write_events(
    cohort: Cohort,
    month: Month,
    sessions: Sessions,
    events: dict[str, Array],
    harvest: Harvest,
    rng: np.random.Generator,
) -> None:
    device, session, kind, size = cohort.tables["device"], events["session"], events["kind"], len(events["session"])
    second = sessions.second[session] + events["offset"]
    per_session = _session_columns(cohort, month, sessions)
    # Before the login event of a session its user id is not yet known.
    at_login = np.full(len(sessions), 1 << 40)
    logins = kind == LOGIN
    at_login[session[logins]] = events["offset"][logins]
    known = events["offset"] >= at_login[session]
    user = pick(user_ids(cohort, np.arange(cohort.size)), np.where(known, sessions.login[session], -1))
    topic = np.where(events["on_topic"], sessions.topic[session], rng.integers(0, len(vocabulary.TOPICS), size))
    page = topic * vocabulary.PAGES_PER_TOPIC + (second * 7 + session) % vocabulary.PAGES_PER_TOPIC
    page = np.where(kind >= LEAD, topic * vocabulary.PAGES_PER_TOPIC + 5, page)
    shows = (kind == PAGE) | (kind == SCREEN) | (kind == SELECT_CONTENT) | (kind >= LEAD)
    promotes = (kind == VIEW_PROMOTION) | (kind == SELECT_PROMOTION)
    promotion = topic * 3 + session % 3
    app = is_app(device["kind"][sessions.device[session]])
    first = np.where((kind == START) & ~app, sessions.origin[session], -1)
    harvest.add(
        "digital", "events",
        person=true_persons(cohort)[sessions.actor[session]], due=second // DAY,
        event_id=numbered(f"EV{cohort.number:03d}M{month.number - 24_000}N", np.arange(size)),
        event_name=NAMES.gather(kind), event_timestamp=(second - UTC_OFFSET_SECONDS) * 1_000_000 + session % 1_000_000,
        user_id=user, **{name: values.gather(session) for name, values in per_session.items()},
        page_location=pick(vocabulary.PAGE_LOCATIONS, np.where(app, -1, page)),
        page_title=pick(vocabulary.PAGE_TITLES, page),
        page_referrer=pick(_REFERRERS,
            np.select([(first == 1) | (first == 2), first == META, first == 6], [0, 1, 2], -1)),
        search_term=pick(
            vocabulary.SEARCH_TERMS,
            np.where(kind == SEARCH,
                topic * vocabulary.SEARCHES_PER_TOPIC + session % vocabulary.SEARCHES_PER_TOPIC, -1),
        ),
        promotion_id=pick(vocabulary.PROMOTION_IDS, np.where(promotes, promotion, -1)),
        promotion_name=pick(vocabulary.PROMOTION_NAMES, np.where(promotes, promotion, -1)),
        creative_name=pick(vocabulary.CREATIVES, np.where(promotes, session % 4, -1)),
        content_id=pick(vocabulary.CONTENT_IDS, np.where(shows, page, -1)),
        content_group=pick(vocabulary.TOPIC_NAMES, np.where(shows | (kind == SEARCH), topic, -1)),
        engagement_time_msec=np.where(shows, 2_000 + (second * 7_919 + session * 104_729) % 58_000, 0),
        event_value=np.where(kind == SUBMIT, 350.0, np.nan),
        currency_code=pick(pl.Series(["THB"]), np.where(kind == SUBMIT, 0, -1)),
    )  # fmt: skip


def _session_columns(cohort: Cohort, month: Month, sessions: Sessions) -> dict[str, Any]:
    """Return the columns that all events of a session share."""
    device, rows = cohort.tables["device"], sessions.device
    kind = device["kind"][rows]
    app = is_app(kind)
    person = cohort.person
    platform = np.where(kind == IOS, 1, np.where(kind == ANDROID, 2, 0))
    thai = person["nation"][sessions.actor] == 0
    return {
        "platform": pick(pl.Series(["WEB", "IOS", "ANDROID"]), platform),
        "stream_id": pick(pl.Series(["4471209931", "4471209932", "4471209933"]), platform),
        "user_pseudo_id": pseudo_ids(cohort, rows),
        "ga_session_id": pl.Series(sessions.second - UTC_OFFSET_SECONDS),
        "device_vendor_id": vendor_ids(cohort, rows),
        "device_advertising_id": advertising_ids(cohort, rows),
        "device_category": pick(
            pl.Series(["mobile", "desktop", "tablet"]),
            np.where(kind == WEB_DESKTOP, 1, np.where(kind >= FAMILY_TABLET, 2, 0)),
        ),
        "device_operating_system": pick(_SYSTEMS, np.where((kind == WEB_MOBILE) & (rows % 5 < 2), 2, kind)),
        "device_browser": pick(_BROWSERS, np.where(app, -1, np.where(kind == WEB_MOBILE, rows % 5 < 2, 0) * 2)),
        "device_language": pick(pl.Series(["th-th", "en-us"]), np.where(thai, rows % 9 == 0, 1).astype(np.int64)),
        "geo_country": pl.repeat("Thailand", len(rows), eager=True),
        "geo_region": pick(_PROVINCES_EN, person["province"][sessions.actor]),
        "traffic_source": pick(SOURCES, sessions.origin),
        "traffic_medium": pick(MEDIA, sessions.origin),
        "traffic_campaign": pick(UTM_CAMPAIGNS, sessions.ad),
        "gclid": gclids(cohort, month, sessions, np.arange(len(sessions))),
        "fbclid": fbclids(cohort, month, sessions, np.arange(len(sessions))),
    }


def gclids(cohort: Cohort, month: Month, sessions: Sessions, rows: Array) -> pl.Series:
    """Return the Google click ids of sessions that came over an ad."""
    return click_ids("Cj0KCQ", _clicks(cohort, month, sessions, rows, GOOGLE), 41)


def fbclids(cohort: Cohort, month: Month, sessions: Sessions, rows: Array) -> pl.Series:
    """Return the Meta click ids of sessions that came over an ad."""
    return click_ids("IwAR", _clicks(cohort, month, sessions, rows, META), 43)


def _clicks(cohort: Cohort, month: Month, sessions: Sessions, rows: Array, origin: int) -> Array:
    unique = cohort.unique_numbers(rows) * 4_096 + month.number % 4_096
    result: Array = np.where(sessions.origin[rows] == origin, unique, -1)
    return result


def _write_pixel_events(
    cohort: Cohort,
    month: Month,
    sessions: Sessions,
    events: dict[str, Array],
    harvest: Harvest,
    rng: np.random.Generator,
) -> None:
    """The pixel sees part of the site's events: those who came over Meta, and a share of the others."""
    names = pl.Series(["PageView", "ViewContent", "Search", "Lead", "SubmitApplication"])
    codes = np.full(len(NAMES), -1)
    codes[[PAGE, SELECT_CONTENT, SEARCH, LEAD, SUBMIT]] = np.arange(5)
    web = ~is_app(cohort.tables["device"]["kind"][sessions.device])
    seen = web & ((sessions.origin == META) | happens(rng, 0.10, len(sessions)))
    rows = np.flatnonzero(seen[events["session"]] & (codes[events["kind"]] >= 0))
    session = events["session"][rows]
    devices, second = sessions.device[session], sessions.second[session] + events["offset"][rows]
    logged = np.where(happens(rng, 0.5, len(rows)), sessions.login[session], -1)
    pseudo = pseudo_ids(cohort, devices)
    user: Any = user_ids(cohort, logged, logged >= 0)
    clicked = fbclids(cohort, month, sessions, session)
    began = pl.Series((second - UTC_OFFSET_SECONDS) * 1_000).cast(pl.String)
    harvest.add(
        "meta_ads", "pixel_events",
        person=true_persons(cohort)[sessions.actor[session]], due=second // DAY,
        pixel_event_id=numbered(f"PX{cohort.number:03d}M{month.number - 24_000}N", np.arange(len(rows))),
        pixel_id="880012345671", event_name=pick(names, codes[events["kind"][rows]]), occurred_at=second,
        fbp=pl.select(pl.lit("fb.1.") + pseudo.str.replace(".", "x", literal=True)).to_series(),
        fbc=pl.select(pl.lit("fb.1.") + began + pl.lit(".") + clicked).to_series(),
        external_id=pl.select(pl.coalesce(user, pseudo)).to_series(),
        user_pseudo_id=pseudo.set(pl.Series(happens(rng, 0.2, len(rows))), None),
        page_location=pick(vocabulary.PAGE_LOCATIONS, sessions.topic[session] * vocabulary.PAGES_PER_TOPIC),
        content_group=pick(vocabulary.TOPIC_NAMES, sessions.topic[session]),
    )  # fmt: skip


def _write_conversions(cohort: Cohort, month: Month, sessions: Sessions, harvest: Harvest) -> None:
    rows = np.flatnonzero(sessions.asks & (sessions.origin == GOOGLE))
    second = sessions.second[rows] + 302
    harvest.add(
        "google_ads", "conversions",
        person=true_persons(cohort)[sessions.actor[rows]], due=second // DAY + 1,
        conversion_id=numbered(f"GC{cohort.number:03d}M{month.number - 24_000}N", rows),
        gclid=gclids(cohort, month, sessions, rows), conversion_action="lead", converted_at=second,
        campaign_id=pick(GOOGLE_CAMPAIGNS, sessions.ad[rows] // 2), ad_group_id=pick(GOOGLE_GROUPS, sessions.ad[rows]),
        conversion_value=np.full(len(rows), 350.0), currency_code="THB",
        user_id=user_ids(cohort, sessions.login[rows], sessions.login[rows] >= 0),
    )  # fmt: skip
