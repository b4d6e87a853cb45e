"""What two rows share: where a list knows people by an address, taking one out takes out whoever else has it.

Whoever stays and is in the table is put in again, after all that is taken out. Until that is accepted, nobody can say
that they are there; nor of whoever is held and isn't in the table: nothing is sent to them.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb

# Before anything is put back: that is an addition, and no longer shows what goes out with it. What a row keeps of its
# own isn't taken out.
TAKEN_OUT = """
create or replace temporary table taken_out as
select field, lower(json_extract_string(sent, field)) as value
from (select op, payload, unnest(before) as sent from difference where op in ('remove', 'change'))
cross join (select unnest($known_by::varchar[]) as field)
where op = 'remove' or value is distinct from lower(json_extract_string(payload, field))
"""
# Additions go last.
PUT_BACK = """
update difference set
    is_unsure = true,
    action = if(action = 'same', 'change', action),
    op = if(action in ('same', 'change'), 'add', op)
where
    (action in ('same', 'kept', 'invalid') or op = 'change')
    and key in (
        select held.key
        from (
            select
                key, field,
                lower(json_extract_string(if(action in ('kept', 'invalid'), before[-1], payload), field)) as value
            from difference cross join (select unnest($known_by::varchar[]) as field)
        ) as held
        inner join taken_out on held.field = taken_out.field and held.value = taken_out.value
    )
"""
# Whom the table knows by what they are held by is as before; whoever else is held isn't sent anything, nor taken out.
STAYING = """
update difference set
    action = if(action in ('same', 'change', 'rejected') {is_known_alike}, 'same', 'kept'),
    op = null, payload = before[-1]
where key not in (from leaving)
"""
ALIKE = """
    and lower(json_extract_string(payload, '{field}'))
    is not distinct from lower(json_extract_string(before[-1], '{field}'))
"""
UNSURE = """
update state set maybe = list_concat([acked], maybe), acked = null
where
    sync = $sync and acked is not null
    and key in (select key from difference where is_unsure)
"""


def put_back(ledger: duckdb.DuckDBPyConnection, known_by: Collection[str]) -> None:
    """Let whoever stays and shares an address with what is taken out go in again; `known_by` are fields that hold one.

    It changes the temporary table `difference`.
    """
    if known_by:
        ledger.execute(TAKEN_OUT, {"known_by": list(known_by)})
        ledger.execute(PUT_BACK, {"known_by": list(known_by)})


def put_back_others(ledger: duckdb.DuckDBPyConnection, known_by: Collection[str]) -> None:
    """Do so where only the keys of the temporary table `leaving` leave, whatever else `difference` would change."""
    ledger.execute(STAYING.format(is_known_alike="".join(ALIKE.format(field=field) for field in known_by)))
    put_back(ledger, known_by)


def note_unsure(ledger: duckdb.DuckDBPyConnection, sync: str) -> None:
    """Write down, before anything is sent, that whoever is to go in again may be out: a kill mustn't hide it."""
    ledger.execute(UNSURE, {"sync": sync})
