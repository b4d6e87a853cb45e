"""Whether what people agree to still arrives: a consent feed that is dead makes no build fail, and every list wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from cardinal.contracts import load_contracts
from cardinal.settings import Settings

CONSENT = "consent"
# What is written here or by hand arrives whether or not the bank delivers.
NOT_THE_BANK = ("activation", "manual", "ml")
# A table without deliveries has a file of this day.
NEVER = date(1970, 1, 1)


def find_late_consent(settings: Settings) -> str | None:
    """Say which table of the consent centre is later than its contract allows (`error_after`); None where none is.

    It is measured by the bank's newest delivery and not by the clock: where nothing arrives at all, builds tell. What
    never arrived isn't late: then nobody has agreed.
    """
    tables = [path for path in settings.lake.glob("[!_]*/*") if path.parent.name not in NOT_THE_BANK]
    of_bank = max(map(_newest_day, tables), default=NEVER)
    found = []
    for contract in load_contracts(settings.project_dir, CONSENT).values():
        allowed = contract.freshness.error_after_hours
        day = _newest_day(settings.lake / CONSENT / contract.name)
        behind = (of_bank - day).days
        if allowed is not None and day > NEVER and behind * 24 > allowed:
            found.append(
                f"{CONSENT}.{contract.name} was delivered last on {day}, {behind} days before the bank's newest"
                f" delivery; its contract allows {allowed / 24:g}"
            )
    return "; ".join(found) or None


def _newest_day(table: Path) -> date:
    days = (date.fromisoformat(folder.name.partition("=")[2]) for folder in table.glob("ingest_date=*"))
    return max(days, default=NEVER)
