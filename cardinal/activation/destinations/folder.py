"""A folder: a file a batch and a manifest beside it, for programs that fetch files.

`<folder>/<sync>/<batch key>.jsonl` (or .csv) and `<batch key>.manifest.json`, which appears last: who waits for
manifests reads whole files only. The name follows from the rows, so a batch that is sent again is the same file.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import Answer, Batch, Row
from cardinal.ingestion.atomic import publish
from cardinal.settings import Settings

FORMATS = ("jsonl", "csv")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Folder:
    """One folder."""

    def __init__(self, folder: Path, file_format: str) -> None:
        """`folder` is where the files of one sync go."""
        self._folder = folder
        self._format = file_format

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> Folder:
        """Make it from a declaration: `path`, relative to the home's outbox, and `format`."""
        path, file_format = sync.destination.get("path", "files"), sync.destination.get("format", "jsonl")
        if file_format not in FORMATS:
            raise SyncError(f"sync {sync.name}: destination.format must be one of {', '.join(FORMATS)}")
        return cls(settings.outbox / str(path) / sync.name, file_format)

    def send(self, batch: Batch) -> Answer:
        """Write the batch."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{batch.batch_key}.{self._format}"
        content = (_as_csv if self._format == "csv" else _as_json_lines)(batch.rows).encode()
        manifest = {
            "file": name,
            "sync": batch.sync,
            "run_id": batch.run_id,
            "rows": len(batch.rows),
            "sha256": hashlib.sha256(content).hexdigest(),
            "columns": sorted({column for row in batch.rows for column in row.fields}),
        }
        for target, text in (
            (self._folder / name, content),
            (self._manifest(batch.batch_key), json.dumps(manifest, indent=2).encode()),
        ):
            unfinished = target.with_suffix(".tmp")
            unfinished.touch(mode=0o600)
            unfinished.write_bytes(text)
            publish([(unfinished, target)])
        return Answer()

    def was_taken(self, batch_key: str) -> bool | None:
        """Whether the manifest is there."""
        return self._manifest(batch_key).exists()

    def close(self) -> None:
        """Nothing is open."""

    def _manifest(self, batch_key: str) -> Path:
        return self._folder / f"{batch_key}.manifest.json"


def _as_json_lines(rows: Sequence[Row]) -> str:
    lines = ({"id": row.row_id, "op": row.op, "key": row.key, "fields": row.fields} for row in rows)
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _as_csv(rows: Sequence[Row]) -> str:
    """A spreadsheet takes what begins with = or the like for a formula: an apostrophe before it keeps it a text."""
    fields = sorted({field for row in rows for field in row.fields})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "op", "key", *fields])
    for row in rows:
        values = [row.row_id, row.op, row.key, *(row.fields.get(field) for field in fields)]
        writer.writerow([_harmless(value) for value in values])
    return text.getvalue()


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value
