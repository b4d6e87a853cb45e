"""A lake of one source and marts of two models, small, and as ingestion and dbt leave them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb

from cardinal.quality.checks import Check, Measured
from cardinal.quality.landed import measure_landed
from cardinal.quality.rule_book import load_rule_book
from cardinal.settings import Settings

MONDAY = date(2026, 9, 7)
SOURCES = """
sources:
  - name: shop
    config:
      meta: {owner: shop}
      loaded_at_field: _ingested_at
      freshness: {warn_after: {count: 2, period: day}, error_after: {count: 6, period: day}}
    tables:
      - name: sales
        config: {meta: {key: [sale_no, buyer_email], event_time: sold_at}}
        columns:
          - {name: sale_no, data_type: varchar, config: {meta: {pii: pseudonymous, required: true}}}
          - {name: buyer_email, data_type: varchar, config: {meta: {pii: personal, required: true}}}
          - {name: channel, data_type: varchar, config: {meta: {pii: none, accepted: [web, shop, app]}}}
          - {name: amount, data_type: "decimal(18,2)", config: {meta: {pii: personal}}}
          - {name: note, data_type: varchar, config: {meta: {pii: personal}}}
          - {name: sold_at, data_type: timestamp, config: {meta: {pii: none, required: true}}}
          - {name: change_type, data_type: varchar, config: {meta: {pii: none}}}
      - name: refunds
        config: {meta: {key: [sale_no], event_time: paid_at}, freshness: null}
        columns:
          - {name: sale_no, data_type: varchar, config: {meta: {pii: pseudonymous, required: true}}}
          - {name: paid_at, data_type: timestamp, config: {meta: {pii: none, required: true}}}
"""
MARTS = """
models:
  - name: customer_360
    columns:
      - {name: person_id, data_type: varchar, config: {meta: {pii: pseudonymous}}}
      - {name: as_of_date, data_type: date, config: {meta: {pii: none}}}
      - {name: deposit_balance_amount, data_type: "decimal(18,2)", config: {meta: {pii: pseudonymous}}}
      - {name: full_name, data_type: varchar, config: {meta: {pii: personal}}}
  - name: offers
    columns:
      - {name: person_id, data_type: varchar, config: {meta: {pii: pseudonymous}}}
      - {name: response_rate, data_type: double, config: {meta: {pii: none}}}
"""


def begin(folder: Path) -> Settings:
    """Begin a home whose project has these contracts and nothing else."""
    models = folder / "project" / "models"
    (models / "staging" / "shop").mkdir(parents=True)
    (models / "marts" / "core").mkdir(parents=True)
    (models / "staging" / "shop" / "_shop__sources.yml").write_text(SOURCES, encoding="utf-8")
    (models / "marts" / "core" / "marts.yml").write_text(MARTS, encoding="utf-8")
    home = folder / "home"
    home.mkdir()
    return Settings(home, project_dir=folder / "project")


def deliver(
    settings: Settings,
    day: date,
    rows: int = 400,
    table: str = "sales",
    channel: str = "case when range % 4 = 0 then 'app' when range % 4 = 1 then 'web' else 'shop' end",
    amount: str = "(range * 37 % 1000) / 10",
    note: str = "'kind words'",
    change_type: str = "null",
) -> None:
    """Let rows arrive on a day; columns are SQL over `range`."""
    folder = settings.lake / "shop" / table / f"ingest_date={day}"
    folder.mkdir(parents=True, exist_ok=True)
    arrived_at = datetime.combine(day, time(3))
    columns = {
        "sales": f"'s' || range as sale_no, 'ann' || range || '@example.com' as buyer_email, {channel} as channel,"
        f" cast({amount} as decimal(18,2)) as amount, cast({note} as varchar) as note, "
        f" timestamp '{arrived_at}' as sold_at, cast({change_type} as varchar) as change_type",
        "refunds": f"'s' || range as sale_no, timestamp '{arrived_at}' as paid_at",
    }[table]
    path = folder / f"{len(list(folder.iterdir()))}.parquet"
    duckdb.sql(
        f"copy (select {columns}, 'b{day}' as _batch_id, 'sales.csv' as _file, range as _row,"
        f" timestamp '{arrived_at}' as _ingested_at from range({rows})) to '{path}' (format parquet)"
    )


def deliver_weeks(settings: Settings, days: int = 29) -> date:
    """Let four weeks arrive day by day, rows wavering a little, and return the day that comes next."""
    for number in range(days):
        deliver(settings, MONDAY + timedelta(days=number), rows=390 + number % 5 * 5)
    return MONDAY + timedelta(days=days)


def measure(settings: Settings, as_of: datetime | None = None, is_over: bool = True) -> Measured:
    """Measure what landed."""
    with duckdb.connect() as connection:
        return measure_landed(connection, settings, load_rule_book(), no_progress, as_of, is_over)


def failing(measured: Measured) -> dict[str, str]:
    """Return what isn't met with its worst severity."""
    failed = {check.name: check.severity for check in measured.checks if not _is_met(check)}
    critical = {
        check.name: "critical" for check in measured.checks if check.severity == "critical" and not _is_met(check)
    }
    return {**failed, **critical}


def write_marts(
    settings: Settings,
    number: int = 1,
    persons: int = 400,
    first: int = 0,
    as_of: date = MONDAY,
    balance: str = "100",
    offers: str = "'p' || range as person_id, 0.5 as response_rate",
    offers_rows: int = 100,
) -> None:
    """Build both files of marts, as dbt's hooks mark them."""
    tables = {
        "restricted": (
            "customer_360",
            f"'p' || range as person_id, date '{as_of}' as as_of_date,"
            f" cast({balance} as decimal(18,2)) as deposit_balance_amount, 'Ann Example' as full_name"
            f" from range({first}, {first + persons})",
        ),
        "serving": ("offers", f"{offers} from range({offers_rows})"),
    }
    for name, file in settings.mart_files.items():
        table, query = tables[name]
        file.unlink(missing_ok=True)
        with duckdb.connect() as connection:
            connection.execute(f"attach '{file}' as {name} (storage_version 'v1.0.0'); use {name}")
            connection.execute("create schema marts; create schema cardinal")
            connection.execute(f"create table marts.{table} as select {query}")
            connection.execute(
                f"create table cardinal.build as select 'build-{number}' as build_id, 'passed' as state,"
                " null::varchar as detail, timestamp '2026-11-01' as started_at, timestamp '2026-11-01' as finished_at;"
                f" create table cardinal.tables as select 'marts' as schema_name, '{table}' as table_name,"
                " ['person_id'] as key_columns"
            )


def no_progress(description: str, done: int, total: int) -> None:
    """Tell nobody."""


def _is_met(check: Check) -> bool:
    return not (
        (check.lowest is not None and check.found < check.lowest)
        or (check.highest is not None and check.found > check.highest)
    )
