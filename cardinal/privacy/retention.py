"""Retention: what anonymous visitors did goes after a while, if it was never known whose it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import yaml

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

SETTING = "anonymous_retention_days"
# Tables of what visitors did, with SQL of the anonymous id that a row shows, and of its day.
ANONYMOUS: dict[Table, tuple[str, str]] = {
    ("digital", "events"): ("user_pseudo_id", "cast(make_timestamp(event_timestamp) as date)"),
    ("meta_ads", "pixel_events"): ("user_pseudo_id", "cast(occurred_at as date)"),
    ("experiments", "exposures"): (
        "case when unit_type = 'user_pseudo_id' then unit_id end", "cast(exposed_at as date)",
    ),
    ("partners", "audience_profiles"): ("coalesce(cookie_id, device_advertising_id)", "last_seen_date"),
}  # fmt: skip


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
    project = yaml.safe_load((settings.project_dir / "dbt_project.yml").read_text(encoding="utf-8"))
    days = project["vars"].get(SETTING)
    if not isinstance(days, int) or isinstance(days, bool) or days < 1:
        raise CardinalError(f"{SETTING} in dbt_project.yml must be a number of days, not {days!r}")
    return days


def find_expired(connection: duckdb.DuckDBPyConnection, settings: Settings, today: date) -> Expired:
    """Make `erased` (kind, text) of the numbers of records that have to go. Works on a connection to the whole build.

    An id is linked if it ever was a person's, however weakly: all its rows stay then.
    """
    contracts = load_contracts(settings.project_dir)
    before = today - timedelta(days=retention_days(settings))
    connection.execute(
        f"""
        create or replace temporary table linked as
        select identifier_value as id from marts.customer_identifiers
        where identifier_type in ('anonymous_id', 'device_id') and identifier_value is not null
        union
        select user_pseudo_id from {lake_sql(settings, ("digital", "events"))}
        where event_id in (select event_id from marts.event_owners where person_id is not null)
        """
    )
    connection.execute("create or replace temporary table erased (kind varchar, text varchar)")
    rows = {}
    for table, (shown, day) in ANONYMOUS.items():
        kind, contract = f"{table[0]}.{table[1]}", contracts[table]
        # A deletion says nothing but the key: it goes with what it deletes, or stays.
        connection.execute(
            f"""
            insert into erased
            select '{kind}', {key_sql(contract)} as number from {lake_sql(settings, table)}
            group by number
            having max({day}) < $before and bool_and({shown} is null or {shown} not in (from linked))
                and count({shown}) > 0
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

    Raises:
        CardinalError: There is no build, or somebody else works on the home.
    """
    removed = folder_of(settings) / "retention.removed"
    with alone(settings):
        if removed.exists():
            said = json.loads(removed.read_text(encoding="utf-8"))
            expired = Expired(date.fromisoformat(said["before"]), said["rows"])
        else:
            with open_build(settings) as connection, duckdb.connect() as writer:
                expired = find_expired(connection, settings, today)
                if not expired.rows:
                    return expired
                writer.execute("create temporary table erased (kind varchar, text varchar)")
                writer.register("found", connection.execute("from erased").pl())
                writer.execute("insert into erased from found")
                _remove(writer, settings, folder_of(settings) / "scratch")
            # From here on the lake can't tell any more what was too old.
            beside = removed.with_suffix(".part")
            beside.write_text(json.dumps({"before": str(expired.before), "rows": expired.rows}), encoding="utf-8")
            publish([(beside, removed)])
        remove_build(settings)
        rebuild()
        remove_old_snapshots(settings)
        removed.unlink()
    return expired


def _remove(connection: duckdb.DuckDBPyConnection, settings: Settings, scratch: Path) -> None:
    contracts = load_contracts(settings.project_dir)
    try:
        erase_from_inbox(connection, settings, contracts, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    erase_from_lake(connection, settings, contracts, "")
