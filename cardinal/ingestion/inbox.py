"""What lies in the inbox: which files are drops of which table, and which are none."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from cardinal.contracts import TableContract

Format = Literal["csv", "jsonl", "parquet"]

_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson": "jsonl",
    ".ndjson.gz": "jsonl",
    ".parquet": "parquet",
}
# A sender that writes beside and renames uses names like these for a file that is not whole yet.
_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")
_DELIVERED = re.compile(r"delivered=(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class Drop:
    """One file that a source delivered.

    Attributes:
        source: Source, the first folder under the inbox.
        table: Table, the second.
        path: The file.
        name: Its path relative to the inbox, as it stands in `_file`.
        delivered: The day of a `delivered=` folder; without one, the arrival is when it is ingested.
        size: Bytes.
        modified_ns: Time of the last change in nanoseconds.
        format: How its records are written.
    """

    source: str
    table: str
    path: Path
    name: str
    delivered: date | None
    size: int
    modified_ns: int
    format: Format


@dataclass(frozen=True)
class FileProblem:
    """A file that did not become a batch, and why."""

    file: str
    reason: str


def list_drops(inbox: Path, contracts: Mapping[tuple[str, str], TableContract]) -> tuple[list[Drop], list[FileProblem]]:
    """Return the drops in the order in which they are taken, and the files that are none.

    The order is that of arrival: days of `delivered=` folders first, then what has none; within a day by
    source, table and path.
    """
    drops: list[Drop] = []
    problems: list[FileProblem] = []
    for path, status in _files(inbox):
        name = path.relative_to(inbox).as_posix()
        found = _drop(path, name, status, contracts)
        if isinstance(found, Drop):
            drops.append(found)
        else:
            problems.append(FileProblem(name.encode("utf-8", "backslashreplace").decode(), found))
    drops.sort(key=lambda drop: (drop.delivered or date.max, drop.source, drop.table, drop.name))
    problems.sort(key=lambda problem: problem.file)
    return drops, problems


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Walk with scandir, which asks the disk once a folder; tens of thousands of old drops lie in an inbox."""
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name.lower().endswith(_UNFINISHED):
            continue
        if entry.is_dir():
            yield from _files(Path(entry.path))
            continue
        try:
            yield Path(entry.path), entry.stat()
        except FileNotFoundError:
            continue


def _drop(
    path: Path, name: str, status: os.stat_result, contracts: Mapping[tuple[str, str], TableContract]
) -> Drop | str:
    parts = name.split("/")
    if len(parts) < 3:
        return "lies outside <source>/<table>/: move it into the folder of its table"
    source, table = parts[0], parts[1]
    if (source, table) not in contracts:
        return f"no contract for {source}.{table}: see docs/contracts.md for the tables there are"
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "its name is not valid UTF-8: rename it"
    file_format = next((kind for suffix, kind in _FORMATS.items() if name.lower().endswith(suffix)), None)
    if file_format is None:
        return f"its format is not known by its name: use one of {', '.join(_FORMATS)}"
    delivered: date | None = None
    for part in parts[2:-1]:
        if match := _DELIVERED.fullmatch(part):
            try:
                delivered = date.fromisoformat(match[1])
            except ValueError:
                return f"{part} is not a day: use delivered=YYYY-MM-DD"
        elif part.startswith("delivered="):
            return f"{part} is not a day: use delivered=YYYY-MM-DD"
    return Drop(
        source=source,
        table=table,
        path=path,
        name=name,
        delivered=delivered,
        size=status.st_size,
        modified_ns=status.st_mtime_ns,
        format=file_format,
    )
