"""Destinations hear of an erasure first: those that can remove the person are told to, the others are listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardinal.activation.declaration import Sync
from cardinal.activation.destinations.catalogue import nature_of
from cardinal.activation.ledger import open_ledger
from cardinal.activation.sending import recover, withdraw
from cardinal.errors import CardinalError
from cardinal.privacy.recognition import find_rows
from cardinal.privacy.texts import as_text
from cardinal.settings import Settings

if TYPE_CHECKING:
    import duckdb

LEDGER = (("key", "VARCHAR"), ("acked", "VARCHAR"), ("maybe", "VARCHAR[]"), ("intent_payload", "VARCHAR"))
# Whoever fetches files has what was fetched; a line that says remove is all that can be done.
BY_FILE = ("folder", "google_customer_match_csv", "personalisation", "prebid_segments", "s3", "sftp")


class UntoldError(CardinalError):
    """A destination that holds the person can't be told now; nothing of them was erased yet."""


@dataclass(frozen=True)
class Told:
    """What a destination was told.

    Attributes:
        sync: The sync.
        destination: Its type.
        mode: Its mode: append and event take nothing back.
        rows: Rows that it held or may have held.
        outcome: removed, removed by file, can't be told, or not told and why.
    """

    sync: str
    destination: str
    mode: str
    rows: int
    outcome: str


def settle(settings: Settings, syncs: Mapping[str, Sync], despite: bool) -> None:
    """Fold what was killed, so that the ledger tells of everybody who may have arrived somewhere.

    Raises:
        UntoldError: A destination can't be asked what arrived, and it isn't to be gone on despite that.
    """
    if not (settings.outbox / "ledger.duckdb").exists():
        return
    for sync in syncs.values():
        try:
            with open_ledger(settings.outbox) as ledger:
                recover(ledger, settings, sync)
        except CardinalError as error:
            if not despite:
                raise UntoldError(f"{error}. Or go on with --despite-destinations") from None


def held_keys(connection: duckdb.DuckDBPyConnection, settings: Settings, values: str) -> dict[str, list[str]]:
    """Return by sync the keys of the rows that a destination holds or may hold of the person."""
    if not (settings.outbox / "ledger.duckdb").exists():
        return {}
    import polars as pl

    with open_ledger(settings.outbox) as ledger:
        rows = ledger.execute(
            "select sync, key, acked, maybe, intent_payload from state"
            " where acked is not null or len(maybe) > 0 or intent_state in ('uncertain', 'postponed')"
        ).pl()
    connection.register("ledger_rows", rows.with_row_index("number").with_columns(pl.col("number").cast(pl.Int64)))
    find_rows(connection, "ledger_rows", as_text(LEDGER), values, "ledger_found")
    found = connection.execute(
        "select sync, key from ledger_rows where number in (select number from ledger_found) order by all"
    ).fetchall()
    connection.unregister("ledger_rows")
    keys: dict[str, list[str]] = {}
    for sync, key in found:
        keys.setdefault(sync, []).append(key)
    return keys


def tell(settings: Settings, syncs: Mapping[str, Sync], keys: dict[str, list[str]], despite: bool) -> Iterator[Told]:
    """Let every mirror or upsert that holds the person remove them, and say of each what came of it.

    despite: Go on where a destination doesn't answer or says no.

    Raises:
        UntoldError: One doesn't, and it isn't to be gone on despite that.
    """
    for name, held in sorted(keys.items()):
        sync = syncs.get(name)
        if sync is None:
            yield Told(name, "", "", len(held), "can't be told: the sync is declared no longer")
            continue
        kind = str(sync.destination["type"])
        if sync.mode not in ("mirror", "upsert") or not nature_of(sync).takes_back:
            outcome = f"can't be told: a sync of mode {sync.mode} takes nothing back"
            yield Told(name, kind, sync.mode, len(held), outcome)
            continue
        outcome = _remove(settings, sync, held)
        if outcome != "removed" and not despite:
            raise UntoldError(
                f"sync {name} holds the person and couldn't be told: {outcome}. Try again later, or go on with"
                " --despite-destinations; the receipt will say so"
            )
        if outcome == "removed" and kind in BY_FILE:
            outcome = "removed by file: its reader has to take it in"
        yield Told(name, kind, sync.mode, len(held), outcome)


def _remove(settings: Settings, sync: Sync, keys: list[str]) -> str:
    try:
        outcome = withdraw(settings, sync, keys)
    except CardinalError as error:
        return f"not told: {error}"
    if outcome is None or outcome.rejected + outcome.uncertain + outcome.unsent == 0:
        return "removed"
    return f"not told: {outcome.rejected} rejected, {outcome.uncertain + outcome.unsent} without an answer"
