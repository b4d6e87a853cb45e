"""The ledger: what each destination has accepted, row by row, and what is on its way. `outbox/ledger.duckdb`.

`state` has a row per sync and key: what the destination holds as far as it said so (`acked`), what it may hold besides
(`maybe`), and the last thing that was sent without a word of acceptance (`intent_...`). A run writes all that it is
about to send into `outgoing`, then, for each batch, that it begins before the request and that it is done after the
answer; answers other than yes go to `answers`. At the end, or at the next start if it was killed, the run is folded
into `state`. A batch that began and isn't done may have been taken or not: its rows are `uncertain`, and go out again
with the same ids. So do rows that the destination put off (`postponed`), of which nothing was taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from cardinal.activation.declaration import BusyError
from cardinal.activation.destination import NAMESPACE
from cardinal.build import quoted
from cardinal.single_run import single_run

# Key, status, reason, and whether an attempt before the answer went unanswered.
Answered = tuple[str, str, str, bool]

SCHEMA = """
create table if not exists state (
    sync varchar not null, key varchar not null, acked varchar, maybe varchar[] not null, version integer not null,
    intent_op varchar, intent_payload varchar, intent_state varchar, reason varchar,
    run_id varchar, changed_at timestamp
);
create table if not exists runs (
    run_id varchar not null, sync varchar not null, fingerprint varchar not null, status varchar not null,
    desired_count bigint, held_count bigint, add_count bigint, change_count bigint, remove_count bigint,
    retry_count bigint, same_count bigint, invalid_count bigint,
    accepted_count bigint, rejected_count bigint, uncertain_count bigint, unsent_count bigint,
    overridden varchar[], message varchar, started_at timestamp not null, ended_at timestamp,
    as_of_date date not null, is_delivered boolean not null
);
create table if not exists outgoing (
    run_id varchar, batch_no integer, key varchar, op varchar, version integer, payload varchar, before varchar[]
);
create table if not exists batches (
    run_id varchar, batch_no integer, batch_key varchar, step varchar, noted_at timestamp
);
create table if not exists answers (run_id varchar, key varchar, status varchar, reason varchar);
-- A "no" to the second attempt says nothing of a first one that wasn't answered.
alter table answers add column if not exists was_unanswered boolean;
-- Whom a row is about and what for: what comes back finds its person and its campaign by it.
alter table outgoing add column if not exists about struct(
    person_id varchar, campaign varchar, purpose varchar, channel varchar, experiment_key varchar, arm varchar
);
create table if not exists withdrawals (
    event_id varchar not null, person_id varchar, line_user_id varchar, channel varchar, purpose varchar,
    reason varchar not null, withdrawn_at timestamp not null
);
alter table withdrawals add column if not exists phone varchar;
-- Where the rows of a sync are held: type and place of its destination, never a secret.
create table if not exists places (sync varchar primary key, place varchar not null);
"""
# destination.row_id in SQL: UUID 5 is a SHA-1 with version and variant written over it.
DIGEST = f"sha1(unhex('{NAMESPACE.hex}') || encode(concat(sync, chr(10), version, chr(10), key)))"
ROW_ID = """
concat_ws(
    '-', digest[1:8], digest[9:12], '5' || digest[14:16],
    translate(digest[17], '0123456789abcdef', '89ab89ab89ab89ab') || digest[18:20], digest[21:32]
)
"""
FOLD = """
create or replace temporary table folded as
with begun as (
    select batch_no, bool_or(step = 'done') as is_done from batches where run_id = $run group by batch_no
)
select
    runs.sync, outgoing.key, outgoing.batch_no, outgoing.op, outgoing.version, outgoing.payload, outgoing.about,
    coalesce(answers.status, if(begun.is_done, 'accepted', 'uncertain')) as status,
    coalesce(answers.was_unanswered, false) as was_unanswered,
    coalesce(answers.reason, if(begun.is_done, null, 'the run ended before the answer came')) as reason
from outgoing
inner join begun on outgoing.batch_no = begun.batch_no
inner join runs on outgoing.run_id = runs.run_id
left join answers on outgoing.run_id = answers.run_id and outgoing.key = answers.key
where outgoing.run_id = $run and answers.status is distinct from 'unsent'
"""
NEW_STATE = """
create or replace temporary table new_state as
select
    folded.sync,
    folded.key,
    case
        -- After a removal without an answer nothing is sure, not even what was accepted once.
        when (folded.status in ('uncertain', 'postponed') or folded.was_unanswered) and folded.op = 'remove' then null
        when folded.status != 'accepted' then state.acked
        when folded.op != 'remove' then folded.payload
    end as acked,
    case
        when folded.status = 'accepted' then []
        when folded.status = 'rejected' and not folded.was_unanswered then coalesce(state.maybe, [])
        when folded.op = 'remove' then list_filter(
            list_concat([state.acked], coalesce(state.maybe, [])), lambda payload: payload is not null
        )
        -- In the order in which they went out, the last one last.
        else list_append(
            list_filter(coalesce(state.maybe, []), lambda payload: payload != folded.payload), folded.payload
        )
    end as maybe,
    folded.version,
    if(folded.status = 'accepted', null, folded.op) as intent_op,
    if(folded.status = 'accepted', null, folded.payload) as intent_payload,
    case
        -- Put off now, it may have been taken before: a message of which nobody knows stays one.
        when folded.status = 'postponed' and state.intent_state = 'uncertain' then 'uncertain'
        when folded.status != 'accepted' then folded.status
    end as intent_state,
    folded.reason,
    $run as run_id,
    now() at time zone 'UTC' as changed_at
from folded
left join state on folded.sync = state.sync and folded.key = state.key
"""
CLOSE_RUN = """
update runs set
    status = $status, message = $message, ended_at = now() at time zone 'UTC',
    accepted_count = (select count(*) from folded where status = 'accepted'),
    rejected_count = (select count(*) from folded where status = 'rejected'),
    uncertain_count = (select count(*) from folded where status in ('uncertain', 'postponed')),
    unsent_count = (select count(*) from outgoing where run_id = $run) - (select count(*) from folded)
where run_id = $run
"""
SEND_LOG = """
copy (
    select
        sync, $run as run_id, key, op, version,
        -- Whoever reads it asks what was accepted; the reason tells the rest.
        if(status = 'postponed', 'uncertain', status) as status, reason, now() at time zone 'UTC' as folded_at,
        {row_id} as row_id, unnest(about)
    from (select *, {digest} as digest from folded) order by batch_no, key
) to '{path}' (format parquet)
"""


@contextmanager
def open_ledger(outbox: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the ledger, alone: it shows people, so only its owner may read it.

    Raises:
        BusyError: Another run has it.
    """
    outbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    problem = BusyError(f"another activation is running on {outbox}: wait until it has ended")
    with single_run(outbox / "activation.lock", problem):
        path = outbox / "ledger.duckdb"
        with duckdb.connect(str(path)) as connection:
            path.chmod(0o600)
            connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
            connection.execute(SCHEMA)
            yield connection


def open_runs(ledger: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Return run and sync of what was killed: to be folded before anything is planned."""
    return ledger.execute("select run_id, sync from runs where status = 'running' order by started_at").fetchall()


def unanswered(ledger: duckdb.DuckDBPyConnection, run_id: str) -> list[tuple[int, str]]:
    """Return number and key of the batches that began and aren't done."""
    return ledger.execute(
        "select batch_no, any_value(batch_key) from batches where run_id = ? group by batch_no"
        " having not bool_or(step = 'done')",
        [run_id],
    ).fetchall()


def keys_of(ledger: duckdb.DuckDBPyConnection, run_id: str, batch_no: int) -> list[str]:
    """Return the keys of a batch."""
    rows = ledger.execute("select key from outgoing where run_id = ? and batch_no = ?", [run_id, batch_no]).fetchall()
    return [key for (key,) in rows]


def unaccepted(ledger: duckdb.DuckDBPyConnection, sync: str) -> list[tuple[str, str, str, int]]:
    """Return state, op, reason and number of the rows whose last sending wasn't accepted."""
    return ledger.execute(
        "select intent_state, intent_op, coalesce(reason, ''), count(*) from state"
        " where sync = ? and intent_state is not null group by all order by 4 desc, 1, 2, 3",
        [sync],
    ).fetchall()


def begin_batch(ledger: duckdb.DuckDBPyConnection, run_id: str, batch_no: int, batch_key: str) -> None:
    """Write down, before the request, that a batch may be taken from now on."""
    _note(ledger, run_id, batch_no, batch_key, "begun")


def end_batch(
    ledger: duckdb.DuckDBPyConnection, run_id: str, batch_no: int, batch_key: str, answers: list[Answered]
) -> None:
    """Write down the answer to each row that wasn't accepted."""
    ledger.execute("begin")
    if answers:
        ledger.executemany("insert into answers values (?, ?, ?, ?, ?)", [(run_id, *answer) for answer in answers])
    _note(ledger, run_id, batch_no, batch_key, "done")
    ledger.execute("commit")


def _note(ledger: duckdb.DuckDBPyConnection, run_id: str, batch_no: int, batch_key: str, step: str) -> None:
    ledger.execute(
        "insert into batches values (?, ?, ?, ?, now() at time zone 'UTC')", [run_id, batch_no, batch_key, step]
    )


def fold(ledger: duckdb.DuckDBPyConnection, outbox: Path, run_id: str, status: str, message: str | None) -> None:
    """Let what was answered become the state, close the run and leave its rows' results as Parquet.

    Killed at any point, it can be done again: the results keep their name, the state is one transaction.
    """
    run = {"run": run_id}
    ledger.execute(FOLD, run)
    ledger.execute(NEW_STATE, run)
    log = outbox / "results"
    log.mkdir(exist_ok=True, mode=0o700)
    unfinished, finished = log / f"{run_id}.tmp", log / f"{run_id}.parquet"
    ledger.execute(SEND_LOG.format(digest=DIGEST, row_id=ROW_ID, path=quoted(unfinished)), run)
    unfinished.chmod(0o600)
    unfinished.replace(finished)
    ledger.execute("begin")
    ledger.execute("delete from state using new_state where state.sync = new_state.sync and state.key = new_state.key")
    ledger.execute("insert into state select * from new_state")
    ledger.execute(CLOSE_RUN, {**run, "status": status, "message": message})
    for table in ("outgoing", "batches", "answers"):
        ledger.execute(f"delete from {table} where run_id = ?", [run_id])
    ledger.execute("commit")
