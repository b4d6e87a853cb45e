"""How each source writes its files: format, encoding, delimiter, how it tells the time; and its broken lines."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from cardinal.contracts import TableContract
from cardinal.demo.errors import BAD_AMOUNT, BAD_DATE, BREAKABLE, BROKEN, CARD_NUMBER, MISSING, RAGGED
from cardinal.demo.harvest import HIDDEN, MARK, TableKey
from cardinal.demo.months import UTC_OFFSET_SECONDS

Zone = Literal["local", "utc", "naive"]
_TIME_FORMATS: dict[Zone, str] = {
    "local": "%Y-%m-%dT%H:%M:%S+07:00",
    "utc": "%Y-%m-%dT%H:%M:%SZ",
    "naive": "%Y-%m-%d %H:%M:%S",
}
# Thai code pages have no accents: their users write the plain letter.
_PLAIN_LETTERS = str.maketrans({"ü": "u", "í": "i", "Ü": "U", "Í": "I"})
# The number that payment networks publish for tests: it passes the check and belongs to nobody.
_TEST_CARD = "4111 1111 1111 1111"


@dataclass(frozen=True)
class FileStyle:
    """How a table's files are written."""

    suffix: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    zone: Zone = "naive"


_BY_SOURCE: dict[str, FileStyle] = {
    "core_banking": FileStyle(zone="local"),
    "cards": FileStyle(zone="local"),
    "lending": FileStyle(zone="local"),
    "crm": FileStyle(zone="utc"),
    "payments": FileStyle(zone="utc"),
    "website": FileStyle(encoding="utf-8-sig", zone="utc"),
    "ecommerce": FileStyle(delimiter=";"),
    "messenger": FileStyle(suffix="jsonl", zone="utc"),
}
_BY_TABLE: dict[TableKey, FileStyle] = {
    ("cards", "point_movements"): FileStyle(suffix="csv.gz", zone="local"),
    ("crm", "contacts"): FileStyle(encoding="cp874", zone="local"),
    ("manual", "uploads"): FileStyle(encoding="cp874", delimiter=";"),
    ("meta_ads", "pixel_events"): FileStyle(suffix="jsonl", zone="utc"),
    ("partners", "audience_profiles"): FileStyle(suffix="parquet"),
    ("wealth", "fund_holdings"): FileStyle(suffix="parquet"),
}


def file_style(key: TableKey) -> FileStyle:
    """Return how a table's files are written."""
    return _BY_TABLE.get(key) or _BY_SOURCE.get(key[0]) or FileStyle()


def write_drop(folder: Path, part: int, contract: TableContract, frame: pl.DataFrame) -> Path:
    """Write one file of a delivery, its broken lines in the middle; returns its path."""
    key = (contract.source, contract.name)
    style = file_style(key)
    path = folder / f"part-{part:04d}.{style.suffix}"
    folder.mkdir(parents=True, exist_ok=True)
    broken = frame.filter(pl.col(MARK).is_in(list(BROKEN))) if key in BREAKABLE else frame.clear()
    good = frame.filter(~pl.col(MARK).is_in(list(BROKEN))) if len(broken) else frame
    good = _rounded(_timed(good.drop(list(HIDDEN)), style), contract)
    if style.suffix == "parquet":
        _typed(good, contract).write_parquet(path, compression="zstd")
    elif style.suffix == "jsonl":
        path.write_bytes(_json_lines(good, style))
    else:
        path.write_bytes(_encoded(_csv(good, style, contract, broken), style))
    return path


def _csv(good: pl.DataFrame, style: FileStyle, contract: TableContract, broken: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    half = len(good) // 2 if len(broken) else len(good)
    pieces = [good[:half], good[half:]] if len(broken) else [good]
    for number, piece in enumerate(pieces):
        piece.write_csv(
            buffer, include_header=number == 0, separator=style.delimiter, datetime_format=_TIME_FORMATS[style.zone]
        )
        if number == 0 and len(broken):
            buffer.write(_broken_lines(broken, style, contract).encode())
    return buffer.getvalue()


def _encoded(content: bytes, style: FileStyle) -> bytes:
    if style.encoding != "utf-8":
        text = content.decode()
        if style.encoding == "cp874":
            text = text.translate(_PLAIN_LETTERS)
        content = text.encode(style.encoding)
    if style.suffix.endswith(".gz"):
        # Without a fixed time the same rows would give other bytes tomorrow.
        return gzip.compress(content, compresslevel=1, mtime=0)
    return content


def _json_lines(good: pl.DataFrame, style: FileStyle) -> bytes:
    times = [name for name, data_type in good.schema.items() if data_type == pl.Datetime]
    buffer = io.BytesIO()
    good.with_columns(pl.col(times).dt.strftime(_TIME_FORMATS[style.zone])).write_ndjson(buffer)
    return buffer.getvalue()


def _timed(frame: pl.DataFrame, style: FileStyle) -> pl.DataFrame:
    """Turn the simulation's local times into the source's, and amounts into what is printed."""
    times = [name for name, data_type in frame.schema.items() if data_type == pl.Datetime]
    if times and style.zone != "local":
        frame = frame.with_columns(pl.col(times).dt.offset_by(f"-{UTC_OFFSET_SECONDS}s"))
    return frame


def _rounded(frame: pl.DataFrame, contract: TableContract) -> pl.DataFrame:
    """Round amounts to the contract's decimals: sums of floats carry traces of their arithmetic."""
    scales = {
        column.name: int(column.data_type[:-1].split(",")[1])
        for column in contract.columns
        if column.data_type.startswith("decimal")
    }
    return frame.with_columns(pl.col(name).round(scale) for name, scale in scales.items())


def _typed(frame: pl.DataFrame, contract: TableContract) -> pl.DataFrame:
    """Give amounts the contract's decimal type."""
    decimals = {
        column.name: pl.Decimal(*(int(part) for part in column.data_type[8:-1].split(",")))
        for column in contract.columns
        if column.data_type.startswith("decimal")
    }
    return frame.with_columns(pl.col(name).cast(data_type) for name, data_type in decimals.items())


def _broken_lines(broken: pl.DataFrame, style: FileStyle, contract: TableContract) -> str:
    """Write rows as text and break each in the way that its mark says."""
    date_column, amount_column, text_column = BREAKABLE[contract.source, contract.name]
    marks = broken[MARK].to_list()
    visible = _rounded(_timed(broken.drop(list(HIDDEN)), style), contract)
    names = visible.columns
    text = io.BytesIO()
    visible.write_csv(text, include_header=False, datetime_format=_TIME_FORMATS[style.zone])
    rows = list(csv.reader(io.StringIO(text.getvalue().decode())))
    required = next(c.name for c in contract.columns if c.required and c.name not in contract.key)
    lines = io.StringIO()
    writer = csv.writer(lines, delimiter=style.delimiter, lineterminator="\n")
    for row, mark in zip(rows, marks, strict=True):
        changes = {
            BAD_DATE: (date_column, "2026-02-31T25:61:00"),
            BAD_AMOUNT: (amount_column, "12,34x"),
            MISSING: (required, ""),
            CARD_NUMBER: (text_column, f"card {_TEST_CARD}"),
        }
        if mark in changes:
            column, value = changes[mark]
            row[names.index(column)] = value
        elif mark == RAGGED:
            row += ["surplus", "surplus"]
        writer.writerow(row)
    return lines.getvalue()
