"""The PKDD'99 Czech bank ("Berka"): its eight files as drops that meet the source contracts.

The mapping never drops a row and never repairs one: a code or a date it doesn't know goes out as it stands,
so that ingestion rejects it with the reason, or is counted in the report where the contract lets any text in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from cardinal.errors import CardinalError
from cardinal.importers.berka_mapping import DAILY_CLOSINGS, MACROS, QUERIES, Query
from cardinal.settings import Settings

MARKET = {"country": "CZ", "currency": "CZK", "timezone": "Europe/Prague"}

FILES: dict[str, tuple[str, ...]] = {
    "account": ("account_id", "district_id", "frequency", "date"),
    "card": ("card_id", "disp_id", "type", "issued"),
    "client": ("client_id", "birth_number", "district_id"),
    "disp": ("disp_id", "client_id", "account_id", "type"),
    "district": tuple(f"A{number}" for number in range(1, 17)),
    "loan": ("loan_id", "account_id", "date", "amount", "duration", "payments", "status"),
    "order": ("order_id", "account_id", "bank_to", "account_to", "amount", "k_symbol"),
    "trans": (
        "trans_id",
        "account_id",
        "date",
        "type",
        "operation",
        "amount",
        "balance",
        "k_symbol",
        "bank",
        "account",
    ),
}


# What a reader of the import should know: a sentence and the query that counts its cases; none, no sentence.
NOTES = (
    (
        "{count} transactions have a code that the mapping doesn't know; they go in as type 'other'.",
        """
        select count(*) from raw_trans
        where
            coalesce(trim(k_symbol), '') not in
                ('', 'UROK', 'SANKC. UROK', 'SLUZBY', 'SIPO', 'UVER', 'POJISTNE', 'DUCHOD')
            or coalesce(operation, '') not in
                ('', 'VKLAD', 'VYBER', 'VYBER KARTOU', 'PREVOD Z UCTU', 'PREVOD NA UCET')
        """,
    ),
    (
        "{count} cards are of a type that no product stands for.",
        "select count(*) from raw_card where type is null or type not in ('classic', 'junior', 'gold')",
    ),
    (
        "{count} account days don't follow from the day before and the day's postings (by more than 0.20): "
        "postings are missing from the file.",
        f"""
        with days as (
            select
                *,
                lag(closing_balance, 1, 0) over by_day as opening_balance
            from ({DAILY_CLOSINGS})
            window by_day as (partition by account_id order by balance_date)
        )
        select count(*) from days where abs(opening_balance + movement - closing_balance) > 0.20
        """,
    ),
)


class BerkaError(CardinalError):
    """The folder isn't the Berka data; the message names the file and what was expected of it."""


@dataclass(frozen=True)
class Drop:
    """One file put into the inbox."""

    path: Path
    source: str
    table: str
    rows: int


@dataclass(frozen=True)
class BerkaReport:
    """What an import read and wrote.

    Attributes:
        files: Data rows of each file read.
        drops: The files written, in the order of their source and table.
        delivered: Day of arrival: the day after the newest event in the files.
        notes: What the mapping could not carry over or found odd, one sentence each.
    """

    files: dict[str, int]
    drops: tuple[Drop, ...]
    delivered: date
    notes: tuple[str, ...]

    def rows(self, source: str, table: str) -> int:
        """Return the rows written for one source table."""
        return sum(drop.rows for drop in self.drops if (drop.source, drop.table) == (source, table))


def import_berka(directory: Path, settings: Settings) -> BerkaReport:
    """Map the Berka files of a folder onto the contracts and put them into the inbox as one delivery.

    The same files always give the same bytes, so importing twice changes nothing once ingested.

    Raises:
        BerkaError: The folder or a file is missing, a file isn't what it should be, or the home is another market's.
    """
    paths = _find_files(directory)
    if settings.currency != MARKET["currency"]:
        raise BerkaError(
            f"this is a Czech bank, but {settings.home} is set to {settings.country}, {settings.currency}:"
            " unset CARDINAL_COUNTRY, CARDINAL_CURRENCY and CARDINAL_TIMEZONE, and take a CARDINAL_HOME of its own"
        )
    settings.begin_home()
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        files = {name: _load(connection, name, path) for name, path in paths.items()}
        connection.execute(MACROS)
        newest = _newest_event(connection, directory)
        connection.execute("create table snapshot as select ?::date as newest_date", [newest])
        delivered = newest + timedelta(days=1)
        drops = tuple(_write(connection, query, settings.inbox, delivered) for query in QUERIES)
        notes = tuple(note for text, sql in NOTES if (note := _note(connection, text, sql)))
    return BerkaReport(files=files, drops=drops, delivered=delivered, notes=notes)


def _find_files(directory: Path) -> dict[str, Path]:
    if not directory.is_dir():
        raise BerkaError(f"{directory} is not a folder: give the one that holds account.asc, client.asc, ...")
    paths = {name: directory / f"{name}.asc" for name in FILES}
    missing = [path.name for path in paths.values() if not path.is_file()]
    if missing:
        raise BerkaError(f"{directory} lacks {', '.join(missing)}: all eight Berka files are needed")
    return paths


def _load(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> int:
    """Load one file as text under its own name, in file order, and return its rows."""
    columns = FILES[name]
    with path.open("rb") as file:
        header = file.readline(4096).decode("utf-8-sig", errors="replace").strip()
    found = tuple(column.strip('"') for column in header.split(";"))
    if found != columns:
        raise BerkaError(f"{path}: the header should be {';'.join(columns)}, but is {header[:200]}")
    types = ", ".join(f"'{column}': 'varchar'" for column in columns)
    try:
        connection.execute(
            f"create table raw_{name} as select * from read_csv($path, delim = ';', quote = '\"',"
            f" header = true, columns = {{{types}}}, auto_detect = false, nullstr = '')",
            {"path": str(path)},
        )
    except duckdb.Error as error:
        # The first line says which line broke; what follows may quote the data.
        raise BerkaError(f"{path} can't be read: {str(error).splitlines()[0]}") from error
    return _count(connection, f"select count(*) from raw_{name}")


def _newest_event(connection: duckdb.DuckDBPyConnection, directory: Path) -> date:
    row = connection.execute(
        """
        select max(try_cast(berka_date(happened) as date))
        from (
            select date from raw_account
            union all select date from raw_loan
            union all select issued from raw_card
            union all select date from raw_trans
        ) as events (happened)
        """
    ).fetchone()
    if row is None or row[0] is None:
        raise BerkaError(f"{directory}: no account, loan, card or transaction has a date in the form YYMMDD")
    newest: date = row[0]
    return newest


def _write(connection: duckdb.DuckDBPyConnection, query: Query, inbox: Path, delivered: date) -> Drop:
    """Write one drop beside its place and move it there, so that ingestion never sees half of it."""
    folder = inbox / query.source / query.table / f"delivered={delivered.isoformat()}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "berka.csv"
    unfinished = folder / ".berka.csv.part"
    destination = str(unfinished).replace("'", "''")
    connection.execute(f"copy (select * from ({query.sql}) order by all) to '{destination}' (format csv, header true)")
    unfinished.replace(path)
    count = _count(connection, f"select count(*) from ({query.sql})")
    return Drop(path=path, source=query.source, table=query.table, rows=count)


def _note(connection: duckdb.DuckDBPyConnection, text: str, sql: str) -> str | None:
    count = _count(connection, sql)
    return text.format(count=f"{count:,}") if count else None


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    assert row is not None, sql  # noqa: S101 - a count always has one row
    return int(row[0])
