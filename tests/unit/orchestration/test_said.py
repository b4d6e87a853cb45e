"""What each asset says of itself: how many rows, of when, how long it took, and where it lies."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import dagster as dg
import polars as pl

from cardinal.activation.outcome import Outcome
from cardinal.settings import load_settings
from ml.delivery import CHAMPIONS, drop, take_in
from ml.task import TooLittleDataError
from tests.unit.orchestration.stations import Stations, made, run

DAY = "2026-10-14"
# Of each of these there are many steps that say the same: one stands for all.
ALIKE = {"models": "models/churn", "sent": "sent/win_back"}
ONE_STEP = [
    "cards/credit_cards", "staging/stg_cards__credit_cards", "staging/stg_ml__scores", "published/snapshot",
    "published/postgres", "advanced/programmes", "retained/anonymous_ids", *ALIKE.values(),
]  # fmt: skip


def key_of(name: str) -> dg.AssetKey:
    return dg.AssetKey(name.split("/"))


def kind_of(step: str) -> str:
    prefix, _, _ = step.partition("__")
    return prefix if prefix in ALIKE else step


def play_all(stations: Stations) -> None:
    def too_young(*_: object) -> None:
        raise TooLittleDataError("churn: 3 months are too few")

    clock = SimpleNamespace(now=datetime(2026, 10, 31, tzinfo=UTC))
    stations.play("orchestration.defs.learning.training.train_task", too_young)
    stations.play("orchestration.defs.learning.readouts.deliver_readouts", lambda _: [])
    stations.play("orchestration.defs.activation.sent.apply_sync", lambda *_: Outcome("r1", "done", None, 7, 0, 0, 0))
    stations.play("orchestration.defs.activation.advanced.advance", lambda _: SimpleNamespace(moves=(), clock=clock))
    stations.play(
        "orchestration.defs.privacy.retained.retain", lambda *_: SimpleNamespace(rows={}, before=date(2026, 8, 2))
    )


def test_every_step_says_how_many_rows_of_when_how_long_it_took_and_where_it_lies(
    instance: dg.DagsterInstance, stations: Stations, location: dg.Definitions
) -> None:
    play_all(stations)
    graph = location.resolve_asset_graph()
    of_ml = [key for key in graph.get_all_asset_keys() if key.path[0] == "ml"]
    assert len(of_ml) == 11
    result = run(instance, *map(key_of, ONE_STEP), *of_ml)
    days = {"dagster/asset_partition_range_start": DAY, "dagster/asset_partition_range_end": DAY}
    by_day = run(instance, key_of("deliveries"), tags=days)
    assert result.success
    assert by_day.success
    assert made(result) == {*map(key_of, ONE_STEP), *of_ml}
    events = [event for event in (*result.all_events, *by_day.all_events) if event.is_step_materialization]
    for event in events:
        metadata: Any = event.step_materialization_data.materialization.metadata
        assert isinstance(metadata["dagster/row_count"].value, int), event.asset_key
        assert isinstance(metadata["seconds"].value, float), event.asset_key
        assert metadata["window"].value, event.asset_key
        assert isinstance(metadata["link"], dg.PathMetadataValue), event.asset_key
    steps = {node.name for job in location.jobs or () for node in location.resolve_job_def(job.name).nodes}
    assert {kind_of(str(event.step_key)) for event in events} == {kind_of(step) for step in steps - {"landed"}}


def test_what_tells_whether_models_hold_says_what_lies_there(instance: dg.DagsterInstance, stations: Stations) -> None:
    settings = load_settings()
    for day in (date(2026, 9, 30), date(2026, 10, 31)):
        standing = {"task": "churn", "model_version": f"v{day.month}", "is_undone": False, "as_of_date": day}
        rows = pl.DataFrame([standing]).with_columns(champion_no=pl.lit(1, pl.Int32))
        drop(settings, CHAMPIONS, CHAMPIONS, day, rows)
    take_in(settings)
    result = run(instance, key_of("ml/champions"), key_of("ml/drift"))
    assert made(result) == {key_of("ml/champions"), key_of("ml/drift")}
    champions, drift = sorted(
        (event.metadata for event in result.asset_materializations_for_node("watched")),
        key=lambda metadata: str(metadata["link"].value),
    )
    assert (champions["dagster/row_count"].value, champions["window"].value) == (2, "as of 2026-10-31")
    assert (drift["dagster/row_count"].value, drift["window"].value) == (0, "nothing scored yet")
