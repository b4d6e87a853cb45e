"""A message as somebody would get it, filled with made-up values: nobody's data is shown, and nothing is sent."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import Row, row_id
from cardinal.activation.destinations.catalogue import TYPES
from cardinal.activation.templates import FIELD, FOLDER, UnfilledError
from cardinal.settings import Settings

KEY = "somebody"
# By the beginning of a type's name; everything else is a text.
MADE_UP: dict[str, Any] = {
    "BOOL": True, "DATE": "2026-01-31", "TIMESTAMP": "2026-01-31 09:30:00", "DECIMAL": 1234.5, "DOUBLE": 1234.5,
    "FLOAT": 1234.5, "BIGINT": 1234, "INTEGER": 1234, "HUGEINT": 1234, "SMALLINT": 123, "TINYINT": 12,
}  # fmt: skip


def preview(sync: Sync, settings: Settings, template: str | None = None) -> str:
    """Return the message of a made-up row; `template` where rows name their own.

    Raises:
        SyncError: The destination sends no messages, or its declaration or template is wrong.
    """
    kind = str(sync.destination["type"])
    module = import_module(f"cardinal.activation.destinations.{TYPES[kind].split('.')[0]}") if kind in TYPES else None
    if not hasattr(module, "preview"):
        raise SyncError(f"sync {sync.name}: {kind} sends no messages made of templates: `activate plan` shows its rows")
    types = _types(sync, settings.published / f"{sync.database}.duckdb")
    fields = {field: _made_up(field, types) for field in sync.columns}
    if FIELD in fields:
        if template is None:
            raise SyncError(f"sync {sync.name}: each row names its own template: say --template, a folder in {FOLDER}")
        fields[FIELD] = template
    row = Row(KEY, "add", row_id(sync.name, KEY, 1), fields)
    try:
        text: str = module.preview(sync, settings, row)  # type: ignore[union-attr]
    except UnfilledError as error:
        raise SyncError(f"sync {sync.name}: {error}") from None
    return text


def _made_up(field: str, types: dict[str, str]) -> Any:
    kind = types.get(field, "VARCHAR").upper()
    return next((value for start, value in MADE_UP.items() if kind.startswith(start)), f"[{field}]")


def _types(sync: Sync, snapshot: Path) -> dict[str, str]:
    """Return the type of each field in the published table; none where nothing is published."""
    if not snapshot.exists():
        return {}
    schema, table = sync.model.split(".")
    with duckdb.connect(str(snapshot), read_only=True) as source:
        columns = source.execute(
            "select column_name, data_type from information_schema.columns where table_schema = ? and table_name = ?",
            [schema, table],
        ).fetchall()
    found = dict(columns)
    return {field: found[column] for field, column in sync.columns.items() if column in found}
