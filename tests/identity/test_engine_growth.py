"""What the engine works through grows with what it is given, also within one transaction, as dbt runs it.

DuckDB knows little of the sizes of tables that the same transaction made, and may then join two that have only the
limit in common: each component with every other one, minutes for a million people and nothing to see for a thousand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.identity.engine import Engine
from tests.identity.oracle import Limit, Stitching

# Two people, each sure of their own value and of another birth date than the other, who share a weak value.
COUPLES = 2_000
EACH = f"range({COUPLES}) as couples(n), range(2) as who(who)"
RECORD = "md5_number_lower('r' || n || '.' || who) as record_key"
LINKS = f"""
    select {RECORD}, md5_number_lower('s' || n || '.' || who) as value_key, 3 as type_no, 'person' as joins_as,
        n * 10 + who as link_rank from {EACH}
    union all
    select {RECORD}, md5_number_lower('w' || n), 9, 'reach', 10000000 + n * 10 + who from {EACH}
    union all
    select {RECORD}, 90 + who, 17, null, 90000000 + n * 10 + who from {EACH}
"""


class Counting:
    """A connection that notes how many rows the busiest step of each statement gave."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, profile: Path) -> None:
        self.connection, self.profile = connection, profile
        self.most: dict[str, int] = {}
        connection.execute(f"pragma enable_profiling = 'json'; set profiling_output = '{profile}'")
        connection.execute("""set custom_profiling_settings = '{"OPERATOR_CARDINALITY": "true"}'""")

    def execute(self, sql: str) -> duckdb.DuckDBPyConnection:
        self.profile.unlink(missing_ok=True)
        done = self.connection.execute(sql)
        if self.profile.exists():
            most = max(_cardinalities(json.loads(self.profile.read_text())), default=0)
            self.most[sql] = max(most, self.most.get(sql, 0))
        return done


def _cardinalities(node: dict[str, Any]) -> Iterator[int]:
    yield node.get("operator_cardinality", 0)
    for child in node.get("children", ()):
        yield from _cardinalities(child)


@pytest.fixture
def engine() -> Engine:
    engine = Engine(memory_limit="2GB")
    engine.show([], {17: Limit(1), 98: Limit(1), 99: Limit(50)})
    engine.connection.execute(
        "insert into links select record_key, value_key, type_no, joins_as, link_rank, null, date '2020-01-01'"
        f" from ({LINKS})"
    )
    return engine


def assert_apart(found: Stitching) -> None:
    assert len(found.reach) == len(set(found.reach.values())) == 2 * COUPLES, "who contradict each other are apart"
    assert len(found.refused) == COUPLES


def assert_grows_with_its_links(counting: Counting) -> None:
    links = 6 * COUPLES
    assert len(counting.most) > 50, "most statements were looked at"
    most, statement = max((most, sql) for sql, most in counting.most.items())
    assert links <= most < 4 * links, f"{most:,} rows of {links:,} links: {statement[:200]}"


def test_components_that_break_the_same_limit_are_not_joined_with_each_other(engine: Engine, tmp_path: Path) -> None:
    engine.macros.connection = counting = Counting(engine.connection, tmp_path / "profile.json")
    engine.connection.execute("begin")
    assert_apart(engine.stitch())
    assert_grows_with_its_links(counting)


def test_nor_are_they_when_a_day_changes_them(engine: Engine, tmp_path: Path) -> None:
    records = [key for (key,) in engine.connection.execute("select distinct record_key from links").fetchall()]
    engine.restitch(records)
    engine.macros.connection = counting = Counting(engine.connection, tmp_path / "profile.json")
    engine.connection.execute("begin")
    assert_apart(engine.restitch(records))
    assert_grows_with_its_links(counting)
