"""The journal of an erasure under way, and the receipt of one that ended.

`privacy/journal.json` holds what a run needs to go on where another was killed: keyed hashes, the secret that makes the
numbers which stand for the person's, counts, and how far it came. It goes when the receipt is written, and the secret
with it: from then on nobody can tell whose the anonymous rows were.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cardinal.ingestion.atomic import publish
from cardinal.settings import Settings


@dataclass
class Journal:
    """An erasure under way.

    Attributes:
        erasure_id: Its name, by chance.
        begun_at: When it was begun (UTC).
        secret: Makes the numbers that stand for the person's in rows that stay.
        hashes: Kind and keyed hash of each value of the person.
        tables: Rows of the person by source table, when it was begun.
        done: Steps that are done.
        found: What steps removed, by step.
    """

    erasure_id: str
    begun_at: str
    secret: str
    hashes: list[tuple[str, str]]
    tables: dict[str, int]
    done: list[str] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=dict)


def folder_of(settings: Settings) -> Path:
    """Return where journal, tombstones and receipts lie; made if it isn't there."""
    folder = settings.home / "privacy"
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    return folder


def read_journal(settings: Settings) -> Journal | None:
    """Return the erasure that was begun and hasn't ended, if there is one."""
    path = folder_of(settings) / "journal.json"
    if not path.exists():
        return None
    said = json.loads(path.read_text(encoding="utf-8"))
    return Journal(**{**said, "hashes": [(kind, value) for kind, value in said["hashes"]]})


def is_under_way(settings: Settings) -> bool:
    """Whether an erasure was begun and hasn't ended: what is published may show the person until then."""
    return (settings.home / "privacy" / "journal.json").exists()


def write_journal(settings: Settings, journal: Journal) -> None:
    """Keep how far it came."""
    _write(folder_of(settings) / "journal.json", asdict(journal))


def end_journal(settings: Settings, journal: Journal, content: dict[str, Any]) -> Path:
    """Write the receipt and forget the journal; returns where the receipt is.

    The receipt's `sha256` is that of itself without it, keys sorted, without blanks: whoever changes it has to be seen.
    """
    receipt = {
        "erasure_id": journal.erasure_id,
        "begun_at": journal.begun_at,
        "ended_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **content,
    }
    path = folder_of(settings) / "receipts" / f"{journal.erasure_id}.json"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    _write(path, {**receipt, "sha256": digest(receipt)})
    (folder_of(settings) / "journal.json").unlink()
    return path


def digest(receipt: dict[str, Any]) -> str:
    """Return the hash of a receipt without its `sha256`."""
    content = {name: value for name, value in receipt.items() if name != "sha256"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _write(path: Path, content: dict[str, Any]) -> None:
    beside = path.with_suffix(".part")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    publish([(beside, path)])
