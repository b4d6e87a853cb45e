"""Read-outs of small marts, their rows, their page, and what is planned from history."""

import re
from datetime import date

import duckdb
import numpy as np
import polars as pl
import pytest

from cardinal.experiments.declaration import Arm, Metric
from cardinal.experiments.delivery import rows_of
from cardinal.experiments.history import history_of, plan
from cardinal.experiments.novelty import Novelty, effects_of, novelty_of, trend
from cardinal.experiments.readout import ReadoutError, factor_effects, read_experiment
from cardinal.experiments.report import Reading, render_report
from cardinal.settings import PROJECT_DIR, Settings
from tests.unit.experiments.samples import an_experiment, summed

SPENT = Metric("spent", "mean", "card_spending", window_days=28, covariate_days=28)
GUARD = Metric("cases", "proportion", "service_case", direction="down", is_guardrail=True)
TODAY = date(2024, 3, 31)


@pytest.fixture
def build():
    """Marts of an experiment whose arm spends a tenth more, and a guardrail that holds nobody back."""
    rng = np.random.default_rng(8)
    rows = []
    for arm, effect in (("control", 1.0), ("treatment", 1.1)):
        before = rng.gamma(4, 25, 4_000)
        after = (0.8 * before + rng.gamma(4, 5, 4_000)) * effect
        cases = rng.random(4_000) < 0.05
        rows += [{"arm": arm, "metric": "spent", **summed(after, before=before)}]
        rows += [{"arm": arm, "metric": "cases", **summed(cases)}]
    metrics = pl.DataFrame([{"experiment_key": "x", **row} for row in rows])
    exposures = pl.DataFrame(
        [("control", True, None, 4_100), ("treatment", True, None, 4_050), ("control", False, "saw several arms", 30)],
        schema=["arm", "is_analysed", "exclusion_reason", "times"], orient="row",
    )  # fmt: skip
    days = pl.DataFrame(
        [("x", "spent", arm, day, 4_000, 400.0 + 9 * (arm == "treatment"), 4_000.0, 0.0, 0.0, 0.0)
         for arm in ("control", "treatment") for day in range(14)],
        schema=["experiment_key", "metric", "arm", "day_no", "subject_count", "value_sum", "value_square_sum",
                "per_sum", "per_square_sum", "value_per_sum"], orient="row",
    )  # fmt: skip
    with duckdb.connect() as connection:
        connection.execute("create schema marts; create schema intermediate; create schema segments")
        connection.register("metrics_frame", metrics)
        connection.register("exposures_frame", exposures)
        connection.register("days_frame", days)
        connection.execute("create table marts.experiment_arm_metrics as from metrics_frame")
        connection.execute("create table marts.experiment_metric_days as from days_frame")
        connection.execute(
            "create table marts.fct_experiment_exposures as select 'x' as experiment_key, arm, is_analysed,"
            " exclusion_reason, 1 as exposure_count, unnest(range(times)) as subject_id from exposures_frame"
        )
        connection.execute(f"create table intermediate.int_customer__as_of as select date '{TODAY}' as as_of_date")
        yield connection


def planned():
    return an_experiment(metrics=(SPENT, GUARD), planned_sample=8_000)


def test_an_experiment_is_read_from_sums(build):
    found = read_experiment(build, planned())
    assert (found.as_of, dict(found.exposed.counts), found.exposed.several_arms) == (
        TODAY, {"control": 4_100, "treatment": 4_050}, 30,
    )  # fmt: skip
    spent, cases = found.comparisons
    assert spent.relative.value == pytest.approx(0.1, abs=0.015)
    assert spent.relative_sequential.low < spent.relative.low < spent.relative.high < spent.relative_sequential.high
    assert spent.variance_reduction > 0.8
    assert cases.guardrail in ("holds", "undecided")
    assert (found.verdict.word, found.verdict.arm) == ("ship", "treatment")
    assert found.holm == {("treatment", "spent"): spent.difference.p_value} == found.bh


def test_the_rows_are_what_the_contract_wants(build):
    rows = rows_of(Settings(PROJECT_DIR, project_dir=PROJECT_DIR), read_experiment(build, planned()))
    assert rows["metric"].to_list() == ["spent", "cases"]
    assert rows["verdict"].unique().to_list() == ["ship"]
    assert rows["holm_p_value"].null_count() == 1
    assert float(rows["relative_effect"][0]) == pytest.approx(0.1, abs=0.015)


def test_an_experiment_that_nobody_met_yet_keeps_running(build):
    found = read_experiment(build, an_experiment(key="later", metrics=(SPENT,), stop=None))
    assert (found.verdict.word, found.comparisons) == ("keep running", ())


def test_the_page_ends_in_the_verdict_and_needs_nothing_beside_it(build):
    experiment = planned()
    readout = read_experiment(build, experiment)
    readings = [Reading("treatment", ((date(2024, 3, 1), -1.0, 1.0, 3.0), (TODAY, 2.0, 3.0, 4.0)))]
    page = render_report(readout, [novelty_of(build, experiment, SPENT, "treatment")], readings)
    assert re.search(r'<p class="verdict ship"><b>Ship treatment\.</b><br>\s*treatment is better in spent', page)
    assert page.rstrip().endswith("</html>")
    assert page.count("<svg") == 3
    assert "no sign that the effect changes with time" in page
    assert not re.search(r'(src|href)="(?!#)', page.replace('xlink:href="#', ""))


def test_the_page_of_nobody_is_a_page_too(build):
    page = render_report(read_experiment(build, an_experiment(key="later", stop=None)), [], [])
    assert "Nobody's time is over yet." in page
    assert 'class="verdict keep-running"' in page


def test_a_page_shows_what_is_written_in_a_declaration_as_text(build):
    readout = read_experiment(build, an_experiment(key="later", description="<script>alert(1)</script>"))
    assert "<script>" not in render_report(readout, [], [])


def test_factors_are_read_over_the_levels_of_the_others():
    cells = {("red", "s"): 10.0, ("red", "l"): 12.0, ("blue", "s"): 15.0, ("blue", "l"): 21.0}
    arms = tuple(Arm("".join(levels), 0.25, (("colour", levels[0]), ("size", levels[1]))) for levels in cells)
    rng = np.random.default_rng(2)
    metric = Metric("m", "mean", "visit")
    rows = {
        ("".join(levels), "m"): summed(mean + np.tile([-1.0, 1.0], 500) + 0 * rng.random(1_000))
        for levels, mean in cells.items()
    }
    found = {one.name: one.effect for one in factor_effects(an_experiment(arms=arms, metrics=(metric,)), rows)}
    assert found["colour: blue"].value == pytest.approx((15 + 21) / 2 - (10 + 12) / 2)
    assert found["size: l"].value == pytest.approx((12 + 21) / 2 - (10 + 15) / 2)
    assert found["colour: blue with size: l"].value == pytest.approx((21 - 15) - (12 - 10))
    # Four cells of 1,000 with variance 1, each counting by half.
    assert found["colour: blue"].error == pytest.approx((1 / 1_000) ** 0.5, rel=1e-2)


def test_an_effect_that_wears_off_is_seen():
    def days(effects):
        rows = []
        for day, effect in enumerate(effects):
            for arm, mean in (("control", 0.1), ("new", 0.1 + effect)):
                rows.append((arm, day, 10_000, 10_000 * mean, 10_000 * mean, 0.0, 0.0, 0.0))
        return effects_of(Metric("m", "proportion", "lead"), "control", "new", rows)

    fading, steady = (days(effects) for effects in ([0.05 - 0.005 * day for day in range(10)], [0.02] * 10))
    assert [round(day.value, 3) for day in fading[:3]] == [0.05, 0.045, 0.04]
    slope, p_value = trend(fading)
    assert (round(slope, 4), p_value < 1e-6) == (-0.005, True)
    assert "falls from day 0 to day 9" in Novelty("m", "new", tuple(fading), slope, p_value).in_words
    assert trend(steady)[1] > 0.9
    assert trend(steady[:3]) == (None, None)


def test_a_day_is_known_as_well_as_its_own_people_tell_and_no_better_than_all_days():
    metric = Metric("m", "proportion", "lead")
    # Much on the first day, hardly anything on the others, nothing at all on one.
    rows = [
        (arm, day, 500, did, did, 0.0, 0.0, 0.0)
        for day, pair in enumerate([(50.0, 60.0), (1.0, 0.0), (0.0, 0.0)])
        for arm, did in zip(("control", "new"), pair, strict=True)
    ]
    first, second, third = effects_of(metric, "control", "new", rows)
    assert first.error == pytest.approx((2 * 0.11 * 0.89 / 500) ** 0.5)
    usual = (2 * (111 / 3_000) * (1 - 111 / 3_000) / 500) ** 0.5
    assert (second.error, third.error) == pytest.approx((usual, usual))


def test_history_is_summed_over_who_would_take_part(build):
    build.execute("""
        create table segments.segment_membership as
        select 's' as segment, 'p' || n as person_id from range(1000) as numbers (n);
        create table marts.fct_experiment_outcomes (subject_id text, outcome text, happened_at timestamp, value double);
        insert into marts.fct_experiment_outcomes
        select 'p' || n, 'card_spending', '2024-03-20', n % 10 from range(1000) as numbers (n)
        union all
        select 'p' || n, 'card_spending', '2024-02-20', 2 * (n % 10) from range(1000) as numbers (n)
        union all
        select 'stranger', 'card_spending', '2024-03-31', 1e9
    """)
    found = history_of(build, planned(), SPENT, "s")
    values = np.arange(1000) % 10
    assert (found.count(), found.mean("value")) == (1000, pytest.approx(values.mean()))
    assert found.var("value") == pytest.approx(values.var(ddof=1))
    # What was before explains all of it here.
    assert found.cov("value", "value_before") == pytest.approx(2 * values.var(ddof=1))
    needed = plan(planned(), SPENT, history_of(build, planned(), SPENT), 0.05, None)
    smaller = plan(planned(), SPENT, history_of(build, planned(), SPENT), None, round(needed))
    assert smaller == pytest.approx(0.05, rel=0.01)
    with pytest.raises(ReadoutError, match="nobody who would take part"):
        history_of(build, planned(), GUARD, "nobody")
