"""No destination lets secrets or people go over the network for all to read."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from cardinal.activation.declaration import SyncError
from cardinal.activation.destinations.catalogue import open_destination
from cardinal.settings import Settings
from tests.unit.activation.desk import TOLD, desk

ADS = {"secret": "x", "account_id": 1}
DESTINATIONS: dict[str, dict[str, Any]] = {
    "webhook": {"secret": "hook"},
    "meta": {"audience_id": 1, "secret": "x", "extern_secret": "x"},
    "meta_conversions": {"dataset_id": 1, "event_name": "Lead", "secret": "x"},
    "google_customer_match": {**ADS, "user_list_id": 1, "terms": "accepted"},
    "google_conversions": {**ADS, "conversion_action_id": 1},
    "line_audience": {"secret": "x"},
    "line_message": {"secret": "x", "template": "points_reminder", "why": "You agreed."},
    "the_trade_desk": {"advertiser_id": "a", "segment": "aud_7f3a", "secret": "x"},
    "hubspot": {"secret": "x", "membership": {"field": "m", "there": "1", "gone": "0"}},
    "salesforce": {
        "client_id": "x", "secret": "x", "external_id": "email", "membership": {"field": "m", "there": "1", "gone": "0"}
    },
    "sms": {"user": "x", "secret": "x", "from": "Bank", "template": "card_activation", "why": "You agreed."},
    "google_sheet": {"spreadsheet": "x" * 44, "tab": "t"},
    "s3": {"bucket": "bank", "region": "x", "access_key_id": "x", "secret": "x"},
}  # fmt: skip
COLUMNS = {
    "meta": ["extern_id"], "meta_conversions": ["event_at"], "google_conversions": ["event_at", "gclid"],
    "line_audience": ["user_id"], "line_message": ["to", "points_balance", *TOLD], "the_trade_desk": ["daid"],
    "sms": ["to", "full_name", *TOLD],
}  # fmt: skip
OTHERS = [
    "http://platform.example", "http://localhost.platform.example/h", "http://127.0.0.1.platform.example", "ftp://x.example",
    "http://localhost@platform.example/h",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "field"), [*((kind, "url") for kind in DESTINATIONS), ("line_audience", "files_url")])
@pytest.mark.parametrize("url", OTHERS)
def test_only_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, field: str, url: str) -> None:
    monkeypatch.setenv("CARDINAL_SECRET_X", "t0ken")
    monkeypatch.setenv("CARDINAL_SECRET_HOOK", "whsec_b3RoZXI=")
    monkeypatch.setenv("CARDINAL_SHEETS_TOKEN", "t0ken")
    sync = desk(tmp_path / "home", destination={"type": "folder"}).sync
    is_event = kind.endswith("conversions") or kind in ("line_message", "sms")
    sync = dataclasses.replace(
        sync,
        mode="event" if is_event else "mirror",
        columns={column: column for column in COLUMNS.get(kind, ["email"])},
        destination={"type": kind, **DESTINATIONS[kind], field: url},
    )
    with pytest.raises(SyncError, match=f"destination.{field} must begin with https://"):
        open_destination(sync, Settings(tmp_path / "home"))
    sound = dataclasses.replace(sync, destination={**sync.destination, field: "https://platform.example/h"})
    open_destination(sound, Settings(tmp_path / "home")).close()
