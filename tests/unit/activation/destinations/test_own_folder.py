"""Files of people stay in the outbox, whatever a declaration says."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from cardinal.activation.declaration import SyncError
from cardinal.activation.destinations.catalogue import open_destination
from cardinal.settings import PROJECT_DIR, Settings
from tests.unit.activation.desk import desk

CONVERSIONS = {"event_at": "at", "gclid": "gclid", "value": "value", "currency": "currency"}
WRITERS: dict[str, dict[str, Any]] = {
    "folder": {},
    "google_customer_match_csv": {"columns": {"email": "email"}},
    "google_conversions_csv": {"mode": "event", "columns": CONVERSIONS, "conversion_name": "Lead"},
    "prebid_segments": {"columns": {"device_id": "device_id"}, "source": "bank.example", "segment": 1388},
    "personalisation": {"key": "user_id", "columns": {"segment": "segment"}},
}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("path", ["../..", "/srv/x", "lists/../../x", "out"])
def test_nothing_is_written_outside(tmp_path: Path, kind: str, path: str) -> None:
    settings = Settings(tmp_path / "home", project_dir=PROJECT_DIR)
    settings.outbox.mkdir(parents=True)
    (settings.outbox / "out").symlink_to(tmp_path)
    given = dict(WRITERS[kind])
    of_sync = {name: given.pop(name) for name in ("key", "mode", "columns") if name in given}
    sync = desk(tmp_path / "home", destination={"type": "folder"}).sync
    sync = dataclasses.replace(sync, **of_sync, destination={"type": kind, **given, "path": path})
    with pytest.raises(SyncError, match="below the home's outbox"):
        open_destination(sync, settings)
    inside = dataclasses.replace(sync, destination={**sync.destination, "path": "lists/of us"})
    open_destination(inside, settings).close()
