"""Where people are held: what of a declaration tells one destination from another of its type.

The ledger keeps it with the state. Pointed elsewhere under the same name, a sync would take for held there what is held
here, and nobody would ever leave what was there before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

import duckdb

from cardinal.activation.declaration import Sync

GUARD = "moved"
# Setting -> what holds where it isn't given. Never secrets; nor by which way messages go: what was said was said.
WHERE: dict[str, dict[str, str]] = {
    "email": {},
    "folder": {"path": "files"},
    "google_conversions": {"account_id": "", "conversion_action_id": ""},
    "google_conversions_csv": {"path": "google", "conversion_name": ""},
    "google_customer_match": {"account_id": "", "user_list_id": ""},
    "google_customer_match_csv": {"path": "google"},
    "google_sheet": {"spreadsheet": "", "tab": ""},
    "hubspot": {"object": "contacts", "id_property": "email"},
    "line_audience": {},
    "line_message": {},
    "meta": {"audience_id": ""},
    "meta_conversions": {"dataset_id": ""},
    "personalisation": {"path": "personalisation"},
    "prebid_segments": {"path": "prebid", "source": "", "segment": ""},
    "s3": {"url": "", "bucket": "", "prefix": "cardinal"},
    "salesforce": {"url": "", "object": "Contact", "external_id": ""},
    "sftp": {"host": "", "port": "22", "user": "", "path": "cardinal"},
    "sms": {},
    "the_trade_desk": {"advertiser_id": "", "segment": ""},
    "webhook": {"url": ""},
}
HELD = """
select state.sync, any_value(places.place), count(*)
from state
left join places on state.sync = places.sync
where state.acked is not null or len(state.maybe) > 0
group by state.sync
order by state.sync
"""
# The versions go on: what a destination of long ago has seen of a row is never taken for something new.
FORGET = """
update state set acked = null, maybe = [], intent_op = null, intent_payload = null, intent_state = null, reason = null
where sync = ?
"""


def place_of(sync: Sync) -> str:
    """Return type and place of the destination that a sync names, such as `folder, path lists`."""
    kind = str(sync.destination["type"])
    told = {name: _told(name, sync.destination.get(name) or default) for name, default in WHERE.get(kind, {}).items()}
    return ", ".join([kind, *(f"{name} {value}" for name, value in told.items() if value)])


def _told(name: str, value: Any) -> str:
    # Google's pages show account ids with dashes, its interfaces take them without.
    text = str(value).replace("-", "") if name == "account_id" else str(value).rstrip("/")
    address = urlsplit(text)
    if not address.scheme or not address.hostname:
        return text
    # Some services take a token in the path or behind it: what stands there is told apart, and not shown.
    hidden = f"{address.username}:{address.password}@{address.path}?{address.query}#{address.fragment}"
    port = f":{address.port}" if address.port else ""
    return f"{address.scheme}://{address.hostname}{port} ({hashlib.sha256(hidden.encode()).hexdigest()[:8]})"


def held_by(ledger: duckdb.DuckDBPyConnection) -> dict[str, tuple[str | None, int]]:
    """Return by sync, declared or not, where rows are held and how many; None for where of a ledger that didn't say."""
    return {sync: (place, count) for sync, place, count in ledger.execute(HELD).fetchall()}


def is_moved(ledger: duckdb.DuckDBPyConnection, sync: Sync) -> bool:
    """Whether the sync names another destination than the one that the state is about."""
    found = ledger.execute("select place from places where sync = ?", [sync.name]).fetchone()
    return found is not None and found[0] != place_of(sync)


def find_moved(ledger: duckdb.DuckDBPyConnection, sync: Sync) -> str | None:
    """Say what is held elsewhere than the sync now names, and how to empty it; None where nothing is."""
    place, count = held_by(ledger).get(sync.name, (None, 0))
    if not count or not is_moved(ledger, sync):
        return None
    empty = (
        f"To empty that, declare it as it was, run `cardinal activate empty {sync.name}` and declare the new one again;"
        " or empty it there by hand"
        if sync.mode == "mirror"
        else "What was sent there stays there, and who was reached may be so once more"
    )
    return (
        f"{count:,} rows are held by another destination ({place}) than the one declared now ({place_of(sync)})."
        f" {empty}. Overridden, nobody is taken out there any more, and the new one begins with nothing"
    )


def note_place(ledger: duckdb.DuckDBPyConnection, sync: Sync) -> None:
    """Write down, before anything is sent, where it goes; moved, nothing of what was accepted before holds."""
    if is_moved(ledger, sync):
        ledger.execute(FORGET, [sync.name])
    ledger.execute("delete from places where sync = ?", [sync.name])
    ledger.execute("insert into places values (?, ?)", [sync.name, place_of(sync)])


def find_undeclared(ledger: duckdb.DuckDBPyConnection, declared: Collection[str]) -> dict[str, tuple[str | None, int]]:
    """Return by sync where rows are held, and how many, of syncs that are declared no longer."""
    return {sync: held for sync, held in held_by(ledger).items() if sync not in declared}
