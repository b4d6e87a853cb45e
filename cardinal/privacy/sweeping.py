"""Behind the door: a delivered file that shows who was erased doesn't stay in the inbox as it came."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cardinal.contracts import TableContract
from cardinal.ingestion.inbox import Drop
from cardinal.privacy.raw_records import UnreadableError
from cardinal.privacy.raw_rewriting import Rewriting
from cardinal.settings import Settings

if TYPE_CHECKING:
    import duckdb


def sweep(
    connection: duckdb.DuckDBPyConnection, settings: Settings, contract: TableContract, drop: Drop, scratch: Path
) -> Drop | None:
    """Write a file of the inbox without the people of the table `tombstones`; None where it shows none of them.

    Returns the file as it is then. If what it held is in the ledger, what it holds now is known as the same. A damaged
    one stays as it is.
    """
    before = drop.path.stat()
    if (before.st_size, before.st_mtime_ns) != (drop.size, drop.modified_ns):
        return None  # It is being written anew: the next run takes it.
    try:
        lines = Rewriting(connection, settings, contract, drop, scratch, hashes="tombstones").rewrite()
    except UnreadableError:
        return None
    if lines is None:
        return None
    status = drop.path.stat()
    return replace(drop, size=status.st_size, modified_ns=status.st_mtime_ns)
