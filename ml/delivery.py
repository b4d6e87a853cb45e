"""Delivery: what was learned of people goes into the lake as the source `ml`."""

from __future__ import annotations

from datetime import date

import polars as pl

from cardinal.ingestion import delivery
from cardinal.settings import Settings
from ml import registry
from ml.task import TaskError

SOURCE, CHAMPIONS = "ml", "champions"


def drop(settings: Settings, table: str, name: str, as_of: date, rows: pl.DataFrame) -> str:
    """Put rows into the inbox as known as of a date, and return the file's name there."""
    return delivery.drop(settings, SOURCE, table, name, as_of, rows)


def take_in(settings: Settings, *tables: str) -> set[str]:
    """Take what was dropped into the lake, and return the files that weren't there yet.

    Beside it goes who is champion by now: what a version said whose promotion was taken back counts no longer.

    Raises:
        TaskError: Rows break the contract of their table.
    """
    _drop_champions(settings)
    return delivery.take_in(settings, SOURCE, *tables, CHAMPIONS, refusal=TaskError)


def _drop_champions(settings: Settings) -> None:
    days = [path.name.removeprefix("delivered=") for path in settings.inbox.glob(f"{SOURCE}/*/delivered=*")]
    rows = [row for task in registry.tasks(settings) for row in _standing(settings, task)]
    # Where nothing was ever delivered, nothing needs to be taken back.
    if days and rows:
        as_of = date.fromisoformat(max(days))
        said = pl.DataFrame(rows, schema=_STANDING, orient="row").with_columns(as_of_date=as_of)
        drop(settings, CHAMPIONS, CHAMPIONS, as_of, said)


_STANDING = {"task": pl.String, "model_version": pl.String, "is_undone": pl.Boolean, "champion_no": pl.Int32}


def _standing(settings: Settings, task: str) -> list[tuple[str, str, bool, int]]:
    """Return all that were champions, and whose promotion was taken back; of what can't be read nothing new."""
    try:
        promoted, undone = registry.promoted(settings, task), registry.undone(settings, task)
        changes = registry.champion_no(settings, task)
    except registry.RegistryError:
        return []
    # Who was undone once may be promoted again, by hand or as who was before the next one that was undone.
    return [(task, version, version not in promoted, changes) for version in sorted({*undone, *promoted})]
