"""The proof of the week's budget finds who is chosen once too often, also who left a list and comes back to it."""

from __future__ import annotations

import duckdb
import jinja2
import pytest

from cardinal.settings import PROJECT_DIR

PROOF = PROJECT_DIR / "tests" / "dbt" / "singular" / "nobody_is_chosen_more_often_than_the_week_allows.sql"
# One person who was put on the list of an audience this week, is in it still, and had all contacts of the channel.
TABLES = """
create table customer_contact_pressure as select 'p1' as person_id, 'sms' as channel, 2 as contact_7d_count,
    'C1, audience:a' as campaign_ids;
create table audience_decisions as select 'p1' as person_id, 'sms' as channel, 'a' as audience, true as is_chosen;
create table contact_rules as select 'sms' as channel, true as is_contact, 2 as weekly_cap;
create table audience_programmes (audience varchar);
create table stg_activation__row_results as select 'a' as sync, 'k1' as row_key, 'p1' as person_id, 'a' as campaign,
    'add' as op, 1 as version, 'accepted' as status;
"""
LEFT = "insert into stg_activation__row_results values ('a', 'k1', null, null, 'remove', 2, 'accepted')"
NO_CAP = "update contact_rules set weekly_cap = null"


def found(*changes: str) -> list[tuple[str, str]]:
    """Whom the proof finds after these changes, and on which channel."""
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        for change in changes:
            connection.execute(change)
        template = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(  # noqa: S701
            PROOF.read_text(encoding="utf-8")
        )
        sql = template.render(ref=lambda name: name, var={"contact_budget": 4}.__getitem__)
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    "changes",
    [
        (),
        # A removal that was refused took nobody off, and who was put back is on it.
        (LEFT, "update stg_activation__row_results set status = 'rejected' where op = 'remove'"),
        (LEFT, "insert into stg_activation__row_results values ('a', 'k1', 'p1', 'a', 'add', 3, 'accepted')"),
        (LEFT, NO_CAP),
    ],
)
def test_who_is_on_the_list_since_this_week_is_no_contact(changes: tuple[str, ...]) -> None:
    assert found(*changes) == []


@pytest.mark.parametrize(
    ("changes", "channel"),
    [
        ((LEFT,), "sms"),
        ((LEFT, "update stg_activation__row_results set status = 'uncertain' where op = 'remove'"), "sms"),
        # Whether they are back nobody knows: it goes out once more.
        (
            (LEFT, "insert into stg_activation__row_results values ('a', 'k1', 'p1', 'a', 'add', 3, 'uncertain')"),
            "sms",
        ),
        (("update customer_contact_pressure set campaign_ids = 'C1, audience:aa'",), "sms"),
        (("insert into audience_programmes values ('a')",), "sms"),
        ((LEFT, NO_CAP, "update customer_contact_pressure set contact_7d_count = 4"), "all"),
    ],
)
def test_who_is_chosen_once_too_often_is_found(changes: tuple[str, ...], channel: str) -> None:
    assert found(*changes) == [("p1", channel)]
