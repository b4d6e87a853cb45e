"""From the demo bank to the outbox: what each declared sync sends is what was published for it, once."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from cardinal.activation.declaration import Sync, load_syncs
from cardinal.ingestion.run import ingest
from cardinal.settings import PROJECT_DIR
from tests.integration.house import House

pytestmark = pytest.mark.slow
DECLARED = load_syncs(PROJECT_DIR / "activation" / "syncs.yml")
SYNCS = {name: sync for name, sync in DECLARED.items() if sync.destination["type"] == "folder"}


def run(house: House, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "cardinal", *arguments],
        cwd=PROJECT_DIR, env=house.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sent(house: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A copy of the house, published, with every sync applied once."""
    copied = House(tmp_path_factory.mktemp("sent") / "home")
    shutil.copytree(house.home, copied.home)
    run(copied, "publish")
    for name in SYNCS:
        run(copied, "activate", "apply", name)
    return copied


def rows_in_outbox(house: House, sync: Sync) -> dict[str, dict[str, Any]]:
    """What a reader of the outbox ends up with: fields by key."""
    folder = house.settings.outbox / sync.destination["path"] / sync.name
    rows: dict[str, dict[str, Any]] = {}
    for manifest in sorted(folder.glob("*.manifest.json")):
        file = folder / json.loads(manifest.read_text(encoding="utf-8"))["file"]
        with file.open(encoding="utf-8", newline="") as lines:
            if file.suffix == ".csv":
                for line in csv.DictReader(lines):
                    assert line["op"] == "add"
                    rows[line["key"]] = {field: line[field] for field in sync.columns}
            else:
                for line in map(json.loads, lines):
                    assert line["op"] == "add"
                    rows[line["key"]] = line["fields"]
    return rows


PHONE = re.compile(r"\+\d{6,15}")


def as_text(value: object) -> str:
    """A value as a CSV of the outbox has it: a text that a spreadsheet would take for a formula is marked."""
    text = "" if value is None else str(float(value) if isinstance(value, Decimal) else value)
    is_marked = isinstance(value, str) and text.startswith(("=", "+", "-", "@")) and not PHONE.fullmatch(text)
    return "'" + text if is_marked else text


@pytest.mark.parametrize("name", SYNCS)
def test_the_outbox_holds_what_was_published_for_it(sent: House, name: str) -> None:
    sync = SYNCS[name]
    columns = ", ".join([sync.key, *sync.columns.values()])
    published = {row[0]: row[1:] for row in sent.published(f"select {columns} from {sync.model}", "restricted")}
    found = rows_in_outbox(sent, sync)
    assert found.keys() == published.keys()
    for key, fields in found.items():
        expected = dict(zip(sync.columns, published[key], strict=True))
        assert {field: as_text(value) for field, value in expected.items()} == {
            field: value if sync.destination["format"] == "csv" else as_text(value) for field, value in fields.items()
        }


def test_somebody_is_in_the_audiences_and_nobody_whom_no_one_may_contact(sent: House) -> None:
    barred = {
        row[0] for row in sent.published("select person_id from marts.customer_suppressions where channel = 'all'")
    }
    members = {key for sync in SYNCS.values() for key in rows_in_outbox(sent, sync)}
    assert members
    assert barred
    assert not members & barred


def test_a_second_run_sends_nothing(sent: House) -> None:
    for name in SYNCS:
        assert "nothing to send" in run(sent, "activate", "apply", name)


def test_what_was_sent_comes_into_the_lake_row_by_row(sent: House) -> None:
    ingest(sent.settings)
    files = f"{sent.settings.lake}/activation/row_results/*/*.parquet"
    taken = dict(
        sent.query(
            f"select sync, count(distinct row_key) from read_parquet('{files}') where status = 'accepted' group by 1"
        )
    )
    assert taken == {name: count for name, sync in SYNCS.items() if (count := len(rows_in_outbox(sent, sync)))}
