"""What two rows share: where a list knows people by an address, taking one out takes out whoever else has it.

Whoever stays and is in the table is put in again, after all that is taken out. Until that is accepted, nobody can say
that they are there; nor of whoever is held and isn't in the table: nothing is sent to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb

from cardinal.activation.destination import KnownBy, read_fields

# Before anything is put back: that is an addition, and no longer shows what goes out with it. What a row keeps of its
# own isn't taken out.
TAKEN_OUT = """
create or replace temporary table taken_out as
select unnest(if(op = 'remove', marks, list_filter(marks, mark -> not list_contains(kept, mark)))) as mark
from (
    select op, coalesce({known_by_payload}, []) as kept, {known_by_sent} as marks
    from (select op, payload, unnest(before) as sent from difference where op in ('remove', 'change'))
)
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
            select key, unnest({known_by_held}) as mark
            from (
                select key, if(action in ('kept', 'invalid'), before[-1], payload) as held
                from difference
                where action in ('same', 'kept', 'invalid') or op = 'change'
            )
        ) as held
        inner join taken_out on held.mark = taken_out.mark
    )
"""
# Whom the table knows by what they are held by is as before; whoever else is held isn't sent anything, nor taken out.
STAYING = """
update difference set
    action = if(
        action in ('same', 'change', 'rejected') and {known_by_payload} is not distinct from {known_by_sent},
        'same', 'kept'
    ),
    op = null, payload = before[-1]
where key not in (from leaving)
"""
UNSURE = """
update state set maybe = list_concat([acked], maybe), acked = null
where
    sync = $sync and acked is not null
    and key in (select key from difference where is_unsure)
"""
MarksOf = Callable[[str], str]


def put_back(ledger: duckdb.DuckDBPyConnection, known_by: KnownBy) -> None:
    """Let whoever stays and shares an address with what is taken out go in again.

    `known_by` are fields that hold one, or what makes them of a row's fields. It changes the temporary table
    `difference`.
    """
    with _marks(ledger, known_by) as marks_of:
        _put_back(ledger, marks_of)


def put_back_others(ledger: duckdb.DuckDBPyConnection, known_by: KnownBy) -> None:
    """Do so where only the keys of the temporary table `leaving` leave, whatever else `difference` would change."""
    with _marks(ledger, known_by) as marks_of:
        alike = {"known_by_payload": marks_of("payload"), "known_by_sent": marks_of("before[-1]")}
        ledger.execute(STAYING.format(**alike))
        _put_back(ledger, marks_of)


def _put_back(ledger: duckdb.DuckDBPyConnection, marks_of: MarksOf) -> None:
    ledger.execute(TAKEN_OUT.format(known_by_payload=marks_of("payload"), known_by_sent=marks_of("sent")))
    # What makes marks of a row is slow: only where there is something to look for.
    if ledger.execute("from taken_out limit 1").fetchall():
        ledger.execute(PUT_BACK.format(known_by_held=marks_of("held")))


@contextmanager
def _marks(ledger: duckdb.DuckDBPyConnection, known_by: KnownBy) -> Iterator[MarksOf]:
    """Yield what returns the SQL of all by which a list knows the row of a payload."""
    if not callable(known_by):
        fields = tuple(known_by)

        def marks_of(payload: str) -> str:
            marks = (f"'{field} ' || lower(json_extract_string({payload}, '{field}'))" for field in fields)
            return f"list_filter([{', '.join(marks)}]::varchar[], mark -> mark is not null)"

        yield marks_of
        return
    made = known_by
    ledger.create_function("known_as", lambda payload: list(made(read_fields(payload))), ["varchar"], "varchar[]")
    try:
        yield lambda payload: f"known_as({payload})"
    finally:
        ledger.remove_function("known_as")


def note_unsure(ledger: duckdb.DuckDBPyConnection, sync: str) -> None:
    """Write down, before anything is sent, that whoever is to go in again may be out: a kill mustn't hide it."""
    ledger.execute(UNSURE, {"sync": sync})
