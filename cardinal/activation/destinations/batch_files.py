"""A batch as a file and the manifest beside it, for folders here and elsewhere."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import Batch, Row
from cardinal.activation.destinations.cells import harmless

FORMATS = ("jsonl", "csv")


def declared_format(sync: Sync) -> str:
    """Return `destination.format`.

    Raises:
        SyncError: It is none of FORMATS.
    """
    file_format = str(sync.destination.get("format", "jsonl"))
    if file_format not in FORMATS:
        raise SyncError(f"sync {sync.name}: destination.format must be one of {', '.join(FORMATS)}")
    return file_format


def manifest_name(batch_key: str) -> str:
    """Return the name of a batch's manifest: while it isn't there, the batch isn't."""
    return f"{batch_key}.manifest.json"


def batch_files(batch: Batch, file_format: str) -> tuple[tuple[str, bytes], tuple[str, bytes]]:
    """Return name and content of the file, then of the manifest, which has to appear last.

    The names follow from the rows, so a batch that is sent again is the same files.
    """
    name = f"{batch.batch_key}.{file_format}"
    content = (_as_csv if file_format == "csv" else _as_json_lines)(batch.rows).encode()
    manifest = {
        "file": name,
        "sync": batch.sync,
        "run_id": batch.run_id,
        "rows": len(batch.rows),
        "sha256": hashlib.sha256(content).hexdigest(),
        "columns": sorted({column for row in batch.rows for column in row.fields}),
    }
    return (name, content), (manifest_name(batch.batch_key), json.dumps(manifest, indent=2).encode())


def _as_json_lines(rows: Sequence[Row]) -> str:
    lines = ({"id": row.row_id, "op": row.op, "key": row.key, "fields": row.fields} for row in rows)
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _as_csv(rows: Sequence[Row]) -> str:
    fields = sorted({field for row in rows for field in row.fields})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "op", "key", *fields])
    for row in rows:
        values = [row.row_id, row.op, row.key, *(row.fields.get(field) for field in fields)]
        writer.writerow([harmless(value) for value in values])
    return text.getvalue()
