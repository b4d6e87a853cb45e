"""Reads the demo bank's files the way a patient clerk would: every line as text, by its own header."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from cardinal.demo.drops import file_style


@dataclass(frozen=True)
class Line:
    file: str
    header: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def row(self) -> dict[str, str]:
        return dict(zip(self.header, self.values, strict=False))


@cache
def read_lines(inbox: Path, source: str, table: str) -> list[Line]:
    lines: list[Line] = []
    for path in sorted((inbox / source / table).glob("*/*")):
        name = path.relative_to(inbox).as_posix()
        lines += [Line(name, header, values) for header, values in _lines_of(path, source, table)]
    return lines


def read_table(inbox: Path, source: str, table: str) -> pl.DataFrame:
    """Return all whole rows as text."""
    rows = [line.row for line in read_lines(inbox, source, table) if len(line.values) == len(line.header)]
    return pl.DataFrame(rows, infer_schema_length=None)


def _lines_of(path: Path, source: str, table: str) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    style = file_style((source, table))
    if style.suffix == "parquet":
        frame = pl.read_parquet(path)
        texts = frame.with_columns(pl.all().cast(pl.String).fill_null(""))
        return [(tuple(frame.columns), row) for row in texts.iter_rows()]
    content = path.read_bytes()
    if style.suffix == "jsonl":
        records = [json.loads(line) for line in content.decode().splitlines()]
        return [(tuple(r), tuple("" if v is None else str(v) for v in r.values())) for r in records]
    if style.suffix.endswith(".gz"):
        content = gzip.decompress(content)
    reader = csv.reader(io.StringIO(content.decode(style.encoding)), delimiter=style.delimiter)
    header = tuple(next(reader))
    return [(header, tuple(values)) for values in reader]


def digest(folder: Path) -> dict[str, str]:
    """Return a hash of every file under a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
