"""The demo bank goes through ingestion: what is planted is found, and nothing else is rejected."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from cardinal.contracts import load_contracts
from cardinal.demo.bank import generate_bank
from cardinal.demo.truth import IDENTIFIED
from cardinal.ingestion.run import ingest
from cardinal.settings import PROJECT_DIR, Settings

BROKEN = ("bad_date", "text_in_amount", "missing_required", "ragged_line", "card_number")


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("demo"))
    generate_bank(settings, 1_500, 3, 9, date(2026, 10, 31))
    return settings


@pytest.fixture(scope="module")
def rows(bank: Settings) -> dict[str, tuple[int, int]]:
    """Rows out and rejected, by table."""
    report = ingest(bank)
    assert not report.rejected_files
    assert not report.ignored_files
    counts: Counter[str] = Counter()
    rejects: Counter[str] = Counter()
    for batch in report.batches:
        assert not batch.unknown_columns
        assert not batch.missing_columns
        counts[f"{batch.source}.{batch.table}"] += batch.rows_out
        rejects[f"{batch.source}.{batch.table}"] += batch.rejects
    return {name: (counts[name], rejects[name]) for name in counts}


def test_exactly_the_planted_rows_are_rejected(bank: Settings, rows: dict[str, tuple[int, int]]) -> None:
    planted = pl.read_parquet(bank.truth / "planted.parquet").filter(pl.col("kind").is_in(BROKEN))
    expected = planted.group_by(pl.format("{}.{}", "source", "table_name")).len()
    assert {name: rejected for name, (_, rejected) in rows.items() if rejected} == dict(expected.iter_rows())
    assert planted.height >= 5


def test_every_true_record_arrives(bank: Settings, rows: dict[str, tuple[int, int]]) -> None:
    """Each record of the truth stands in the lake under its key, and each key in the lake is in the truth."""
    contracts = load_contracts(PROJECT_DIR)
    with duckdb.connect() as lake:
        for (source, table), columns in IDENTIFIED.items():
            key = " || '|' || ".join(f"{name}::varchar" for name in contracts[source, table].key)
            shown = " or ".join(f"{name} is not null" for name in columns)
            files = bank.lake / source / table / "*" / "*.parquet"
            gap = lake.execute(
                f"with arrived as (select distinct {key} as record_id from read_parquet('{files}', union_by_name=true)"
                f" where ({shown}) and change_type is distinct from 'delete'),"
                f" told as (select record_id from '{bank.truth}/records.parquet'"
                f" where source = '{source}' and table_name = '{table}')"
                " select (select count(*) from (from told except from arrived)),"
                " (select count(*) from (from arrived except from told))"
            ).fetchone()
            assert gap == (0, 0), f"{source}.{table}: missing, unknown = {gap}"


def test_national_ids_have_right_check_digits_but_for_a_few(bank: Settings, rows: dict[str, tuple[int, int]]) -> None:
    customers = bank.lake / "core_banking" / "customers" / "*" / "*.parquet"
    total, hashed = duckdb.sql(
        f"select count(*), count(national_id) from read_parquet('{customers}', union_by_name=true)"
    ).fetchone() or (0, 0)
    assert 0.85 < hashed / total < 1.0


def test_texts_survive_their_encodings(bank: Settings, rows: dict[str, tuple[int, int]]) -> None:
    """Contacts come in Windows-874; no letter may be lost on the way."""
    contacts = bank.lake / "crm" / "contacts" / "*" / "*.parquet"
    names = duckdb.sql(f"select full_name from read_parquet('{contacts}', union_by_name=true)").fetchall()
    thai = [name for (name,) in names if name and any("\u0e00" <= letter <= "\u0e7f" for letter in name)]
    assert len(thai) > 200
    assert not any("\ufffd" in name or "?" in name for (name,) in names if name)


def test_the_key_of_the_demo_is_a_function_of_its_seed(tmp_path: Path) -> None:
    keys = []
    for name in ("one", "two"):
        settings = Settings(home=tmp_path / name)
        generate_bank(settings, 20, 1, 77, date(2026, 10, 31))
        keys.append(settings.national_id_key_file.read_text())
    assert keys[0] == keys[1]
    assert keys[0].startswith("demo-")
