"""The proof of each sync_ model finds every row that may not leave the house, whatever the rule it breaks."""

from __future__ import annotations

from types import SimpleNamespace

import duckdb
import jinja2
import pytest

from cardinal.settings import PROJECT_DIR

PROOF = PROJECT_DIR / "tests" / "dbt" / "generic" / "leaves_by_the_rules.sql"
# One person who may get it, also as a lead that may be they, and one who shows the same line id as somebody else.
TABLES = """
create table audiences as select 'a' as audience, 'marketing' as purpose, 'email' as channel, 0.1 as holdout_rate,
    null::varchar as experiment, null::varchar as arm;
create table customer_consents as select 'p1' as person_id, 'marketing' as purpose, 'email' as channel,
    true as is_granted;
create table customer_suppressions (person_id varchar, channel varchar, reason varchar);
create table contact_rules as select 'email' as channel, true as is_contact, 21 as quiet_from_hour, 8 as quiet_to_hour;
create table segment_experiment_arms (experiment_key varchar, person_id varchar, arm varchar);
create table audience_decisions as select 'a' as audience, 'p1' as person_id, true as is_within_cap,
    true as is_within_budget;
create table customer_360 as select * from (
    values ('p1', 'a@example.org', '+66812345679'), ('p2', 'b@example.org', null)
) as people (person_id, email, phone);
create table int_identity__person_records as select * from (
    values (1, 'p1', 'r1'), (2, 'p2', 'r2'), (3, 'lead', 'r1')
) as records (record_key, person_id, reach_id);
create table int_identity__record_identifiers as select * from (
    values (1, 'email', 'a@example.org'), (2, 'email', 'b@example.org'), (3, 'email', 'a@example.org')
) as shown (record_key, identifier_type, identifier_value);
create table customer_identifiers (person_id varchar, identifier_type varchar, identifier_value varchar,
    valid_to timestamp, is_shared boolean);
create table buckets as select 0.5 as global_place, 0.5 as audience_place;
create table sent as select 'p1' as person_id, 'a' as audience, 'marketing' as purpose, 'email' as channel,
    'Asia/Bangkok' as time_zone, 21 as quiet_from_hour, 8 as quiet_to_hour, 'a@example.org' as email,
    'U1' as line_user_id;
"""


def found(*changes: str) -> int:
    """How many rows the proof finds after these changes."""
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        for change in changes:
            connection.execute(change)
        columns = [SimpleNamespace(name=row[0]) for row in connection.execute("describe sent").fetchall()]
        text = PROOF.read_text(encoding="utf-8").replace("{% test leaves_by_the_rules(model) %}", "")
        template = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(  # noqa: S701
            text.replace("{% endtest %}", "")
        )
        sql = template.render(
            model="sent", ref=lambda name: name, execute=True, var=lambda _: 0.1,
            adapter=SimpleNamespace(get_columns_in_relation=lambda _: columns),
            experiment_bucket=lambda key, _: (
                f"(select {'global_place' if 'global' in key else 'audience_place'} from buckets)"
            ),
        )  # fmt: skip
        return len(connection.execute(sql).fetchall())


def test_who_may_get_it_is_found_by_no_rule() -> None:
    assert found() == 0


@pytest.mark.parametrize(
    "change",
    [
        "update customer_consents set is_granted = false",
        "update customer_consents set purpose = 'credit_offers'",
        "insert into customer_suppressions values ('p1', 'all', 'deceased')",
        "insert into customer_suppressions values ('p1', 'email', 'bounced')",
        "update buckets set global_place = 0",
        "update buckets set audience_place = 0",
        # A row of an audience that nobody declared, or of another purpose or channel than its own.
        "update sent set audience = 'b'",
        "update audiences set purpose = 'credit_offers'",
        "update audiences set channel = 'sms'",
        "update audiences set experiment = 'x', arm = 'new'",
        "update audience_decisions set is_within_cap = false",
        "update audience_decisions set is_within_budget = false",
        "delete from audience_decisions",
        "update sent set time_zone = null",
        "update sent set quiet_from_hour = null",
        "update sent set quiet_to_hour = 3",
        "delete from contact_rules",
        "update customer_360 set email = 'a@example.org'",
        # A further address of another customer; a lead of whom nothing says that it is they, or who is a customer.
        "insert into int_identity__record_identifiers values (2, 'email', 'a@example.org')",
        "update int_identity__person_records set reach_id = 'r3' where person_id = 'lead'",
        "insert into customer_360 values ('lead', null, null)",
        "insert into customer_identifiers values ('p2', 'line_id', 'U1', null, true)",
    ],
)
def test_a_row_that_breaks_a_rule_is_found(change: str) -> None:
    assert found(change) == 1


def test_the_arm_that_gets_it_may() -> None:
    arm = "insert into segment_experiment_arms values ('x', 'p1', 'new')"
    assert found("update audiences set experiment = 'x', arm = 'new'", arm) == 0
    assert found("update audiences set experiment = 'x', arm = 'old'", arm) == 1
