"""What two rows share: where a list knows people by an address, taking one out takes out whoever else has it.

Whoever stays is put in again, after all that is taken out. Until that is accepted, nobody can say that they are there.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb

# Additions go last. What a row keeps of its own isn't taken out.
PUT_BACK = """
update difference set action = if(action = 'same', 'change', action), op = 'add'
where
    (action = 'same' or op = 'change')
    and lower(json_extract_string(payload, $field)) in (
        select lower(json_extract_string(sent, $field))
        from (select op, payload, unnest(before) as sent from difference where op in ('remove', 'change'))
        where
            op = 'remove'
            or lower(json_extract_string(sent, $field)) is distinct from lower(json_extract_string(payload, $field))
    )
"""
STAYING = "update difference set action = 'same', op = null where action = 'remove' and key not in (from leaving)"
UNSURE = """
update state set maybe = list_concat([acked], maybe), acked = null
where
    sync = $sync and acked is not null
    and key in (select key from difference where action = 'change' and op = 'add')
"""


def put_back(ledger: duckdb.DuckDBPyConnection, known_by: Collection[str]) -> None:
    """Let whoever stays and shares an address with what is taken out go in again; `known_by` are fields that hold one.

    It changes the temporary table `difference`.
    """
    for field in known_by:
        ledger.execute(PUT_BACK, {"field": field})


def put_back_others(ledger: duckdb.DuckDBPyConnection, known_by: Collection[str], keys: Collection[str]) -> None:
    """Do so where only the rows of these keys leave, whatever else `difference` would remove."""
    ledger.execute("create or replace temporary table leaving as select unnest($keys::varchar[])", {"keys": list(keys)})
    if known_by:
        ledger.execute(STAYING)
        put_back(ledger, known_by)


def note_unsure(ledger: duckdb.DuckDBPyConnection, sync: str) -> None:
    """Write down, before anything is sent, that whoever is to go in again may be out: a kill mustn't hide it."""
    ledger.execute(UNSURE, {"sync": sync})
