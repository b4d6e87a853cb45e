"""Files with manifests: whole or absent, the same when they are sent again, harmless in a spreadsheet."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cardinal.activation.declaration import SyncError
from cardinal.activation.destination import Answer, Batch, Destination
from cardinal.activation.destinations.catalogue import open_destination
from tests.unit.activation.desk import Desk, desk


def folder_desk(home: Path, **settings: Any) -> Desk:
    return desk(home, destination={"type": "folder", **settings}, delivery={"batch_rows": 3})


def files(table: Desk, ending: str) -> list[Path]:
    return sorted((table.settings.outbox / "files" / "people").glob(f"*{ending}"))


class KilledError(BaseException):
    """The process is killed here."""


class KilledAfter:
    """A folder whose sender is killed after so many batches."""

    def __init__(self, target: Destination, batches: int) -> None:
        self.target, self.left = target, batches

    def send(self, batch: Batch) -> Answer:
        self.target.send(batch)
        self.left -= 1
        if not self.left:
            raise KilledError
        return Answer()

    def was_taken(self, batch_key: str) -> bool | None:
        return self.target.was_taken(batch_key)

    def close(self) -> None:
        self.target.close()


def test_each_batch_is_a_file_and_its_manifest(tmp_path: Path) -> None:
    table = folder_desk(tmp_path / "home")
    table.publish([(f"p{number}", "สมชาย") for number in range(5)])
    table.apply(target=open_destination(table.sync, table.settings))
    manifests = [json.loads(path.read_text()) for path in files(table, ".manifest.json")]
    assert sorted(manifest["rows"] for manifest in manifests) == [2, 3]
    for manifest in manifests:
        content = (table.settings.outbox / "files" / "people" / manifest["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == manifest["sha256"]
        rows = [json.loads(line) for line in content.decode().splitlines()]
        assert len(rows) == manifest["rows"]
        assert all(row["fields"] == {"phone": "สมชาย"} and row["op"] == "add" for row in rows)
    assert not files(table, ".tmp")


def test_what_was_written_before_a_kill_is_not_written_again(tmp_path: Path) -> None:
    table = folder_desk(tmp_path / "home")
    table.publish([(f"p{number}", "0") for number in range(9)])
    with pytest.raises(KilledError):
        table.apply(target=KilledAfter(open_destination(table.sync, table.settings), 2))
    assert len(files(table, ".manifest.json")) == 2
    table.apply(target=open_destination(table.sync, table.settings))
    lines = [json.loads(line) for path in files(table, ".jsonl") for line in path.read_text().splitlines()]
    assert sorted(line["key"] for line in lines) == [f"p{number}" for number in range(9)]
    assert len({line["id"] for line in lines}) == 9


def test_no_cell_of_a_csv_is_a_formula(tmp_path: Path) -> None:
    table = folder_desk(tmp_path / "home", format="csv")
    table.publish([("p0", "=cmd|' /C calc'!A0"), ("p1", '+66,"x"'), ("p2", "+66812345678+1")])
    table.apply(target=open_destination(table.sync, table.settings))
    (path,) = files(table, ".csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["phone"] for row in rows] == ["'=cmd|' /C calc'!A0", '\'+66,"x"', "'+66812345678+1"]


def test_a_phone_in_a_csv_stays_one(tmp_path: Path) -> None:
    table = folder_desk(tmp_path / "home", format="csv")
    table.publish([("p0", "+66812345678")])
    table.apply(target=open_destination(table.sync, table.settings))
    (path,) = files(table, ".csv")
    with path.open(encoding="utf-8", newline="") as file:
        assert [row["phone"] for row in csv.DictReader(file)] == ["+66812345678"]


def test_what_json_has_no_number_for_is_nothing(tmp_path: Path) -> None:
    """Readers can't make anything of NaN, and HTTP's JSON refuses it: one cell would stop the sync for ever."""
    columns = {"points": "points", "all": "all_points"}
    table = desk(tmp_path / "home", destination={"type": "folder"}, columns=columns)
    table.publish([("p1", None), ("p2", None)])
    with duckdb.connect(str(table.settings.published / "restricted.duckdb")) as connection:
        connection.execute("alter table audiences.sync_webhook__people add column points double")
        connection.execute("alter table audiences.sync_webhook__people add column all_points double[]")
        connection.execute(
            "update audiences.sync_webhook__people set points = if(person_id = 'p1', 'nan', '-inf')::double,"
            " all_points = ['nan'::double, 1.5]"
        )
    assert "NaN" not in str(table.plan().sample)
    table.apply(target=open_destination(table.sync, table.settings))
    (path,) = files(table, ".jsonl")
    assert "NaN" not in path.read_text() and "Infinity" not in path.read_text()
    fields = [json.loads(line)["fields"] for line in path.read_text().splitlines()]
    assert fields == [{"points": None, "all": [None, 1.5]}] * 2


def test_wrong_destinations_are_told(tmp_path: Path) -> None:
    for destination, message in (
        ({"type": "pigeon"}, "pigeon is none of .*folder, .*line_message"),
        ({"type": "folder", "format": "xls"}, "destination.format must be one of jsonl, csv"),
    ):
        table = desk(tmp_path / "home", destination=destination)
        with pytest.raises(SyncError, match=message):
            open_destination(table.sync, table.settings)
