"""Erasure from end to end: a plan, then steps that can be killed and done again, then a receipt."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from cardinal.activation import journal as messages
from cardinal.activation.declaration import BusyError, Sync
from cardinal.build import open_build
from cardinal.contracts import load_contracts
from cardinal.errors import CardinalError
from cardinal.ingestion.errors import IngestionError
from cardinal.privacy.columns import KEPT, not_searched
from cardinal.privacy.destinations import held_keys, settle, tell
from cardinal.privacy.holdings import Contracts, find_holdings, lake_sql
from cardinal.privacy.journal import Journal, end_journal, folder_of, read_journal, write_journal
from cardinal.privacy.lake_erasure import count_rows, erase_from_lake, find_in_lake, last_trace, remove_rows
from cardinal.privacy.person import GIVEN_AS, find_person, make_persons
from cardinal.privacy.raw_files import erase_from_inbox
from cardinal.privacy.rebuilding import remaining_schemas, remove_build, remove_old_snapshots
from cardinal.privacy.recognition import canonical, hash_sql, keys
from cardinal.privacy.state_files import (
    erase_from_database,
    erase_from_lookup,
    erase_from_records,
    erase_from_text,
    remove_unfinished,
    state_files,
)
from cardinal.privacy.tombstones import add_tombstones, owned_sql, places_of, stands_sql
from cardinal.receiving.spool import Spool
from cardinal.settings import Settings
from cardinal.single_run import single_run

TEXTS = (".jsonl", ".csv", ".json", ".html", ".txt", ".log", ".out", ".err")
Progress = Callable[[str, int, int], None]


class ErasureError(CardinalError):
    """An erasure that can't begin or go on; the message says what to do."""


@dataclass(frozen=True)
class ErasurePlan:
    """What an erasure would do. It shows no value of the person.

    Attributes:
        person_id: Who.
        tables: Rows by source table.
        syncs: Rows by sync that a destination holds.
        hashes: Kind and keyed hash of what becomes a tombstone.
        fingerprint: Changes with any of that.
    """

    person_id: str
    tables: dict[str, int]
    syncs: dict[str, int]
    hashes: list[tuple[str, str]]
    fingerprint: str


def treatment(table: str) -> str:
    """Return what becomes of a person's rows in a source table."""
    source, name = table.split(".")
    return "anonymised" if (source, name) in KEPT else "removed"


def plan_erasure(settings: Settings, person: str | None, given: Mapping[str, str | None]) -> ErasurePlan:
    """Find what is held of a person and where, and change nothing.

    Raises:
        PersonError: Nobody is known by what was given, or several are.
    """
    contracts = load_contracts(settings.project_dir)
    with open_build(settings) as connection:
        person_id = find_person(connection, settings, person, given)
        make_persons(connection, person_id, with_reach=True)
        find_holdings(connection, settings, contracts, with_joint_accounts=False)
        _keep_needed_records(connection, settings, contracts)
        connection.execute("create temporary table erased as select kind, text from own_values")
        tables = count_rows(connection, settings, contracts)
        connection.execute("insert into erased select kind, writing from own_values")
        syncs = {sync: len(found) for sync, found in held_keys(connection, settings, "erased").items()}
        hashes = connection.execute("select kind, hash from own_values group by all order by all").fetchall()
    seen = repr((person_id, tables, syncs, hashes)).encode()
    return ErasurePlan(person_id, tables, syncs, hashes, hashlib.sha256(seen).hexdigest()[:12])


def pending(settings: Settings, person: str | None, given: Mapping[str, str | None]) -> Journal | None:
    """Return the erasure that has to be gone on with, if it is the one that is asked for.

    Raises:
        ErasureError: Another one has to end first.
    """
    journal = read_journal(settings)
    if journal is None:
        return None
    asked = {"person": person, **{GIVEN_AS[option]: value for option, value in given.items()}}
    with duckdb.connect() as connection:
        for kind, value in asked.items():
            if value is not None:
                writing = canonical(settings, kind, "$value")
                hashed = hash_sql(settings, f"'{kind}'", writing)
                found = connection.execute(f"select {hashed}", {**keys(settings), "value": value}).fetchall()[0][0]
                if (kind, found) in journal.hashes:
                    return journal
    raise ErasureError(
        f"the erasure {journal.erasure_id} was begun and hasn't ended: give its person again, and it goes on"
    )


def begin_erasure(settings: Settings, plan: ErasurePlan) -> Journal:
    """Write down what is to be done; from here on it can be gone on with, whatever is killed."""
    journal = Journal(
        erasure_id=f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(6)}",
        begun_at=datetime.now(UTC).isoformat(timespec="seconds"),
        secret=secrets.token_hex(32),
        hashes=plan.hashes,
        tables=plan.tables,
    )
    write_journal(settings, journal)
    return journal


def erase(
    settings: Settings,
    journal: Journal,
    syncs: Mapping[str, Sync],
    rebuild: Callable[[], None],
    progress: Progress,
    despite_destinations: bool = False,
) -> Path:
    """Do what is left to do of an erasure; returns the receipt.

    rebuild: builds the warehouse anew and publishes it; raises if that fails.

    Raises:
        UntoldError: A destination that holds the person can't be told.
        ErasureError: Somebody else works on the home, or something is left of the person in the end.
    """
    contracts = load_contracts(settings.project_dir)
    with alone(settings), duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        connection.execute("create temporary table hashes (kind varchar, hash varchar)")
        connection.executemany("insert into hashes values (?, ?)", journal.hashes)
        add_tombstones(connection, settings, journal.erasure_id, "hashes")
        find_in_lake(connection, settings, contracts)

        def destinations() -> object:
            # What was told before a kill stays told: the receipt names it.
            told: dict[str, object] = journal.found.setdefault("told", {})
            settle(settings, syncs, despite_destinations)
            for one in tell(settings, syncs, held_keys(connection, settings, "erased"), despite_destinations):
                told[one.sync] = asdict(one)
                write_journal(settings, journal)
            return [said for _, said in sorted(told.items())]

        def inbox() -> object:
            scratch = folder_of(settings) / "scratch"
            try:
                return asdict(erase_from_inbox(connection, settings, contracts, scratch))
            finally:
                shutil.rmtree(scratch, ignore_errors=True)

        def build() -> object:
            remove_build(settings)
            rebuild()
            return "built from nothing"

        in_files: dict[str, Callable[[], object]] = {
            "destinations": destinations,
            "state": lambda: _erase_from_state(connection, settings),
            "inbox": inbox,
            "lake": lambda: erase_from_lake(connection, settings, contracts, journal.secret),
        }
        built_anew: dict[str, Callable[[], object]] = {
            "build": build,
            "snapshots": lambda: remove_old_snapshots(settings),
            "postgres": lambda: remaining_schemas(settings),
        }
        steps = in_files | built_anew

        def do(names: Iterable[str]) -> None:
            for number, (name, step) in enumerate(steps.items()):
                if name in names and name not in journal.done:
                    progress(name, number, len(steps))
                    journal.found[name] = step()
                    journal.done.append(name)
                    write_journal(settings, journal)

        if in_files.keys() - set(journal.done):
            with _nobody_writes_files(settings):
                do(in_files)
        do(built_anew)
        left = last_trace(connection, settings, contracts)
        if left:
            raise ErasureError(
                f"the person still stands in {', '.join(left)}: please report this as a fault of Cardinal"
            )
        progress("done", len(steps), len(steps))
        return end_journal(settings, journal, _content(journal, contracts))


def _content(journal: Journal, contracts: Contracts) -> dict[str, object]:
    return {
        "source_tables": {
            table: {"rows": count, "treatment": treatment(table)} for table, count in journal.tables.items()
        },
        "destinations": journal.found["destinations"],
        "state_files": journal.found["state"],
        "inbox": journal.found["inbox"],
        "warehouse": journal.found["build"],
        "published_snapshots_removed": journal.found["snapshots"],
        "postgres_schemas_left": journal.found["postgres"],
        "not_searched": not_searched(contracts),
        "tombstones": len(journal.hashes),
        "rows_left": 0,
    }


@contextmanager
def _nobody_writes_files(settings: Settings) -> Iterator[None]:
    """Let neither the receiver nor the programmes write into files that are replaced meanwhile."""
    settings.outbox.mkdir(mode=0o700, exist_ok=True)
    settings.programmes.mkdir(mode=0o700, exist_ok=True)
    receiver = BusyError(f"a receiver is running on {settings.home}: stop it until the warehouse is built anew")
    programmes = BusyError(f"programmes are being advanced in {settings.home}: wait until that has ended")
    with (
        single_run(settings.outbox / "receiving.lock", receiver),
        single_run(settings.programmes / "advance.lock", programmes),
    ):
        # What a killed receiver left open becomes files of the inbox, where it is looked for.
        Spool(settings).close()
        yield


def _keep_needed_records(connection: duckdb.DuckDBPyConnection, settings: Settings, contracts: Contracts) -> None:
    """Forget the numbers of records that are found by another value too: they would be most of the tombstones."""
    for table, contract in contracts.items():
        kind = f"{table[0]}.{table[1]}"
        (record,) = [place for place in places_of(contract) if place.kind == kind]
        others = " or ".join(
            stands_sql(place, "own_values") for place in places_of(contract) if place.owns and place.kind != kind
        )
        if others:
            connection.execute(
                f"delete from own_values where kind = '{kind}' and text not in (select {record.sql}"
                f" from {lake_sql(settings, table)} where {owned_sql(contract, 'own_values')} and not ({others}))"
            )


def _erase_from_state(connection: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, int]:
    """Remove the person from the outbox and from whatever else keeps state beside the build."""
    removed = {}
    settings.outbox.mkdir(mode=0o700, exist_ok=True)
    problem = BusyError(f"an activation is running on {settings.outbox}: wait until it has ended")
    with single_run(settings.outbox / "activation.lock", problem):
        remove_unfinished(settings)
        for path in state_files(settings, ".duckdb", ".parquet", ".sqlite", ".db", *TEXTS):
            if path.suffix == ".sqlite":
                # The journal of messages knows ids and nobody.
                is_journal = path == settings.outbox / messages.FILE
                count = 0 if is_journal else erase_from_lookup(connection, path, "erased")
            elif path.suffix == ".db":
                count = erase_from_records(connection, path, "erased")
            elif path.suffix == ".duckdb":
                count = erase_from_database(connection, path, "erased")
            elif path.suffix == ".parquet":
                count = remove_rows(connection, path)
            else:
                count = erase_from_text(connection, path, "erased")
            if count:
                removed[str(path.relative_to(settings.home))] = count
    return removed


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Let nothing be taken in meanwhile, and no second erasure begin."""
    erasure = ErasureError(f"another erasure is running on {settings.home}: wait until it has ended")
    ingestion = IngestionError(f"an ingestion is running on {settings.home}: wait until it has ended")
    with single_run(folder_of(settings) / "erasure.lock", erasure):
        try:
            with single_run(settings.home / "ingestion.lock", ingestion, waits=True):
                yield
        except IngestionError as error:
            raise ErasureError(str(error)) from error
