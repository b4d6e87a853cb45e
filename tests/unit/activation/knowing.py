"""What the serving snapshot of a desk knows of people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb

from tests.unit.activation.desk import Desk

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def consent(table: Desk, *decisions: tuple[Any, ...], since: datetime = LONG_AGO) -> None:
    """Let people have decided: person, purpose, channel, whether it is given, and when, if not at `since`."""
    rows = [(*each[:4], (each[4] if len(each) > 4 else since).replace(tzinfo=None)) for each in decisions]
    _know(table, "customer_consents", "purpose varchar, channel varchar, is_granted boolean, since_at timestamp", rows)


def suppress(table: Desk, *suppressed: tuple[str, str]) -> None:
    """Let people be suppressed: person and channel."""
    _know(table, "customer_suppressions", "channel varchar", list(suppressed))


def merge(table: Desk, person: str) -> None:
    """Let p1 be another person by the snapshot's day."""
    rename(table, ("p1", person), (person, person))


def rename(table: Desk, *ids: tuple[str, str]) -> None:
    """Let people go by other ids: what they were and what they are."""
    _know(table, "current_person_ids", "current_person_id varchar", list(ids))


def _know(table: Desk, mart: str, columns: str, rows: list[Any]) -> None:
    with duckdb.connect(str(table.settings.published / "serving.duckdb")) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute(f"create or replace table marts.{mart} (person_id varchar, {columns})")
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"insert into marts.{mart} values ({marks})", rows)
