"""Files for Prebid: nobody's finances, nobody by name, no segment of a few."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardinal.activation.declaration import SyncError
from cardinal.activation.destinations.catalogue import open_destination
from cardinal.activation.destinations.device_ids import KINDS, device
from cardinal.activation.destinations.prebid import NEVER, TAXONOMY
from cardinal.settings import PROJECT_DIR
from tests.unit.activation.desk import QUICK, Desk, desk


def segments(home: Path, **destination: Any) -> Desk:
    return desk(
        home,
        destination={
            "type": "prebid_segments", "source": "bank.example", "segment": 1388, "fewest_ids": 5, **destination,
        },
        columns={"cookie_id": "cookie_id"},
        delivery=QUICK,
    )  # fmt: skip


def publish(table: Desk, ids: list[str]) -> None:
    """The desk's table has no cookies: its phones stand for them."""
    import duckdb

    table.publish([(f"p{number}", found) for number, found in enumerate(ids)])
    with duckdb.connect(str(table.settings.published / "restricted.duckdb")) as connection:
        connection.execute("alter table audiences.sync_webhook__people rename phone to cookie_id")


def cookies(first: int, last: int) -> list[str]:
    return [f"{number:09d}.1764400000" for number in range(first, last)]


def apply(table: Desk) -> Any:
    return table.apply(
        target=open_destination(table.sync, table.settings), despite=["removals", "emptied", "deviation"]
    )


def users(table: Desk) -> list[dict[str, Any]] | None:
    folder = table.settings.outbox / "prebid" / "people"
    manifest = folder / "manifest.json"
    if not manifest.exists():
        assert not list(folder.iterdir())
        return None
    told = json.loads(manifest.read_text())
    lines = (folder / told["file"]).read_text().splitlines()
    assert len(lines) == told["rows"]
    return [json.loads(line) for line in lines]


def test_each_line_is_a_user_of_openrtb(tmp_path: Path) -> None:
    table = segments(tmp_path / "home")
    publish(table, [*cookies(0, 6), "a@example.org"])
    outcome = apply(table)
    assert (outcome.accepted, outcome.rejected, outcome.message) == (6, 1, "segment 1388 has 6 ids")
    told = users(table)
    assert told is not None
    assert told[0] == {
        "eids": [{"source": "bank.example", "uids": [{"id": "000000000.1764400000", "atype": 1}]}],
        "data": [{"name": "bank.example", "ext": {"segtax": 4}, "segment": [{"id": "1388"}]}],
    }
    assert [user["eids"][0]["uids"][0]["id"] for user in told] == cookies(0, 6)
    assert "p1" not in json.dumps(told)


def test_a_segment_of_a_few_is_not_written_and_not_left(tmp_path: Path) -> None:
    table = segments(tmp_path / "home")
    # The same id five times is one id.
    publish(table, [*cookies(0, 4), *cookies(0, 1) * 5])
    assert apply(table).message == "segment 1388 has fewer than 5 ids: there is no file"
    assert users(table) is None
    publish(table, cookies(0, 7))
    apply(table)
    assert len(users(table) or []) == 7
    publish(table, cookies(0, 4))
    apply(table)
    assert users(table) is None


def test_fifty_are_the_fewest_where_nothing_is_said(tmp_path: Path) -> None:
    table = segments(tmp_path / "home", fewest_ids=50)
    destination = {key: value for key, value in table.sync.destination.items() if key != "fewest_ids"}
    table.sync = dataclasses.replace(table.sync, destination=destination)
    publish(table, cookies(0, 49))
    assert "fewer than 50" in apply(table).message
    publish(table, cookies(0, 50))
    assert apply(table).message == "segment 1388 has 50 ids"


def test_what_tells_of_finances_is_barred(tmp_path: Path) -> None:
    with (PROJECT_DIR / TAXONOMY).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    barred = {int(row["taxonomy_id"]): row["bar_reason"] for row in rows if row["is_barred"] == "true"}
    assert set(NEVER) <= set(barred) and all(barred.values())
    words = ("income", "net worth", "affluence", "debt", "payday")
    assert not [
        row["name"] for row in rows if row["is_barred"] == "false" and any(w in row["name"].lower() for w in words)
    ]
    for segment, message in (
        (168, "tells of income or net worth: it never leaves"),
        (1395, r"1395 \(Purchase Intent \| Finance and Insurance \| Payday and Emergency Loans\) is barred"),
        (60, "barred, because it tells of income"),
        (99999, "is no row of seeds/activation/audience_taxonomy.csv"),
        ("", "is no row of"),
    ):
        table = segments(tmp_path / "home", segment=segment)
        with pytest.raises(SyncError, match=message):
            open_destination(table.sync, table.settings)


def test_no_entry_of_the_seed_lets_income_out(tmp_path: Path) -> None:
    table = segments(tmp_path / "home", segment=168)
    project = tmp_path / "project"
    (project / TAXONOMY).parent.mkdir(parents=True)
    (project / TAXONOMY).write_text("taxonomy_id,parent_id,name,is_barred,bar_reason\n168,164,Income,false,\n")
    with pytest.raises(SyncError, match="never leaves"):
        open_destination(table.sync, dataclasses.replace(table.settings, project_dir=project))


def test_a_declaration_of_no_use_is_refused(tmp_path: Path) -> None:
    table = segments(tmp_path / "home")
    for changed, message in (
        ({"columns": {"cookie_id": "phone"}}, "phone may hold a person"),
        ({"columns": {"email": "email"}}, "columns must hold one of cookie_id, device_id, daid"),
        ({"mode": "append"}, "mode must be mirror"),
        ({"destination": {**table.sync.destination, "source": "bank"}}, "source must be the domain"),
        ({"destination": {**table.sync.destination, "fewest_ids": 1}}, "fewest_ids must be a number above one"),
    ):
        with pytest.raises(SyncError, match=message):
            open_destination(dataclasses.replace(table.sync, **changed), table.settings)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.sampled_from(sorted(KINDS)),
    st.one_of(
        st.emails(),
        st.from_regex(r"\A\+?[0-9]{9,15}\Z"),
        st.from_regex(r"\A([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})\Z"),
        st.from_regex(r"\AU[0-9a-f]{32}\Z"),
        st.just("00000000-0000-0000-0000-000000000000"),
    ),
)
def test_nobodys_address_number_or_hash_is_a_device(kind: str, value: str) -> None:
    assert device(kind, {kind: value}) is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("daid", "38400000-8cf0-11bd-b23e-10b96e40000d"),
        ("device_id", "FBB572DA-5561-4028-AB8B-C5F767B872DA"),
        ("device_id", "d0bdc59a32403xa94c0bdc"),
        ("cookie_id", "100135029.1600392669"),
        ("uid2", "A" * 43 + "="),
    ],
)
def test_devices_are_devices(kind: str, value: str) -> None:
    assert device(kind, {kind: value}) == value
