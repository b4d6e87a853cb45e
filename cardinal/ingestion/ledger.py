"""The ledger: one small file a batch, written last. A batch is in the lake when its entry is.

The entry holds nothing that depends on when or from where it was ingested but the arrival time and the file's
path. Which files of the inbox are known by size and time of change is only a memory to save reading them
again; it lies in `cache/` and can be deleted.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cardinal.contracts import TableContract
from cardinal.ingestion.atomic import publish
from cardinal.ingestion.inbox import Drop, FileProblem
from cardinal.ingestion.report import BatchReport, TableReport, by_table
from cardinal.settings import Settings

Table = tuple[str, str]

_LOADED = ".json"
_REJECTED = ".rejected.json"
_SAME = ".same.json"


@dataclass(frozen=True)
class Entry:
    """What the ledger keeps of one file.

    Attributes:
        status: `loaded` or `rejected` (no row of it could be loaded).
        reason: Why it was rejected.
        sha256: Hash of its content.
        size: Bytes of the file.
        contract: Fingerprint of the contract by which it was judged.
        batch: What was loaded; all counts are zero for a rejected file.
    """

    status: str
    reason: str
    sha256: str
    size: int
    contract: str
    batch: BatchReport


def batch_id_of(drop: Drop, sha256: str) -> str:
    """Name a batch by its content, so that the same content again is the same batch."""
    return hashlib.sha256(f"{drop.source}\0{drop.table}\0{sha256}".encode()).hexdigest()[:32]


def fingerprint(contract: TableContract) -> str:
    """Tell whether a contract has changed since a file was rejected by it."""
    return hashlib.sha256(repr((contract.key, contract.columns)).encode()).hexdigest()[:16]


def ledger_folder(lake: Path, table: Table) -> Path:
    """Folder of one table's entries."""
    return lake / "_batches" / table[0] / table[1]


def entry_path(lake: Path, table: Table, batch_id: str, *, rejected: bool) -> Path:
    """File of one entry. That a file was rejected shows in the name, so that it needn't be opened."""
    return ledger_folder(lake, table) / f"{batch_id}{_REJECTED if rejected else _LOADED}"


def known_batches(lake: Path, table: Table) -> dict[str, bool]:
    """Return all batches that the ledger has of a table, and whether each was rejected whole."""
    try:
        names = [entry.name for entry in os.scandir(ledger_folder(lake, table))]
    except FileNotFoundError:
        return {}
    known = {name.removesuffix(_REJECTED): True for name in names if name.endswith(_REJECTED)}
    # Longest endings first: each is a name of its batch.
    loaded = (name.removesuffix(_SAME).removesuffix(_LOADED) for name in names if not name.endswith(_REJECTED))
    return known | dict.fromkeys(loaded, False)


def note_same(lake: Path, table: Table, batch_id: str, original: str) -> None:
    """Let a file whose content was changed on purpose be known as loaded: another batch would have its name."""
    path = ledger_folder(lake, table) / f"{batch_id}{_SAME}"
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps({"same_as": original}) + "\n", encoding="utf-8")
    publish([(beside, path)])


def is_original(lake: Path, table: Table, batch_id: str) -> bool:
    """Whether a batch was loaded from a file as it was delivered, not as somebody's erasure left it."""
    return not (ledger_folder(lake, table) / f"{batch_id}{_SAME}").exists()


def read_entry(path: Path) -> Entry:
    """Read one entry."""
    return _entry(json.loads(path.read_text(encoding="utf-8")))


def entry_text(entry: Entry) -> str:
    """An entry as it stands in its file."""
    content = asdict(entry)
    content["batch"]["ingested_at"] = entry.batch.ingested_at.isoformat()
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def read_ledger(settings: Settings) -> list[TableReport]:
    """Return what lies in the lake, by table: batches, rows, rejects with reasons, last arrival, rejected files.

    A file that was rejected and then loaded under the same name has been corrected, and is rejected no more.
    """
    batches: list[BatchReport] = []
    refused: dict[str, tuple[datetime, int, Entry]] = {}
    for path in (settings.lake / "_batches").glob("*/*/*.json"):
        if path.name.endswith(_SAME):
            continue
        entry = read_entry(path)
        if entry.status == "loaded":
            batches.append(entry.batch)
        else:
            found = (entry.batch.ingested_at, path.stat().st_mtime_ns, entry)
            refused[entry.batch.file] = max(found, refused.get(entry.batch.file, found), key=lambda kept: kept[:2])
    batches.sort(key=lambda batch: (batch.source, batch.table, batch.batch_id))
    loaded = {batch.file: batch.ingested_at for batch in sorted(batches, key=lambda batch: batch.ingested_at)}
    rejected: dict[Table, list[FileProblem]] = {}
    for file, (refused_at, _, entry) in sorted(refused.items()):
        # A refused file moves no clock of the table, so what is loaded in its place may bear the same time.
        if file not in loaded or loaded[file] < refused_at:
            key = (entry.batch.source, entry.batch.table)
            rejected.setdefault(key, []).append(FileProblem(file, entry.reason))
    return by_table(batches, rejected)


def _entry(content: dict[str, Any]) -> Entry:
    batch = content.pop("batch")
    batch["ingested_at"] = datetime.fromisoformat(batch["ingested_at"])
    for name in ("unknown_columns", "missing_columns"):
        batch[name] = tuple(batch[name])
    return Entry(batch=BatchReport(**batch), **content)


class SeenFiles:
    """Which files have been read, by path, size and time of change."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: dict[str, tuple[int, int, str]] = {}
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            lines = []
        for line in lines:
            try:
                name, size, modified_ns, batch_id = json.loads(line)
            except ValueError:
                continue  # the last line of a run that was killed
            self._seen[name] = (size, modified_ns, batch_id)

    def batch_of(self, drop: Drop) -> str | None:
        """The batch of a file that has been read and has not changed since."""
        size, modified_ns, batch_id = self._seen.get(drop.name, (-1, -1, ""))
        return batch_id if (size, modified_ns) == (drop.size, drop.modified_ns) else None

    def add(self, found: list[tuple[Drop, str]]) -> None:
        """Remember files and their batches."""
        if not found:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            # A line that a killed run left half written must not take this one with it.
            lines = [json.dumps([d.name, d.size, d.modified_ns, batch_id]) for d, batch_id in found]
            file.write("\n" + "\n".join(lines) + "\n")
        for drop, batch_id in found:
            self._seen[drop.name] = (drop.size, drop.modified_ns, batch_id)
