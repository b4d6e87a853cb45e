"""How long it takes to advance a million people in each of the five shipped programmes, day by day.

Everybody is in every segment, began an application on the first day, and can be reached by e-mail and SMS: five stays a
person, which is more than any bank has. Each day the snapshot is one day older, and one person in fifty converts. The
time is that of the whole command: read declarations and the snapshot, move people, commit, and put what changed into
the inbox. Baseline, in the same run: the newest event of each kind and person, read from the same snapshot and counted.

    python -m benchmarks.programmes --people 1000000 --days 5
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import duckdb

from cardinal.programmes.advancing import advance
from cardinal.programmes.state import read_state
from cardinal.settings import Settings

SEGMENTS = ("new_customers", "at_risk", "birthday_soon", "hibernating")
EVENTS = ("page_view", "login", "card_purchase", "message_opened", "search", "transfer_in", "salary", "payment")
SNAPSHOT = """
create schema serving.marts; create schema serving.segments; create schema serving.cardinal;
create schema restricted.marts; create schema restricted.audiences;
create table serving.cardinal.build as select 'build-{day}' as build_id, timestamp '2030-01-01' as started_at;
create temp table people as
select 'p' || lpad(cast(n as varchar), 24, '0') as person_id, n from range({people}) as numbers (n);
create table serving.marts.customer_360_pseudonymous as
select person_id, date '2024-01-01' + {day} as as_of_date from people;
create table restricted.marts.customer_360 as
select person_id, 0 as tenure_months, (n % 100) / 100.0 as churn_probability from people;
create table serving.marts.person_id_changes as select person_id, person_id as current_person_id from people;
create table serving.marts.customer_consents as
select person_id, 'marketing' as purpose, channel, true as is_granted
from people, (values ('email'), ('sms')) as channels (channel);
create table restricted.audiences.audience_reach as
select person_id, purpose, channel from serving.marts.customer_consents;
create table serving.marts.customer_suppressions (person_id varchar, channel varchar, reason varchar);
create table serving.segments.segment_membership as select segment, person_id from people, {segments};
create table serving.marts.customer_timeline as
select
    person_id, {kinds}[1 + (n + e) % {kind_count}] as event_kind,
    timestamp '2023-12-01' + to_minutes(cast((n * 7919 + e * 104729) % 40320 as bigint)) as occurred_at
from people, range({events}) as events (e)
union all select person_id, 'application_start', timestamp '2024-01-01 09:00:00' from people
union all
select person_id, if(n % 2 = 0, 'application_submit', 'card_purchase'), timestamp '2024-01-01 10:00:00' + to_days(d)
from people, range(1, {day} + 1) as days (d) where n % 50 = d % 50;
"""
BASELINE = """
select count(*) from (
    select person_id, event_kind, max(occurred_at) from serving.marts.customer_timeline
    where event_kind in ('application_start', 'application_submit', 'card_purchase', 'login', 'message_opened')
    group by all
)
"""


def publish(settings: Settings, people: int, events: int, day: int) -> float:
    """Publish a day, and return how long the baseline took on it."""
    folder = settings.published / "snapshots" / f"day-{day}"
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        for name in ("serving", "restricted"):
            connection.execute(f"attach '{folder}/{name}.duckdb' as {name}")
        segments = ", ".join(f"('{segment}')" for segment in SEGMENTS)
        connection.execute(
            SNAPSHOT.format(
                day=day, people=people, events=events, kinds=list(EVENTS), kind_count=len(EVENTS),
                segments=f"(values {segments}) as segments (segment)",
            )
        )  # fmt: skip
    link = settings.published / "current"
    link.unlink(missing_ok=True)
    link.symlink_to(folder)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{folder}/serving.duckdb' as serving (read_only)")
        began = time.perf_counter()
        connection.execute(BASELINE).fetchall()
        return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=20, help="events of each person before")
    parser.add_argument("--days", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder) / "home", timezone="UTC")
        for day in range(given.days):
            baseline = publish(settings, given.people, given.events, day)
            began = time.perf_counter()
            moves = advance(settings).moves
            seconds = time.perf_counter() - began
            entered, ended, messages = (
                sum(getattr(move, name) for move in moves) for name in ("entered", "ended", "messages")
            )
            began = time.perf_counter()
            advance(settings)
            again = time.perf_counter() - began
            print(
                f"day {day}: {seconds:6.1f} s ({seconds / baseline:.1f} x the baseline of {baseline:.2f} s),"
                f" {entered:,} entered, {ended:,} ended, {messages:,} messages due; the same day again {again:.1f} s"
            )
        with read_state(settings) as state:
            ((stays, messages),) = state.execute(
                "select (select count(*) from entries), (select count(*) from messages)"
            ).fetchall()
        size = (settings.programmes / "state.duckdb").stat().st_size / 1e6
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"{stays:,} stays and {messages:,} messages in {size:,.0f} MB; peak memory {peak:.1f} GB")


if __name__ == "__main__":
    main()
