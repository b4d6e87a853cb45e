"""Delivery: what was learned of people goes the way of every source, through the inbox into the lake."""

from __future__ import annotations

from datetime import date

import polars as pl

from cardinal.ingestion.atomic import publish
from cardinal.ingestion.run import ingest
from cardinal.settings import Settings
from ml.task import TaskError

SOURCE = "ml"


def drop(settings: Settings, table: str, name: str, as_of: date, rows: pl.DataFrame) -> str:
    """Put rows into the inbox as known as of a date, and return the file's name there.

    A delivery of today would close months of which nothing has been seen.
    """
    file = f"{SOURCE}/{table}/delivered={as_of}/{name}.parquet"
    target = settings.inbox / file
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_suffix(".part")
    rows.write_parquet(beside)
    publish([(beside, target)])
    return file


def take_in(settings: Settings, *tables: str) -> set[str]:
    """Take what was dropped into the lake, and return the files that weren't there yet.

    Raises:
        TaskError: Rows break the contract of their table.
    """
    report = ingest(settings, wanted=lambda drop: drop.source == SOURCE and drop.table in tables)
    refused = [f"{problem.file}: {problem.reason}" for problem in report.rejected_files]
    if refused or any(batch.rejects for batch in report.batches):
        raise TaskError(f"{', '.join(tables)} broke their own contract: " + "; ".join(refused or ["see lake/_rejects"]))
    return {batch.file for batch in report.batches}
