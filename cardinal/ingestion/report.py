"""What a run of ingestion did, and what lies in the lake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cardinal.ingestion.inbox import FileProblem


@dataclass(frozen=True)
class BatchReport:
    """One file that became a batch. rows_in = rows_out + rejects + erased, always.

    Attributes:
        source: Source.
        table: Table.
        batch_id: Name of the batch in the lake.
        file: Path of the file in the inbox.
        ingested_at: When the bank knew (UTC).
        rows_in: Records in the file.
        rows_out: Rows that reached the lake.
        rejects: Rows that broke the contract.
        reject_reasons: How often each reason was given.
        unknown_columns: Columns that the contract lacks; their values are kept aside.
        missing_columns: Optional columns that the file lacks; they are null.
        nulled_values: Protected values (national ids) that were none and became null.
        erased: Rows of people who were erased, now or when they had been.
    """

    source: str
    table: str
    batch_id: str
    file: str
    ingested_at: datetime
    rows_in: int
    rows_out: int
    rejects: int
    reject_reasons: Mapping[str, int]
    unknown_columns: tuple[str, ...]
    missing_columns: tuple[str, ...]
    nulled_values: int
    erased: int = 0


@dataclass(frozen=True)
class TableReport:
    """Several batches of one table taken together; the fields are those of BatchReport.

    `rejected_files` are files none of whose rows could be loaded.
    """

    source: str
    table: str
    batches: int = 0
    rows_in: int = 0
    rows_out: int = 0
    rejects: int = 0
    reject_reasons: Mapping[str, int] = field(default_factory=dict)
    unknown_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    nulled_values: int = 0
    erased: int = 0
    last_arrival: datetime | None = None
    rejected_files: tuple[FileProblem, ...] = ()


@dataclass(frozen=True)
class IngestReport:
    """What one run did.

    Attributes:
        batches: The files that were loaded, in order.
        rejected_files: Files that this run rejected whole, with the reason.
        ignored_files: Files that belong to no contracted table or whose format isn't known.
        unsettled_files: Files that vanished or changed while they were read; the next run takes them.
        known_files: How many files had been taken by earlier runs, or have the content of one that was.
    """

    batches: tuple[BatchReport, ...] = ()
    rejected_files: tuple[FileProblem, ...] = ()
    ignored_files: tuple[FileProblem, ...] = ()
    unsettled_files: tuple[FileProblem, ...] = ()
    known_files: int = 0

    @property
    def rows_in(self) -> int:
        """Records in all files that were loaded."""
        return sum(batch.rows_in for batch in self.batches)

    @property
    def rows_out(self) -> int:
        """Rows that reached the lake."""
        return sum(batch.rows_out for batch in self.batches)

    @property
    def rejects(self) -> int:
        """Rows that broke their contract."""
        return sum(batch.rejects for batch in self.batches)

    @property
    def erased(self) -> int:
        """Rows that were turned away because their person was erased."""
        return sum(batch.erased for batch in self.batches)

    @property
    def is_clean(self) -> bool:
        """Whether every file of the inbox was understood and loaded. Single rejected rows are ordinary."""
        return not any(self.problems.values())

    @property
    def problems(self) -> dict[str, tuple[FileProblem, ...]]:
        """The files that were not taken, by what is said of them."""
        return {
            "Refused whole": self.rejected_files,
            "Not understood": self.ignored_files,
            "Still being written, left for the next run": self.unsettled_files,
        }

    def tables(self) -> list[TableReport]:
        """The run by table, sorted by source and table."""
        return by_table(self.batches)


def by_table(
    batches: tuple[BatchReport, ...] | list[BatchReport],
    rejected: Mapping[tuple[str, str], list[FileProblem]] | None = None,
) -> list[TableReport]:
    """Sum up batches by table; `rejected` adds the files that were rejected whole."""
    rejected = rejected or {}
    grouped: dict[tuple[str, str], list[BatchReport]] = {key: [] for key in rejected}
    for batch in batches:
        grouped.setdefault((batch.source, batch.table), []).append(batch)
    return [
        TableReport(
            source=source,
            table=table,
            batches=len(group),
            rows_in=sum(batch.rows_in for batch in group),
            rows_out=sum(batch.rows_out for batch in group),
            rejects=sum(batch.rejects for batch in group),
            reject_reasons=count_reasons(batch.reject_reasons for batch in group),
            unknown_columns=tuple(sorted({name for batch in group for name in batch.unknown_columns})),
            missing_columns=tuple(sorted({name for batch in group for name in batch.missing_columns})),
            nulled_values=sum(batch.nulled_values for batch in group),
            erased=sum(batch.erased for batch in group),
            last_arrival=max((batch.ingested_at for batch in group), default=None),
            rejected_files=tuple(rejected.get((source, table), ())),
        )
        for (source, table), group in sorted(grouped.items())
    ]


def count_reasons(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Add up reasons of rejects, the most frequent first."""
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))
