"""Raw files of every kind go on without somebody's lines; all other bytes stay."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cardinal.contracts import load_contracts
from cardinal.ingestion.run import ingest
from cardinal.privacy.raw_files import RawFiles, erase_from_inbox
from cardinal.settings import PROJECT_DIR, Settings

CONTRACTS = load_contracts(PROJECT_DIR)
HEADER = "contact_id,cif_no,full_name,email,phone,created_at,updated_at\n"
OTHER = '2,"222","ใจ\nดี",other@mail.org,,2026-01-01,2026-01-01\n'
THEIRS = '1,111111111,"สม\n""ชาย""",somchai@mail.org,081 111 1111,2026-01-01,2026-01-01\n'
LAST = "3,333,กานดา,x@mail.org,,2026-01-01,2026-01-01\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create table erased (kind varchar, text varchar)")
        opened.execute(
            "insert into erased values ('customer_number', '111111111'), ('email', 'somchai@mail.org'),"
            " ('account', '9988776655'), ('full_name', 'somchai jaidee'), ('digital.events', 'EV0000001')"
        )
        yield opened


def drop(settings: Settings, table: str, name: str, content: bytes) -> Path:
    path = settings.inbox / table / "delivered=2026-01-02" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def run(settings: Settings, connection: duckdb.DuckDBPyConnection) -> RawFiles:
    return erase_from_inbox(connection, settings, CONTRACTS, settings.home / "scratch")


@pytest.mark.parametrize(
    ("encoding", "zipped", "end"),
    [("utf-8", True, "\n"), ("utf-8-sig", False, "\r\n"), ("cp874", False, "\n"), ("utf-16", True, "\r\n")],
)
def test_csv_in_every_writing(
    settings: Settings, connection: duckdb.DuckDBPyConnection, encoding: str, zipped: bool, end: str
) -> None:
    def written(*records: str) -> bytes:
        return "".join(records).replace("\n", end).encode(encoding)

    content = written(HEADER, OTHER, THEIRS, LAST)
    name = "a.csv.gz" if zipped else "a.csv"
    path = drop(settings, "crm/contacts", name, gzip.compress(content) if zipped else content)
    taken = ingest(settings)
    assert [(batch.rows_in, batch.rejects) for batch in taken.batches] == [(3, 0)]
    assert run(settings, connection) == RawFiles(rewritten=1, removed=0, lines=1)
    left = path.read_bytes()
    assert (gzip.decompress(left) if zipped else left) == written(HEADER, OTHER, LAST)
    assert run(settings, connection) == RawFiles()
    # What it holds now is known as what was loaded, even if nothing is remembered of the file.
    (settings.home / "cache" / "ingested_files.jsonl").unlink()
    assert ingest(settings).batches == ()


def test_json_lines_and_what_is_no_record(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    theirs = b'{"lead_id":"1","psid":"p","email":"somchai@mail.org","created_at":"2026-01-01"}\n'
    broken = b'{"lead_id":"2","email":"somchai@mail.org",\n'
    other = b'{"lead_id":"3","psid":"p3","email":"else@mail.org","created_at":"2026-01-01"}'
    path = drop(settings, "messenger/leads", "a.jsonl", theirs + b"\n" + broken + other)
    assert run(settings, connection) == RawFiles(rewritten=1, removed=0, lines=2)
    assert path.read_bytes() == b"\n" + other


def test_parquet_keeps_what_others_have_and_loses_mentions(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    path = drop(settings, "core_banking/account_transactions", "a.parquet", b"")
    connection.execute(
        f"""copy (
            select * from (values ('T1', '9988776655', null, null), ('T2', '1', '9988776655', 'S. Jaidee'),
                ('T3', '1', '2', 'Somchai  Jaidee'), ('T4', '1', '2', 'Else'))
                as t (account_transaction_id, "Account_No", counterparty_account_no, counterparty_name)
        ) to '{path}' (format parquet)"""
    )
    assert run(settings, connection) == RawFiles(rewritten=1, removed=0, lines=1)
    rows = connection.execute(f"from read_parquet('{path}', hive_partitioning = false) order by all").fetchall()
    assert rows == [("T2", "1", None, None), ("T3", "1", "2", "Somchai  Jaidee"), ("T4", "1", "2", "Else")]


def test_a_mention_goes_from_a_line_that_stays(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    header = b"account_transaction_id,account_no,counterparty_account_no,counterparty_name,description\n"
    path = drop(
        settings, "core_banking/account_transactions", "a.csv", header + b"T2,12,9988776655,S. Jaidee,99887766550\n"
    )
    assert run(settings, connection).rewritten == 1
    assert path.read_bytes() == header + b"T2,12,,,99887766550\n"


def test_a_file_whose_records_are_unclear_goes_as_a_whole(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    path = drop(settings, "crm/contacts", "a.csv", (HEADER + THEIRS + '4,"44" 4,x\n"5').encode())
    strange = drop(settings, "crm/nowhere", "a.csv", b"who\nsomchai@mail.org\n")
    harmless = drop(settings, "crm/nowhere", "b.csv", b"who\nelse\n")
    assert run(settings, connection) == RawFiles(rewritten=0, removed=2, lines=0)
    assert (path.exists(), strange.exists(), harmless.exists()) == (False, False, True)


def test_a_record_is_found_by_its_number_alone(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    header = b"event_id,event_name,event_timestamp,platform,user_pseudo_id\n"
    path = drop(settings, "digital/events", "a.csv", header + b"EV0000001,x,1,WEB,a\nEV0000002,x,1,WEB,a\n")
    assert run(settings, connection).lines == 1
    assert path.read_bytes() == header + b"EV0000002,x,1,WEB,a\n"
