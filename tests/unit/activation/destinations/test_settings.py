"""What is said of a destination beside its type: a misspelt setting would be the default, without a word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cardinal.activation.declaration import Sync, SyncError, parse_sync
from cardinal.activation.destinations.catalogue import SETTINGS, TYPES, nature_of, open_destination
from cardinal.activation.places import WHERE
from cardinal.settings import PROJECT_DIR, Settings


def declared(**destination: object) -> Sync:
    given = {"model": "a.b", "key": "a", "columns": ["a"], "mode": "mirror", "destination": destination}
    return parse_sync("a", given)


@pytest.mark.parametrize("kind", TYPES)
def test_an_unknown_setting_is_refused_when_planned_and_when_sent(tmp_path: Path, kind: str) -> None:
    sync = declared(type=kind, **{f"{SETTINGS[kind][0]}s_": "x"})
    with pytest.raises(SyncError, match=rf"destination\.{SETTINGS[kind][0]}s_ is none of {SETTINGS[kind][0]}"):
        nature_of(sync)
    with pytest.raises(SyncError, match="is none of"):
        open_destination(sync, Settings(tmp_path))


def test_every_type_says_what_it_takes_and_the_guide_tells_it() -> None:
    assert SETTINGS.keys() == TYPES.keys()
    assert all(set(where) <= set(SETTINGS[kind]) for kind, where in WHERE.items())
    guide = (PROJECT_DIR / "docs" / "activation.md").read_text(encoding="utf-8")
    # Addresses of test servers are for those who try a platform's own sandbox.
    told = {name for names in SETTINGS.values() for name in names} - {"files_url"}
    assert [name for name in sorted(told) if not re.search(rf"\b{name}\b", guide)] == []
