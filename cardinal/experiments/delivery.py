"""Delivery: read-outs go into the lake as the table `ml.readouts`, a row per arm and metric."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any

import polars as pl

from cardinal.build import open_build
from cardinal.contracts import load_contracts
from cardinal.experiments.comparison import Comparison
from cardinal.experiments.declaration import Experiment, find_experiment, load_experiments
from cardinal.experiments.readout import Readout, ReadoutError, read_experiment
from cardinal.ingestion import delivery
from cardinal.settings import Settings

SOURCE, TABLE = "ml", "readouts"
_TYPES: dict[str, Any] = {
    "varchar": pl.String, "date": pl.Date, "integer": pl.Int32, "bigint": pl.Int64, "boolean": pl.Boolean,
}  # fmt: skip


@dataclass(frozen=True)
class Delivered:
    """A read-out, the rows it made, and whether the lake didn't have them yet."""

    readout: Readout
    rows: int
    is_new: bool


def deliver_readouts(settings: Settings, key: str | None = None) -> list[Delivered]:
    """Read one experiment, or all that have begun, and take the figures into the lake.

    The same build read again changes nothing. The next `dbt build` brings them to `experiment_readouts`.

    Raises:
        DeclarationError: Nobody declared it, or a declaration can't be used.
        ReadoutError: The build lacks a mart, or rows break the contract of their table.
    """
    chosen = (
        [find_experiment(settings.project_dir, key)] if key else list(load_experiments(settings.project_dir).values())
    )
    with open_build(settings) as connection:
        readouts = [read_experiment(connection, experiment) for experiment in chosen]
    readouts = [readout for readout in readouts if key or readout.experiment.start <= readout.as_of]
    files = {}
    for readout in readouts:
        rows = rows_of(settings, readout)
        if not rows.is_empty():
            name = readout.experiment.key
            files[name] = delivery.drop(settings, SOURCE, TABLE, name, readout.as_of, rows)
    new = delivery.take_in(settings, SOURCE, TABLE, refusal=ReadoutError) if files else set()
    return [
        Delivered(readout, len(readout.comparisons), files.get(readout.experiment.key) in new) for readout in readouts
    ]


def rows_of(settings: Settings, readout: Readout) -> pl.DataFrame:
    """Return the rows of a read-out, as the contract wants them."""
    contract = load_contracts(settings.project_dir)[SOURCE, TABLE]
    # What isn't in the list of types is a decimal, which is made of a float.
    types = {column.name: _TYPES.get(column.data_type) for column in contract.columns if column.name != "change_type"}
    rows = pl.DataFrame(
        [_row(readout, one) for one in readout.comparisons],
        schema={name: kind or pl.Float64 for name, kind in types.items()},
    )
    return rows.with_columns(pl.col(name).cast(pl.Decimal(38, 12)) for name, kind in types.items() if kind is None)


def _row(readout: Readout, one: Comparison) -> dict[str, Any]:
    experiment: Experiment = readout.experiment
    place = (one.arm, one.metric.name)
    relative, peek, belief = one.relative, one.relative_sequential, one.belief
    return {
        "experiment_key": experiment.key,
        "arm": one.arm,
        "metric": one.metric.name,
        "as_of_date": readout.as_of,
        "metric_no": experiment.metrics.index(one.metric),
        "metric_kind": one.metric.kind,
        "is_guardrail": one.metric.is_guardrail,
        "control_count": one.control.count,
        "arm_count": one.treatment.count,
        "control_mean": one.control.mean,
        "arm_mean": one.treatment.mean,
        "difference": one.difference.value,
        "difference_low": one.difference.low,
        "difference_high": one.difference.high,
        "p_value": one.difference.p_value,
        "holm_p_value": readout.holm.get(place),
        "bh_p_value": readout.bh.get(place),
        "sequential_low": one.sequential.low,
        "sequential_high": one.sequential.high,
        "sequential_p_value": one.sequential.p_value,
        "relative_effect": relative.value if relative else None,
        "relative_low": relative.low if relative else None,
        "relative_high": relative.high if relative else None,
        "relative_sequential_low": peek.low if peek else None,
        "relative_sequential_high": peek.high if peek else None,
        "chance_to_win": belief.chance_to_win if belief else None,
        "expected_effect": belief.mean if belief else None,
        "loss_if_chosen": belief.loss_if_chosen if belief else None,
        "variance_reduction": one.variance_reduction,
        "detectable_effect": one.detectable if isfinite(one.detectable) else None,
        "guardrail_state": one.guardrail,
        "sample_ratio_p_value": readout.sample_ratio_p,
        "several_arms_count": readout.exposed.several_arms,
        "verdict": readout.verdict.word,
        "verdict_arm": readout.verdict.arm,
        "verdict_reason": readout.verdict.reason,
    }
