"""Ledger and history of segments in SQL against plain sums in Python, over random builds and ledgers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

import duckdb
import jinja2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardinal.settings import PROJECT_DIR

# What is there beyond 126 segments has no bit and is added up in the slower way, and so is a segment that is no more.
SHORT, LONG = ["a", "b"], ["a", *(f"s{number}" for number in range(125)), "b"]
SEGMENTS, PEOPLE = ("a", "b", "gone"), ("p1", "p2", "p3", "p4")
BEGIN = date(2030, 1, 1)
Change = tuple[int, date, str, str, int]

people = st.sampled_from(PEOPLE)
# Ids may lead to another person in one build and be themselves again in the next.
redirects = st.dictionaries(people, people, max_size=2)
memberships = st.frozensets(st.tuples(st.sampled_from(("a", "b")), people), max_size=6)
builds = st.lists(st.tuples(memberships, redirects, st.integers(0, 2)), min_size=1, max_size=7)
wild = st.lists(
    st.tuples(st.sampled_from(SEGMENTS), people, st.integers(0, 4), st.sampled_from((1, 1, 1, -1, -1, -2, 2))),
    max_size=14,
)


def render(model: str, names: list[str]) -> str:
    """Return the SQL of a model over tables of a test's own."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 - SQL is no page
    bits = (PROJECT_DIR / "macros" / "segments" / "segment_bits.sql").read_text(encoding="utf-8")
    path = PROJECT_DIR / "models" / "segments" / f"{model}.sql"
    return environment.from_string(path.read_text(encoding="utf-8")).render(
        ref=lambda name: name,
        config=lambda **_: "",
        segment_names=lambda: names,
        segment_bits=environment.from_string(bits).module.segment_bits,
        lake_ledger=lambda *_: "select * from ledger",
    )


def current(person: str, leads: dict[str, str]) -> str:
    """Return whom an id leads to: one step, as the ids of a build do."""
    return leads.get(person, person)


def expected_changes(
    ledger: list[Change], members: Iterable[tuple[str, str]], leads: dict[str, str]
) -> set[tuple[str, str, int]]:
    """Who is in and has no stay enters; who has one and isn't in leaves all of it."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for _, _, segment, person, step in ledger:
        sums[segment, current(person, leads)] += step
    open_stays = {pair: count for pair, count in sums.items() if count > 0}
    entries = {(*pair, 1) for pair in members if pair not in open_stays}
    return entries | {(*pair, -count) for pair, count in open_stays.items() if pair not in set(members)}


def expected_stays(ledger: list[Change], leads: dict[str, str]) -> set[tuple]:
    """A stay lasts from the day after which the sum of steps is above 0 to the one after which it isn't."""
    days: dict[tuple[str, str], dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for _, day, segment, person, step in ledger:
        days[segment, current(person, leads)][day] += step
    stays = set()
    for pair, steps in days.items():
        count, since = 0, None
        for day in sorted(steps):
            count += steps[day]
            if count > 0 and since is None:
                since = day
            elif count <= 0 and since is not None:
                stays.add((*pair, since, day, False))
                since = None
        if since is not None:
            stays.add((*pair, since, None, True))
    return stays


def fill(connection: duckdb.DuckDBPyConnection, ledger: list[Change], members: Iterable[tuple], leads: dict) -> None:
    """Make the tables that the models read."""
    connection.execute(
        """
        create or replace table ledger (change_no int, changed_date date, segment text, person_id text, step int);
        create or replace table segment_membership (segment text, person_id text);
        create or replace table person_id_changes (person_id text, current_person_id text);
        """
    )
    for table, rows in (
        ("ledger", ledger),
        ("segment_membership", list(members)),
        # Everybody is listed; who leads nowhere leads to themselves.
        ("person_id_changes", [(person, current(person, leads)) for person in PEOPLE]),
    ):
        if rows:
            connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)


@pytest.fixture(scope="module")
def connection() -> Iterable[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("set threads = 1")
        yield opened


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=builds, names=st.sampled_from((SHORT, SHORT, LONG)))
def test_builds_write_what_changed_and_tell_who_stayed_when(connection, history, names):
    ledger: list[Change] = []
    day = BEGIN
    for members, leads, later in history:
        day += timedelta(days=later)
        fill(connection, ledger, members, leads)
        connection.execute("create or replace table customer_360_pseudonymous as select ? as as_of_date", [day])
        connection.execute(f"create or replace table segment_changes as {render('segment_changes', names)}")
        written = connection.execute("select * from segment_changes").fetchall()
        number = max((change[0] for change in ledger), default=0) + 1
        new = {(number, day, *change) for change in expected_changes(ledger, members, leads)}
        assert sorted(written) == sorted([*ledger, *new])
        ledger = written
        stays = connection.execute(render("segment_membership_history", names)).fetchall()
        assert sorted(stays, key=str) == sorted(expected_stays(ledger, leads), key=str)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=wild, members=memberships, leads=redirects, names=st.sampled_from((SHORT, SHORT, LONG)))
def test_ledgers_that_no_build_wrote_are_added_up_all_the_same(connection, rows, members, leads, names):
    ledger = [
        (number, BEGIN + timedelta(days=day), segment, person, step)
        for number, (segment, person, day, step) in enumerate(rows, 1)
    ]
    fill(connection, ledger, members, leads)
    connection.execute("create or replace table customer_360_pseudonymous as select ? as as_of_date", [BEGIN])
    connection.execute(f"create or replace table segment_changes as {render('segment_changes', names)}")
    new = connection.execute(
        f"select segment, person_id, step from segment_changes where change_no > {len(ledger)}"
    ).fetchall()
    assert sorted(new) == sorted(expected_changes(ledger, members, leads))
    connection.execute(f"delete from segment_changes where change_no > {len(ledger)}")
    stays = connection.execute(render("segment_membership_history", names)).fetchall()
    assert sorted(stays, key=str) == sorted(expected_stays(ledger, leads), key=str)
