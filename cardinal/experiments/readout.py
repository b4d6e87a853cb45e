"""Read-outs: an experiment as the marts know it, compared and judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING, Any

from cardinal.errors import CardinalError
from cardinal.experiments.aggregates import Sample, aggregates_of, sample_of
from cardinal.experiments.comparison import Comparison, compare
from cardinal.experiments.declaration import Experiment
from cardinal.experiments.statistics import Estimate, adjust, contrast, sample_ratio
from cardinal.experiments.verdict import Exposed, Verdict, judge

if TYPE_CHECKING:
    import duckdb

ARM_METRICS, EXPOSURES = "experiment_arm_metrics", "fct_experiment_exposures"


class ReadoutError(CardinalError):
    """An experiment can't be read; the message says what is missing."""


@dataclass(frozen=True)
class FactorEffect:
    """Of a multivariate test, what a factor's level changes over all levels of the others, or two factors together."""

    metric: str
    name: str
    effect: Estimate


@dataclass(frozen=True)
class Readout:
    """An experiment as of a day."""

    experiment: Experiment
    as_of: date
    exposed: Exposed
    sample_ratio_p: float
    comparisons: tuple[Comparison, ...]
    holm: Mapping[tuple[str, str], float]
    bh: Mapping[tuple[str, str], float]
    factors: tuple[FactorEffect, ...]
    verdict: Verdict


def read_experiment(connection: duckdb.DuckDBPyConnection, experiment: Experiment) -> Readout:
    """Return what the last build knows of an experiment.

    Raises:
        ReadoutError: The build lacks a mart.
    """
    as_of = _as_of(connection)
    rows = {(row["arm"], row["metric"]): row for row in _rows(connection, ARM_METRICS, experiment.key)}
    exposed = _exposed(connection, experiment)
    ratio_p = sample_ratio(list(exposed.counts.values()), [arm.weight for arm in experiment.arms])
    found = [
        compare(experiment, metric, arm.name, rows) for metric in experiment.metrics for arm in experiment.arms[1:]
    ]
    comparisons = tuple(one for one in found if one is not None)
    p_values = {_name(one): one.difference.p_value for one in comparisons if not one.metric.is_guardrail}
    holm, bh = (adjust(p_values, "holm"), adjust(p_values, "bh"))
    return Readout(
        experiment=experiment,
        as_of=as_of,
        exposed=exposed,
        sample_ratio_p=ratio_p,
        comparisons=comparisons,
        holm={(one.arm, one.metric.name): holm[_name(one)] for one in comparisons if _name(one) in holm},
        bh={(one.arm, one.metric.name): bh[_name(one)] for one in comparisons if _name(one) in bh},
        factors=tuple(factor_effects(experiment, rows)),
        verdict=judge(experiment, as_of, exposed, ratio_p, comparisons),
    )


def factor_effects(experiment: Experiment, rows: Mapping[tuple[str, str], Mapping[str, Any]]) -> list[FactorEffect]:
    """Return the main effects of all factors, and the interactions of two, as contrasts of the arms' means.

    A level is compared with the factor's first one, every combination of the other factors counting alike.
    """
    factors = experiment.factors
    if not factors:
        return []
    effects = []
    for metric in experiment.metrics:
        samples = _samples(experiment, metric.name, rows)
        if samples is None:
            continue
        for factor, levels in factors.items():
            for level in levels[1:]:
                weights = _contrast(experiment, {factor: (levels[0], level)})
                effects.append(
                    FactorEffect(metric.name, f"{factor}: {level}", contrast(samples, weights, experiment.alpha))
                )
        for (one, of_one), (other, of_other) in combinations(factors.items(), 2):
            for level in of_one[1:]:
                for second in of_other[1:]:
                    weights = _contrast(experiment, {one: (of_one[0], level), other: (of_other[0], second)})
                    name = f"{one}: {level} with {other}: {second}"
                    effects.append(FactorEffect(metric.name, name, contrast(samples, weights, experiment.alpha)))
    return effects


def _contrast(experiment: Experiment, compared: Mapping[str, tuple[str, str]]) -> list[float]:
    """Return a weight for each arm: by the levels compared, shared out over the cells of the other factors."""
    signs = []
    for arm in experiment.arms:
        sign = 1
        levels = dict(arm.levels)
        for factor, (base, level) in compared.items():
            sign *= {base: -1, level: 1}.get(levels[factor], 0)
        signs.append(sign)
    cells = sum(1 for sign in signs if sign) / 2 ** len(compared)
    return [sign / cells for sign in signs]


def _samples(
    experiment: Experiment, metric_name: str, rows: Mapping[tuple[str, str], Mapping[str, Any]]
) -> Sequence[Sample] | None:
    metric = next(one for one in experiment.metrics if one.name == metric_name)
    found = [rows.get((arm.name, metric_name)) for arm in experiment.arms]
    if any(row is None or row["subject_count"] < 3 or (metric.per and not row["per_sum"]) for row in found):
        return None
    arms = [aggregates_of(row, metric) for row in found if row is not None]
    total = arms[0]
    for arm in arms[1:]:
        total = total + arm
    return [sample_of(metric, arm, total) for arm in arms]


def _name(one: Comparison) -> str:
    return f"{one.arm}|{one.metric.name}"


def _as_of(connection: duckdb.DuckDBPyConnection) -> date:
    (found,) = connection.execute("select max(as_of_date) from intermediate.int_customer__as_of").fetchall()[0]
    if found is None:
        raise ReadoutError("the warehouse knows no day yet: run `cardinal ingest` and `dbt build`")
    day: date = found
    return day


def _rows(connection: duckdb.DuckDBPyConnection, mart: str, key: str) -> list[dict[str, Any]]:
    import duckdb

    try:
        found = connection.execute(f"select * from marts.{mart} where experiment_key = $key", {"key": key})
    except duckdb.CatalogException as error:
        raise ReadoutError(f"the build has no {mart} yet: run `dbt build`") from error
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _exposed(connection: duckdb.DuckDBPyConnection, experiment: Experiment) -> Exposed:
    query = f"""
        select arm, is_analysed, exclusion_reason, count(*)
        from marts.{EXPOSURES}
        where experiment_key = $key and exposure_count > 0
        group by all
    """
    counts = dict.fromkeys((arm.name for arm in experiment.arms), 0)
    several = undeclared = 0
    for arm, is_analysed, reason, count in connection.execute(query, {"key": experiment.key}).fetchall():
        if is_analysed and arm in counts:
            counts[arm] += count
        elif reason == "saw several arms":
            several += count
        else:
            undeclared += count
    return Exposed(counts, several, undeclared)
