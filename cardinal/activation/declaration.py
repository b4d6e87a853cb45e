"""What a sync is: a table, a destination, and what may be sent of it. Declared in activation/syncs.yml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from cardinal.errors import CardinalError
from cardinal.yaml_files import read_yaml

NAME = re.compile(r"[a-z][a-z0-9_]*")
# Destinations have names of their own: LastName.
FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
TABLE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
MODES = ("mirror", "upsert", "append", "event")
DATABASES = ("serving", "restricted")


class SyncError(CardinalError):
    """A sync that is declared wrongly, or that can't be planned or sent; the message says what to do."""


class UndeliveredError(SyncError):
    """A guard stopped a run, and who withdrew couldn't be taken out all the same: it is worth trying again."""


class BusyError(SyncError):
    """Another run has the ledger: it will go away."""


@dataclass(frozen=True)
class Guards:
    """What stops a run before anything leaves, unless it is overridden by name.

    Attributes:
        removed_rate: Share of the rows held that one run may remove ...
        removed_rows: ... where it removes more rows than these.
        deviation_rate: How far the number of rows may be from the mean of the last five runs.
        invalid_rate: Share of the rows that may have no key or another row's key.
        snapshot_hours: How long ago the build of all that is published may have begun.
    """

    removed_rate: float = 0.2
    removed_rows: int = 100
    deviation_rate: float = 0.5
    invalid_rate: float = 0.05
    snapshot_hours: float = 36


@dataclass(frozen=True)
class Delivery:
    """How rows go out.

    Attributes:
        batch_rows: Rows in one request or file.
        rows_per_second: Upper limit; none where null.
        attempts: How often a batch is tried before its rows wait for the next run.
        first_wait_seconds: Wait before the second attempt; it doubles from there.
        longest_wait_seconds: No wait is longer; a destination that asks for more ends the run.
        timeout_seconds: How long an answer may take.
        failed_batches: After so many batches in a row that couldn't be delivered, the run ends.
    """

    batch_rows: int = 500
    rows_per_second: float | None = None
    attempts: int = 5
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 120.0
    timeout_seconds: float = 30.0
    failed_batches: int = 3


@dataclass(frozen=True)
class Sync:
    """One sync.

    Attributes:
        name: Its name, in the ledger and towards the destination.
        model: Schema and table of the published snapshot.
        database: Which file of the snapshot: `serving`, or `restricted`, which shows people.
        key: The column that tells one row from another.
        columns: What is sent: the destination's field -> column. Nothing else leaves, nothing else makes a difference.
        mode: mirror: the destination holds what the table does. upsert: what leaves the table stays there, but for
            people who want no more.
            append: each key is sent once. event: likewise; a key is something that happened.
        destination: Type and settings of the destination.
    """

    name: str
    model: str
    key: str
    columns: Mapping[str, str]
    mode: str
    destination: Mapping[str, Any]
    database: str = "serving"
    guards: Guards = Guards()
    delivery: Delivery = Delivery()


def load_syncs(path: Path) -> dict[str, Sync]:
    """Read the declared syncs by name.

    Raises:
        SyncError: A declaration is wrong; the message names the sync and the key.
    """
    if not path.exists():
        raise SyncError(f"there is no {path}: it declares the syncs")
    try:
        content = read_yaml(path) or {}
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        raise SyncError(
            f"{path}{line}: it isn't yml: {getattr(error, 'problem', None) or 'it cannot be read'}"
        ) from None
    declared = content.get("syncs", {}) if isinstance(content, dict) else None
    if not isinstance(declared, dict):
        raise SyncError(f"{path}: expected `syncs:` and below it a name for each sync")
    syncs = {name: parse_sync(name, declaration) for name, declaration in declared.items()}
    for sync in syncs.values():
        # In these, and in nothing else, consent and suppression are proven row by row.
        what = "a model of audiences, audiences.sync_..., in database restricted: nothing else may leave the house"
        is_proven = sync.model.startswith("audiences.sync_") and sync.database == "restricted"
        _check(sync.name, "model", f"{sync.model} ({sync.database})", is_proven, what)
    return syncs


def parse_sync(name: str, declared: Any) -> Sync:
    """Check one declaration and return it as a sync."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise SyncError(f"sync {name}: a name is made of lower-case letters, digits and _")
    given = _known(name, declared, {field.name for field in fields(Sync)} - {"name"})
    for needed in ("model", "key", "columns", "mode", "destination"):
        if not given.get(needed):
            raise SyncError(f"sync {name}: {needed} is missing")
    _check(name, "model", given["model"], bool(TABLE.fullmatch(str(given["model"]))), "a schema and a table: a.b")
    _check(name, "mode", given["mode"], given["mode"] in MODES, f"one of {', '.join(MODES)}")
    database = given.get("database", "serving")
    _check(name, "database", database, database in DATABASES, f"one of {', '.join(DATABASES)}")
    columns = given["columns"]
    if isinstance(columns, list):
        columns = {column: column for column in columns}
    names = [given["key"], *columns.values()] if isinstance(columns, dict) else []
    is_plain = bool(names) and all(isinstance(column, str) and NAME.fullmatch(column) for column in names)
    is_plain = is_plain and all(isinstance(field, str) and FIELD.fullmatch(field) for field in columns)
    _check(name, "key and columns", [*names, *columns], is_plain, "plain names of columns")
    destination = given["destination"]
    is_typed = isinstance(destination, dict) and isinstance(destination.get("type"), str)
    _check(name, "destination", destination, is_typed, "a type and its settings")
    return Sync(
        name,
        given["model"],
        given["key"],
        columns,
        given["mode"],
        destination,
        database,
        Guards(**_numbers(name, "guards", given.get("guards"), Guards)),
        Delivery(**_numbers(name, "delivery", given.get("delivery"), Delivery)),
    )


def _numbers(name: str, part: str, declared: Any, shape: type[Guards] | type[Delivery]) -> dict[str, Any]:
    given = _known(f"{name}, {part}", declared or {}, {field.name for field in fields(shape)})
    for key, value in given.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        _check(name, f"{part}.{key}", value, is_number, "a number")
        if key in ("batch_rows", "attempts", "failed_batches", "rows_per_second"):
            _check(name, f"{part}.{key}", value, value > 0, "above nought")
    return given


def _known(name: str, declared: Any, known: set[str]) -> dict[str, Any]:
    if not isinstance(declared, dict):
        raise SyncError(f"sync {name}: expected keys such as {', '.join(sorted(known))}")
    for key in declared:
        if key not in known:
            raise SyncError(f"sync {name}: {key} is none of {', '.join(sorted(known))}")
    return declared


def _check(name: str, key: str, value: Any, is_right: bool, expected: str) -> None:
    if not is_right:
        raise SyncError(f"sync {name}: {key} must be {expected}, not {value!r}")
