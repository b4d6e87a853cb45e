"""In texts beside the build a value is found wherever it stands, also among words and in files put aside."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from cardinal.privacy.rebuilding import remove_build
from cardinal.privacy.state_files import erase_from_text, state_files
from cardinal.settings import Settings


@pytest.mark.parametrize(
    ("name", "line", "found"),
    [
        ("a.html", "<tr><td>somchai@x.th</td></tr>", True), ("b.log", "could not send to somchai@x.th now", True),
        ("c.log", "email=somchai@x.th", True), ("e.txt", "mailto:somchai@x.th", True),
        ("f.txt", "<b>Somchai Jaidee</b>", True), ("g.log", "at 5 of 1234567", False),
        ("h.log", "asomchai@x.th", False),
    ],
)  # fmt: skip
def test_a_value_is_found_in_prose(tmp_path: Path, name: str, line: str, found: bool) -> None:
    path = tmp_path / name
    path.write_text(f"before\n{line}\nafter\n")
    with duckdb.connect() as connection:
        connection.execute("create table erased (kind varchar, text varchar)")
        connection.execute(
            "insert into erased values ('email', 'somchai@x.th'), ('full_name', 'Somchai Jaidee'), ('lead', '5')"
        )
        assert erase_from_text(connection, path, "erased") == found
    left = path.read_text() if path.exists() else ""
    assert (line in left) is not found
    assert found is (name == "a.html") or "before" in left


def test_logs_put_aside_are_state_and_spilled_memory_goes(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    (tmp_path / "logs").mkdir()
    for name in ("dbt.log", "dbt.log.1", "dbt.log.12", "x.1"):
        (tmp_path / "logs" / name).touch()
    assert [path.name for path in state_files(settings, ".log")] == ["dbt.log", "dbt.log.1", "dbt.log.12"]
    spilled = settings.warehouse.with_name(settings.warehouse.name + ".tmp")
    spilled.mkdir()
    (spilled / "block").write_text("somchai@x.th")
    remove_build(settings)
    assert not spilled.exists()
