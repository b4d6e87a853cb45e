"""What is said of two records, and that no identifier is said whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from cardinal.errors import CardinalError
from cardinal.identity.explanation import explain_pair
from cardinal.identity.masking import mask, name_value
from cardinal.identity.person import describe_person
from tests.unit.identity.small_warehouse import Refused, Shown, fill_warehouse

CUSTOMER, CONTACT, EVENT = "core_banking.customers:CIF123", "crm.contacts:C9", "digital.events:E1"
ORDER, LEAD = "ecommerce.orders:O1", "messenger.leads:L1"
SECRETS = ("98765432", "U0012345", "somchai@example.com", "+66812345678", "f00dfeed")
SHOWN = [
    Shown(CUSTOMER, "customer_number", "98765432", "authenticated", date(2026, 3, 1)),
    Shown(CUSTOMER, "national_id", "f00dfeed"),
    Shown(CUSTOMER, "email", "somchai@example.com", "declared"),
    Shown(EVENT, "customer_number", "98765432", "authenticated", date(2026, 3, 2)),
    Shown(EVENT, "login", "U0012345", "authenticated"),
    Shown(CONTACT, "login", "U0012345", "verified", date(2026, 4, 1)),
    Shown(ORDER, "email", "somchai@example.com", "declared"),
    Shown(LEAD, "phone", "+66812345678", "declared"),
]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def explain(connection: duckdb.DuckDBPyConnection, one: str, other: str, with_reach: bool = False) -> str:
    text = "\n".join(explain_pair(connection, one, other, with_reach))
    assert not [secret for secret in SECRETS if secret in text]
    return text


def test_a_chain_is_told_step_by_step_with_its_cuts(connection: duckdb.DuckDBPyConnection) -> None:
    fill_warehouse(connection, SHOWN)
    text = explain(connection, CUSTOMER, CONTACT)
    for part in (
        "core_banking.customers CIF123 and crm.contacts C9 are one person: p",
        "has 2 steps:",
        "1. core_banking.customers CIF123 and digital.events E1 show the same customer number 9***:",
        "authenticated by core_banking.customers, first seen 2026-03-01; authenticated by digital.events, first seen",
        "2. digital.events E1 and crm.contacts C9 show the same login U***:",
        "without the customer number 9*** as a whole (2 records of this person)",
        "without the record digital.events E1",
        "without the link between crm.contacts C9 and its login",
    ):
        assert part in text


def test_what_is_tied_twice_hangs_on_nothing_alone(connection: duckdb.DuckDBPyConnection) -> None:
    twice = [Shown(record, kind, "12345678") for record in (CUSTOMER, CONTACT) for kind in ("login", "card")]
    fill_warehouse(connection, twice)
    text = explain(connection, CUSTOMER, CONTACT)
    assert "show the same login 1***" in text, "the stronger type is told"
    assert "No single link, value or record holds them together" in text
    assert "without the" not in text


def test_a_must_link_is_a_decision_and_no_identifier(connection: duckdb.DuckDBPyConnection) -> None:
    decided = [Shown(record, "must_link", "D1 by some author") for record in (CUSTOMER, CONTACT)]
    fill_warehouse(connection, decided)
    text = explain(connection, CUSTOMER, CONTACT)
    assert "were decided to be one by hand (must-link)" in text
    assert "author" not in text


def test_weak_links_make_a_reach_and_no_person(connection: duckdb.DuckDBPyConnection) -> None:
    fill_warehouse(connection, SHOWN)
    text = explain(connection, CUSTOMER, ORDER)
    assert "are two persons in one reach" in text
    assert "--reach shows which" in text
    assert "show the same" not in text
    assert "show the same e-mail s***" in explain(connection, CUSTOMER, ORDER, with_reach=True)


@pytest.mark.parametrize(
    ("constraint", "said"),
    [
        ("national_id", "a person has one national id, and the two sides would give it two"),
        ("card", "a person has at most 100 of card, and together the two sides hold more"),
        ("phone", "a person has at most 5 of phone within 365 days"),
        ("any", "together the two sides hold more than 500 identifiers"),
        ("strict_person", "a weak link never connects two persons"),
        ("cannot_link", "a decision made by hand keeps the two sides apart (cannot-link)"),
    ],
)
def test_the_refused_link_between_two_persons_is_named(
    connection: duckdb.DuckDBPyConnection, constraint: str, said: str
) -> None:
    refused = Refused(CONTACT, "login", "U0012345", constraint, CUSTOMER)
    fill_warehouse(connection, SHOWN, [refused])
    text = explain(connection, CUSTOMER, CONTACT)
    assert "are neither one person nor one reach" in text
    assert "digital.events E1 and crm.contacts C9 show the same login U***," in text
    assert f"but the link of crm.contacts C9 was refused: {said}" in text
    assert "It met core_banking.customers CIF123." in text


def test_refusals_are_followed_over_persons_in_between(connection: duckdb.DuckDBPyConnection) -> None:
    shown = [*SHOWN, Shown(CONTACT, "card", "tok_1234"), Shown(LEAD, "card", "tok_1234")]
    refused = [
        Refused(CONTACT, "login", "U0012345", "national_id", CUSTOMER),
        Refused(LEAD, "card", "tok_1234", "national_id", CONTACT),
    ]
    fill_warehouse(connection, shown, refused)
    text = explain(connection, CUSTOMER, LEAD)
    assert text.count("was refused") == 2


def test_a_refused_weak_link_parts_two_reaches(connection: duckdb.DuckDBPyConnection) -> None:
    refused = Refused(ORDER, "email", "somchai@example.com", "strict_person", CUSTOMER, joins_as="reach")
    fill_warehouse(connection, SHOWN, [refused])
    assert "show the same e-mail s***," in explain(connection, CUSTOMER, ORDER)


def test_nothing_connects_them_but_a_blocked_value_and_a_device(connection: duckdb.DuckDBPyConnection) -> None:
    shared = [
        Shown(record, kind, value, "observed")
        for record in (CUSTOMER, LEAD)
        for kind, value in (("device_id", "dev-12345"), ("birth_date", "1990-01-01"))
    ]
    fill_warehouse(connection, [*SHOWN, *shared, Shown(ORDER, "device_id", "dev-12345")])
    text = explain(connection, CUSTOMER, LEAD)
    assert "No admitted or refused link connects them." in text
    assert "device id d***: a trace of a device or browser" in text
    assert "birth date 1***: a fact that only tells people apart" in text
    assert "dev-12345" not in text
    assert "1990-01-01" not in text
    connection.execute(
        "create table intermediate.int_identity__blocked_values as select 'device_id' as identifier_type,"
        " md5_number_lower('device_id:dev-12345') as value_key, 'automatic' as reason, 'login' as metric"
    )
    assert "device id d***: it is blocked (automatic: login)" in explain(connection, CUSTOMER, LEAD)
    connection.execute("alter table intermediate.int_identity__blocked_values add column metric_value int default 12")
    assert "device id d***: it is blocked (automatic: login 12)" in explain(connection, CUSTOMER, LEAD)


def test_a_record_that_shows_nothing_that_joins_belongs_to_no_one(connection: duckdb.DuckDBPyConnection) -> None:
    fill_warehouse(connection, [*SHOWN, Shown("digital.events:E7", "device_id", "dev-12345", "observed")])
    text = explain(connection, CUSTOMER, "digital.events:E7")
    assert "digital.events E7 shows nothing that may join: it belongs to no one." in text
    card = describe_person(connection, "digital.events:E7")
    assert (card.record.person_id, card.record_count) == (None, 1)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("crm.contacts", "is no address of a record: give source.table:record_id"),
        ("contacts:C9", "is no address of a record"),
        ("crm.contakts:C9", "Known are: core_banking.customers, crm.contacts"),
        ("crm.contacts:C8", "crm.contacts has no record C8 that shows an identifier"),
    ],
)
def test_an_unknown_record_is_answered_with_what_is_known(
    connection: duckdb.DuckDBPyConnection, address: str, said: str
) -> None:
    fill_warehouse(connection, SHOWN)
    with pytest.raises(CardinalError) as caught:
        explain_pair(connection, CUSTOMER, address)
    assert said in str(caught.value)


def test_a_record_id_may_hold_a_colon(connection: duckdb.DuckDBPyConnection) -> None:
    fill_warehouse(connection, [*SHOWN, Shown("crm.contacts:a:b", "login", "U0012345")])
    assert "are one person" in explain(connection, CONTACT, "crm.contacts:a:b")


def test_records_that_show_nothing_share_nothing_and_deleted_ones_are_unknown(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    nothing = [Shown(f"crm.contacts:N{number}", "(none)", "") for number in range(2)]
    fill_warehouse(connection, [*SHOWN, *nothing, Shown("crm.contacts:D", "(none)", "deleted")])
    text = explain(connection, "crm.contacts:N0", "crm.contacts:N1")
    assert "Both sides show" not in text
    assert describe_person(connection, "crm.contacts:N0").identifiers == []
    with pytest.raises(CardinalError, match="or deleted it"):
        describe_person(connection, "crm.contacts:D")


def test_the_same_record_twice_and_a_warehouse_of_before_are_told(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(CardinalError, match=r"the warehouse lacks .*int_identity__clusters.*: run `dbt build`"):
        explain_pair(connection, CUSTOMER, CONTACT)
    fill_warehouse(connection, SHOWN)
    with pytest.raises(CardinalError, match="was given twice"):
        explain_pair(connection, CUSTOMER, CUSTOMER)


def test_the_card_of_a_person_counts_records_and_masks_identifiers(connection: duckdb.DuckDBPyConnection) -> None:
    logins = [Shown(CONTACT, "login", f"U000000{number}") for number in range(7)]
    refused = Refused(CONTACT, "login", "U0000006", "login", CUSTOMER)
    fill_warehouse(connection, [*SHOWN, *logins], [refused])
    card = describe_person(connection, CONTACT)
    assert card.record_count == 3
    assert [(table, count) for table, count, _, _ in card.sources] == [
        ("core_banking.customers", 1),
        ("crm.contacts", 1),
        ("digital.events", 1),
    ]
    assert ("national id", "***", "verified", "person", 1) in card.identifiers
    assert ("customer number", "9***", "authenticated", "person", 2) in card.identifiers
    assert ("e-mail", "s***", "declared", "reach", 1) in card.identifiers
    assert card.left_out == {"login": 3}
    assert card.refused_count == 1
    assert describe_person(connection, CONTACT, with_reach=True).record_count == 4


@pytest.mark.parametrize(
    ("identifier_type", "value", "masked"),
    [
        ("email", "somchai@example.com", "s***"),
        ("phone", "+66812345678", "6***"),
        ("national_id", "f00dfeed", "***"),
        ("name_birth_phone", "somchai|1990-01-01|+66812345678", "***"),
        ("login", "abc", "***"),
        ("must_link", "decision 1", "***"),
        ("login", None, "***"),
    ],
)
def test_masks(identifier_type: str, value: str | None, masked: str) -> None:
    assert mask(identifier_type, value) == masked


def test_a_hidden_value_is_named_by_its_type_alone() -> None:
    assert name_value("national_id", "f00dfeed") == "national id"
