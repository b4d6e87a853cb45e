"""Whether what people agree to still arrives: a feed of it that is dead makes no build fail, and every list wrong."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from cardinal.contracts import TableContract, load_contracts
from cardinal.ingestion.ledger import ledger_folder
from cardinal.receiving.spool import RECEIVED
from cardinal.settings import Settings

CONSENT = ("consent", "consent_events")
# A ticked box agrees as well, but what is taken back is told by the consent centre.
BOXES = (("messenger", "leads"), ("website", "registrations"))
# What consents and suppressions are read from.
READ = (
    CONSENT,
    ("consent", "privacy_requests"),
    ("consent", "suppressions"),
    ("crm", "call_centre_cases"),
    ("crm", "message_events"),
    *BOXES,
)
# What is written here or by hand arrives whether or not the bank delivers.
NOT_THE_BANK = ("activation", "manual", "ml")
# A table without deliveries has a file of this day.
NEVER = date(1970, 1, 1)


def find_late_consent(settings: Settings) -> str | None:
    """Say which tables of consents and suppressions are later than their contract allows; None where none is.

    It is measured by the bank's newest delivery and not by the clock: where nothing arrives at all, builds tell. A
    table without `error_after` is never late. What never arrived isn't either, for then nobody has agreed; unless boxes
    agree whose withdrawal it would tell.
    """
    tables = [path for path in settings.lake.glob("[!_]*/*") if path.parent.name not in NOT_THE_BANK]
    of_bank = max(map(_newest_day, tables), default=NEVER)
    contracts: dict[tuple[str, str], TableContract] = {}
    for source in sorted({source for source, _ in READ}):
        contracts |= load_contracts(settings.project_dir, source)
    found = []
    for table in READ:
        contract = contracts.get(table)
        allowed = contract.freshness.error_after_hours if contract else None
        day = _newest_day(settings.lake.joinpath(*table))
        behind = (of_bank - day).days
        if allowed is None:
            continue
        if day > NEVER and behind * 24 > allowed:
            found.append(
                f"{'.'.join(table)} was delivered last on {day}, {behind} days before the bank's newest delivery; its"
                f" contract allows {allowed / 24:g}"
            )
        elif (
            table == CONSENT
            and day == NEVER
            and any(_newest_day(settings.lake.joinpath(*box)) > NEVER for box in BOXES)
        ):
            found.append(
                f"{'.'.join(table)} never arrived, so nobody knows who took back what a ticked box gave: deliver it, or"
                " take error_after out of its contract if there is no such table"
            )
    return "; ".join(found) or None


def _newest_day(table: Path) -> date:
    """Return the newest day of what the bank delivered; what people told our own receiver comes without the bank."""
    entries = ledger_folder(table.parents[1], (table.parent.name, table.name))
    days = {date.fromisoformat(folder.name.partition("=")[2]): folder for folder in table.glob("ingest_date=*")}
    return next((day for day in sorted(days, reverse=True) if _is_of_bank(days[day], entries)), NEVER)


def _is_of_bank(folder: Path, entries: Path) -> bool:
    told = [entries / f"{file.stem}.json" for file in folder.glob("*.parquet")]
    return not told or any(not _is_received(entry) for entry in told)


def _is_received(entry: Path) -> bool:
    if not entry.exists():
        return False
    batch = json.loads(entry.read_text(encoding="utf-8")).get("batch") or {}
    return Path(batch.get("file", "")).name.startswith(RECEIVED)
