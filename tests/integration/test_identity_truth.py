"""Who is who in the demo bank, against the truth beside its files. Figures are printed (`-s`).

The ceiling is what the identifiers that records show can prove: the components of each true person's own records over
the same links, as an engine would find them that never errs. Events are counted apart, because nobody can see that
somebody else sits down at a signed-in session.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pytest

from tests.identity.macro_runner import MacroRunner
from tests.integration.house import House

PAIRS = "(select coalesce(sum(size * (size - 1) / 2), 0) from (select count(*) as size from {} group by {}))"
WITHOUT_EVENTS = "not (source = 'digital' and table_name = 'events')"


@dataclass(frozen=True)
class Agreement:
    """Pairs of records: right ones found, found, true, and those that could be proved."""

    right: int
    found: int
    true: int
    provable: int

    @property
    def precision(self) -> float:
        return self.right / self.found

    @property
    def recall_of_ceiling(self) -> float:
        return self.right / self.provable


@pytest.fixture(scope="module")
def stitched(house: House) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute(f"attach '{house.settings.warehouse}' as warehouse (read_only)")
    connection.execute(f"""
        create table records as
        select clusters.*, truth.true_person, truth.source, truth.table_name
        from warehouse.intermediate.int_identity__clusters as clusters
        inner join read_parquet('{house.settings.truth}/records.parquet') as truth
            on clusters.record_key
            = md5_number_lower(truth.source || '.' || truth.table_name || ':' || truth.record_id)
        where truth.true_person >= 0
    """)
    yield connection
    # Else later tests couldn't write the warehouse.
    connection.close()


def agreement(connection: duckdb.DuckDBPyConnection, group: str, links: str, records: str) -> Agreement:
    """Compare groups of records with true people; `links` and `records` are conditions."""
    connection.execute(f"""
        create or replace temp table shown as
        select records.record_key, links.value_key, records.true_person
        from records inner join warehouse.intermediate.int_identity__links as links using (record_key)
        where {links} and {records}
    """)
    connection.execute("""
        create or replace temp table edges as
        select shown.record_key as a, first_record as b
        from shown inner join (
            select true_person, value_key, min(record_key) as first_record from shown group by all
        ) as stars using (true_person, value_key)
        where shown.record_key != first_record group by all
    """)
    MacroRunner(connection).connected_components("edges", "provable")
    provable = (
        "(select coalesce(label, record_key) as label from records"
        f" left join provable on record_key = node where {records})"
    )
    of = f"records where {records}"
    found = connection.execute(
        f"select {PAIRS.format(of, f'true_person, {group}')}, {PAIRS.format(of, group)},"
        f" {PAIRS.format(of, 'true_person')}, {PAIRS.format(provable, 'label')}"
    ).fetchone()
    assert found
    result = Agreement(*(int(count) for count in found))
    print(
        f"{group}, {records}: precision {result.precision:.6f}, recall {result.right / result.true:.4f},"
        f" ceiling {result.provable / result.true:.4f}, of it {result.recall_of_ceiling:.4f}"
    )
    return result


def test_persons_are_what_strong_identifiers_can_prove(stitched: duckdb.DuckDBPyConnection) -> None:
    strong = agreement(stitched, "person_key", "joins_as = 'person'", WITHOUT_EVENTS)
    assert strong.precision >= 0.9995
    assert strong.recall_of_ceiling >= 0.97


def test_reach_is_nearly_what_all_identifiers_can_prove(stitched: duckdb.DuckDBPyConnection) -> None:
    wide = agreement(stitched, "reach_key", "joins_as is not null", WITHOUT_EVENTS)
    assert wide.precision >= 0.99
    assert wide.recall_of_ceiling >= 0.97


def test_events_of_a_session_go_to_who_signed_in(stitched: duckdb.DuckDBPyConnection) -> None:
    everything = agreement(stitched, "person_key", "joins_as = 'person'", "true")
    assert everything.recall_of_ceiling >= 0.97
    assert everything.precision >= 0.99


def test_no_person_has_two_people_in_what_the_bank_keeps(stitched: duckdb.DuckDBPyConnection) -> None:
    mixed = stitched.execute(f"""
        select count(*) from (
            select person_key from records where {WITHOUT_EVENTS}
            group by person_key having count(distinct true_person) > 1
        )
    """).fetchone()
    assert mixed == (0,)
