"""History: how a metric was before, among those who would take part, to plan a test with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cardinal.experiments.aggregates import COLUMNS, VARIABLES, aggregates_of
from cardinal.experiments.declaration import Experiment, Metric
from cardinal.experiments.readout import ARM_METRICS, ReadoutError
from cardinal.experiments.statistics import minimum_detectable_effect, sample_needed

if TYPE_CHECKING:
    import duckdb
    from tea_tasting.aggr import Aggregates

# A metric without a window is planned as if it had one of so many days.
USUAL_WINDOW_DAYS = 28
# So many subjects of the control tell how a metric is.
LEAST_KNOWN = 100


def history_of(
    connection: duckdb.DuckDBPyConnection, experiment: Experiment, metric: Metric, segment: str | None = None
) -> Aggregates:
    """Return count, means and variances of a metric over the last days of its length, summed up by the database.

    Once the control arm is known, it is what would be. Before, those who would take part are the members of the
    segment, else of the experiment's audience, else all customers.

    Raises:
        ReadoutError: There is nobody, or nobody did anything.
    """
    known = None if segment else _control(connection, experiment, metric)
    if known:
        return aggregates_of(known, metric)
    population, who = _population(experiment, segment)
    window, before = metric.window_days or USUAL_WINDOW_DAYS, metric.covariate_days or 0
    whether = "cast(coalesce({0}, 0) > 0 as double)" if metric.kind == "proportion" else "coalesce({0}, 0)"
    sums = {
        f"{name}{suffix}": f"sum(value) filter (where outcome = ${parameter} and happened_at {sign} middle)"
        for name, parameter in (("value", "outcome"), ("per", "per"))
        for suffix, sign in (("", ">="), ("_before", "<"))
    }
    moments = [f"sum({name})" for name in VARIABLES] + [f"sum({name} * {name})" for name in VARIABLES]
    moments += [f"sum({one} * {other})" for n, one in enumerate(VARIABLES) for other in VARIABLES[n + 1 :]]
    query = f"""
        with population as ({population}),
        days as (
            select max(happened_at) as last, max(happened_at) - to_days($window) as middle
            from marts.fct_experiment_outcomes
        ),
        totals as (
            select subject_id, {", ".join(f"{sql} as {name}" for name, sql in sums.items())}
            from marts.fct_experiment_outcomes cross join days
            where happened_at > middle - to_days($before) and outcome in ($outcome, $per)
            group by subject_id
        ),
        subjects as (
            select {", ".join(f"{whether.format(f'totals.{name}')} as {name}" for name in VARIABLES)}
            from population left join totals using (subject_id)
        )
        select count(*), {", ".join(moments)} from subjects
    """
    parameters: dict[str, Any] = {
        "outcome": metric.outcome, "per": metric.per or "", "window": window, "before": before, **who,
    }  # fmt: skip
    row = dict(zip(COLUMNS, connection.execute(query, parameters).fetchall()[0], strict=True))
    if row[COLUMNS[0]] < 3 or not row["value_sum"]:
        raise ReadoutError(
            f"{experiment.key}: nobody who would take part has any {metric.outcome} in the last {window} days; is an"
            " experiment that counts it declared, and the warehouse built since?"
        )
    return aggregates_of(row, metric)


def plan(
    experiment: Experiment, metric: Metric, history: Aggregates, effect: float | None, sample: int | None
) -> float:
    """Return the subjects of two arms that show an effect, or the effect that so many subjects show."""
    ratio = experiment.arms[1].weight / experiment.control.weight
    if effect is not None:
        return sample_needed(metric, history, effect, ratio, experiment.alpha, experiment.power)
    count = sample or experiment.planned_sample
    return minimum_detectable_effect(metric, history, count, ratio, experiment.alpha, experiment.power)


def _control(connection: duckdb.DuckDBPyConnection, experiment: Experiment, metric: Metric) -> dict[str, Any] | None:
    found = connection.execute(
        f"select {', '.join(COLUMNS)} from marts.{ARM_METRICS}"
        " where experiment_key = $key and arm = $arm and metric = $metric and subject_count >= $least",
        {"key": experiment.key, "arm": experiment.control.name, "metric": metric.name, "least": LEAST_KNOWN},
    ).fetchall()
    row = dict(zip(COLUMNS, found[0], strict=True)) if found else None
    return row if row and row["value_sum"] else None


def _population(experiment: Experiment, segment: str | None) -> tuple[str, dict[str, Any]]:
    wanted = segment or experiment.audience
    if wanted:
        return "select person_id as subject_id from segments.segment_membership where segment = $who", {"who": wanted}
    return "select person_id as subject_id from marts.customer_360_pseudonymous", {}
