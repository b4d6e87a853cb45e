"""Raw files of every kind go on without somebody's lines; all other bytes stay."""

from __future__ import annotations

import gzip
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cardinal.contracts import load_contracts
from cardinal.ingestion.run import ingest
from cardinal.privacy.finding import Finder
from cardinal.privacy.raw_files import UNCLEAR, RawFiles, erase_from_inbox
from cardinal.privacy.raw_records import UNFINISHED as TORN
from cardinal.privacy.strange_files import UNFINISHED, UNREAD, WHOLE, erase_from_strange
from cardinal.receiving.spool import Spool
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


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ('{"account_transaction_id":"T2","Counterparty_Account_No" : 9988776655,"amount":1.10}\n',
         '{"account_transaction_id":"T2","Counterparty_Account_No" : null,"amount":1.10}\n'),
        ('{"counterparty_name":"\\u0053omchai Jaidee","counterparty_account_no":"9988776655","x":[1, "2"]}\n',
         '{"counterparty_name":null,"counterparty_account_no":null,"x":[1, "2"]}\n'),
    ],
)  # fmt: skip
def test_a_mention_goes_from_json_however_it_is_written(
    settings: Settings, connection: duckdb.DuckDBPyConnection, written: str, left: str
) -> None:
    path = drop(settings, "core_banking/account_transactions", "a.jsonl", written.encode())
    assert run(settings, connection).rewritten == 1
    assert path.read_text() == left


def test_a_mention_goes_from_csv_with_doubled_quotes(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    header = "account_transaction_id,account_no,counterparty_account_no,counterparty_name\n"
    line = 'T2,12,9988776655,"SOMCHAI ""BOB"" J"\n'
    path = drop(settings, "core_banking/account_transactions", "a.csv", (header + line).encode())
    assert run(settings, connection).rewritten == 1
    assert path.read_text() == header + 'T2,12,,""\n'


def test_no_file_of_others_goes(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    """An uploaded list has rows by number: a 5 anywhere tells nobody."""
    connection.execute("insert into erased values ('lead', 'manual.expo2026|5'), ('manual.uploads', 'expo2026|5')")
    others = HEADER + OTHER
    torn = drop(settings, "crm/contacts", "a.csv", (others + THEIRS + '4,"44" 4,x\n"5').encode())
    upload = drop(settings, "manual/uploads", "a.csv", b'upload_name,row_no,email\nexpo2026,,x@mail.org\n"5" 5,')
    strange = {
        name: drop(settings, "crm/nowhere", name, content)
        for name, content in {
            "a.csv": b"who,n\r\nsomchai@mail.org,5\r\nelse,5\r\n", "b.csv": b"who\nelse,5\nexpo2026\n",
            "theirs.txt": b"somchai@mail.org\n", ".c.csv": b"somchai@mail.org\nelse\n",
            "one.json": b'{"all": ["somchai@mail.org", "else"]}', "bin.dat": b"\0\1somchai@mail.org",
            "new.csv.part": b"somchai@mail.org\nelse\n", "old.csv.filepart": b"somchai@mail.org\nelse\n",
            "cut.csv.gz": gzip.compress(b"somchai@mail.org\n")[:-9], "m.parquet": b"", "damaged.parquet": b"PAR1",
        }.items()
    }  # fmt: skip
    os.utime(strange["old.csv.filepart"], (0, 0))
    connection.execute(f"copy (select unnest(['somchai@mail.org', 'else']) as who) to '{strange['m.parquet']}'")
    for name, text in {"s.xlsx": "<v>somchai@mail.org</v>", "t.xlsx": "<v>else</v>"}.items():
        strange[name] = drop(settings, "crm/nowhere", name, b"")
        with zipfile.ZipFile(strange[name], "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("sheet.xml", text)
    done = run(settings, connection)
    assert {name: path.read_bytes() for name, path in strange.items() if path.suffix in (".csv", ".filepart")} == {
        "a.csv": b"who,n\r\nelse,5\r\n", "b.csv": b"who\nelse,5\nexpo2026\n", ".c.csv": b"else\n",
        "old.csv.filepart": b"else\n",
    }  # fmt: skip
    assert {name for name, path in strange.items() if not path.exists()} == {"theirs.txt"}
    kept = f"from read_parquet('{strange['m.parquet']}', hive_partitioning = false)"
    assert duckdb.sql(kept).fetchall() == [("else",)]
    assert OTHER in torn.read_text()
    assert "somchai" not in torn.read_text()
    assert upload.read_bytes().count(b"expo2026") == 1
    folder = "crm/nowhere/delivered=2026-01-02"
    assert done.left == {
        "crm/contacts/delivered=2026-01-02/a.csv": UNCLEAR,
        "manual/uploads/delivered=2026-01-02/a.csv": UNCLEAR,
        **{f"{folder}/{name}": UNREAD for name in ("bin.dat", "cut.csv.gz", "damaged.parquet")},
        **{f"{folder}/{name}": WHOLE for name in ("one.json", "s.xlsx")},
        f"{folder}/new.csv.part": UNFINISHED,
    }
    assert done.removed == 1
    again = run(settings, connection)
    assert (again.rewritten, again.removed, again.lines, again.left) == (0, 0, 0, done.left)


def test_a_record_is_found_by_its_number_alone(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    header = b"event_id,event_name,event_timestamp,platform,user_pseudo_id\n"
    path = drop(settings, "digital/events", "a.csv", header + b"EV0000001,x,1,WEB,a\nEV0000002,x,1,WEB,a\n")
    assert run(settings, connection).lines == 1
    assert path.read_bytes() == header + b"EV0000002,x,1,WEB,a\n"


def test_a_zipped_file_that_is_damaged_stops_no_erasure(tmp_path: Path) -> None:
    path = tmp_path / "damaged.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("x.txt", "somchai@mail.org " * 500)
    content = bytearray(path.read_bytes())
    begin = 30 + len("x.txt")
    content[begin : begin + 14] = b"\xff" * 14
    path.write_bytes(content)
    with duckdb.connect() as connection:
        assert erase_from_strange(connection, path, Finder([], [])).left == UNREAD
    assert path.read_bytes() == content


@pytest.mark.parametrize("first", ["receiver", "erasure"])
def test_what_a_full_disk_left_of_a_file_is_never_taken_for_what_was_received(
    settings: Settings, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    line = '{{"message_event_id":"E{}","source":"mail","event_type":"opened","row_key":"{}","occurred_at":"2026-01-01",'
    line += '"received_at":"2026-01-01"}}\n'
    connection.execute("insert into erased values ('message', 'theirs-1')")
    others = "".join(line.format(number, f"o{number}") for number in range(99))
    content = others + line.format("x", "theirs-1")
    path = drop(settings, "activation/message_events", "received_1.jsonl", content.encode())
    write = Path.write_bytes

    def half(path: Path, content: bytes) -> int:
        if path.parent.name.startswith("delivered="):
            write(path, content[: len(content) // 3])
            raise OSError(28, "No space left on device")
        return write(path, content)

    with monkeypatch.context() as full, pytest.raises(OSError, match="No space"):
        full.setattr(Path, "write_bytes", half)
        run(settings, connection)
    assert len(list(settings.inbox.rglob(f".*{TORN}"))) == 1
    if first == "receiver":
        Spool(settings).close()
        assert path.read_text() == content
    assert run(settings, connection).lines == 1
    assert path.read_text() == others
    assert [each.name for each in settings.inbox.rglob("*") if each.is_file()] == ["received_1.jsonl"]
    assert [(batch.rows_in, batch.rows_out) for batch in ingest(settings).batches] == [(99, 99)]
