"""Devices belong to people by interval: the models against the rules, and against time going on."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.visit_rules import (
    CLAIMED,
    Event,
    Log,
    Registration,
    Windows,
    build,
    compile_models,
    connect,
    owners_of_events,
    run,
    tell,
)

END = datetime(2024, 1, 1)
YEAR, DAY, MINUTE, MOMENT = timedelta(days=365), timedelta(days=1), timedelta(minutes=1), timedelta(microseconds=1)
# Steps that meet the borders of all windows, from inside, outside and exactly.
SHORT_STEPS = (timedelta(0), MOMENT, MINUTE, 30 * MINUTE, 30 * MINUTE + MOMENT)
LONG_STEPS = (
    DAY, 9 * DAY, 10 * DAY, 10 * DAY + MOMENT, 30 * DAY - MINUTE, 30 * DAY, 30 * DAY + MOMENT, 100 * DAY,
    100 * DAY + MOMENT,
)  # fmt: skip
STEPS = st.one_of(st.sampled_from(SHORT_STEPS), st.sampled_from(LONG_STEPS))
ZEROS = "00000000-0000-0000-0000-000000000000"
PERSONS = {"u1": "p1", "u1b": "p1", "u2": "p2"}
WINDOWS = {
    "waits": Windows(contest_back=timedelta(days=100), contest_ahead=timedelta(days=10)),
    "claims at once": Windows(contest_back=timedelta(days=30), contest_ahead=timedelta(0)),
}
EXAMPLES = settings(
    max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

Compiled = tuple[dict[str, str], Windows]


# dbt parses the whole project for other windows; the first has all the rules in it.
@pytest.fixture(scope="module", params=["waits", pytest.param("claims at once", marks=pytest.mark.slow)])
def compiled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    windows = WINDOWS[request.param]
    return compile_models(tmp_path_factory.mktemp("visits"), windows), windows


@st.composite
def scenes(draw: st.DrawFn, number: int) -> tuple[list[Event], list[Registration]]:
    """A few people at two cookies and a phone: overlapping sessions, nobody's logins, forms, wrong clocks."""
    steps = draw(st.lists(STEPS, min_size=6, max_size=12))
    at = END - sum(steps, draw(STEPS))
    # One phone may be behind both cookies, as after a new installation of an app.
    vendors = {cookie: draw(st.sampled_from([None, f"phone{number}"])) for cookie in (f"a{number}", f"b{number}")}
    events: list[Event] = []
    forms: list[Registration] = []
    for place, step in enumerate(steps):
        at += step
        cookie = draw(st.sampled_from([f"a{number}", f"a{number}", f"b{number}"]))
        if draw(st.integers(0, 9)) == 0:
            person = draw(st.sampled_from(["p1", "p2", None]))
            forms.append(Registration(f"r{number}.{place}", at, cookie, person))
            continue
        session = draw(st.sampled_from([f"{cookie}.1"] * 4 + [f"{cookie}.2", None]))
        vendor = draw(st.sampled_from([vendors[cookie]] * 5 + [None]))
        login = draw(st.sampled_from([None] * 4 + ["u1", "u1", "u1b", "u2", "nobody"]))
        arrived = at + draw(st.sampled_from([DAY, DAY, DAY, DAY, -DAY]))
        # Identifiers in no order of time.
        event_id = f"e{number:02}.{place * 7 % 16:02}"
        events.append(Event(event_id, at, cookie, session, vendor, vendor and ZEROS, login, arrived))
    return events, forms


@st.composite
def logs(draw: st.DrawFn) -> Log:
    """Several scenes that know nothing of each other, so that one run of the models tries many cases."""
    played = [draw(scenes(number)) for number in range(draw(st.integers(8, 16)))]
    return Log([event for events, _ in played for event in events], [f for _, forms in played for f in forms], PERSONS)


@EXAMPLES
@given(log=logs())
def test_the_models_tell_what_the_rules_tell(compiled: Compiled, log: Log) -> None:
    models, windows = compiled
    assert run(models, log) == tell(_without_zeros(log), windows)


def _without_zeros(log: Log) -> Log:
    return Log([event._replace(advertising=None) for event in log.events], log.registrations, log.persons)


@EXAMPLES
@given(log=logs(), data=st.data())
def test_a_claim_stays_whatever_happens_later(compiled: Compiled, log: Log, data: st.DataObject) -> None:
    models, _ = compiled
    times = sorted({event.at for event in log.events} | {form.at for form in log.registrations})
    today = data.draw(st.sampled_from(times))
    before, after = run(models, log.until(today)), run(models, log)
    for event_id, owner in before.items():
        if owner.person:
            assert after[event_id].person == owner.person, (event_id, owner, after[event_id])
        if owner.confidence == "contested":
            assert after[event_id].confidence in ("contested", "authenticated"), (event_id, after[event_id])


def branch_tablet(chance: random.Random, logins: int) -> tuple[list[Event], dict[str, str]]:
    """A tablet in a branch, and who really stands before it: half of them sign in, some hand it over signed in."""
    events: list[Event] = []
    truth: dict[str, str] = {}
    for session in range(logins * 2):
        customer, following = (str(chance.randrange(logins // 3)) for _ in range(2))
        login = customer if session % 2 else None
        taps = [(None, customer), (login, customer), (None, customer)]
        if login and chance.random() < 0.1:
            taps += [(following, following), (None, following)]
        at = END - YEAR + session * 25 * MINUTE
        for place, (shown, who) in enumerate(taps):
            event_id = f"t{len(events):06}"
            tapped_at = at + place * MINUTE
            events.append(Event(event_id, tapped_at, "tablet", f"tablet.{session}", None, None, shown, tapped_at + DAY))
            truth[event_id] = who
    return events, truth


def test_a_branch_tablet_with_ten_thousand_logins(compiled: Compiled) -> None:
    """Nobody gets what somebody else did there, and it takes no longer for standing in one place."""
    models, windows = compiled
    events, truth = branch_tablet(random.Random(20261124), 10_000)
    log = Log(events, [], {login: login for login in set(truth.values())})
    connection = connect(log)
    begun = monotonic()
    build(models, connection)
    seconds = monotonic() - begun
    owners = owners_of_events(connection)
    claimed = {event_id: owner for event_id, owner in owners.items() if owner.confidence in CLAIMED}
    wrong = [event_id for event_id, owner in claimed.items() if owner.person != truth[event_id]]
    assert len(owners) == len(events) > 60_000
    assert len(claimed) > 28_000
    print(f"{len(events)} events in {seconds:.1f} s, {len(claimed)} claimed, {len(wrong)} wrong")
    if windows.contest_ahead:
        assert not wrong
    else:
        # Claimed at once, the visit before the very first login is anybody's.
        assert len(wrong) <= 3
    # A join of visits and moments by range would make 10^8 pairs.
    assert seconds < 60
