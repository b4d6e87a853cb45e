"""What Dagster does where a sync stopped."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from cardinal.activation.declaration import SyncError, UndeliveredError


@pytest.mark.parametrize(("error", "is_tried_again"), [(UndeliveredError, True), (SyncError, False)])
def test_dagster_comes_back_for_who_could_not_be_taken_out(
    location: dg.Definitions, monkeypatch: pytest.MonkeyPatch, error: type[SyncError], is_tried_again: bool
) -> None:
    from orchestration.defs.activation import sent

    def refuse(*_: object) -> None:
        raise error("not taken out")

    monkeypatch.setattr(sent, "apply_sync", refuse)
    with pytest.raises((dg.Failure, SyncError)) as raised:
        made: Any = sent.sent[0](dg.build_asset_context())
        list(made)
    assert getattr(raised.value, "allow_retries", True) == is_tried_again
