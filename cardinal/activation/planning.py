"""What a run would send: the difference between the table and what the destination holds, and whether it looks sane."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from cardinal.activation.declaration import Sync
from cardinal.activation.destination import Nature, read_fields
from cardinal.activation.guarding import find_tripped
from cardinal.activation.persons import find_leavers, find_said_before, name_currently
from cardinal.activation.places import GUARD, find_moved, is_moved
from cardinal.activation.reading import read_table
from cardinal.activation.sharing import put_back, put_back_others
from cardinal.activation.withdrawals import find_told, note_withdrawals
from cardinal.identity.masking import mask

ACTIONS = ("invalid", "add", "change", "remove", "retry", "same", "rejected")
SAMPLE_ROWS = 3
ONCE_ONLY = ("append", "event")
ORDINARY = Nature()

DIFF = """
create or replace temporary table difference as
with known as (
    -- What another destination holds says nothing of this one.
    select
        * replace (
            if($is_moved, null, acked) as acked, if($is_moved, [], maybe) as maybe,
            if($is_moved, null, intent_state) as intent_state
        )
    from state
    where sync = $sync
), held as (
    select
        *,
        coalesce(intent_state in ('uncertain', 'postponed'), false) as is_uncertain,
        acked is not null or len(maybe) > 0 as is_there,
        key in (from leavers) or coalesce(intent_op = 'remove', false) as is_leaving
    from known
)
select
    coalesce(desired.key, held.key) as key,
    coalesce(desired.copies, 1) as copies,
    case
        when desired.copies > 1 or (desired.key is null and held.key is null) then 'invalid'
        when desired.key is null then
            case
                when $mode != 'mirror' and not ($lets_go and held.is_leaving) then 'kept'
                when held.is_uncertain and held.intent_op = 'remove' then 'retry'
                when held.is_there then 'remove'
                else 'gone'
            end
        when held.key is null then 'add'
        -- What may have been said isn't said in other words; what was put off is said as it is now.
        when $is_once and held.intent_state = 'uncertain' then 'retry'
        when $is_once and held.acked is not null then 'same'
        -- Where something else was rejected since, what was accepted may have been taken out for it.
        when
            held.acked = desired.payload and len(held.maybe) = 0 and held.intent_state is null
            and ($refresh_days is null or held.changed_at > now() at time zone 'UTC' - to_days($refresh_days))
            then 'same'
        when held.is_uncertain and held.intent_op != 'remove' and held.intent_payload = desired.payload then 'retry'
        when
            held.intent_state = 'rejected' and not $again
            and held.intent_op != 'remove' and held.intent_payload = desired.payload
            then 'rejected'
        when not held.is_there or $is_once or (held.is_uncertain and held.intent_op = 'remove') then 'add'
        else 'change'
    end as action,
    case action
        when 'retry' then held.intent_op
        when 'remove' then 'remove'
        when 'add' then 'add'
        when 'change' then 'change'
    end as op,
    case when action = 'retry' then held.version else coalesce(held.version, 0) + 1 end as version,
    -- A removal carries what was sent, by which the destination knows the row.
    case
        when action = 'retry' then held.intent_payload
        when action = 'remove' then coalesce(held.maybe[-1], held.acked)
        else desired.payload
    end as payload,
    list_filter(
        list_concat([held.acked], coalesce(held.maybe, [])), lambda sent: sent is not null
    ) as before,
    false as is_unsure
from desired
full join held on desired.key = held.key
"""
# Whoever got it by an id that is another one by now isn't told again.
SAID = "update difference set action = 'same', op = null where action = 'add' and key in (from said_before)"
# What is replaced as a whole gets what is the same once more, and what is held of rows that can't be told apart.
WHOLE = """
update difference set
    op = 'add', version = version - 1, payload = if(action = 'invalid', before[-1], payload)
where
    (action = 'same' or action = 'invalid' and key is not null and len(before) > 0)
    and ($again or (select count(op) > 0 from difference))
"""
# Where only some are to leave: whoever else is held goes once more as it was sent. A removal without an answer stands.
WHOLE_AS_HELD = """
update difference set op = 'add', version = state.version, payload = before[-1]
from state
where
    state.sync = $sync and state.key = difference.key and difference.key not in (from leaving) and len(before) > 0
    and not coalesce(state.intent_op = 'remove' and state.intent_state in ('uncertain', 'postponed'), false)
"""
COUNTS = """
select
    coalesce(sum(copies) filter (where action = 'invalid'), 0), count(*) filter (where action = 'add'),
    count(*) filter (where action = 'change'), count(*) filter (where action = 'remove'),
    count(*) filter (where action = 'retry'), count(*) filter (where action = 'same'),
    count(*) filter (where action = 'rejected'), (select sum(copies) from desired),
    (select count(*) from state where sync = $sync and acked is not null),
    count(*) filter (where action = 'remove' and key in (from leavers))
from difference
"""
LEAVING = "select key from difference where op = 'remove' and key in (from leavers) order by key"
STAYING = "select count(*) from difference where action = 'kept' and len(before) > 0 and key in (from leavers)"
FINGERPRINT = """
select md5(concat_ws('|', $declared, count(*), bit_xor(md5_number_lower(concat_ws('|', key, op, version, payload)))))
from difference where op is not null
"""


@dataclass(frozen=True)
class Plan:
    """What a run would do.

    Attributes:
        sync: The sync.
        counts: Rows by what would be done: add, change, remove, retry (sent before, answer unknown), same, rejected
            (by the destination, and unchanged since), invalid (no key, or another row's), withdrawn (of people who
            said since the build that they want no more: left out of the table), staying (of people who want no more,
            where the destination can take nothing back).
        desired: Rows of the table.
        held: Rows that the destination holds.
        fingerprint: Changes with anything that would be sent.
        tripped: The guards that stop it, by name, with what they found.
        sample: Some rows, masked.
        as_of_date: Newest day in the snapshot.
        sends: Rows that would go out.
        leaving: Keys that go out whatever guards say: of people whom the destination holds and who withdrew.
    """

    sync: Sync
    counts: dict[str, int]
    desired: int
    held: int
    fingerprint: str
    tripped: dict[str, str]
    sample: list[tuple[str, str]]
    as_of_date: date
    sends: int
    leaving: tuple[str, ...] = ()


def look(ledger: duckdb.DuckDBPyConnection, sync: Sync, snapshot: Path) -> tuple[float | None, date, int]:
    """Read the table into the temporary table `desired`, and who wants no more into `leavers`.

    Returns how many hours ago the snapshot was built, its newest day, and how many rows were left out as withdrawn.

    Raises:
        SyncError: The snapshot, the table or a column isn't there, or it is of another channel than the destination.
    """
    outbox = snapshot.parent.parent / "outbox"
    note_withdrawals(ledger, outbox)
    serving = snapshot.with_name("serving.duckdb")
    name_currently(ledger, serving)
    found = read_table(ledger, sync, snapshot)
    if sync.mode in ONCE_ONLY:
        # What was said can't be taken back, and is of everybody ever.
        ledger.execute("create or replace temporary table leavers (key varchar)")
    else:
        find_told(ledger, sync.name, outbox)
        find_leavers(ledger, sync.name, serving, hours=found[0])
    return found


def make_plan(
    ledger: duckdb.DuckDBPyConnection,
    sync: Sync,
    snapshot: Path,
    again: bool = False,
    nature: Nature = ORDINARY,
    late: str | None = None,
) -> Plan:
    """Compare the table with the state; the temporary table `difference` holds the outcome.

    The snapshot is open only as long as the table is read. `again`: what was rejected is sent once more, though nothing
    of it changed. `nature`: where it is replaced as a whole, all rows go out if anything differs, or if asked for.
    `late`: what of the consent centre's deliveries is too late, if anything is.

    Raises:
        SyncError: The snapshot, the table or a column isn't there, or it is of another channel than the destination.
    """
    serving = snapshot.with_name("serving.duckdb")
    hours, as_of_date, withdrawn = look(ledger, sync, snapshot)
    # Who stays though they left the table doesn't when they want no more.
    lets_go = sync.mode == "upsert" and nature.takes_back
    given = {"sync": sync.name, "mode": sync.mode, "is_once": sync.mode in ONCE_ONLY, "again": again}
    given["is_moved"] = is_moved(ledger, sync)
    ledger.execute(DIFF, {**given, "refresh_days": nature.refresh_days, "lets_go": lets_go})
    if sync.mode in ONCE_ONLY and not given["is_moved"]:
        find_said_before(ledger, sync.name, serving)
        ledger.execute(SAID)
    put_back(ledger, nature.known_by)
    if nature.is_whole:
        ledger.execute(WHOLE, {"again": again})
    row = ledger.execute(COUNTS, {"sync": sync.name}).fetchall()[0]
    counts = dict(zip(ACTIONS, (int(count) for count in row), strict=False))
    # The guards judge the table and what it does; that people withdrew is no mistake of a build.
    desired, held, by_withdrawal = int(row[7] or 0) + withdrawn, 0 if given["is_moved"] else int(row[8]), int(row[9])
    counts["withdrawn"] = withdrawn
    if sync.mode == "upsert":
        (counts["staying"],) = ledger.execute(STAYING).fetchall()[0]
    (sends,) = ledger.execute("select count(op) from difference").fetchall()[0]
    declared = json.dumps([sync.name, sync.mode, dict(sync.columns), dict(sync.destination)], sort_keys=True)
    (fingerprint,) = ledger.execute(FINGERPRINT, {"declared": declared}).fetchall()[0]
    tripped = find_tripped(ledger, sync, {**counts, "remove": counts["remove"] - by_withdrawal}, desired, held)
    if hours is None or hours > sync.guards.snapshot_hours:
        tripped["stale"] = (
            f"consent was built {hours:,.0f} hours ago" if hours else "nobody knows when consent was built"
        )
    if late:
        tripped["sources"] = late
    if moved := find_moved(ledger, sync):
        tripped[GUARD] = moved
    leaving = ledger.execute(LEAVING).fetchall() if tripped else []
    return Plan(
        sync, counts, desired, held, fingerprint[:16], tripped, _sample(ledger), as_of_date, sends,
        tuple(key for (key,) in leaving),
    )  # fmt: skip


def make_withdrawal(
    ledger: duckdb.DuckDBPyConnection, sync: Sync, keys: Collection[str], nature: Nature = ORDINARY
) -> Plan:
    """Plan the removal of rows that the destination holds, whatever the table has; `difference` holds the outcome.

    It knows no guards: somebody has decided it, row by row. `desired` holds what `look` or `read_nothing` found: only
    who is in it is put in again where one that leaves takes them along. What is replaced as a whole gets what else is
    held once more, as it was sent, but for those who want no more.
    """
    ledger.execute("create or replace temporary table leaving as select unnest($keys::varchar[])", {"keys": list(keys)})
    ledger.execute("delete from desired where key in (from leaving)")
    given = {"sync": sync.name, "mode": "mirror", "is_once": False, "again": True, "is_moved": False}
    ledger.execute(DIFF, {**given, "refresh_days": None, "lets_go": False})
    counts = dict(
        ledger.execute("select action, count(*) from difference where key in (from leaving) group by all").fetchall()
    )
    if nature.is_whole:
        ledger.execute(f"insert into leaving {LEAVING}")
    put_back_others(ledger, nature.known_by)
    if nature.is_whole:
        ledger.execute(WHOLE_AS_HELD, {"sync": sync.name})
    (sends,) = ledger.execute("select count(op) from difference").fetchall()[0]
    last = ledger.execute("select max(as_of_date) from runs where sync = ?", [sync.name]).fetchall()[0][0]
    return Plan(
        sync=sync,
        counts={action: counts.get(action, 0) for action in ACTIONS},
        desired=0,
        held=len(keys),
        fingerprint="withdrawal",
        tripped={},
        sample=[],
        as_of_date=last or datetime.now(UTC).date(),
        sends=sends if counts.get("remove") or counts.get("retry") else 0,
    )


def _sample(ledger: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    rows = ledger.execute(
        "select op, payload from difference where op is not null"
        f" qualify row_number() over (partition by op order by hash(key)) <= {SAMPLE_ROWS} order by op, hash(key)"
    ).fetchall()
    return [(op, json.dumps(_masked(read_fields(payload)), ensure_ascii=False)) for op, payload in rows]


def _masked(payload: dict[str, object]) -> dict[str, object]:
    """Values whose look says nothing of a person stay: true, false and nothing."""
    return {
        field: value if value is None or isinstance(value, bool) else mask(field, str(value))
        for field, value in payload.items()
    }
