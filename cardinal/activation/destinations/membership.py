"""What CRMs have in common: people aren't deleted there, a property of theirs says whether they belong to the sync."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from cardinal.activation.declaration import NAME, Sync, SyncError
from cardinal.activation.destination import Row


@dataclass(frozen=True)
class Membership:
    """The property, and its values for who belongs and who doesn't any longer."""

    field: str
    there: str
    gone: str


def read_membership(sync: Sync, identifier: str) -> Membership | None:
    """Read `destination.membership: {field, there, gone}`, and check that rows hold what people are known by.

    Raises:
        SyncError: It is missing where rows have to be taken back, or isn't whole.
    """
    if identifier not in sync.columns:
        raise SyncError(f"sync {sync.name}: columns must hold {identifier}: people are known by it")
    declared = sync.destination.get("membership")
    if declared is None and sync.mode != "mirror":
        return None
    given = {key: str(value) for key, value in declared.items()} if isinstance(declared, dict) else {}
    is_whole = set(given) == {"field", "there", "gone"} and NAME.fullmatch(given["field"].lower())
    if not is_whole or given["field"] in sync.columns:
        raise SyncError(
            f"sync {sync.name}: destination.membership must be a field that isn't among columns, and what it holds for"
            " those who are there and who are gone: nobody is deleted there"
        )
    return Membership(**given)


def ids_to_leave(row: Row, identifier: str, staying: Collection[str]) -> list[str]:
    """Return the ids by which somebody may be known there and shall not belong any longer.

    `staying` are the ids of rows that go out with it: whoever has an id now keeps it.
    """
    held = [*row.before, row.fields] if row.op == "remove" else list(row.before)
    ids = dict.fromkeys(str(fields[identifier]) for fields in held if fields.get(identifier))
    return [known for known in ids if known not in staying]


def as_text(value: Any) -> str:
    """Return a value as CRMs read it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
