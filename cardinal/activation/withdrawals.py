"""Who wants no more since the snapshot was built: left out of what is sent before any build knows of it.

Whoever receives what comes back (cardinal/receiving) appends a line to a file in `outbox/withdrawn/` before it answers:

    {"event_id", "reason", "withdrawn_at", and one of: "row_id"; "sync" and "key"; "line_user_id"; "phone"}

`reason` is unsubscribed, complained, bounced (for good) or unfollowed; a phone is that of who replied that they want no
more texts. Whom a row is about stands in the results of the run that sent it, or in what one that hasn't ended is
sending. What was found stays in the ledger, table `withdrawals`; to forget somebody, delete their rows there and their
lines here.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from cardinal.activation.ledger import DIGEST, ROW_ID
from cardinal.build import quoted

FOLDER = "withdrawn"
# A torn last line is one that nobody was told had been taken.
NEW = """
create or replace temporary table new_withdrawals as
select
    event_id, max(withdrawn_at) as withdrawn_at, max_by(columns(* exclude (event_id, withdrawn_at)), withdrawn_at)
from read_json(
    '{folder}/*.jsonl', format = 'newline_delimited', ignore_errors = true,
    columns = {{
        event_id: 'varchar', reason: 'varchar', withdrawn_at: 'timestamp', row_id: 'varchar', sync: 'varchar',
        key: 'varchar', line_user_id: 'varchar', phone: 'varchar'
    }}
) as told
where event_id is not null and reason is not null
group by event_id
having max(withdrawn_at) > coalesce(
    (select max(known.withdrawn_at) from withdrawals as known where known.event_id = told.event_id),
    timestamp '-infinity'
)
"""
# Who clicks again after agreeing again wants no more since then.
OUTDATED = """
delete from withdrawals using withdrawals as newer
where withdrawals.event_id = newer.event_id and withdrawals.withdrawn_at < newer.withdrawn_at
"""
# A complaint and a dead address close the channel, whatever it is for. Results of long ago don't say whom
# they are about.
RESOLVED = """
insert into withdrawals by name
with said as (
    select
        row_id, sync, key, folded_at,
        {{person_id: coalesce(person_id, key), channel: channel, purpose: purpose}} as about
    from (
        select *
        from values (null::varchar, null::varchar, null::varchar, null::varchar)
            as told (row_id, person_id, channel, purpose)
        where false
        {results}
        {sending}
    )
    where op != 'remove'
), found as (
    select new.event_id, max_by(said.about, said.folded_at) as about
    from new_withdrawals as new inner join said on new.row_id = said.row_id group by new.event_id
    union all
    select new.event_id, max_by(said.about, said.folded_at) as about
    from new_withdrawals as new inner join said on new.sync = said.sync and new.key = said.key group by new.event_id
)
select
    new.event_id, found.about.person_id as person_id, found.about.channel as channel,
    case when new.reason = 'unsubscribed' then found.about.purpose end as purpose, new.reason, new.withdrawn_at
from new_withdrawals as new
inner join found on new.event_id = found.event_id
"""
RESULTS = "union all by name select * from read_parquet('{results}/*.parquet', union_by_name = true)"
# The newest that is known of each key: what was put in again says less.
TOLD = """
create or replace temporary table told as
select
    key, max_by(person_id, folded_at) as person_id, max_by(purpose, folded_at) as purpose,
    max_by(channel, folded_at) as channel
from (
    select
        '' as sync, '' as key, '' as op, '' as person_id, '' as purpose, '' as channel, now()::timestamp as folded_at
    where false
    {results}
)
where sync = $sync and op != 'remove'
group by key
"""
# A run that was killed, and whose destination can't be asked, may stay without results for days.
SENDING = f"""
        union all by name
        select {ROW_ID} as row_id, sync, key, op, now() at time zone 'UTC' as folded_at, unnest(about)
        from (
            select outgoing.*, runs.sync, {DIGEST} as digest
            from outgoing inner join runs on outgoing.run_id = runs.run_id
        )
"""
# Who wrote it themselves, from what they are written to.
WRITTEN = """
insert into withdrawals by name
select event_id, line_user_id, phone, if(phone is null, 'line', 'sms') as channel, reason, withdrawn_at
from new_withdrawals where line_user_id is not null or phone is not null
"""
# A bounce is the warehouse's to judge a week later: something may arrive there again.
HOLDS = """(
    withdrawals.reason != 'bounced' or $hours is null
    or withdrawals.withdrawn_at + interval 7 day > now() at time zone 'UTC' - to_seconds($hours * 3600)
)"""
# Who agreed again after all did so knowing; it says nothing of an address that is dead, nor of a complaint.
FOR_GOOD = ("bounced", "complained")
WITHDRAWN = f"""
select cast(people."{{key}}" as varchar) as key
from {{source}} as people
inner join current_withdrawals as withdrawals on people."{{column}}" = withdrawals."{{said}}"
where {HOLDS} {{conditions}}
"""
CONDITIONS = {
    "channel": " and coalesce(people.channel = withdrawals.channel, true)",
    "purpose": " and coalesce(people.purpose = withdrawals.purpose, true)",
    "consent_since_at": f" and (withdrawals.reason in {FOR_GOOD}"
    " or coalesce(people.consent_since_at <= withdrawals.withdrawn_at, true))",
}


def note_withdrawals(ledger: duckdb.DuckDBPyConnection, outbox: Path) -> None:
    """Take what was received since the last plan into the ledger, by person; what no run sent waits."""
    folder, results = outbox / FOLDER, outbox / "results"
    if not any(folder.glob("*.jsonl")):
        return
    ledger.execute(NEW.format(folder=quoted(folder)))
    ledger.execute("begin")
    try:
        ledger.execute(WRITTEN)
        if _count(ledger, "new_withdrawals"):
            told = RESULTS.format(results=quoted(results)) if any(results.glob("*.parquet")) else ""
            ledger.execute(RESOLVED.format(results=told, sending=SENDING))
        ledger.execute(OUTDATED)
    except duckdb.Error:
        ledger.execute("rollback")
        raise
    ledger.execute("commit")


def find_told(ledger: duckdb.DuckDBPyConnection, sync: str, outbox: Path) -> None:
    """Write whom the rows of a sync were about and what for, by key, into the temporary table `told`.

    As the results of its runs have it: what people agreed to is known though the table holds them no longer.
    """
    results = outbox / "results"
    told = RESULTS.format(results=quoted(results)) if any(results.glob("*.parquet")) else ""
    ledger.execute(TOLD.format(results=told), {"sync": sync})


def find_withdrawn(
    ledger: duckdb.DuckDBPyConnection, source: str, key: str, columns: set[str], hours: float | None
) -> int:
    """Write the keys of rows that may not be sent into the temporary table `withdrawn`, and return how many.

    What people agreed to in the table goes into `agreed`.

    `source` is the table of the snapshot, `columns` are its columns, built so many `hours` ago. Where it doesn't tell
    the channel or the purpose, it is taken for the one that was withdrawn.
    """
    conditions = [CONDITIONS[name] for name in CONDITIONS if name in columns]
    ways = {"person_id": "person_id" if "person_id" in columns else key}
    ways |= {name: name for name in ("line_user_id", "phone") if name in columns}
    found = " union all ".join(
        WITHDRAWN.format(key=key, source=source, said=said, column=column, conditions="".join(conditions))
        for said, column in ways.items()
    )
    agreed = ", ".join(
        f"cast({name if name in columns else 'null'} as varchar) as {name}" for name in ("purpose", "channel")
    )
    # By their names: nothing is grouped by what is the same for all rows.
    ledger.execute(
        "create or replace temporary table agreed as"
        f" select purpose, channel from (select {agreed} from {source}) group by purpose, channel"
    )
    ledger.execute(
        f"create or replace temporary table withdrawn as select key from ({found}) group by key", {"hours": hours}
    )
    return _count(ledger, "withdrawn")


def _count(ledger: duckdb.DuckDBPyConnection, table: str) -> int:
    (count,) = ledger.execute(f"select count(*) from {table}").fetchall()[0]
    return int(count)
