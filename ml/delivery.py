"""Delivery: what was learned of people goes into the lake as the source `ml`."""

from __future__ import annotations

from datetime import date

import polars as pl

from cardinal.ingestion import delivery
from cardinal.settings import Settings
from ml.task import TaskError

SOURCE = "ml"


def drop(settings: Settings, table: str, name: str, as_of: date, rows: pl.DataFrame) -> str:
    """Put rows into the inbox as known as of a date, and return the file's name there."""
    return delivery.drop(settings, SOURCE, table, name, as_of, rows)


def take_in(settings: Settings, *tables: str) -> set[str]:
    """Take what was dropped into the lake, and return the files that weren't there yet.

    Raises:
        TaskError: Rows break the contract of their table.
    """
    return delivery.take_in(settings, SOURCE, *tables, refusal=TaskError)
