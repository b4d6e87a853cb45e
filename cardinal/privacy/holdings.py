"""What is a person's in the lake: their records, and the values that are theirs and nobody else's.

Works on a connection to the whole build that has the table `persons`, and makes `own_values` (kind, text, hash). A row
is theirs if it shows such a value where that owns. Of a record, the kind is its table and the value its number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardinal.build import quoted
from cardinal.contracts import TableContract
from cardinal.privacy.columns import HOMES, LEADS, SHAREABLE, Table, key_sql, shown_by
from cardinal.privacy.recognition import canonical, hash_values
from cardinal.settings import Settings

if TYPE_CHECKING:
    import duckdb

Contracts = dict[Table, TableContract]
RANKS = "(case evidence when 'authenticated' then 1 when 'verified' then 2 when 'declared' then 3 else 4 end)"


def lake_sql(settings: Settings, table: Table) -> str:
    """SQL of a table as the lake has it, all versions, with the `filename` of each row."""
    pattern = quoted(settings.lake / table[0] / table[1] / "*" / "*.parquet")
    return f"read_parquet('{pattern}', union_by_name = true, hive_partitioning = false, filename = true)"


def find_holdings(
    connection: duckdb.DuckDBPyConnection, settings: Settings, contracts: Contracts, with_joint_accounts: bool
) -> None:
    """Make `own_values` of the persons in `persons`.

    with_joint_accounts: An account counts as theirs though others hold it too.
    """
    connection.execute(
        """
        create or replace temporary table own_records as
        select source, table_name, record_id from marts.person_records semi join persons using (person_id)
        union
        select 'digital', 'events', event_id from marts.event_owners semi join persons using (person_id)
        """
    )
    connection.execute("create or replace temporary table found (kind varchar, text varchar)")
    _add_identifiers(connection)
    for kind, homes in HOMES.items():
        _add_numbers(connection, settings, contracts, kind, homes, with_joint_accounts)
    _add_numbers_of_records(connection, settings, contracts)
    _add_earlier_values(connection, settings, contracts)
    _add_from_values(connection, settings)
    _add_what_was_sent(connection, settings)
    _add_names(connection)
    connection.execute(
        f"""
        insert into found
        select 'person', person_id from persons
        union all
        select source || '.' || table_name, record_id from own_records
        union all
        select 'record', name
        from (select source || '.' || table_name || ':' || record_id as name from own_records)
        where name in (
            select unnest([record_a, record_b]) from {lake_sql(settings, ("manual", "identity_decisions"))}
        )
        """
    )
    hash_values(connection, settings, "found", "own_values")


def _add_identifiers(connection: duckdb.DuckDBPyConnection) -> None:
    """Add what identity knows, unless others show it with evidence as good."""
    connection.execute(
        f"""
        insert into found
        with shown as (
            select identifier_type, identifier_value,
                min({RANKS}) filter (where person_id in (from persons)) as own_rank,
                min({RANKS}) filter (where person_id not in (from persons)) as other_rank
            from marts.customer_identifiers
            where identifier_value is not null and valid_to is null
                and identifier_value in (
                    select identifier_value from marts.customer_identifiers semi join persons using (person_id)
                )
            group by identifier_type, identifier_value
        )
        select identifier_type, identifier_value from shown
        where own_rank is not null and (other_rank is null or own_rank < other_rank)
            and identifier_type in ('customer_number', 'national_id', {_list(SHAREABLE)})
        """
    )


def _add_numbers(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    contracts: Contracts,
    kind: str,
    homes: tuple[Table, ...],
    with_joint_accounts: bool,
) -> None:
    """Add numbers all of whose rows have one of their customer numbers."""
    for table in homes:
        (column,) = [place.column for place in shown_by(contracts[table]) if place.kind == kind and place.owns]
        whose = "bool_or" if with_joint_accounts and kind == "account" else "bool_and"
        connection.execute(
            f"""
            insert into found
            select '{kind}', {column} from {lake_sql(settings, table)} where cif_no is not null
            group by {column}
            having {whose}(cif_no in (select text from found where kind = 'customer_number'))
            """
        )


def _add_numbers_of_records(connection: duckdb.DuckDBPyConnection, settings: Settings, contracts: Contracts) -> None:
    """Add contacts and leads, which other tables name by the number of the record."""
    numbers = {table: ("lead", sql) for table, sql in LEADS.items() if table != ("crm", "lead_outcomes")}
    for table, (kind, sql) in {**numbers, ("crm", "contacts"): ("contact", "contact_id")}.items():
        connection.execute(
            f"""
            insert into found select '{kind}', {sql} from {lake_sql(settings, table)}
            where {key_sql(contracts[table])} in
                (select record_id from own_records where source = '{table[0]}' and table_name = '{table[1]}')
            """
        )


def _add_earlier_values(connection: duckdb.DuckDBPyConnection, settings: Settings, contracts: Contracts) -> None:
    """Add what their records showed once, or show and identity has no use for, if nobody else shows it."""
    connection.execute("create or replace temporary table earlier (kind varchar, text varchar, is_others boolean)")
    for table, contract in contracts.items():
        places = [p for p in shown_by(contract) if p.owns and (p.kind in SHAREABLE or p.kind == "national_id")]
        if not places:
            continue
        owner = "person_records" if table != ("digital", "events") else "event_owners"
        key = "record_id" if owner == "person_records" else "event_id"
        told = f"source = '{table[0]}' and table_name = '{table[1]}'" if owner == "person_records" else "true"
        values = ", ".join(f"{{'kind': '{place.kind}', 'text': {place.sql}}}" for place in places)
        connection.execute(
            f"""
            insert into earlier
            with owners as (
                select {key} as record_id, person_id in (from persons) as is_own from marts.{owner}
                where person_id is not null and {told}
            ),
            rows as (
                select owners.is_own, unnest([{values}]) as value
                from {lake_sql(settings, table)} as lake
                inner join owners on {key_sql(contract)} = owners.record_id
            )
            select value.kind, value.text, bool_or(not is_own) from rows where value.text is not null
            group by value.kind, value.text having bool_or(is_own) or bool_or(not is_own)
            """
        )
    kinds = [kind for (kind,) in connection.execute("select kind from earlier group by kind").fetchall()]
    writings = " ".join(f"when '{kind}' then {canonical(settings, kind, 'text')}" for kind in sorted(kinds))
    connection.execute(
        f"""
        insert into found
        with written as (
            select kind, text, is_others, {f"case kind {writings} end" if kinds else "text"} as writing from earlier
        )
        select kind, text from written
        where not is_others and writing is not null
            and (kind, writing) not in (select (kind, writing) from written where is_others and writing is not null)
            and (kind, writing) not in (
                select (identifier_type, identifier_value) from marts.customer_identifiers
                where person_id not in (from persons) and identifier_value is not null and valid_to is null
            )
        """
    )


def _add_from_values(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Add what is known by other values of theirs: profiles by cookie and device, alerts by card and account."""
    connection.execute(
        f"""
        insert into found select 'audience_profile', audience_profile_id
        from {lake_sql(settings, ("partners", "audience_profiles"))}
        where cookie_id in (select text from found where kind = 'anonymous_id')
            or device_advertising_id in (select text from found where kind = 'device_id')
        """
    )
    alerts = f"(select event_id from {lake_sql(settings, ('ml', 'alerts'))})"
    for table, number, kind, column in (
        ("card_transactions", "card_transaction_id", "card", "card_token"),
        ("account_transactions", "account_transaction_id", "account", "account_no"),
    ):
        source = "cards" if kind == "card" else "core_banking"
        connection.execute(
            f"""
            insert into found select 'transaction', {number} from {lake_sql(settings, (source, table))}
            where {number} in {alerts} and {column} in (select text from found where kind = '{kind}')
            """
        )


def _add_what_was_sent(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Add the rows and messages that were sent about them: what comes back names nothing else."""
    connection.execute(
        f"""
        insert into found
        with told as (
            select row_id, row_key, coalesce(person_id, row_key) in (from persons) as is_own
            from {lake_sql(settings, ("activation", "row_results"))}
        )
        select 'row', row_id from told where row_id is not null group by row_id having bool_and(is_own)
        union
        select 'message', row_key from told
        where row_key not in (from persons)
        group by row_key having bool_and(is_own)
        union
        select 'message', message_key from {lake_sql(settings, ("activation", "programme_messages"))}
        where person_id in (from persons)
        """
    )


def _add_names(connection: duckdb.DuckDBPyConnection) -> None:
    """Add names that nobody else has: others' bookings may mention them."""
    connection.execute(
        """
        insert into found
        select 'full_name', shown.identifier_value
        from intermediate.int_identity__record_identifiers as shown
        inner join intermediate.int_identity__person_records as records on shown.record_key = records.record_key
        where shown.identifier_type = 'full_name'
        group by shown.identifier_value
        having bool_and(records.person_id in (from persons))
        """
    )


def _list(names: frozenset[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))
