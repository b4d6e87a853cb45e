"""Who was chosen by the build and withdrew since: no build knows of it yet, but whoever sends does."""

from __future__ import annotations

from contextlib import suppress

import duckdb

from cardinal.activation.ledger import open_ledger
from cardinal.activation.persons import name_currently
from cardinal.activation.withdrawals import find_withdrawn, note_withdrawals
from cardinal.build import quoted
from cardinal.settings import Settings

# One person's, with what says whether a withdrawal is about them.
CHOSEN = """
create temporary table chosen as
select
    decisions.audience, decisions.person_id, decisions.purpose, decisions.channel, decisions.consent_since_at,
    addresses.line_user_id, addresses.phone
from source.audiences.audience_decisions as decisions
left join source.audiences.audience_addresses as addresses on decisions.person_id = addresses.person_id
where decisions.person_id = $person and decisions.is_chosen
"""
COLUMNS = {"person_id", "purpose", "channel", "consent_since_at", "line_user_id", "phone"}
HOURS = """
select date_diff('second', max(whole_started_at), now() at time zone 'UTC') / 3600 from source.cardinal.build
"""


def withdrawn_since(settings: Settings, person: str) -> set[str]:
    """Return the audiences of the build that chose a person who withdrew since, by the rules of what is sent.

    Raises:
        BusyError: An activation is running.
    """
    if not settings.outbox.exists():
        return set()
    with open_ledger(settings.outbox) as ledger:
        note_withdrawals(ledger, settings.outbox)
        name_currently(ledger, settings.mart_files["serving"])
        ledger.execute(f"attach '{quoted(settings.mart_files['restricted'])}' as source (read_only)")
        ledger.execute(CHOSEN, {"person": person})
        hours = None
        # A build of before it was written down doesn't say when it was.
        with suppress(duckdb.CatalogException, duckdb.BinderException):
            ((hours,),) = ledger.execute(HOURS).fetchall()
        find_withdrawn(ledger, "chosen", "audience", COLUMNS, hours)
        return {str(key) for (key,) in ledger.execute("from withdrawn").fetchall()}
