"""The engine's plans: no model compares every row with every row where it could look the partner up."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb

from cardinal.build import open_build
from tests.integration.house import House

EQUALITY = re.compile(r"\w+ = \w+")


def test_joins_on_a_key_are_looked_up(house: House) -> None:
    """Incident: a left join with a condition on its left side alone tried 333,000 x 276,000 pairs.

    DuckDB looks partners up only if each condition compares the two sides, and none does both that and more: a
    condition on one side belongs into the CTE of that side, `coalesce(a <= b, true)` is `a <= coalesce(b, ...)`.
    """
    folder = house.target / "compiled" / "cardinal" / "models"
    models = sorted(path for path in folder.rglob("*.sql") if path.parent.suffix != ".yml")
    assert len(models) > 200, "the house's models aren't compiled"
    with open_build(house.settings) as connection:
        found = [f"{model.stem}: {condition}" for model in models for condition in slow_joins(connection, model)]
    assert not found, "These joins try all pairs:\n" + "\n".join(found)


def test_a_join_that_tries_all_pairs_is_seen(tmp_path: Path) -> None:
    model = tmp_path / "model.sql"
    with duckdb.connect() as connection:
        connection.execute("create table a as select range as x, 'k' as kind from range(10); create table b as from a")
        model.write_text("select a.x from a left join b on a.x = b.x and a.kind = 'k'")
        assert len(list(slow_joins(connection, model))) == 1
        model.write_text("select a.x from a left join b on a.x = b.x and b.kind = 'k'")
        assert not list(slow_joins(connection, model))


def slow_joins(connection: duckdb.DuckDBPyConnection, model: Path) -> Iterator[str]:
    """Return the conditions of a model's joins that try all pairs although they compare keys."""
    rows = connection.execute("explain (format json) " + model.read_text(encoding="utf-8")).fetchall()
    nodes = list(json.loads(rows[0][1]))
    while nodes:
        node = nodes.pop()
        condition = str(node["extra_info"].get("Condition", ""))
        if node["name"] == "BLOCKWISE_NL_JOIN" and any(EQUALITY.fullmatch(part) for part in conjuncts(condition)):
            yield condition
        nodes.extend(node["children"])


def conjuncts(condition: str) -> list[str]:
    """Part a condition at its outer ANDs: an equality under an OR is nothing to look up by."""
    if is_enclosed(condition):
        return conjuncts(condition[1:-1])
    depth, start, parts = 0, 0, []
    for place, sign in enumerate(condition):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0 and condition.startswith(" AND ", place):
            parts.append(condition[start:place])
            start = place + len(" AND ")
    if not parts:
        return [condition]
    return [one for part in [*parts, condition[start:]] for one in conjuncts(part)]


def is_enclosed(condition: str) -> bool:
    """Return whether the first bracket closes with the last sign."""
    depth = 0
    for place, sign in enumerate(condition):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return sign == ")" and place == len(condition) - 1
    return False
