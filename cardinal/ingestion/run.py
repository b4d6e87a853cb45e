"""One run of ingestion: every new file of the inbox becomes a batch of the lake, or is reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import duckdb

from cardinal.contracts import TableContract, load_contracts
from cardinal.ingestion.atomic import publish
from cardinal.ingestion.errors import FileRejectedError, FileUnsettledError, IngestionError
from cardinal.ingestion.inbox import Drop, FileProblem, list_drops
from cardinal.ingestion.ledger import (
    Entry,
    SeenFiles,
    Table,
    batch_id_of,
    entry_path,
    entry_text,
    fingerprint,
    is_original,
    known_batches,
    read_entry,
    read_ledger,
)
from cardinal.ingestion.loading import Loader
from cardinal.ingestion.recovery import CONTRACT_FILE, remove_leftovers
from cardinal.ingestion.report import BatchReport, IngestReport
from cardinal.ingestion.text import Text, content_hash, read_text
from cardinal.settings import Settings
from cardinal.single_run import single_run

__all__ = ["IngestReport", "ingest", "read_ledger"]

Progress = Callable[[str, int, int], None]
Wanted = Callable[[Drop], bool]

# Batches that go to disk together: flushing one alone costs more than loading a small drop.
_GROUP_BATCHES = 64
_GROUP_BYTES = 64 << 20
_NO_PARTITION = "ingest_date=1970-01-01"


def ingest(settings: Settings, progress: Progress | None = None, wanted: Wanted | None = None) -> IngestReport:
    """Load every new file of the inbox into the lake, or of those that are wanted.

    progress: called with what is being done, bytes done and bytes in all. Raises IngestionError when another
    run is under way (for longer than who calls has PATIENCE) or the lake can't be written. What was loaded before an
    error stays; the next run goes on.
    """
    contracts = load_contracts(settings.project_dir)
    settings.home.mkdir(parents=True, exist_ok=True)
    problem = IngestionError(f"another ingestion is running on {settings.home}: wait until it has ended")
    with single_run(settings.home / "ingestion.lock", problem, waits=True):
        scratch = settings.lake / "_scratch"
        remove_leftovers(settings.lake, scratch)
        scratch.mkdir(parents=True)
        loader = Loader(settings, scratch)
        try:
            _write_empty_tables(settings.lake, scratch, contracts, loader)
            return _Run(settings, scratch, contracts, loader, progress or (lambda *_: None)).take(wanted)
        except duckdb.Error as error:
            # DuckDB quotes queries and lines in its messages; neither may reach a log.
            raise IngestionError(
                f"DuckDB could not write the lake under {settings.lake} ({type(error).__name__}): "
                "is there room on the disk, and enough memory?"
            ) from None
        except OSError as error:
            raise IngestionError(f"could not write the lake under {settings.lake}: {error.strerror}") from error
        finally:
            loader.close()
            remove_leftovers(settings.lake, scratch)


@dataclass
class _Group:
    """Batches that are written but not yet committed."""

    moves: list[tuple[Path, Path]] = field(default_factory=list)
    entries: list[tuple[Path, Path]] = field(default_factory=list)
    files: list[tuple[Drop, str]] = field(default_factory=list)
    to_sweep: list[Drop] = field(default_factory=list)
    size: int = 0


class _Run:
    def __init__(
        self,
        settings: Settings,
        scratch: Path,
        contracts: dict[Table, TableContract],
        loader: Loader,
        progress: Progress,
    ) -> None:
        self._settings = settings
        self._lake = settings.lake
        self._inbox = settings.inbox
        self._scratch = scratch
        self._contracts = contracts
        self._loader = loader
        self._progress = progress
        self._seen = SeenFiles(settings.home / "cache" / "ingested_files.jsonl")
        self._known: dict[Table, dict[str, bool]] = {}
        self._newest: dict[Table, datetime | None] = {}
        self._group = _Group()
        self._batches: list[BatchReport] = []
        self._rejected: list[FileProblem] = []
        self._unsettled: list[FileProblem] = []
        self._known_files = 0

    def take(self, wanted: Wanted | None) -> IngestReport:
        drops, ignored = list_drops(self._inbox, self._contracts)
        drops = [drop for drop in drops if wanted is None or wanted(drop)]
        if drops:
            # The market is that of the first bank whose files come; until then it can be chosen.
            self._settings.begin_home()
        for table in {(drop.source, drop.table) for drop in drops}:
            self._known[table] = known_batches(self._lake, table)
        new = [drop for drop in drops if not self._is_done(drop, self._seen.batch_of(drop))]
        self._known_files = len(drops) - len(new)
        total = sum(drop.size for drop in new)
        done = 0
        for drop in new:
            self._progress(drop.name, done, total)
            try:
                self._take(drop)
            except FileUnsettledError as error:
                self._unsettled.append(FileProblem(drop.name, str(error)))
            done += drop.size
            if len(self._group.files) >= _GROUP_BATCHES or self._group.size >= _GROUP_BYTES:
                self._commit()
        self._commit()
        self._progress("done", total, total)
        return IngestReport(
            batches=tuple(self._batches),
            rejected_files=tuple(self._rejected),
            ignored_files=tuple(ignored),
            unsettled_files=tuple(self._unsettled),
            known_files=self._known_files,
        )

    def _is_done(self, drop: Drop, batch_id: str | None) -> bool:
        """Whether the ledger has the batch. A file that was rejected gets another chance by a new contract."""
        table = (drop.source, drop.table)
        rejected = self._known[table].get(batch_id) if batch_id else None
        if rejected and batch_id:
            path = entry_path(self._lake, table, batch_id, rejected=True)
            # An entry of the group that is not committed yet is of this very contract.
            return not path.exists() or read_entry(path).contract == fingerprint(self._contracts[table])
        return rejected is False

    def _take(self, drop: Drop) -> None:
        table = (drop.source, drop.table)
        contract = self._contracts[table]
        text, sha256, reason = self._read(drop)
        batch_id = batch_id_of(drop, sha256)
        if self._is_done(drop, batch_id):
            self._known_files += 1
            if is_original(self._lake, table, batch_id):
                # The raw file as it once was, of which a run that was killed or an erasure left another.
                self._group.to_sweep.append(drop)
            self._group.files.append((drop, batch_id))
            return
        arrival = self._arrival(drop, table)
        report = _nothing(drop, batch_id, arrival)
        moves: tuple[tuple[Path, Path], ...] = ()
        if not reason:
            try:
                loaded = self._loader.load(drop, text, contract, batch_id, arrival)
                report, moves = loaded.report, loaded.moves
                if loaded.shows_erased:
                    self._group.to_sweep.append(drop)
            except FileRejectedError as error:
                reason = str(error)
            except duckdb.IOException:
                _check_settled(drop)
                raise
        _check_settled(drop)
        if reason and (swept := self._loader.sweep(drop, contract)):
            # Nothing of it is in the lake: it is refused as it is now.
            drop, sha256 = swept, self._read(swept)[1]
            batch_id = batch_id_of(drop, sha256)
            report = _nothing(drop, batch_id, arrival)
        entry = Entry(
            status="rejected" if reason else "loaded",
            reason=reason,
            sha256=sha256,
            size=drop.size,
            contract=fingerprint(contract),
            batch=report,
        )
        self._add(drop, entry, moves)

    def _read(self, drop: Drop) -> tuple[Text | None, str, str]:
        """Return a drop's text (none of Parquet), its hash, and why it can't be loaded, if it can't."""
        try:
            if drop.format == "parquet":
                return None, content_hash(drop.path), ""
            text = read_text(drop.path, self._scratch / "text")
        except OSError as error:
            raise FileUnsettledError(f"it could not be read ({error.strerror}); the next run tries again") from None
        except FileRejectedError as error:
            return None, content_hash(drop.path), str(error)
        return text, text.sha256, ""

    def _add(self, drop: Drop, entry: Entry, moves: tuple[tuple[Path, Path], ...]) -> None:
        table = (drop.source, drop.table)
        batch_id = entry.batch.batch_id
        rejected = entry.status == "rejected"
        written = self._scratch / f"{batch_id}.json"
        written.write_text(entry_text(entry), encoding="utf-8")
        self._group.entries.append((written, entry_path(self._lake, table, batch_id, rejected=rejected)))
        self._group.moves.extend(moves)
        self._group.files.append((drop, batch_id))
        self._group.size += drop.size
        self._known[table][batch_id] = rejected
        if rejected:
            self._rejected.append(FileProblem(drop.name, entry.reason))
        else:
            self._newest[table] = entry.batch.ingested_at
            self._batches.append(entry.batch)

    def _commit(self) -> None:
        """Move the group's files into the lake, then its ledger entries: from then on the batches exist.

        Drops that show people who were erased are rewritten last, and seen then: what is killed before is done again.
        """
        publish(self._group.moves)
        publish(self._group.entries)
        swept = [drop for drop in self._group.to_sweep if self._sweep(drop)]
        self._seen.add([(drop, batch_id) for drop, batch_id in self._group.files if drop not in swept])
        self._group = _Group()

    def _sweep(self, drop: Drop) -> bool:
        table = (drop.source, drop.table)
        swept = self._loader.sweep(drop, self._contracts[table])
        if swept is None:
            return False
        batch_id = batch_id_of(swept, self._read(swept)[1])
        self._known[table][batch_id] = False
        self._seen.add([(swept, batch_id)])
        return True

    def _arrival(self, drop: Drop, table: Table) -> datetime:
        """When the bank knew. Strictly later than anything of the table, so that one watermark is enough."""
        if table not in self._newest:
            self._newest[table] = _newest_arrival(self._lake, table)
        arrival = (
            datetime.combine(drop.delivered, time.min) if drop.delivered else datetime.now(UTC).replace(tzinfo=None)
        )
        newest = self._newest[table]
        return arrival if newest is None else max(arrival, newest + timedelta(microseconds=1))


def _nothing(drop: Drop, batch_id: str, arrival: datetime) -> BatchReport:
    return BatchReport(drop.source, drop.table, batch_id, drop.name, arrival, 0, 0, 0, {}, (), (), 0)


def _check_settled(drop: Drop) -> None:
    try:
        status = drop.path.stat()
    except OSError:
        raise FileUnsettledError("it vanished while it was read; nothing was loaded of it") from None
    if (status.st_size, status.st_mtime_ns) != (drop.size, drop.modified_ns):
        raise FileUnsettledError("it changed while it was read; nothing was loaded of it, the next run takes it")


def _newest_arrival(lake: Path, table: Table) -> datetime | None:
    """Every batch has one file in the partition of its arrival, so the newest partition has the newest batch."""
    partitions = sorted((lake / table[0] / table[1]).glob("ingest_date=*"))
    if not partitions or partitions[-1].name == _NO_PARTITION:
        return None
    batches = (file.stem for file in partitions[-1].glob("*.parquet") if file.name != CONTRACT_FILE)
    return max(read_entry(entry_path(lake, table, batch_id, rejected=False)).batch.ingested_at for batch_id in batches)


def _write_empty_tables(lake: Path, scratch: Path, contracts: dict[Table, TableContract], loader: Loader) -> None:
    """Give every contracted table a file without rows that has its columns as they are now."""
    moves = []
    for (source, table), contract in contracts.items():
        target = lake / source / table / _NO_PARTITION / CONTRACT_FILE
        written = scratch / f"{source}.{table}.parquet"
        loader.write_empty_table(contract, written)
        if not target.exists() or target.read_bytes() != written.read_bytes():
            moves.append((written, target))
    publish(moves)
