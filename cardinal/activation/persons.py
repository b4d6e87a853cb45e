"""What the serving snapshot knows of persons: by which ids they go today, and what they took back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from cardinal.activation.journal import IN_DOUBT
from cardinal.activation.withdrawals import FOR_GOOD, HOLDS
from cardinal.build import quoted

# A person's id may be another one by the snapshot's day: what was said of them under the old one holds.
CURRENT = """
create or replace temporary table current_withdrawals as
select withdrawals.* replace (coalesce(ids.current_person_id, withdrawals.person_id) as person_id)
from withdrawals
left join {known} as ids on withdrawals.person_id = ids.person_id
"""
# Who is held and no longer in the table, by the ids of today, and what they agreed to: what they were told of and what
# the table asks for now.
GONE = """
create or replace temporary table gone as
with held as (
    select state.key, coalesce(told.person_id, state.key) as person_id, told.purpose, told.channel
    from state
    left join told on state.key = told.key
    where state.sync = $sync and state.key not in (select key from desired where key is not null)
), asked as (
    select key, person_id, purpose, channel from held
    union
    select held.key, held.person_id, agreed.purpose, agreed.channel from held cross join agreed
)
select asked.* replace (coalesce(ids.current_person_id, asked.person_id) as person_id)
from asked
left join {known} as ids on asked.person_id = ids.person_id
"""
# Who took it back, by the consents of the snapshot, or said so since or before; who agreed again after it hasn't.
LEAVERS = f"""
create or replace temporary table leavers as
select key from withdrawn where key is not null
union
select gone.key
from gone
inner join {{known}} as consents
    on gone.person_id = consents.person_id and gone.purpose = consents.purpose and gone.channel = consents.channel
where not consents.is_granted
union
select gone.key
from gone
inner join current_withdrawals as withdrawals
    on gone.person_id = withdrawals.person_id
    and coalesce(gone.channel = withdrawals.channel, true) and coalesce(gone.purpose = withdrawals.purpose, true)
left join {{known}} as consents
    on gone.person_id = consents.person_id and gone.purpose = consents.purpose and gone.channel = consents.channel
    and consents.is_granted
where {HOLDS} and (withdrawals.reason in {FOR_GOOD} or coalesce(consents.since_at <= withdrawals.withdrawn_at, true))
"""
SUPPRESSED = """
insert into leavers
select gone.key
from gone
inner join {known} as suppressions
    on gone.person_id = suppressions.person_id and suppressions.channel in (gone.channel, 'all')
"""
# Whose message went out under an id that is another one by the snapshot's day, or may have gone out.
SAID_BEFORE = """
create or replace temporary table said_before as
select ids.current_person_id as key
from state
inner join {known} as ids on state.key = ids.person_id and ids.current_person_id != ids.person_id
where
    state.sync = $sync
    and (
        state.acked is not null or state.intent_state = 'uncertain' or state.reason = $in_doubt
        -- Of what was put off nothing was taken.
        or (len(state.maybe) > 0 and state.intent_state is distinct from 'postponed')
    )
group by ids.current_person_id
"""
NO_CONSENTS = """(
    select '' as person_id, '' as purpose, '' as channel, true as is_granted, now()::timestamp as since_at where false
)"""
NO_SUPPRESSIONS = "(select '' as person_id, '' as channel where false)"
NO_IDS = "(select null::varchar as person_id, null::varchar as current_person_id where false)"


def name_currently(ledger: duckdb.DuckDBPyConnection, serving: Path) -> None:
    """Write the withdrawals into the temporary table `current_withdrawals`, by the ids of the serving snapshot."""
    _ask(ledger, serving, CURRENT, "current_person_ids", NO_IDS)


def find_leavers(ledger: duckdb.DuckDBPyConnection, sync: str, serving: Path, hours: float | None) -> None:
    """Write the keys that want no more or are suppressed, whom no guard is to keep, into the temporary table `leavers`.

    By the temporary tables `desired`, `withdrawn`, `agreed`, `told` and `current_withdrawals`; the serving snapshot was
    built so many `hours` ago.
    """
    _ask(ledger, serving, GONE, "current_person_ids", NO_IDS, {"sync": sync})
    _ask(ledger, serving, LEAVERS, "customer_consents", NO_CONSENTS, {"hours": hours})
    _ask(ledger, serving, SUPPRESSED, "customer_suppressions", NO_SUPPRESSIONS)


def find_said_before(ledger: duckdb.DuckDBPyConnection, sync: str, serving: Path) -> None:
    """Write into the temporary table `said_before` by which ids those go today who got something by another one."""
    _ask(ledger, serving, SAID_BEFORE, "current_person_ids", NO_IDS, {"sync": sync, "in_doubt": IN_DOUBT})


def _ask(
    ledger: duckdb.DuckDBPyConnection,
    serving: Path,
    sql: str,
    mart: str,
    otherwise: str,
    given: dict[str, Any] | None = None,
) -> None:
    """Run it with a mart of the serving snapshot for `known`, and with `otherwise` where there is none."""
    if serving.exists():
        ledger.execute(f"attach '{quoted(serving)}' as serving (read_only)")
        try:
            ledger.execute(sql.format(known=f"serving.marts.{mart}"), given or {})
            return
        except duckdb.CatalogException:
            pass
        finally:
            ledger.execute("detach serving")
    ledger.execute(sql.format(known=otherwise), given or {})
