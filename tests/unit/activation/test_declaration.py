"""What is declared wrongly is told by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from cardinal.activation.declaration import Delivery, Guards, SyncError, load_syncs, parse_sync
from cardinal.settings import PROJECT_DIR

GOOD = {
    "model": "segments.seg_champions",
    "key": "person_id",
    "columns": ["person_id"],
    "mode": "mirror",
    "destination": {"type": "folder"},
}


def test_a_sync_gets_its_defaults() -> None:
    sync = parse_sync("champions", GOOD)
    assert (sync.columns, sync.database) == ({"person_id": "person_id"}, "serving")
    assert (sync.guards, sync.delivery) == (Guards(), Delivery())
    guarded = parse_sync("champions", {**GOOD, "guards": {"removed_rows": 5}, "delivery": {"batch_rows": 10}})
    assert (guarded.guards.removed_rows, guarded.delivery.batch_rows) == (5, 10)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mode": "replace"}, "mode must be one of mirror, upsert, append, event"),
        ({"model": "champions"}, "model must be a schema and a table"),
        ({"model": "a.b; drop table c"}, "model must be a schema and a table"),
        ({"key": 'person_id" or 1=1'}, "key and columns must be plain names"),
        ({"columns": {"phone": "x, y"}}, "key and columns must be plain names"),
        ({"columns": {}}, "columns is missing"),
        ({"destination": "folder"}, "destination must be a type and its settings"),
        ({"databse": "serving"}, "databse is none of"),
        ({"database": "warehouse"}, "database must be one of serving, restricted"),
        ({"guards": {"removed": 1}}, "removed is none of"),
        ({"guards": {"removed_rate": "all"}}, "guards.removed_rate must be a number"),
        ({"delivery": {"batch_rows": 0}}, "delivery.batch_rows must be above nought"),
    ],
)
def test_a_wrong_declaration_is_told_by_name(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SyncError) as raised:
        parse_sync("champions", {**GOOD, **change})
    assert str(raised.value).startswith("sync champions")
    assert message in str(raised.value)


def test_files_of_another_form_are_told(tmp_path: Path) -> None:
    path = tmp_path / "syncs.yml"
    with pytest.raises(SyncError, match="it declares the syncs"):
        load_syncs(path)
    path.write_text("syncs:\n\ta: 1\n")
    with pytest.raises(SyncError, match=r"syncs\.yml, line 2: it isn't yml: "):
        load_syncs(path)
    path.write_text("- a\n")
    with pytest.raises(SyncError, match="expected `syncs:`"):
        load_syncs(path)
    path.write_text("")
    assert load_syncs(path) == {}
    path.write_text(yaml.safe_dump({"syncs": {"champions": GOOD}}))
    with pytest.raises(SyncError, match="nothing else may leave the house"):
        load_syncs(path)
    with pytest.raises(SyncError, match="lower-case"):
        parse_sync("Champions!", GOOD)


def test_the_shipped_declarations_are_good() -> None:
    load_syncs(PROJECT_DIR / "activation" / "syncs.yml")
