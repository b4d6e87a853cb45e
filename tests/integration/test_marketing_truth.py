"""Uplift and look-alikes on a demo bank, beside its truth: by how much each campaign really changed each member."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cardinal.build import open_build
from cardinal.demo.bank import generate_bank
from cardinal.ingestion.run import ingest
from cardinal.settings import Settings
from ml.calibration import Floats, Integers
from ml.delivery import drop, take_in
from ml.evaluation import WITHIN, Figure, draws_of
from ml.lookalike import learn, lift_figure, rank_lookalikes
from ml.lookalike_pool import read_pool
from ml.uplift import RESPONSE, TABLE, learn_uplift, score_members
from ml.uplift_frames import member_frame, newest_members, split_members
from ml.uplift_learners import LEARNERS, fit_uplift, outcomes, uplifts
from ml.uplift_tasks import UPLIFT_TASKS, UpliftTask
from tests.integration.house import House

SEED = 7
Measure = Callable[[Floats, Floats], float]
# Of each member of a campaign, by how much it changed their chance, or their spending.
EFFECTS = """
    select distinct on (truth.campaign_id, records.person_id)
        truth.campaign_id, records.person_id as current_id,
        case when truth.outcome = 'churn' then -truth.true_effect else truth.true_effect end as true_effect
    from read_parquet('{truth}/treatment_effects.parquet') as truth
    inner join marts.person_records as records
        on records.source = 'crm' and records.table_name = 'contacts' and records.record_id = truth.unit_id
    where truth.effect_kind = 'campaign'
    order by truth.campaign_id, records.person_id, truth.unit_id
"""


def against_truth(settings: Settings, task: UpliftTask) -> dict[str, dict[str, Figure]]:
    """Say of each way how its order of the last fold goes with the true effects, and what it gains by them."""
    with open_build(settings) as connection:
        folds = split_members(member_frame(connection, task), task)
        effects = connection.execute(EFFECTS.format(truth=settings.truth)).pl()
    judged = folds.judgement.join(effects, on=["campaign_id", "current_id"], maintain_order="left")
    models = fit_uplift(task, pl.concat([folds.learning, folds.calibration]))
    scores = {name: uplifts(task, model, judged) for name, model in models.items()}
    scores[RESPONSE] = outcomes(task, models[LEARNERS[0]], judged, "treated")
    truth = judged["true_effect"].to_numpy()
    people = judged["current_id"].rank("dense").to_numpy().astype(np.int64)
    draws = list(draws_of(people, np.arange(len(truth)) % 2 == 0, task.seed))
    return {
        name: {
            "correlation": _figure(score, truth, draws, lambda one, other: float(np.corrcoef(one, other)[0, 1])),
            "qini": _figure(score, truth, draws, true_qini),
        }
        for name, score in {**scores, "truth": truth}.items()
    }


def true_qini(score: Floats, truth: Floats) -> float:
    """Return the Qini coefficient where each one's effect is known."""
    gain = np.append(0.0, np.cumsum(truth[np.argsort(-score, kind="stable")]) / len(truth))
    return float(np.trapezoid(gain, np.linspace(0, 1, len(gain))) - gain[-1] / 2)


def _figure(score: Floats, truth: Floats, draws: list[Integers], measure: Measure) -> Figure:
    found = [measure(score[rows], truth[rows]) for rows in draws]
    low, high = np.percentile(found, WITHIN)
    return Figure(measure(score, truth), float(low), float(high))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    built = House(Path(tmp_path_factory.mktemp("marketing")) / "home")
    generate_bank(built.settings, persons=6_000, months=24, seed=SEED, until=date(2026, 10, 31))
    ingest(built.settings)
    built.run()
    return built


@pytest.mark.slow
def test_the_order_by_uplift_goes_with_who_is_really_changed(house: House) -> None:
    """Of so few answers the control groups alone can't show it, so that nothing scores; the truth can."""
    print(f"seed {SEED}")
    figures = {}
    for kind, task in UPLIFT_TASKS.items():
        learned = learn_uplift(house.settings, kind)
        print(kind, learned.learner, learned.rows, learned.effect, learned.qini, learned.over_response)
        assert learned.is_champion == (learned.qini[learned.learner].low > 0)
        figures[kind] = against_truth(house.settings, task)
        for name, by_truth in figures[kind].items():
            print(kind, name, by_truth)
    for name in LEARNERS:
        assert figures["product"][name]["correlation"].low > 0, name
        assert figures["product"][name]["qini"].low > 0, name
    # Who answers isn't who is changed: those who stay anyway answer best.
    assert figures["retention"]["X-learner"]["qini"].value > figures["retention"][RESPONSE]["qini"].value


@pytest.mark.slow
def test_what_is_said_of_people_comes_through_the_lake(house: House) -> None:
    """As if the model had been shown to be good enough, which a bank of this size can't."""
    task, settings = UPLIFT_TASKS["product"], house.settings
    with open_build(settings) as connection:
        model = fit_uplift(task, member_frame(connection, task))["X-learner"]
        people = newest_members(connection, task)
    said = score_members(task, model, "v1", people, {}).with_columns(champion_no=pl.lit(1, pl.Int32))
    drop(settings, TABLE, "product.v1", people["month_end_date"][0], said)
    assert take_in(settings, TABLE)
    house.run("--select", "stg_ml__uplifts+")
    assert house.query("select count(*) from marts.customer_uplift") == [(len(said),)]
    told = dict(house.query("select recommendation, count(*) from marts.customer_uplift group by 1"))
    assert set(told) == {"persuadable", "sure_thing", "lost_cause", "do_not_disturb"}
    assert told["persuadable"] < len(said) / 2


@pytest.mark.slow
def test_the_pool_is_ranked_by_segment_and_not_by_being_known(house: House) -> None:
    found = rank_lookalikes(house.settings, "champions")
    print(found)
    assert found.is_used
    house.run("--select", "stg_ml__lookalikes+", "stg_ml__lookalike_reaches+")
    assert house.query("select count(*) from marts.lookalike_audiences") == [(found.profiles,)]
    assert house.query("select count(*) from marts.lookalike_reaches") == [(len(found.reaches),)]
    pool, _ = read_pool(house.settings, "champions")
    known, rng = pool.filter("is_known"), np.random.default_rng(SEED)
    people = known["person_id"].unique().sort().to_list()
    drawn = [known.with_columns(is_seed=pl.col("person_id").is_in(rng.permutation(people)[:200])) for _ in range(8)]
    lifts = [lift_figure(learn(rows)[1], 0.1).value for rows in drawn]
    print(lifts)
    assert np.mean(lifts) == pytest.approx(1.0, abs=0.2)
