"""Access shows what no contract knows of."""

from __future__ import annotations

from pathlib import Path

import duckdb

from cardinal.contracts import load_contracts
from cardinal.ingestion.run import ingest
from cardinal.privacy.access import from_source
from cardinal.settings import PROJECT_DIR, Settings

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
