"""In a file that is no drop a person is found wherever they stand: the line goes, or people are told."""

from __future__ import annotations

import zipfile
from pathlib import Path

import duckdb
import pytest

from cardinal.privacy.finding import Finder
from cardinal.privacy.strange_files import WHOLE, Strange, erase_from_strange

VALUES = ("somchai@example.com", "+66812345678", "0812345678", "somchai jaidee", "สมชาย ใจดี", "9988776655")
FINDER = Finder(VALUES, VALUES[1:3])
THEIRS = (
    "Somchai <somchai@example.com>", "called from 0812345678 today", "login user=somchai@example.com ok",
    "<b>somchai@example.com</b>", '<contact email="Somchai@Example.com"/>', "tel: 081-234-5678.", "(+66) 81 234 5678",
    "https://bank.example/?to=somchai%40example.com&x=1", "โทร0812345678ค่ะ", "คุณสมชาย  ใจดีแจ้งว่า",
    "mailto:somchai@example.com",
    "<td>Somchai</td><td>Jaidee</td>", "No.9988776655", "Please write to somchai@example.com.", '{"n": "9988776655"}',
    "acc_9988776655", "somchai@example.com;x",
)  # fmt: skip
OTHERS = (
    "asomchai@example.com", "a.somchai@example.com", "somchai@example.com.au", "10812345678", "08123456789",
    "x9988776655", "9988776655.50 THB", '{"points": 9988776655}', "somchai jaideesuk", "081-234-567",
)  # fmt: skip


def erase(path: Path) -> Strange:
    with duckdb.connect() as connection:
        connection.execute("create table erased (kind varchar, text varchar)")
        connection.executemany("insert into erased values ('x', ?)", [[value] for value in VALUES])
        return erase_from_strange(connection, path, FINDER)


@pytest.mark.parametrize("name", ["notes.txt", "app.log", "misplaced.csv", "events.jsonl", "README"])
@pytest.mark.parametrize("line", THEIRS)
def test_the_line_goes(tmp_path: Path, name: str, line: str) -> None:
    path = tmp_path / name
    path.write_text(f"before\n{line}\nafter\n", encoding="utf-8")
    assert erase(path) == Strange(lines=1)
    assert path.read_text(encoding="utf-8") == "before\nafter\n"


@pytest.mark.parametrize("name", ["a.xml", "a.eml", "a.html", "a.json"])
@pytest.mark.parametrize("line", THEIRS)
def test_what_is_no_file_of_lines_is_listed(tmp_path: Path, name: str, line: str) -> None:
    path = tmp_path / name
    path.write_text(f"before\n{line}\nafter\n", encoding="utf-8")
    assert erase(path) == Strange(left=WHOLE)
    assert line in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("line", OTHERS)
def test_lines_of_others_stay_and_nothing_is_listed(tmp_path: Path, line: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(f"before\n{line}\nafter\n", encoding="utf-8")
    assert erase(path) == Strange()


def test_what_stands_in_two_lines_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear Somchai\nJaidee,\n")
    assert erase(path) == Strange(left=WHOLE)


def test_prose_in_tables_and_in_what_is_packed_is_listed(tmp_path: Path) -> None:
    table, packed = tmp_path / "a.parquet", tmp_path / "a.xlsx"
    duckdb.sql(f"copy (select 'call 081-234-5678' as note) to '{table}' (format parquet)")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("sheet.xml", "<t>ask Somchai &lt;somchai@example.com&gt;</t>")
    assert [erase(path) for path in (table, packed)] == [Strange(left=WHOLE)] * 2
