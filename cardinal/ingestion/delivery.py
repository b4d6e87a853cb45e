"""Delivery: what Cardinal itself found out goes the way of every source, through the inbox into the lake."""

from __future__ import annotations

from datetime import date

import polars as pl

from cardinal.errors import CardinalError
from cardinal.ingestion.atomic import publish
from cardinal.ingestion.run import ingest
from cardinal.settings import Settings


def drop(settings: Settings, source: str, table: str, name: str, as_of: date, rows: pl.DataFrame) -> str:
    """Put rows into the inbox as known as of a date, and return the file's name there.

    A delivery of today would close months of which nothing has been seen.
    """
    file = f"{source}/{table}/delivered={as_of}/{name}.parquet"
    target = settings.inbox / file
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_suffix(".part")
    rows.write_parquet(beside)
    publish([(beside, target)])
    return file


def take_in(settings: Settings, source: str, *tables: str, refusal: type[CardinalError] = CardinalError) -> set[str]:
    """Take what was dropped into the lake, and return the files that weren't there yet.

    Raises:
        CardinalError: Rows break the contract of their table; of the given kind.
    """
    report = ingest(settings, wanted=lambda drop: drop.source == source and drop.table in tables)
    refused = [f"{problem.file}: {problem.reason}" for problem in report.rejected_files]
    if refused or any(batch.rejects for batch in report.batches):
        raise refusal(f"{', '.join(tables)} broke their own contract: " + "; ".join(refused or ["see lake/_rejects"]))
    return {batch.file for batch in report.batches}
