"""Whose visit it is, against the demo bank's truth of who sat at each device."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from cardinal.build import open_build
from tests.integration.house import House

# A person is, in truth, who made most of their records. A device is seen to be shared where different people signed in
# or registered on one of its ids, at any time.
JUDGED = """
    create temp table judged as
    with people as (
        select records.person_id, mode(truth.true_person) as true_person
        from marts.person_records as records
        inner join read_parquet('{truth}/records.parquet') as truth
            on records.source = truth.source and records.table_name = truth.table_name
            and records.record_id = truth.record_id
        group by records.person_id
    ),
    shared_ids as (
        select observed_id from intermediate.int_identity__identifying_moments
        group by observed_id having count(distinct signer) > 1
    ),
    shared_visits as (
        select visit_part_id from intermediate.int_identity__visit_ids
        inner join shared_ids using (observed_id) group by visit_part_id
    )
    select
        owners.confidence,
        sessions.device_kind,
        shared_visits.visit_part_id is not null as is_seen_shared,
        owners.person_id is not null as is_claimed,
        owners.person_id is not null and people.true_person is distinct from sessions.true_person as is_wrong
    from marts.visit_owners as owners
    inner join read_parquet('{truth}/device_sessions.parquet') as sessions
        on owners.session_key = sessions.user_pseudo_id || '.' || sessions.ga_session_id
    left join people on owners.person_id = people.person_id
    left join shared_visits on owners.visit_part_id = shared_visits.visit_part_id
"""


@pytest.fixture(scope="module")
def judged(house: House) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_build(house.settings) as connection:
        connection.execute(JUDGED.format(truth=house.settings.truth))
        yield connection


def count(judged: duckdb.DuckDBPyConnection, where: str) -> tuple[int, int, int]:
    """Parts of visits, those claimed, and those claimed for somebody else."""
    row = judged.execute(
        "select count(*), count(*) filter (is_claimed), count(*) filter (is_wrong) from judged where " + where
    ).fetchone()
    assert row is not None
    print(f"{where}: {row[0]} parts, {row[1]} claimed, {row[2]} wrong")
    return row


def test_a_branch_tablet_belongs_to_nobody(judged: duckdb.DuckDBPyConnection) -> None:
    parts, claimed, wrong = count(judged, "device_kind = 'branch_tablet'")
    assert parts > claimed > 5
    assert wrong == 0


def test_where_a_device_is_seen_to_be_shared_only_logins_count(judged: duckdb.DuckDBPyConnection) -> None:
    """Precision 1.0: what was done under one's own login, or by nobody known."""
    parts, claimed, wrong = count(judged, "is_seen_shared and device_kind != 'family_tablet'")
    assert parts > claimed > 5
    assert wrong == 0
    assert count(judged, "is_seen_shared and confidence not in ('authenticated')")[2] == 0


def test_only_a_borrowed_device_gives_a_visit_to_somebody_else(judged: duckdb.DuckDBPyConnection) -> None:
    """Whoever uses another's login, or a tablet on which only another ever signs in, leaves no trace of it."""
    assert count(judged, "device_kind != 'family_tablet'")[2] == 0
    count(judged, "device_kind = 'family_tablet' and confidence = 'authenticated'")
    count(judged, "device_kind = 'family_tablet' and confidence != 'authenticated'")


def test_most_visits_of_customers_find_their_owner(judged: duckdb.DuckDBPyConnection) -> None:
    parts, claimed, wrong = count(judged, "device_kind like 'app%'")
    assert claimed > 0.95 * parts
    assert wrong == 0
    assert count(judged, "confidence in ('between_logins', 'before_login', 'after_login')")[1] > 10
