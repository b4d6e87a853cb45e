"""What a run that was killed left behind."""

from __future__ import annotations

import shutil
from pathlib import Path

from cardinal.ingestion.ledger import entry_path, known_batches

CONTRACT_FILE = "_contract.parquet"
ASIDE = ("_rejects", "_unknown_columns")


def remove_leftovers(lake: Path, scratch: Path) -> None:
    """Remove scratch files, and every Parquet file whose batch never reached the ledger."""
    shutil.rmtree(scratch, ignore_errors=True)
    areas = [lake, *(lake / name for name in ASIDE)]
    for table in [folder for area in areas for folder in _tables(area)]:
        key = (table.parent.name, table.name)
        known = known_batches(lake, key)
        for partition in table.glob("ingest_date=*"):
            for file in partition.glob("*.parquet"):
                if file.name != CONTRACT_FILE and known.get(file.stem) is not False:
                    file.unlink()
            if not any(partition.iterdir()):
                partition.rmdir()
    for folder in _tables(lake / "_batches"):
        key = (folder.parent.name, folder.name)
        for rejected in folder.glob("*.rejected.json"):
            # The file was loaded after all, by a contract that has changed since.
            batch_id = rejected.name.removesuffix(".rejected.json")
            if entry_path(lake, key, batch_id, rejected=False).exists():
                rejected.unlink()


def _tables(area: Path) -> list[Path]:
    return [path for path in sorted(area.glob("[a-z]*/[a-z]*")) if path.is_dir()]
