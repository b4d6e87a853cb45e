"""Access shows what no contract knows of, and says plainly that a run has the files it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from cardinal.activation.declaration import BusyError
from cardinal.contracts import load_contracts
from cardinal.errors import CardinalError
from cardinal.ingestion.run import ingest
from cardinal.privacy.access import from_source, write_access
from cardinal.privacy.state_files import rows_about
from cardinal.settings import PROJECT_DIR, Settings
from cardinal.single_run import single_run

CONTACTS = "contact_id,email,created_at,updated_at,{}\n{},,2026-01-01,2026-01-01,{}\n{},,2026-01-01,2026-01-01,{}\n"


def test_columns_that_no_contract_knows_are_shown(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home")
    folder = settings.inbox / "crm" / "contacts"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text(CONTACTS.format("passport_no", "C1", "PP1", "C2", "PP2"))
    (folder / "b.csv").write_text(CONTACTS.format("shoe_size", "C2", "41", "C1", "42"))
    (folder / "c.csv").write_text(CONTACTS.replace(",{}", "").format("C2", "C3"))
    assert len(ingest(settings).batches) == 3
    with duckdb.connect() as connection:
        connection.execute("create table own_values as select 'contact' as kind, 'C1' as text")
        known, unknown = from_source(connection, settings, load_contracts(PROJECT_DIR), ("crm", "contacts"))
        assert [row["contact_id"] for row in known.rows] == ["C1", "C1"]
        assert [(row["_file"], row["passport_no"], row["shoe_size"]) for row in unknown.rows] == [
            ("crm/contacts/a.csv", "PP1", None), ("crm/contacts/b.csv", None, "42")
        ]  # fmt: skip
        connection.execute("update own_values set text = 'C3'")
        (known,) = from_source(connection, settings, load_contracts(PROJECT_DIR), ("crm", "contacts"))


def test_a_run_that_sends_is_waited_for(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    settings.outbox.mkdir()
    held = single_run(settings.outbox / "activation.lock", BusyError("held"))
    with held, pytest.raises(BusyError, match="wait until it has ended"):
        write_access(settings, "p1", {}, tmp_path / "seen")
    assert not (tmp_path / "seen").exists()


def test_a_file_that_another_process_has_open_is_named(tmp_path: Path) -> None:
    path = tmp_path / "programmes.duckdb"
    script = f"import duckdb; c = duckdb.connect({str(path)!r}); print('open', flush=True); input()"
    other = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    try:
        assert other.stdout.readline() == "open\n"
        with duckdb.connect() as connection, pytest.raises(CardinalError, match=r"programmes.duckdb is in use"):
            list(rows_about(connection, Settings(tmp_path), [path], "own_words"))
    finally:
        other.communicate("\n")
