"""Comparisons: one arm with the control in one metric, read in each of the ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cardinal.experiments.aggregates import SUMS, VALUE, Sample, aggregates_of, sample_of
from cardinal.experiments.declaration import Experiment, Metric
from cardinal.experiments.statistics import (
    Belief,
    Estimate,
    at_every_peek,
    believe,
    difference_of,
    minimum_detectable_effect,
    relative_effect,
)

if TYPE_CHECKING:
    from tea_tasting.aggr import Aggregates

Guardrail = Literal["none", "holds", "undecided", "broken"]
# Fewer have no variance worth the name.
LEAST_SUBJECTS = 3


@dataclass(frozen=True)
class Comparison:
    """An arm beside the control.

    Attributes:
        metric: What is compared.
        arm: The arm.
        control: The control, less what was before explains.
        treatment: The arm, likewise.
        happenings: Of a proportion, in how many subjects of both it happened.
        difference: As one reading has it.
        sequential: The same as it holds at every peek.
        relative: The difference as a share of the control's mean; None where that is not above zero.
        relative_sequential: The same as it holds at every peek.
        belief: What to believe of the relative effect, by the wanted direction.
        variance_reduction: Which share of the variance what was before explains.
        detectable: The relative effect that so many subjects show with the power wanted.
        guardrail: Of a guardrail, whether it holds.
    """

    metric: Metric
    arm: str
    control: Sample
    treatment: Sample
    happenings: float
    difference: Estimate
    sequential: Estimate
    relative: Estimate | None
    relative_sequential: Estimate | None
    belief: Belief | None
    variance_reduction: float
    detectable: float
    guardrail: Guardrail

    @property
    def count(self) -> int:
        """Subjects of both arms."""
        return self.control.count + self.treatment.count

    @property
    def gain(self) -> float:
        """The difference in the wanted direction."""
        return self.difference.value * (1 if self.metric.direction == "up" else -1)

    def in_words(self) -> str:
        """Say what the arm does, with the interval by which it is judged."""
        word = "better" if self.gain > 0 else "worse"
        share = f" {self.relative.value:+.1%}," if self.relative else ""
        low, value, high = (
            f"{number:+.4g}" for number in (self.sequential.low, self.sequential.value, self.sequential.high)
        )
        return f"{self.arm} is {word} in {self.metric.name}:{share} {value} a subject ({low} to {high} at every peek)"


def compare(
    experiment: Experiment, metric: Metric, arm: str, rows: Mapping[tuple[str, str], Mapping[str, Any]]
) -> Comparison | None:
    """Return the comparison of an arm; None while one of both has hardly anybody, or nothing to divide by.

    `rows` are those of `experiment_arm_metrics` by arm and metric.
    """
    both = [rows.get((name, metric.name)) for name in (experiment.control.name, arm)]
    if any(row is None or row["subject_count"] < LEAST_SUBJECTS for row in both):
        return None
    if metric.kind == "ratio" and any(row is None or not row["per_sum"] for row in both):
        return None
    control, treatment = (aggregates_of(row, metric) for row in both if row is not None)
    total = control + treatment
    one, other = (sample_of(metric, arm_of, total) for arm_of in (control, treatment))
    difference = difference_of(metric, control, treatment, experiment.alpha)
    relative = relative_effect(one, other, experiment.alpha)
    peeks = (one.count + other.count, experiment.planned_sample, experiment.alpha)
    relative_sequential = at_every_peek(relative.value, relative.error, *peeks) if relative else None
    sign = 1 if metric.direction == "up" else -1
    return Comparison(
        metric=metric,
        arm=arm,
        control=one,
        treatment=other,
        happenings=sum(row[SUMS[VALUE]] for row in both if row is not None),
        difference=difference,
        sequential=at_every_peek(difference.value, difference.error, *peeks),
        relative=relative,
        relative_sequential=relative_sequential,
        belief=believe(sign * relative.value, relative.error, experiment.prior_deviation) if relative else None,
        variance_reduction=_reduction(metric, (control, treatment), (one, other)),
        detectable=_detectable(experiment, metric, arm, control, one.count + other.count),
        guardrail=_guardrail(metric, relative_sequential),
    )


def _reduction(metric: Metric, arms: tuple[Aggregates, Aggregates], adjusted: tuple[Sample, Sample]) -> float:
    from dataclasses import replace

    plain = replace(metric, covariate_days=None)
    before = sum(sample_of(plain, arm, arm).error_variance for arm in arms)
    return float(1 - sum(sample.error_variance for sample in adjusted) / before) if before else 0.0


def _detectable(experiment: Experiment, metric: Metric, arm: str, control: Aggregates, count: int) -> float:
    weights = {one.name: one.weight for one in experiment.arms}
    sample = sample_of(metric, control, control)
    if sample.variance <= 0 or sample.mean <= 0:
        return float("inf")
    ratio = weights[arm] / weights[experiment.control.name]
    return minimum_detectable_effect(metric, control, count, ratio, experiment.alpha, experiment.power)


def _guardrail(metric: Metric, effect: Estimate | None) -> Guardrail:
    if not metric.is_guardrail:
        return "none"
    if effect is None or effect.error == 0:
        return "undecided"
    least, most = (-effect.high, -effect.low) if metric.direction == "up" else (effect.low, effect.high)
    if least > metric.tolerance:
        return "broken"
    return "holds" if most <= metric.tolerance else "undecided"
