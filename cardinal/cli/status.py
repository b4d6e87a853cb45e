"""`cardinal status`: what lies in the home, and whether the warehouse is up to date."""

from __future__ import annotations

from datetime import datetime

from cardinal.cli.ingest import say_problems, say_rejects
from cardinal.cli.inventory import count_notable_rows, is_warehouse_stale, survey_inbox, survey_published
from cardinal.cli.output import format_size, format_table, say
from cardinal.settings import Settings, load_settings


def status() -> None:
    """Say what lies in inbox, lake and warehouse, what was rejected and published, and what to run next."""
    from cardinal.ingestion.ledger import read_ledger

    settings = load_settings()
    say(f"Home      {settings.home}")
    say(f"Market    {settings.country}, {settings.currency}, {settings.timezone}")
    say(f"National ids are hashed with {_describe_key(settings)}.")
    inbox = survey_inbox(settings)
    say(f"Inbox     {inbox.files:,} files, {format_size(inbox.size)}")
    tables = read_ledger(settings)
    if not tables:
        say("Lake      empty: run `cardinal ingest`" if inbox.files else "Lake      empty: run `make demo`")
        return
    arrivals = [table.last_arrival for table in tables if table.last_arrival]
    newest = f", last arrival {_format_time(max(arrivals))} UTC" if arrivals else ""
    say(f"Lake      {sum(table.rows_out for table in tables):,} rows{newest}")
    rows = [
        (f"{table.source}.{table.table}", table.rows_out, table.batches, _format_time(table.last_arrival))
        for table in tables
    ]
    say(format_table(("table", "rows", "files", "last arrival"), rows))
    say_rejects(tables)
    say_problems("Refused whole", [problem for table in tables for problem in table.rejected_files])
    _say_warehouse(settings)


def _say_warehouse(settings: Settings) -> None:
    if not settings.warehouse.exists():
        say("Warehouse none: run `dbt build`")
        return
    state = "older than the lake: run `dbt build`" if is_warehouse_stale(settings) else "up to date with the lake"
    say(f"Warehouse {format_size(settings.warehouse.stat().st_size)}, {state}")
    say(format_table(("table", "rows"), count_notable_rows(settings).items()))
    published = survey_published(settings)
    if published is None:
        say("Published nothing yet: run `cardinal publish`")
        return
    state = "as it was built last" if published.is_newest else "and built anew since then: run `cardinal publish`"
    say(f"Published build of {_format_time(published.built_at)} UTC, {state}")


def _describe_key(settings: Settings) -> str:
    if settings.has_national_id_key_in_environment():
        return "the key in CARDINAL_NATIONAL_ID_KEY"
    if settings.national_id_key_file.exists():
        if settings.national_id_key_file.read_text().startswith("demo-"):
            return "the demo bank's key, which is no secret"
        return f"the key in {settings.national_id_key_file}: keep it, or set CARDINAL_NATIONAL_ID_KEY"
    return "a key that the first ingestion makes, unless CARDINAL_NATIONAL_ID_KEY is set"


def _format_time(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M}" if time else ""
