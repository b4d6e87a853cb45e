"""What two rows share: where a list knows people by an address, taking one out takes out whoever else has it.

Whoever stays is put in again, after all that is taken out. Until that is accepted, nobody can say that they are there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import duckdb

from cardinal.activation.destination import KnownBy, read_fields

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
# The same, where what rows are known by isn't in their fields as it stands, but made of them.
LEAVING = "select op, payload, before from difference where op in ('remove', 'change')"
HELD = "select key, payload from difference where action = 'same' or op = 'change'"
PUT_THESE_BACK = """
update difference set action = if(action = 'same', 'change', action), op = 'add'
where key in (select unnest($keys::varchar[]))
"""
AT_ONCE = 10_000
STAYING = "update difference set action = 'same', op = null where action = 'remove' and key not in (from leaving)"
UNSURE = """
update state set maybe = list_concat([acked], maybe), acked = null
where
    sync = $sync and acked is not null
    and key in (select key from difference where action = 'change' and op = 'add')
"""


def put_back(ledger: duckdb.DuckDBPyConnection, known_by: KnownBy) -> None:
    """Let whoever stays and shares an address with what is taken out go in again.

    `known_by` are fields that hold one, or what makes them of a row's fields. It changes the temporary table
    `difference`.
    """
    if callable(known_by):
        _put_alike_back(ledger, known_by)
        return
    for field in known_by:
        ledger.execute(PUT_BACK, {"field": field})


def _put_alike_back(
    ledger: duckdb.DuckDBPyConnection, known_by: Callable[[Mapping[str, Any]], Collection[str]]
) -> None:
    gone: set[str] = set()
    for op, payload, before in ledger.execute(LEAVING).fetchall():
        kept = set() if op == "remove" else set(known_by(read_fields(payload)))
        gone |= {mark for sent in before or () for mark in known_by(read_fields(sent))} - kept
    found: list[str] = []
    if gone:
        held = ledger.execute(HELD)
        while rows := held.fetchmany(AT_ONCE):
            found += [key for key, payload in rows if not gone.isdisjoint(known_by(read_fields(payload)))]
    if found:
        ledger.execute(PUT_THESE_BACK, {"keys": found})


def put_back_others(ledger: duckdb.DuckDBPyConnection, known_by: KnownBy, keys: Collection[str]) -> None:
    """Do so where only the rows of these keys leave, whatever else `difference` would remove."""
    ledger.execute("create or replace temporary table leaving as select unnest($keys::varchar[])", {"keys": list(keys)})
    if known_by:
        ledger.execute(STAYING)
        put_back(ledger, known_by)


def note_unsure(ledger: duckdb.DuckDBPyConnection, sync: str) -> None:
    """Write down, before anything is sent, that whoever is to go in again may be out: a kill mustn't hide it."""
    ledger.execute(UNSURE, {"sync": sync})
