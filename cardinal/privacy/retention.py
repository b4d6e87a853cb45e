"""Retention: what anonymous visitors did goes after a while, if it was never known whose it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from cardinal.build import open_build
from cardinal.contracts import load_contracts
from cardinal.errors import CardinalError
from cardinal.ingestion.atomic import publish
from cardinal.privacy.columns import Table, key_sql
from cardinal.privacy.erasure import alone
from cardinal.privacy.holdings import lake_sql
from cardinal.privacy.journal import folder_of
from cardinal.privacy.lake_erasure import erase_from_lake
from cardinal.privacy.raw_files import erase_from_inbox
from cardinal.privacy.rebuilding import remove_build, remove_old_snapshots
from cardinal.settings import Settings
from cardinal.yaml_files import read_yaml

SETTING = "anonymous_retention_days"


@dataclass(frozen=True)
class Anonymous:
    """How the rows of a table of what visitors did are judged.

    Attributes:
        ids: SQL of the ids that a row shows; one that was ever somebody's keeps the row.
        day: SQL of its day.
        condition: SQL for whether the table's rows are of visitors at all.
    """

    ids: tuple[str, ...]
    day: str
    condition: str = "true"


# Where the cookie isn't told, the browser or click tells whose a row is; what shows nothing at all goes by its age.
ANONYMOUS: dict[Table, Anonymous] = {
    ("digital", "events"): Anonymous(("user_id", "user_pseudo_id"), "cast(make_timestamp(event_timestamp) as date)"),
    ("meta_ads", "pixel_events"): Anonymous(
        ("external_id", "coalesce(user_pseudo_id, fbp, fbc)"), "cast(occurred_at as date)"
    ),
    ("google_ads", "conversions"): Anonymous(("user_id", "gclid"), "cast(converted_at as date)"),
    ("experiments", "exposures"): Anonymous(
        ("unit_id",), "cast(exposed_at as date)", condition="unit_type = 'user_pseudo_id'"
    ),
    ("partners", "audience_profiles"): Anonymous(("cookie_id", "device_advertising_id"), "last_seen_date"),
}


@dataclass(frozen=True)
class Expired:
    """What is older than may be kept.

    Attributes:
        before: First day that is kept.
        rows: Rows by source table.
    """

    before: date
    rows: dict[str, int]


def retention_days(settings: Settings) -> int:
    """Return for how many days anonymous rows are kept, as dbt_project.yml says.

    Raises:
        CardinalError: It says no whole number above nought.
    """
    project = read_yaml(settings.project_dir / "dbt_project.yml")
    days = project["vars"].get(SETTING)
    if not isinstance(days, int) or isinstance(days, bool) or days < 1:
        raise CardinalError(f"{SETTING} in dbt_project.yml must be a number of days, not {days!r}")
    return days


def find_expired(connection: duckdb.DuckDBPyConnection, settings: Settings, before: date) -> Expired:
    """Make `erased` (kind, text) of the numbers of records that have to go. Works on a connection to the whole build.

    before: First day that is kept. An id is linked if it ever was a person's, however weakly: all its rows stay then.
    """
    contracts = load_contracts(settings.project_dir)
    events, pixels = (lake_sql(settings, table) for table in (("digital", "events"), ("meta_ads", "pixel_events")))
    connection.execute(
        f"""
        create or replace temporary table linked as
        with known as (
            select identifier_value as id from marts.customer_identifiers
            where identifier_type in ('anonymous_id', 'browser_id', 'click_id', 'device_id', 'login')
            union
            select unnest([user_pseudo_id, gclid]) from {events}
            where event_id in (select event_id from marts.event_owners where person_id is not null)
        )
        select id from known where id is not null
        union
        -- A browser that once sent somebody's own id is theirs.
        select unnest([fbp, fbc]) as id from {pixels}
        where external_id in (from known) or user_pseudo_id in (from known)
        """
    )
    connection.execute("delete from linked where id is null")
    connection.execute("create or replace temporary table erased (kind varchar, text varchar)")
    rows = {}
    for table, judged in ANONYMOUS.items():
        kind, contract = f"{table[0]}.{table[1]}", contracts[table]
        is_linked = " or ".join(f"coalesce({shown} in (from linked), false)" for shown in judged.ids)
        # A deletion says nothing but the key: it goes with what it deletes, or stays.
        connection.execute(
            f"""
            insert into erased
            select '{kind}', {key_sql(contract)} as number from {lake_sql(settings, table)}
            group by number
            having max({judged.day}) < $before and bool_and({judged.condition}) and not bool_or({is_linked})
            """,
            {"before": before},
        )
        (count,) = connection.execute(
            f"select count(*) from {lake_sql(settings, table)}"
            f" where {key_sql(contract)} in (select text from erased where kind = '{kind}')"
        ).fetchall()[0]
        rows[kind] = int(count)
    return Expired(before, {kind: count for kind, count in rows.items() if count})


def retain(settings: Settings, today: date, rebuild: Callable[[], None]) -> Expired:
    """Remove what is too old from inbox and lake, and build the warehouse anew; killed, the next run goes on.

    What an earlier run removed is built first, since what is too old today is told by the build; both are returned.

    Raises:
        CardinalError: There is no build, or somebody else works on the home.
    """
    with alone(settings):
        earlier = _build_without(settings, rebuild)
        expired = _remove_expired(settings, today - timedelta(days=retention_days(settings)))
        if expired.rows:
            _build_without(settings, rebuild)
    tables = sorted({*earlier, *expired.rows})
    return Expired(expired.before, {table: earlier.get(table, 0) + expired.rows.get(table, 0) for table in tables})


def _remove_expired(settings: Settings, before: date) -> Expired:
    begun, removed = _marks(settings)
    with open_build(settings) as connection, duckdb.connect() as writer:
        expired = find_expired(connection, settings, before)
        if begun.exists():
            # Of what was found then, a part may be gone: the next build has to be one from nothing.
            expired = Expired(before, {**expired.rows, **_read(begun).rows})
        elif not expired.rows:
            return expired
        else:
            _write(begun, expired)
        writer.execute("create temporary table erased (kind varchar, text varchar)")
        writer.register("found", connection.execute("from erased").pl())
        writer.execute("insert into erased from found")
        _remove(writer, settings, folder_of(settings) / "scratch")
    # From here on the lake can't tell any more what was too old.
    _write(removed, expired)
    return expired


def _build_without(settings: Settings, rebuild: Callable[[], None]) -> dict[str, int]:
    """Build without what was removed and isn't built yet; returns how many rows of each table that were."""
    begun, removed = _marks(settings)
    if not removed.exists():
        return {}
    begun.unlink(missing_ok=True)
    rows = _read(removed).rows
    remove_build(settings)
    rebuild()
    remove_old_snapshots(settings)
    removed.unlink()
    return rows


def _marks(settings: Settings) -> tuple[Path, Path]:
    """The files that say that a removal was begun, and that it has ended and isn't built yet."""
    return folder_of(settings) / "retention.begun", folder_of(settings) / "retention.removed"


def _read(path: Path) -> Expired:
    said = json.loads(path.read_text(encoding="utf-8"))
    return Expired(date.fromisoformat(said["before"]), said["rows"])


def _write(path: Path, expired: Expired) -> None:
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps({"before": str(expired.before), "rows": expired.rows}), encoding="utf-8")
    publish([(beside, path)])


def _remove(connection: duckdb.DuckDBPyConnection, settings: Settings, scratch: Path) -> None:
    contracts = load_contracts(settings.project_dir)
    try:
        erase_from_inbox(connection, settings, contracts, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    erase_from_lake(connection, settings, contracts, "")
