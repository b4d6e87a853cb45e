"""A file that brings an erased person again is turned away from the lake, and doesn't stay as it came."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from cardinal.ingestion.loading import Loader
from cardinal.ingestion.run import IngestReport, ingest
from cardinal.privacy.recognition import hash_values
from cardinal.privacy.tombstones import add_tombstones
from cardinal.settings import Settings

CONTACTS = "contact_id,cif_no,full_name,email,phone,created_at,updated_at\n"
THEIRS = '1,,"สม\n""ชาย""", SOMCHAI@mail.org,081 111 1111,2026-01-01,2026-01-01\n'
OTHER = "2,222,กานดา,x@mail.org,,2026-01-01,2026-01-01\n"
BOOKINGS = (
    "account_transaction_id,account_no,booked_at,direction,amount,currency_code,transaction_type,"
    "counterparty_account_no,counterparty_name\n"
)
MENTION = "T2,000,2026-01-01,debit,5,THB,transfer,{},Who Ever\n"


class KilledError(BaseException):
    """The process ends here."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(tmp_path / "home")
    with duckdb.connect() as connection:
        connection.execute("create table found (kind varchar, text varchar)")
        connection.execute("insert into found values ('email', 'somchai@mail.org'), ('account', '9988776655')")
        hash_values(connection, settings, "found", "hashed")
        add_tombstones(connection, settings, "one", "(select kind, hash from hashed)")
    return settings


def drop(settings: Settings, table: str, text: str, name: str = "a.csv") -> Path:
    path = settings.inbox / table / "delivered=2026-01-02" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def counts(report: IngestReport) -> list[tuple[int, int, int]]:
    return [(batch.rows_in, batch.rows_out, batch.erased) for batch in report.batches]


def test_the_extract_of_the_next_day_loses_them_too(settings: Settings) -> None:
    contacts = drop(settings, "crm/contacts", CONTACTS + THEIRS + OTHER)
    bookings = drop(settings, "core_banking/account_transactions", BOOKINGS + MENTION.format("9988776655"))
    refused = drop(settings, "crm/contacts", '{"email":"somchai@mail.org"}\n{"email":"x@mail.org"}\n', "a.jsonl")
    packed = settings.inbox / "messenger" / "leads" / "a.parquet"
    packed.parent.mkdir(parents=True)
    rows = "values ('1', 'p', 'somchai@mail.org', '2026-01-01'), ('2', 'q', 'x@mail.org', '2026-01-01')"
    duckdb.sql(f"copy (from ({rows}) as t (lead_id, psid, email, created_at)) to '{packed}' (format parquet)")
    assert sorted(counts(ingest(settings))) == [(1, 1, 0), (2, 1, 1), (2, 1, 1)]
    assert contacts.read_text() == CONTACTS + OTHER
    assert bookings.read_text() == BOOKINGS + MENTION.format("").replace("Who Ever", "")
    assert "somchai" not in refused.read_text()
    assert duckdb.sql(f"select email from '{packed}'").fetchall() == [("x@mail.org",)]
    for cached in (True, False):
        if not cached:
            (settings.home / "cache" / "ingested_files.jsonl").unlink()
        again = ingest(settings)
        assert (again.batches, contacts.read_text()) == ((), CONTACTS + OTHER)
    # What was delivered comes back from a copy.
    contacts.write_text(CONTACTS + THEIRS + OTHER, encoding="utf-8")
    bookings.write_text(BOOKINGS + MENTION.format("9988776655"), encoding="utf-8")
    assert ingest(settings).batches == ()
    assert contacts.read_text() == CONTACTS + OTHER
    assert "9988776655" not in bookings.read_text()


def test_killed_before_it_is_rewritten_the_next_run_does_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop(settings, "crm/contacts", CONTACTS + THEIRS + OTHER)

    def die(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched, pytest.raises(KilledError):
        patched.setattr(Loader, "sweep", die)
        ingest(settings)
    assert ingest(settings).batches == ()
    assert path.read_text() == CONTACTS + OTHER


def test_a_national_id_alone_is_enough(settings: Settings) -> None:
    header = "cif_no,national_id,registered_at,updated_at\n"
    theirs = "111,1-1017-00230-70-8,2020-01-01,2026-01-01\n"
    path = drop(settings, "core_banking/customers", header + theirs)
    ingest(settings)
    lake = f"{settings.lake}/core_banking/customers/*/*.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"create table found as select 'national_id' as kind, national_id as text from '{lake}'"
            " where national_id is not null"
        )
        hash_values(connection, settings, "found", "hashed")
        add_tombstones(connection, settings, "two", "(select kind, hash from hashed)")
    later = drop(settings, "core_banking/customers", header + theirs.replace("111,", "333,", 1), "b.csv")
    (batch,) = ingest(settings).batches
    assert batch.erased == 1
    assert (later.read_text(), path.read_text()) == (header, header + theirs)
