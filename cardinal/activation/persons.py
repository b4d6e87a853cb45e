"""What the serving snapshot knows of persons: by which ids they go today, and what they took back."""

from __future__ import annotations

from pathlib import Path

import duckdb

from cardinal.activation.journal import IN_DOUBT
from cardinal.build import quoted

# A person's id may be another one by the snapshot's day: what was said of them under the old one holds.
CURRENT = """
create or replace temporary table current_withdrawals as
select withdrawals.* replace (coalesce(ids.current_person_id, withdrawals.person_id) as person_id)
from withdrawals
left join {known} as ids on withdrawals.person_id = ids.person_id
"""
# Whom the destination holds and who took back, by the consents of the snapshot, what the table asks for.
TAKEN_BACK = """
create or replace temporary table taken_back as
select state.key
from state
inner join {known} as consents on state.key = consents.person_id and not consents.is_granted
semi join agreed on consents.purpose = agreed.purpose and consents.channel = agreed.channel
where state.sync = $sync
group by state.key
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
NO_CONSENTS = "(select null::varchar as person_id, '' as purpose, '' as channel, true as is_granted where false)"
NO_IDS = "(select null::varchar as person_id, null::varchar as current_person_id where false)"


def name_currently(ledger: duckdb.DuckDBPyConnection, serving: Path) -> None:
    """Write the withdrawals into the temporary table `current_withdrawals`, by the ids of the serving snapshot."""
    _ask(ledger, serving, CURRENT, "current_person_ids", NO_IDS)


def find_taken_back(ledger: duckdb.DuckDBPyConnection, sync: str, serving: Path) -> None:
    """Write the keys held that a build knows to have taken back their consent into the temporary table `taken_back`.

    By the temporary table `agreed`: purpose and channel of what is to be sent.
    """
    _ask(ledger, serving, TAKEN_BACK, "customer_consents", NO_CONSENTS, {"sync": sync})


def find_said_before(ledger: duckdb.DuckDBPyConnection, sync: str, serving: Path) -> None:
    """Write into the temporary table `said_before` by which ids those go today who got something by another one."""
    _ask(ledger, serving, SAID_BEFORE, "current_person_ids", NO_IDS, {"sync": sync, "in_doubt": IN_DOUBT})


def _ask(
    ledger: duckdb.DuckDBPyConnection,
    serving: Path,
    sql: str,
    mart: str,
    otherwise: str,
    given: dict[str, str] | None = None,
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
