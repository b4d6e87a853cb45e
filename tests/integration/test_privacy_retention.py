"""Anonymous visitors go after a while; who was ever known stays. Consent that is taken back reaches the mirror."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from cardinal.activation.declaration import parse_sync
from cardinal.activation.destination import Answer, Batch
from cardinal.activation.sending import apply_sync
from cardinal.demo.bank import no_progress
from cardinal.ingestion.run import ingest
from cardinal.privacy.retention import retain, retention_days
from tests.integration.house import House

EVENTS = "read_parquet('{}/lake/digital/events/*/*.parquet')"
DAY = "cast(make_timestamp(event_timestamp) as date)"


class KilledError(BaseException):
    """The process ends here."""


class Held:
    """A destination that keeps what it is told."""

    def __init__(self) -> None:
        self.rows: dict[str, dict] = {}

    def send(self, batch: Batch) -> Answer:
        for row in batch.rows:
            if row.op == "remove":
                del self.rows[row.key]
            else:
                self.rows[row.key] = row.fields
        return Answer()

    def was_taken(self, batch_key: str) -> None:
        return None

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def copied(house: House, tmp_path: Path) -> Iterator[House]:
    own = House(tmp_path / "home")
    shutil.copytree(house.home, own.home, symlinks=True)
    yield own


def _die() -> None:
    raise KilledError


@pytest.mark.slow
def test_who_was_never_known_goes_when_it_is_too_long_ago(copied: House, tmp_path: Path) -> None:
    today = date(2026, 11, 30)
    before = today - timedelta(days=retention_days(copied.settings))
    events = EVENTS.format(copied.home)
    owned = "select event_id from marts.event_owners where person_id is not null"
    old, linked, known = (
        copied.query(f"select event_id from {events} where {condition} order by 1")
        for condition in (
            f"{DAY} < '{before}'",
            f"user_pseudo_id in (select user_pseudo_id from {events} where event_id in ({owned}))",
            f"{DAY} >= '{before}' or event_id in ({owned})",
        )
    )
    assert set(old) - set(linked), "nobody is old and unknown"
    everything = duckdb.sql(f"select event_id from {events}").fetchall()
    files, kept = (copied.settings.warehouse, *copied.settings.mart_files.values()), tmp_path / "kept"
    kept.mkdir()
    for file in files:
        with duckdb.connect(str(file)) as opened:
            opened.execute("checkpoint")
        shutil.copy(file, kept)
    with pytest.raises(KilledError):
        retain(copied.settings, today, _die)
    assert not copied.settings.warehouse.exists()
    # A build that came half-way leaves a warehouse that can't tell what was too old.
    duckdb.connect(str(copied.settings.warehouse)).close()
    built = []

    def build() -> None:
        for file in files:
            shutil.copy(kept / file.name, file)
        built.append(True)

    expired = retain(copied.settings, today, build)
    assert built == [True], "what was killed before the build is not gone on with"
    assert expired.before == before
    assert expired.rows["digital.events"] >= len(set(old) - set(linked))
    left = {row[0] for row in duckdb.sql(f"select event_id from {events}").fetchall()}
    assert {row[0] for row in known} <= left
    assert {row[0] for row in everything} - left == {row[0] for row in set(old) - set(linked)}
    # The raw files are known as they are now, and hold what the lake does.
    assert not [batch for batch in ingest(copied.settings).batches if batch.table == "events"]
    text = "".join(
        path.read_text("utf-8", "replace") for path in (copied.settings.inbox / "digital" / "events").rglob("*.csv")
    )
    assert not [row for row in set(old) - set(linked) if f"\n{row[0]}," in text]


@pytest.mark.slow
def test_nothing_old_means_nothing_to_build(copied: House) -> None:
    assert retain(copied.settings, date(2026, 1, 1), _die).rows == {}
    assert copied.settings.warehouse.exists()


@pytest.mark.slow
def test_consent_taken_back_is_a_removal_in_the_next_run(copied: House) -> None:
    database, sync, members = next(
        (database, sync, rows)
        for database, sync in copied.query(
            "select table_catalog, table_name from information_schema.tables where table_schema = 'audiences'"
            " and starts_with(table_name, 'sync_') order by all"
        )
        if (rows := copied.query(f"select person_id from audiences.{sync} order by 1"))
    )
    declared = parse_sync(
        "members",
        {
            "model": f"audiences.{sync}",
            "database": database,
            "key": "person_id",
            "columns": ["person_id"],
            "mode": "mirror",
            "destination": {"type": "folder"},
            "guards": {"snapshot_hours": 10_000},
        },
    )
    held = Held()

    def send() -> None:
        copied.settings.published.mkdir(exist_ok=True)
        built = copied.settings.mart_files[database]
        # What the build wrote last may lie beside the file still.
        with duckdb.connect(str(built)) as file:
            file.execute("checkpoint")
        shutil.copy(built, copied.settings.published / f"{database}.duckdb")
        apply_sync(copied.settings, declared, no_progress, destination=held, despite=("removals", "emptied"))

    send()
    assert set(held.rows) == {row[0] for row in members}
    gone = members[0][0]
    (cif,) = copied.query(
        "select record_id from marts.person_records where table_name = 'customers'"
        f" and person_id = '{gone}' order by 1 limit 1"
    )[0]
    copied.drop(
        "consent",
        "consent_events",
        "2026-10-22",
        "consent_event_id,subject_type,subject_id,purpose,channel,decision,occurred_at\n"
        + "".join(
            f"CE_{purpose},cif_no,{cif},{purpose},all,withdrawn,2026-10-21 10:00:00\n"
            for purpose in ("marketing", "third_party_sharing", "credit_offers", "personalisation")
        ),
    )
    ingest(copied.settings)
    copied.run("--select", "stg_consent__consent_events+,+audience_decisions", "audience_members+")
    send()
    assert gone not in held.rows
    assert set(held.rows) <= {row[0] for row in members}
