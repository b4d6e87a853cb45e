"""Retention by Dagster: a build from nothing where something went, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import dagster as dg

from cardinal.privacy.retention import Expired
from cardinal.quality.report import Finding
from tests.unit.orchestration.stations import Stations, made, run

DATA_ONLY = ("--exclude-resource-type", "unit_test")
RETAINED = dg.AssetKey(["retained", "anonymous_ids"])


def test_retention_builds_and_publishes_behind_the_gate_only_if_something_went(
    instance: dg.DagsterInstance, stations: Stations
) -> None:
    asked: list[date] = []

    def retain(_: object, today: date, rebuild: Callable[[], None]) -> Expired:
        asked.append(today)
        if expired.rows:
            rebuild()
        return expired

    stations.play("orchestration.defs.privacy.retained.retain", retain)
    stations.play("orchestration.defs.privacy.retained.publish_snapshot", stations.publish)
    stations.play("cardinal.privacy.rebuilding.build_warehouse", stations.build)
    expired = Expired(date(2026, 8, 1), {})
    result = run(instance, RETAINED)
    assert made(result) == {RETAINED}
    assert (len(asked), stations.builds) == (1, [])

    expired = Expired(date(2026, 8, 1), {"digital.events": 7})
    result = run(instance, RETAINED)
    (materialization,) = result.asset_materializations_for_node("retained__anonymous_ids")
    assert materialization.metadata["dagster/row_count"].value == 7
    assert materialization.metadata["digital.events"].value == 7
    assert stations.builds == [(DATA_ONLY, False)]

    stations.published = [Finding("marts.one", "rows", "critical", "2 rows", "0 rows", False)]
    refused = run(instance, RETAINED, raise_on_error=False)
    assert not refused.success
    # What the gate refuses is refused again: no build from nothing is tried four times.
    assert len(stations.builds) == 2
