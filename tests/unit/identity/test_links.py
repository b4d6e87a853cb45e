"""What is loaded of a cluster tells the same as all of it, and the dbt macro tells the same chain."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta
from typing import Any

import duckdb
import jinja2
from hypothesis import given, settings
from hypothesis import strategies as st

from cardinal.identity.graph import Link, LinkGraph
from cardinal.identity.links import Level, load_cluster
from cardinal.identity.records import find_record
from cardinal.settings import PROJECT_DIR
from tests.unit.identity.small_warehouse import FIRST_DAY, Shown, fill_warehouse

TYPES = ("customer_number", "login", "email")
A, B = "crm.contacts:0", "crm.contacts:1"
MACRO = "macros/identity/identity_chain.sql"
RELATIONS = {"identifier_rules": "seeds.identifier_rules"}

shown_rows = st.sets(st.tuples(st.integers(0, 8), st.integers(0, 6), st.booleans()), min_size=2, max_size=22)


def small_world(rows: set[tuple[int, int, bool]]) -> list[Shown]:
    """Records and values by number; the numbers give type, day, and how strong the evidence is."""
    strongest: dict[tuple[int, int], bool] = {}
    for record, value, is_strong in sorted(rows):
        strongest[record, value] = is_strong
    return [
        Shown(
            f"crm.contacts:{record}",
            TYPES[value % 3],
            f"value {value}",
            "verified" if is_strong else "declared",
            FIRST_DAY + timedelta(days=record * 7 % 4),
        )
        for (record, value), is_strong in strongest.items()
    ]


def whole_cluster(connection: duckdb.DuckDBPyConnection, level: Level) -> LinkGraph:
    """All admitted links of the warehouse, in the same order of preference."""
    joins = "('person')" if level == "person" else "('person', 'reach')"
    rows = connection.execute(
        f"""
        select record_key, value_key, priority, min(seen_date) over (partition by record_key)
        from intermediate.int_identity__admitted_links as links
        inner join seeds.identifier_rules as rules on links.identifier_type = rules.identifier_type
        where joins_as in {joins}
        """
    ).fetchall()
    return LinkGraph(
        (Link(row[0], row[1]) for row in rows), {row[0]: row[3] for row in rows}, {row[1]: row[2] for row in rows}
    )


def render_macro(record_a: str, record_b: str, with_reach: bool) -> str:
    """Render the macro as dbt would, with this warehouse's names."""
    text = (PROJECT_DIR / MACRO).read_text(encoding="utf-8")
    names: dict[str, Any] = {
        "ref": lambda name: RELATIONS.get(name, f"intermediate.{name}"),
        "key64": lambda expression: f"md5_number_lower({expression})",
    }
    environment = jinja2.Environment()  # noqa: S701 - SQL, not HTML
    call = f"{{{{ identity_chain('{record_a}', '{record_b}', {str(with_reach).lower()}) }}}}"
    return environment.from_string(text + call).render(**names)


@settings(max_examples=50, deadline=None)
@given(shown_rows, st.sampled_from(["person", "reach"]))
def test_chains_cuts_and_the_macro_agree_with_the_whole_graph(rows: set[tuple[int, int, bool]], level: Level) -> None:
    with duckdb.connect() as connection:
        fill_warehouse(connection, [*small_world(rows), Shown(A, "login", "own a"), Shown(B, "login", "own b")])
        one, other = find_record(connection, A), find_record(connection, B)
        whole = whole_cluster(connection, level)
        chain = whole.find_chain(one.key, other.key)
        told = connection.execute(render_macro(A, B, level == "reach")).fetchall()
        if chain is None:
            assert (one.person_key if level == "person" else one.reach_key) != (
                other.person_key if level == "person" else other.reach_key
            )
            assert told == []
            return
        loaded = load_cluster(connection, one, other, level)
        assert loaded.find_chain(one.key, other.key) == chain
        assert loaded.find_cuts(chain) == whole.find_cuts(chain)
        keys = dict(
            connection.execute(
                "select source_name || '.' || table_name || ':' || record_id, record_key"
                " from intermediate.int_identity__record_identifiers"
            ).fetchall()
        )
        assert [(step, Link(keys[record], value)) for step, record, _, value, _, _ in told] == list(
            enumerate(chain, start=1)
        )


def hub(connection: duckdb.DuckDBPyConnection, count: int) -> None:
    """Make events that all show one login and one customer number, a contact with each of the two."""
    fill_warehouse(connection, [Shown(A, "login", "U1"), Shown(B, "customer_number", "C1")])
    connection.execute(
        f"""
        insert into intermediate.int_identity__links
        select hash(event) as record_key, md5_number_lower(shown.value) as value_key, shown.type, date '2026-02-01',
            'person'
        from range({count}) as events(event)
        cross join (values ('login', 'login:U1'), ('customer_number', 'customer_number:C1')) as shown(type, value)
        """
    )
    connection.execute("drop table intermediate.int_identity__clusters")
    connection.execute(
        "create table intermediate.int_identity__clusters as select record_key, 1 as linked_key, 1 as person_key,"
        " 1 as reach_key from intermediate.int_identity__links group by record_key"
    )


def test_a_hub_of_a_hundred_thousand_records_is_collapsed_and_no_single_one_of_them_is_a_cut() -> None:
    with duckdb.connect() as connection:
        hub(connection, 100_000)
        one, other = find_record(connection, A), find_record(connection, B)
        tracemalloc.start()
        graph = load_cluster(connection, one, other, "person")
        chain = graph.find_chain(one.key, other.key)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert chain is not None
        assert len(chain) == 4
        assert peak < 1_000_000
        cuts = graph.find_cuts(chain)
        assert set(cuts.values) == {chain[0].value, chain[-1].value}
        assert cuts.records == ()
        assert cuts.links == (chain[0], chain[-1])
        told = connection.execute(render_macro(A, B, False)).fetchall()
        assert [row[3] for row in told] == [link.value for link in chain]
