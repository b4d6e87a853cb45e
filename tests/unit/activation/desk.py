"""A home with a published table of people, and the sync that sends it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from cardinal.activation.declaration import Sync, parse_sync
from cardinal.activation.destination import Destination
from cardinal.activation.destinations.webhook import Webhook
from cardinal.activation.outcome import Outcome
from cardinal.activation.planning import Plan
from cardinal.activation.sending import apply_sync, plan_sync
from cardinal.settings import Settings
from tests.unit.activation.destinations.receiver import SECRET

# No hour is quiet.
AWAKE = {"time_zone": "UTC", "quiet_from_hour": "0", "quiet_to_hour": "0"}
TOLD = {column: column for column in AWAKE}
QUICK = {"first_wait_seconds": 0.001, "longest_wait_seconds": 1, "timeout_seconds": 0.15, "batch_rows": 4}


@dataclass
class Desk:
    """Where somebody plans and applies."""

    settings: Settings
    sync: Sync
    url: str = ""
    built_hours_ago: int = 1

    def publish(self, rows: list[tuple[str | None, str | None]], **told: str) -> None:
        """Let the published table hold keys and phones, and columns that are the same for all."""
        self.settings.published.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(self.settings.published / "restricted.duckdb")) as connection:
            connection.execute("create schema if not exists audiences")
            connection.execute("create schema if not exists cardinal")
            connection.execute(
                "create or replace table cardinal.build as select now() at time zone 'UTC'"
                f" - interval {self.built_hours_ago} hour as whole_started_at"
            )
            connection.execute(
                "create or replace table audiences.sync_webhook__people (person_id text, phone text, note text)"
            )
            if rows:
                connection.executemany("insert into audiences.sync_webhook__people values (?, ?, 'stays')", rows)
            for column, value in told.items():
                connection.execute(
                    f"alter table audiences.sync_webhook__people add column {column} varchar default '{value}'"
                )

    def plan(self) -> Plan:
        return plan_sync(self.settings, self.sync)

    def apply(self, despite: Collection[str] = (), target: Destination | None = None, **options: Any) -> Outcome | None:
        target = target or Webhook(self.url, SECRET, self.sync.delivery.timeout_seconds)
        return apply_sync(
            self.settings, self.sync, options.pop("progress", lambda *_: None), despite=despite, destination=target,
            sleep=options.pop("sleep", lambda _: None), **options,
        )  # fmt: skip

    def state(self, columns: str = "key, acked, intent_state") -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.outbox / "ledger.duckdb")) as ledger:
            return ledger.execute(f"select {columns} from state order by key").fetchall()

    def runs(self, columns: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.outbox / "ledger.duckdb")) as ledger:
            return ledger.execute(f"select {columns} from runs order by started_at").fetchall()


def desk(home: Path, url: str = "", **changes: Any) -> Desk:
    """A desk with a mirror to a webhook, unless `changes` say otherwise."""
    declaration = {
        "model": "audiences.sync_webhook__people",
        "database": "restricted",
        "key": "person_id",
        "columns": {"phone": "phone"},
        "mode": "mirror",
        "destination": {"type": "webhook", "url": url or "http://127.0.0.1", "secret": "test"},
        "delivery": QUICK,
        **changes,
    }
    home.mkdir(parents=True, exist_ok=True)
    return Desk(Settings(home), parse_sync("people", declaration), url)
