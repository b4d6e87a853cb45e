"""A real shop's clicks: 31,106 events of 600 users, whose sessions and event names are published with them.

The data are public but not ours to give: the tests look for them in `$CARDINAL_SHARED_DATA/clickstream`, or in
`../shared/data/clickstream` beside the repository, and skip where they aren't.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import jinja2
import pytest

from cardinal.settings import PROJECT_DIR
from tests.identity.macro_runner import MacroRunner
from tests.integration.funnel_rules import Event, compiled, declared, looped

SHARED_DATA = Path(os.environ.get("CARDINAL_SHARED_DATA") or PROJECT_DIR.parent / "shared" / "data")
CLICKS = SHARED_DATA / "clickstream" / "ecom.csv.gz"
STEPS = ("product_view", "add_to_cart", "cart", "payment_details", "purchase")
NOTHING = "cast(null as varchar)"

pytestmark = pytest.mark.skipif(not CLICKS.is_file(), reason=f"the clicks aren't in {CLICKS}")


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"create table clicks as select row_number() over () as no, * from read_csv('{CLICKS}')")
    return connection


def test_it_is_the_data_set_that_is_published(connection: duckdb.DuckDBPyConnection) -> None:
    counts = connection.execute(
        "select count(*), count(distinct user_id), count(distinct session_id), count(distinct event) from clicks"
    ).fetchall()
    assert counts == [(31_106, 600, 3_605, 19)]


def test_pauses_alone_find_the_published_sessions(connection: duckdb.DuckDBPyConnection) -> None:
    """Without a session number, a pause of more than 30 minutes makes the same 3,605 sessions, event by event."""
    connection.execute(f"""
        create or replace table stg_digital__events as select
            lpad(cast(no as varchar), 6, '0') as event_id, "timestamp" as occurred_at, user_id as user_pseudo_id,
            {NOTHING} as session_key, {NOTHING} as device_vendor_id, {NOTHING} as device_advertising_id,
            {NOTHING} as user_id, "timestamp" as _first_ingested_at
        from clicks
    """)
    connection.execute("create or replace table int_identity__person_records (source_name text, table_name text, "
                       "record_id text, person_id text)")  # fmt: skip
    settings = {"visit_timeout_minutes": 30, "visit_ends_at_midnight": False, "visit_ends_with_new_campaign": False}
    path = PROJECT_DIR / "models" / "intermediate" / "identity" / "int_identity__visit_events.sql"
    template = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(path.read_text())  # noqa: S701
    sql = template.render(ref=lambda name: name, **MacroRunner(connection, var=settings.__getitem__).macros)
    (row,) = connection.execute(f"""
        with pairs as (
            select clicks.session_id, visits.visit_id
            from ({sql}) as visits
            inner join clicks on cast(visits.event_id as integer) = clicks.no
            group by all
        )
        select count(*), count(distinct session_id), count(distinct visit_id) from pairs
    """).fetchall()
    assert row == (3_605, 3_605, 3_605)


@pytest.mark.parametrize("order", ["loose", "strict"])
def test_a_funnel_of_five_steps_is_what_a_loop_over_the_clicks_finds(
    connection: duckdb.DuckDBPyConnection, order: str
) -> None:
    rows = connection.execute("select user_id, epoch_us(\"timestamp\"), event, 'web' from clicks").fetchall()
    events = [Event(*row) for row in rows]
    declaration = {"within_days": 7, "order": order, "steps": [{"step": name, "event": name} for name in STEPS]}
    found = compiled(declared({"shop": declaration})["shop"], events)
    loop = {
        "steps": [{name} for name in STEPS],
        "window": 7 * 86_400_000_000,
        "strict": order == "strict",
        "among": ["web"],
    }
    assert found == looped(loop, events)
    viewers = connection.execute("select count(distinct user_id) from clicks where event = 'product_view'").fetchall()
    assert len({row.traveller_id for row in found if row.step_no == 1}) == viewers[0][0]
    assert order == "strict" or max(row.step_no for row in found) == len(STEPS)
