"""Verdicts: what the figures of an experiment come to, in words that somebody can act on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from cardinal.experiments.comparison import Comparison
from cardinal.experiments.declaration import Experiment
from cardinal.experiments.statistics import SAMPLE_RATIO_ALARM, adjust

Word = Literal["ship", "do not ship", "keep running", "broken"]
# A share is not judged by a normal law before it happened so often in two arms.
LEAST_HAPPENINGS = 20
# Exposures of arms that nobody declared, from which on something is wrong.
MOST_UNDECLARED = 0.01


@dataclass(frozen=True)
class Exposed:
    """Who was exposed: subjects that count by arm, and those left out."""

    counts: Mapping[str, int]
    several_arms: int = 0
    undeclared_arm: int = 0

    @property
    def total(self) -> int:
        """All subjects who were exposed in time."""
        return sum(self.counts.values()) + self.several_arms + self.undeclared_arm


@dataclass(frozen=True)
class Verdict:
    """The word, the arm that it is about, and why."""

    word: Word
    arm: str | None
    reason: str


def judge(
    experiment: Experiment, as_of: date, exposed: Exposed, ratio_p: float, comparisons: Sequence[Comparison]
) -> Verdict:
    """Return what to do. Only what holds at every peek counts, so that it may be asked every day."""
    broken = _what_is_broken(experiment, exposed, ratio_p)
    if broken:
        return Verdict("broken", None, broken)
    decisive = [one for one in comparisons if one.metric == experiment.primary]
    ripe = [one for one in decisive if _is_ripe(experiment, one)]
    is_over = bool(experiment.stop and as_of >= experiment.stop)
    if not ripe:
        missing = f"fewer than {experiment.minimum_sample} subjects an arm, or {LEAST_HAPPENINGS} happenings in two"
        if is_over:
            reason = f"It ended with {missing}: nothing can be said of {experiment.primary.name}."
            return Verdict("do not ship", None, reason)
        return Verdict("keep running", None, f"There are {missing}, of whose {experiment.primary.name} all is known.")
    p_values = adjust({one.arm: one.sequential.p_value for one in ripe}, "holm")
    sure = {one.arm for one in ripe if p_values[one.arm] < experiment.alpha}
    harmed = {one.arm: one.metric.name for one in comparisons if one.guardrail == "broken"}
    winners = [one for one in ripe if one.arm in sure and one.gain > 0 and one.arm not in harmed]
    if winners:
        best = max(winners, key=lambda one: one.gain)
        open_ones = [one.metric.name for one in comparisons if one.arm == best.arm and one.guardrail == "undecided"]
        rest = f" Whether {' and '.join(open_ones)} held within their tolerance is not yet sure." if open_ones else ""
        return Verdict("ship", best.arm, f"{best.in_words()}.{rest}")
    losers = [one for one in ripe if one.arm in harmed or (one.arm in sure and one.gain < 0)]
    if len(losers) == len(decisive):
        parts = [
            f"{one.arm} breaks the guardrail {harmed[one.arm]}" if one.arm in harmed else one.in_words()
            for one in losers
        ]
        return Verdict("do not ship", None, "; ".join(parts) + ".")
    reached = all(one.count >= experiment.planned_sample for one in decisive)
    if is_over or reached:
        why = "It is over" if is_over else "The planned sample is reached"
        least = min(one.detectable for one in ripe)
        return Verdict(
            "do not ship", None,
            f"{why} and no arm is shown to be better in {experiment.primary.name}; an effect of {least:.0%} would"
            f" have been found with a probability of {experiment.power:.0%}.",
        )  # fmt: skip
    most = max(one.count for one in decisive)
    return Verdict(
        "keep running", None,
        f"No arm is shown to be better or worse in {experiment.primary.name} yet; {most:,} of"
        f" {experiment.planned_sample:,} planned subjects of two arms are in.",
    )  # fmt: skip


def _what_is_broken(experiment: Experiment, exposed: Exposed, ratio_p: float) -> str | None:
    if ratio_p < SAMPLE_RATIO_ALARM:
        counts = ", ".join(f"{arm} {count:,}" for arm, count in exposed.counts.items())
        return (
            f"The arms don't have the sizes that their weights say ({counts}; p = {ratio_p:.2g}): who is counted"
            " depends on the arm, and so may everything else. Find out why before reading any figure."
        )
    if exposed.total and exposed.undeclared_arm > MOST_UNDECLARED * exposed.total:
        return f"{exposed.undeclared_arm:,} of {exposed.total:,} subjects saw an arm that isn't declared."
    empty = [arm.name for arm in experiment.arms if not exposed.counts.get(arm.name)]
    if sum(exposed.counts.values()) >= experiment.minimum_sample and empty:
        return f"Nobody was exposed to {', '.join(empty)}."
    return None


def _is_ripe(experiment: Experiment, one: Comparison) -> bool:
    enough = min(one.control.count, one.treatment.count) >= experiment.minimum_sample
    if one.metric.kind != "proportion":
        return enough
    return enough and one.happenings >= LEAST_HAPPENINGS
