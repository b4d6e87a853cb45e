"""Households: components against union-find, members against a plain reading of staging, pairs against truth."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardinal.build import open_build
from tests.integration.compiled_models import run_model
from tests.integration.house import House

MODEL = "intermediate/identity/int_identity__household_components.sql"
LINK = st.tuples(
    st.sampled_from(["shared_address", "joint_account"]), st.integers(0, 9), st.integers(0, 14), st.integers(0, 5)
)
MAX_PEOPLE = 12


@pytest.fixture(scope="module")
def memory() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def groups_of(members_by_link: Iterable[Iterable[str]]) -> set[frozenset[str]]:
    """Union-find: who is held together, in groups of two and more."""
    parent: dict[str, str] = {}

    def find(node: str) -> str:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for members in members_by_link:
        first, *others = members
        for other in others:
            parent[find(other)] = find(first)
    groups = defaultdict(set)
    for node in list(parent):
        groups[find(node)].add(node)
    return {frozenset(group) for group in groups.values() if len(group) > 1}


def components(connection: duckdb.DuckDBPyConnection, rows: list[tuple[str, str, str, bool]]) -> set[frozenset[str]]:
    connection.execute("""
        create or replace table int_identity__household_links (
            evidence_type varchar, evidence_key varchar, person_id varchar, is_admitted boolean
        )
    """)
    if rows:
        connection.executemany("insert into int_identity__household_links values (?, ?, ?, ?)", rows)
    found = defaultdict(set)
    for person, component in run_model(connection, MODEL):
        found[component].add(person)
    assert all(component == min(people) for component, people in found.items())
    return {frozenset(people) for people in found.values()}


@settings(max_examples=150, deadline=None, derandomize=True)
@given(links=st.sets(LINK, max_size=25), order=st.randoms(use_true_random=False))
def test_components_are_those_of_union_find_in_any_order_of_rows(
    memory: duckdb.DuckDBPyConnection, links: set[tuple[str, int, int, int]], order: object
) -> None:
    # One key in six is refused, with all who share it.
    rows = sorted({(kind, f"k{key}", f"p{person:02}", (key + len(links)) % 6 > 0) for kind, key, person, _ in links})
    order.shuffle(rows)
    admitted = defaultdict(set)
    for kind, key, person, is_admitted in rows:
        if is_admitted:
            admitted[kind, key].add(person)
    assert components(memory, rows) == groups_of(admitted.values())


def test_a_long_chain_and_a_crowd_converge(memory: duckdb.DuckDBPyConnection) -> None:
    chain = [("joint_account", f"k{link:04}", f"p{link + end:04}", True) for link in range(1000) for end in (0, 1)]
    crowd = [("shared_address", "crowd", f"q{person:05}", True) for person in range(5000)]
    assert sorted(map(len, components(memory, chain + crowd))) == [1001, 5000]


def plain_households(house: House) -> set[frozenset[str]]:
    """Read customers and account holders row by row, as the rules are worded."""
    persons = dict(house.query("select record_id, person_id from marts.person_records where table_name = 'customers'"))
    shared = defaultdict(set)
    for cif_no, *names, line, district, postal_code, country in house.query("""
        select cif_no, last_name, last_name_latin, address_line, district, postal_code, country_code
        from staging.stg_core_banking__customers
        where kyc_verified_at is not null and closed_at is null
    """):
        if line and postal_code:
            written = unicodedata.normalize("NFC", " ".join(filter(None, (line, district, postal_code, country))))
            kept = [c if unicodedata.category(c)[0] in "LMN" else " " for c in written.lower()]
            address = re.sub(" +", " ", "".join(kept)).strip()
            for name in filter(None, names):
                shared[address, name.lower()].add(persons[cif_no])
    for account_no, cif_no in house.query("""
        select holders.account_no, cif_no
        from staging.stg_core_banking__account_holders as holders
        inner join staging.stg_core_banking__accounts as accounts
            on holders.account_no = accounts.account_no and accounts.closed_date is null
        cross join intermediate.int_customer__as_of
        where holder_role != 'authorised' and coalesce(since_date, as_of_date) <= as_of_date
            and coalesce(until_date, as_of_date) >= as_of_date
    """):
        if cif_no in persons:
            shared["account", account_no].add(persons[cif_no])
    groups = groups_of(people for people in shared.values() if 1 < len(people) <= MAX_PEOPLE)
    return {group for group in groups if len(group) <= MAX_PEOPLE}


def test_households_are_what_a_plain_reading_of_the_rules_gives(house: House) -> None:
    found = defaultdict(set)
    for household, person, count in house.query(
        "select household_id, person_id, member_count from marts.household_members"
    ):
        found[household, count].add(person)
    assert len(found) > 20
    assert {frozenset(people) for people in found.values()} == plain_households(house)
    assert all(count == len(people) for (_, count), people in found.items())


def test_household_pairs_agree_with_the_truth(house: House) -> None:
    """Who is put into one household lives in one.

    Relatives of other surnames and who isn't verified can't be seen, so that recall has a ceiling of about 0.4.
    """
    truth = house.settings.truth
    with open_build(house.settings) as connection:
        true_homes = dict(
            connection.execute(
                """
                select records.person_id, any_value(people.household_id)
                from marts.person_records as records
                inner join read_parquet(?) as truth
                    on records.record_id = truth.record_id and truth.table_name = 'customers'
                inner join read_parquet(?) as people on truth.true_person = people.true_person
                where records.table_name = 'customers'
                group by records.person_id
                """,
                [str(truth / "records.parquet"), str(truth / "persons.parquet")],
            ).fetchall()
        )
        found_homes = dict(connection.execute("select person_id, household_id from marts.household_members").fetchall())
    true_pairs, found_pairs = (
        {pair for pair in combinations(sorted(homes), 2) if homes[pair[0]] == homes[pair[1]]}
        for homes in (true_homes, found_homes)
    )
    right = len(true_pairs & found_pairs)
    print(f"precision {right / len(found_pairs):.4f}, recall {right / len(true_pairs):.4f} of {len(true_pairs)} pairs")
    assert right >= 0.98 * len(found_pairs)
    assert right >= 0.25 * len(true_pairs)


def test_persons_are_decided_without_households(house: House) -> None:
    """Nothing that a person comes from reads anything of households, so they can't merge anybody."""
    manifest = json.loads((house.target / "manifest.json").read_text(encoding="utf-8"))
    ahead, before = ["model.cardinal.person_records"], set()
    while ahead:
        node = ahead.pop()
        if node not in before:
            before.add(node)
            ahead += manifest["parent_map"].get(node, [])
    assert "model.cardinal.int_identity__persons" in before
    assert {node for node in before if "household" in node} == set()
