"""What arrived in the lake on which day, and which earlier days a day can be compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from cardinal.build import quoted
from cardinal.contracts import TableContract
from cardinal.quality.rule_book import History

if TYPE_CHECKING:
    import duckdb

PARTITION = "ingest_date="
# The empty file with which each table of the lake begins.
BEFORE_ALL = date(1970, 1, 1)
# A delivery that covers more than so many times the days of another one has other numbers of rows.
COMPARABLE_SPAN = 1.5


@dataclass(frozen=True)
class TableDeliveries:
    """One lake table: its rows and files by day of arrival, days without rows left out."""

    contract: TableContract
    rows: Mapping[date, int]
    files: Mapping[date, tuple[str, ...]]

    @property
    def name(self) -> str:
        """Source and table."""
        return f"{self.contract.source}.{self.contract.name}"

    def read(self, days: Sequence[date]) -> str:
        """Return these days' rows as a relation in SQL."""
        files = ", ".join(f"'{quoted(Path(file))}'" for day in days for file in self.files.get(day, ()))
        return f"read_parquet([{files}], hive_partitioning = true)"


def read_deliveries(
    connection: duckdb.DuckDBPyConnection, lake: Path, contract: TableContract, until: date | None
) -> TableDeliveries:
    """Find a table's deliveries by the feet of its Parquet files, which tell their rows."""
    folders = [
        folder
        for folder in sorted((lake / contract.source / contract.name).glob(f"{PARTITION}*"))
        if _day(folder) > BEFORE_ALL and (until is None or _day(folder) <= until)
    ]
    files = [str(file) for folder in folders for file in sorted(folder.glob("*.parquet"))]
    rows: dict[date, int] = {}
    kept: dict[date, tuple[str, ...]] = {}
    if files:
        found = connection.execute(
            "select file_name, num_rows from parquet_file_metadata($files) where num_rows > 0 order by file_name",
            {"files": files},
        ).fetchall()
        for file, count in found:
            day = _day(Path(file).parent)
            rows[day] = rows.get(day, 0) + count
            kept[day] = (*kept.get(day, ()), file)
    return TableDeliveries(contract, rows, kept)


def comparable_days(all_days: Sequence[date], day: date, history: History) -> list[date]:
    """Return the earlier days of arrival with which a day can be compared, in order.

    They are days on which anything came into the lake, after about as many days without anything: a month's delivery is
    not compared with a day's. The first delivery is history of any length and compared with nothing.
    """
    days = sorted(all_days)
    spans = {later: (later - earlier).days for earlier, later in pairwise(days)}
    span = spans.get(day)
    if span is None:
        return []
    alike = [
        other
        for other in days
        if other < day and other in spans and max(spans[other], span) <= COMPARABLE_SPAN * min(spans[other], span)
    ]
    recent = [other for other in alike if day - other <= timedelta(days=history.days)]
    return recent if len(recent) >= history.deliveries else alike[-history.deliveries :]


def usual_rows(rows: Mapping[date, int], days: Sequence[date], day: date, fewest: int) -> tuple[float, str] | None:
    """Return how many rows a day usually has, and of which days that is the middle; None if too few days tell.

    The same weekday says more than the others, if there are enough of it.
    """
    same = [rows.get(other, 0) for other in days if other.weekday() == day.weekday()]
    if len(same) >= fewest:
        return median(same), f"the middle of the last {len(same)} {day:%A}s"
    if len(days) >= fewest:
        return median(rows.get(other, 0) for other in days), f"the middle of the last {len(days)} deliveries"
    return None


def _day(folder: Path) -> date:
    return date.fromisoformat(folder.name.removeprefix(PARTITION))
