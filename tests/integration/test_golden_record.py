"""The golden record: golden values against a slow reading of the rules, and against the staging tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.compiled_models import run_model
from tests.integration.house import House

MODEL = "intermediate/customer/int_customer__golden_values.sql"
# attribute -> (group, is_companion, strategy)
RULES = {
    "first": ("name", False, "most_recent_verified"),
    "title": ("name", True, "most_recent_verified"),
    "nick": ("nick", False, "most_frequent"),
    "street": ("address", False, "most_trusted_source"),
    "town": ("address", False, "most_trusted_source"),
    "job": ("job", False, "most_recent"),
}
RECORD = st.fixed_dictionaries(
    {
        "person": st.sampled_from(["p1", "p2"]),
        "table": st.sampled_from(["a", "b", "c"]),
        "day": st.integers(1, 4),
        "verified": st.booleans(),
        "values": st.dictionaries(st.sampled_from(sorted(RULES)), st.sampled_from("xyz"), min_size=1),
    }
)


@pytest.fixture(scope="module")
def memory() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def expected_values(records: list[dict]) -> dict[tuple[str, str], tuple[str, str, int, int]]:
    """Read the rules one person and group at a time, the plain way."""
    found = {}
    for person in {record["person"] for record in records}:
        own = [record for record in records if record["person"] == person]
        for group in {rule[0] for rule in RULES.values()}:
            members = sorted(name for name, rule in RULES.items() if rule[0] == group)
            leading = [name for name in members if not RULES[name][1]]
            speaking = [record for record in own if any(name in record["values"] for name in leading)]
            if not speaking:
                continue
            says = {record["id"]: tuple(record["values"].get(name) for name in members) for record in speaking}
            counts = Counter(says.values())
            ties = {record["id"]: (ord(record["table"]), -record["day"], record["id"]) for record in speaking}
            first_of = {
                "most_trusted_source": lambda record: (),
                "most_recent": lambda record: (-record["day"],),
                "most_recent_verified": lambda record: (not record["verified"], -record["day"]),
                "most_frequent": lambda record, says=says, counts=counts: (-counts[says[record["id"]]],),
            }[RULES[members[0]][2]]
            winner = min(speaking, key=lambda record: (*first_of(record), *ties[record["id"]]))
            for name in members:
                if name in winner["values"]:
                    value = winner["values"][name]
                    votes = [record["values"][name] for record in own if name in record["values"]]
                    same = votes.count(value)
                    found[person, name] = (value, winner["id"], same, len(votes) - same)
    return found


@settings(max_examples=150, deadline=None, derandomize=True)
@given(records=st.lists(RECORD, max_size=9), order=st.randoms(use_true_random=False))
def test_golden_values_are_what_the_rules_say_in_any_order_of_rows(
    memory: duckdb.DuckDBPyConnection, records: list[dict], order: object
) -> None:
    records = [record | {"id": f"{number:02}"} for number, record in enumerate(records)]
    rows = [
        (
            record["person"], record["table"], record["id"], name, value, f"2024-01-0{record['day']}",
            record["verified"], *RULES[name], ord(record["table"]),
        )
        for record in records
        for name, value in record["values"].items()
    ]  # fmt: skip
    order.shuffle(rows)
    memory.execute("""
        create or replace table int_customer__person_attributes (
            person_id varchar, table_name varchar, record_id varchar, attribute varchar, attribute_value varchar,
            seen_at timestamp, is_verified boolean, attribute_group varchar, is_companion boolean, strategy varchar,
            trust_rank integer, source_name varchar default 's'
        )
    """)
    if rows:
        columns = ", ".join("?" for _ in rows[0])
        memory.executemany(f"insert into int_customer__person_attributes values ({columns}, 's')", rows)
    found = {(row[0], row[1]): (row[3], row[6], row[10], row[11]) for row in run_model(memory, MODEL)}
    assert found == expected_values(records)


def test_every_golden_value_stands_in_the_record_it_names(house: House) -> None:
    """Provenance is true: the staging table it names holds that value under that key, in the column declared for it."""
    checked: dict[str, int] = defaultdict(int)
    for source, table, key, columns in (
        ("core_banking", "customers", "cif_no", {"email": "email", "date_of_birth": "date_of_birth"}),
        ("crm", "contacts", "contact_id", {"full_name": "full_name", "mobile_phone": "phone"}),
        ("website", "registrations", "registration_id", {"declared_income_amount": "monthly_income_amount"}),
        ("ecommerce", "orders", "order_id", {"province": "shipping_province", "full_name": "buyer_name"}),
        ("messenger", "leads", "lead_id", {"full_name": "full_name"}),
        ("manual", "uploads", "upload_name || '|' || row_no", {"mobile_phone": "phone"}),
        ("crm", "call_centre_cases", "case_id", {"mobile_phone": "phone"}),
    ):
        for attribute, column in columns.items():
            wrong, count = house.query(f"""
                select
                    count(*) filter (where golden.attribute_value is distinct from cast(records.{column} as varchar)),
                    count(*)
                from marts.customer_attribute_provenance as golden
                left join staging.stg_{source}__{table} as records on golden.record_id = records.{key}
                where golden.source = '{source}' and golden.table_name = '{table}' and attribute = '{attribute}'
            """)[0]
            assert wrong == 0, f"{wrong} values of {attribute} aren't in {source}.{table}"
            checked[f"{source}.{table}"] += count
    assert checked["core_banking.customers"] > 200
    assert len([table for table, count in checked.items() if count]) >= 5, checked


def test_leads_have_golden_values_and_customers_keep_what_core_banking_says(house: House) -> None:
    leads, customers = house.query("""
        select
            count(distinct person_id) filter (where person_id not in (select person_id from marts.customer_360)),
            count(distinct person_id) filter (where person_id in (select person_id from marts.customer_360))
        from marts.customer_attribute_provenance
    """)[0]
    assert leads > 10
    assert customers == house.query("select count(*) from marts.customer_360")[0][0]
    # Under one number only, what core banking holds is what shows.
    different = house.query("""
        select count(*)
        from marts.customer_360 as shown
        inner join marts.person_records as records
            on shown.person_id = records.person_id and records.table_name = 'customers'
        inner join staging.stg_core_banking__customers as written on records.record_id = written.cif_no
        where shown.customer_number_count = 1
            and (
                written.mobile_phone is not null and shown.phone is distinct from written.mobile_phone
                or written.province is not null and shown.province is distinct from written.province
                or written.occupation is distinct from shown.occupation
                or concat_ws(' ', written.first_name, written.last_name) is distinct from shown.full_name
            )
    """)[0][0]
    assert different == 0


def test_an_address_comes_from_one_record(house: House) -> None:
    mixed = house.query("""
        select count(*) from (
            select person_id from marts.customer_attribute_provenance where attribute_group = 'address'
            group by person_id having count(distinct (source, table_name, record_id)) > 1
        )
    """)[0][0]
    assert mixed == 0
