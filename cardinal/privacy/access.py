"""Access: everything that is held about a person, as one file for programs and one page for people."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cardinal.activation.declaration import BusyError
from cardinal.build import open_build, quoted
from cardinal.contracts import TableContract, load_contracts
from cardinal.errors import CardinalError
from cardinal.privacy.columns import Table
from cardinal.privacy.holdings import find_holdings, lake_sql
from cardinal.privacy.person import find_person, make_persons
from cardinal.privacy.sent_words import destinations, with_destination, words_of
from cardinal.privacy.state_files import rows_about, state_files
from cardinal.privacy.tombstones import owned_sql
from cardinal.settings import Settings
from cardinal.single_run import single_run

if TYPE_CHECKING:
    import duckdb

TEMPLATE = "access.html.j2"
ARRIVAL = ("_file", "_row", "_batch_id", "_ingested_at")
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Held:
    """A table with the person's rows.

    Attributes:
        name: Table, with its source or schema.
        description: What a row is.
        columns: Meaning of each column.
        rows: The rows, values by column.
    """

    name: str
    description: str
    columns: dict[str, str]
    rows: Rows


@dataclass(frozen=True)
class Access:
    """What is held about a person.

    Attributes:
        person_id: Who.
        made_at: When this was put together (UTC).
        identifiers: By what the person is known.
        consents: Each decision on consent, the newest state and suppressions, by table.
        sources: What sources delivered; `_file` and `_ingested_at` say where from and when.
        derived: What Cardinal made of it: profile, scores with reasons, segments, audiences in or out and why.
        sent: What left the house or waits to: sync, operation, fields, state, time; by file and table.
    """

    person_id: str
    made_at: datetime
    identifiers: Rows
    consents: list[Held]
    sources: list[Held]
    derived: list[Held]
    sent: list[Held]


def write_access(
    settings: Settings, person: str | None, given: dict[str, str | None], target: Path
) -> tuple[Path, Access]:
    """Write `access.json` and `access.html` into a new folder that only its owner may enter; return it and the content.

    Raises:
        PersonError: Nobody is known by what was given, or several are.
        CardinalError: The folder is there already, or a run sends and has the ledger.
    """
    if target.exists():
        raise CardinalError(f"{target} is there already: name another folder, so that nothing is mixed up")
    busy = BusyError(f"an activation is running on {settings.outbox}: wait until it has ended")
    nobody_sends = single_run(settings.outbox / "activation.lock", busy) if settings.outbox.exists() else nullcontext()
    with nobody_sends, open_build(settings) as connection:
        connection.execute("set TimeZone = 'UTC'")
        access = gather(connection, settings, find_person(connection, settings, person, given))
    target.mkdir(parents=True, mode=0o700)
    for name, text in (("access.json", as_json(access)), ("access.html", as_page(access))):
        with os.fdopen(os.open(target / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    return target, access


def gather(connection: duckdb.DuckDBPyConnection, settings: Settings, person_id: str) -> Access:
    """Read everything about a person. What weak evidence alone leads to isn't shown: it may be another's."""
    contracts = load_contracts(settings.project_dir)
    make_persons(connection, person_id, with_reach=False)
    find_holdings(connection, settings, contracts, with_joint_accounts=True)
    connection.execute(
        "create or replace temporary table own_words as select kind, text from own_values"
        " where not contains(kind, '.') and kind != 'full_name' union select kind, writing from own_values"
        " where not contains(kind, '.') and kind != 'full_name'"
    )
    sources = [held for table in contracts for held in from_source(connection, settings, contracts, table)]
    rejects = sorted((settings.lake / "_rejects").rglob("*.parquet"))
    sources += _found_in(connection, settings, rejects)
    described = _descriptions(settings)
    derived = [held for held in _from_marts(connection, described) if held.rows]
    is_consent = ("consent.", "marts.customer_consents", "marts.customer_suppressions")
    identifiers = next((held.rows for held in derived if held.name == "marts.customer_identifiers"), [])
    return Access(
        person_id=person_id,
        made_at=datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        identifiers=identifiers,
        consents=[held for held in (*derived, *sources) if held.name.startswith(is_consent)],
        sources=[held for held in sources if not held.name.startswith(is_consent)],
        derived=[
            held
            for held in derived
            if not held.name.startswith(is_consent) and held.name != "marts.customer_identifiers"
        ],
        sent=_sent(connection, settings),
    )


def as_json(access: Access) -> str:
    """Return it for programs; docs/privacy.md says what is where."""
    return json.dumps(asdict(access), ensure_ascii=False, indent=1, default=_plain) + "\n"


def as_page(access: Access) -> str:
    """Return it for people: one page that needs nothing beside it."""
    import jinja2

    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    pages.filters["select_filled"] = _filled
    return pages.get_template(TEMPLATE).render(access=access, shown=_shown)


def from_source(
    connection: duckdb.DuckDBPyConnection, settings: Settings, contracts: dict[Table, TableContract], table: Table
) -> list[Held]:
    """Return the rows of a source's table that show a value of the table `own_values`, and what else was delivered."""
    contract = contracts[table]
    names = [*contract.column_names, *ARRIVAL]
    owned = owned_sql(contract, "own_values")
    rows = _rows(
        connection,
        f"select {', '.join(names)} from {lake_sql(settings, table)} where {owned}"
        f" order by {contract.event_time}, _ingested_at, _row",
    )
    if not rows:
        return []
    columns = {column.name: column.description for column in contract.columns}
    held = [Held(f"{table[0]}.{table[1]}", contract.description, columns, rows)]
    aside = settings.lake / "_unknown_columns"
    if next((aside / table[0] / table[1]).glob("*/*.parquet"), None):
        unknown = _rows(
            connection,
            f"""
            select own._file, aside.* exclude (_lake_file)
            from read_parquet(
                '{quoted(aside / table[0] / table[1])}/*/*.parquet', union_by_name = true, hive_partitioning = false,
                filename = '_lake_file'
            ) as aside
            inner join (select _file, _row, filename from {lake_sql(settings, table)} where {owned}) as own
                on aside._row = own._row
                and replace(aside._lake_file, '{quoted(aside)}/', '{quoted(settings.lake)}/') = own.filename
            order by own._file, own._row
            """,
        )
        if unknown:
            about = "What was delivered beside the columns of the contract, by file and row."
            held.append(
                Held(f"{table[0]}.{table[1]} beyond its contract", about, dict.fromkeys(unknown[0], ""), unknown)
            )
    return held


def _from_marts(connection: duckdb.DuckDBPyConnection, described: dict[str, tuple[str, dict[str, str]]]) -> list[Held]:
    """Every published table that tells persons apart. Tables on the way to them hold nothing else."""
    tables = connection.execute(
        "select schema_name, table_name from duckdb_columns()"
        " where database_name in ('serving', 'restricted') and column_name = 'person_id' and not internal"
        " order by schema_name, table_name"
    ).fetchall()
    held = []
    for schema, table in tables:
        description, columns = described.get(table, ("", {}))
        rows = _rows(
            connection,
            f'select * from "{schema}"."{table}" where person_id in (select person_id from persons) order by all',
        )
        held.append(Held(f"{schema}.{table}", description, columns, rows))
    return held


def _found_in(connection: duckdb.DuckDBPyConnection, settings: Settings, paths: Iterable[Path]) -> list[Held]:
    """Rows of files that aren't told apart by columns: those in which one of the person's values stands."""
    return [
        Held(place, "", dict.fromkeys(columns, ""), [dict(zip(columns, row, strict=True)) for row in rows])
        for place, columns, rows in rows_about(connection, settings, paths, "own_words")
        if rows
    ]


def _sent(connection: duckdb.DuckDBPyConnection, settings: Settings) -> list[Held]:
    """What went out or waits to, with where it goes and what that means."""
    places = destinations(connection, settings)
    found = []
    for held in _found_in(connection, settings, state_files(settings, ".duckdb", ".parquet")):
        rows = [with_destination(row, places) for row in held.rows]
        found.append(Held(held.name, *words_of(held.name, list(rows[0])), rows))
    return found


def _descriptions(settings: Settings) -> dict[str, tuple[str, dict[str, str]]]:
    """What the project's yml says of its published tables."""
    from cardinal.yaml_files import read_yaml

    said: dict[str, tuple[str, dict[str, str]]] = {}
    for area in ("marts", "segments", "activation"):
        for path in sorted((settings.project_dir / "models" / area).rglob("*.yml")):
            for model in (read_yaml(path) or {}).get("models", ()):
                columns = {column["name"]: column.get("description", "") for column in model.get("columns", ())}
                said[model["name"]] = (model.get("description", ""), columns)
    return said


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _filled(first: dict[str, Any], rows: Rows) -> list[str]:
    """The columns that any row fills."""
    return [column for column in first if any(row[column] is not None for row in rows)]


def _plain(value: object) -> object:
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else repr(value)


def _shown(value: object) -> str:
    """A value as people read it; a timestamp without seconds of no meaning."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
