"""Each verdict, and what it takes to come to it."""

from datetime import date
from math import sqrt

import numpy as np
import pytest

from cardinal.experiments.comparison import compare
from cardinal.experiments.declaration import Arm, Metric
from cardinal.experiments.statistics import sample_ratio
from cardinal.experiments.verdict import Exposed, judge
from tests.unit.experiments.samples import an_experiment, summed

LEADS = Metric("leads", "proportion", "lead", window_days=14)
CASES = Metric("cases", "proportion", "service_case", direction="down", is_guardrail=True, tolerance=0.1)
LAST_DAY = date(2024, 2, 29)
BEFORE = date(2024, 2, 10)


def shares(**counts):
    """What the mart holds of arms of whom so many of so many did it."""
    return {name: summed(np.repeat([1.0, 0.0], [did, of - did])) for name, (did, of) in counts.items()}


def verdict_of(leads, cases=None, as_of=BEFORE, exposed=None, **fields):
    arms = tuple(Arm(name, 1 / len(leads)) for name in leads)
    metrics = (LEADS, CASES) if cases else (LEADS,)
    experiment = an_experiment(arms=arms, metrics=metrics, **fields)
    rows = {(arm, "leads"): row for arm, row in shares(**leads).items()}
    rows |= {(arm, "cases"): row for arm, row in shares(**(cases or {})).items()}
    found = [compare(experiment, metric, arm.name, rows) for metric in metrics for arm in arms[1:]]
    counts = exposed or Exposed({arm: of for arm, (_, of) in leads.items()})
    ratio_p = sample_ratio(list(counts.counts.values()), [arm.weight for arm in arms])
    return judge(experiment, as_of, counts, ratio_p, [one for one in found if one])


def test_a_sure_gain_ships():
    found = verdict_of({"control": (500, 5_000), "new": (700, 5_000)})
    assert (found.word, found.arm) == ("ship", "new")
    assert "new is better in leads: +40.0%" in found.reason


def test_what_is_sure_only_for_a_single_reading_keeps_running():
    # p = 0.03 read once.
    found = verdict_of({"control": (250, 2_000), "new": (298, 2_000)})
    assert found.word == "keep running"
    assert "4,000 of 5,000 planned subjects" in found.reason


def test_a_sure_loss_is_not_shipped():
    found = verdict_of({"control": (700, 5_000), "new": (500, 5_000)})
    assert found.word == "do not ship"
    assert "new is worse in leads" in found.reason


def test_a_broken_guardrail_outweighs_a_gain():
    leads = {"control": (500, 5_000), "new": (700, 5_000)}
    found = verdict_of(leads, {"control": (300, 5_000), "new": (600, 5_000)})
    assert (found.word, found.reason) == ("do not ship", "new breaks the guardrail cases.")


def test_a_guardrail_that_may_still_break_is_said():
    leads = {"control": (500, 5_000), "new": (700, 5_000)}
    found = verdict_of(leads, {"control": (300, 5_000), "new": (300, 5_000)})
    assert found.word == "ship"
    assert "Whether cases held within their tolerance is not yet sure." in found.reason


def test_the_best_of_several_arms_ships_and_looking_at_many_costs():
    found = verdict_of({"control": (500, 5_000), "one": (650, 5_000), "two": (720, 5_000)}, planned_sample=9_000)
    assert (found.word, found.arm) == ("ship", "two")
    # Sure alone, but not among five arms.
    alone = {"control": (500, 5_000), "new": (613, 5_000)}
    assert verdict_of(alone).word == "ship"
    others = {f"arm_{number}": (500, 5_000) for number in range(4)}
    assert verdict_of(alone | others, planned_sample=20_000).word == "keep running"


@pytest.mark.parametrize(
    ("as_of", "planned", "why"), [(LAST_DAY, 50_000, "It is over"), (BEFORE, 4_000, "The planned sample is reached")]
)
def test_an_end_without_a_gain_is_not_shipped_and_says_what_would_have_been_found(as_of, planned, why):
    found = verdict_of({"control": (250, 2_000), "new": (260, 2_000)}, as_of=as_of, planned_sample=planned)
    assert found.word == "do not ship"
    assert found.reason.startswith(why)
    # 2.8 standard errors of 12.5 % among 2,000 an arm, as a share of it.
    expected = 2.8 * sqrt(2 * 0.125 * 0.875 / 2_000) / 0.125
    assert f"an effect of {expected:.0%}" in found.reason


def test_too_few_people_or_happenings_say_nothing():
    assert verdict_of({"control": (10, 100), "new": (60, 100)}).word == "keep running"
    rare = verdict_of({"control": (1, 5_000), "new": (18, 5_000)})
    assert (rare.word, "20 happenings" in rare.reason) == ("keep running", True)
    over = verdict_of({"control": (10, 100), "new": (60, 100)}, as_of=LAST_DAY)
    assert (over.word, "nothing can be said" in over.reason) == ("do not ship", True)


def test_arms_of_wrong_sizes_are_broken_whatever_they_show():
    found = verdict_of({"control": (500, 5_000), "new": (700, 5_400)})
    assert found.word == "broken"
    assert "control 5,000, new 5,400" in found.reason


def test_undeclared_and_empty_arms_are_broken():
    leads = {"control": (500, 5_000), "new": (700, 5_000)}
    exposed = Exposed({"control": 5_000, "new": 5_000}, undeclared_arm=150)
    assert verdict_of(leads, exposed=exposed).word == "broken"
    assert verdict_of(leads, exposed=Exposed({"control": 5_000, "new": 5_000}, undeclared_arm=50)).word == "ship"
    alone = verdict_of(leads, exposed=Exposed({"control": 160, "new": 0}))
    assert alone.word == "broken"


def test_a_metric_that_should_fall_wins_by_falling():
    metric = Metric("cases", "proportion", "service_case", direction="down")
    experiment = an_experiment(metrics=(metric,))
    counts = shares(control=(700, 5_000), treatment=(500, 5_000))
    one = compare(experiment, metric, "treatment", {(arm, "cases"): row for arm, row in counts.items()})
    assert one.gain > 0
    assert one.belief.chance_to_win > 0.999
    found = judge(experiment, BEFORE, Exposed({"control": 5_000, "treatment": 5_000}), 1.0, [one])
    assert found.word == "ship"
