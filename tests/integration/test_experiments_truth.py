"""Experiments and campaigns of a demo bank, beside its truth: who was exposed, and what campaigns really changed."""

from __future__ import annotations

import shutil
from math import sqrt
from pathlib import Path

import pytest
from scipy import stats

from cardinal.build import open_build
from cardinal.experiments.declaration import load_experiments
from cardinal.experiments.delivery import deliver_readouts
from cardinal.experiments.readout import read_experiment
from cardinal.experiments.statistics import SAMPLE_RATIO_ALARM
from tests.integration.house import House

# Of each campaign for a product: by how much it really changed the chance of those it reached for.
TRUTH = """
    select campaign_id, avg(true_effect) as true_effect
    from read_parquet('{truth}/treatment_effects.parquet')
    where effect_kind = 'campaign' and outcome = 'product_taken' and arm = 'treatment'
    group by campaign_id
"""


def test_the_declared_experiments_of_the_bank_are_read_and_delivered_once(house: House, tmp_path: Path) -> None:
    own = House(tmp_path / "home")
    shutil.copytree(house.home, own.home)
    first, again = deliver_readouts(own.settings), deliver_readouts(own.settings)
    assert {one.readout.experiment.key for one in first} >= {"site_form_2026h2", "app_home_2026h2"}
    assert any(one.is_new for one in first)
    assert not any(one.is_new for one in again)


def test_exposures_are_counted_once_and_their_arms_have_the_sizes_drawn(house: House) -> None:
    exposed = house.query("select count(*), count(distinct experiment_key) from staging.stg_experiments__exposures")[0]
    registered = house.query(
        "select sum(exposure_count + untimely_exposure_count), count(distinct experiment_key)"
        " from marts.fct_experiment_exposures"
    )[0]
    assert registered == exposed
    with open_build(house.settings) as connection:
        for experiment in load_experiments(house.settings.project_dir).values():
            found = read_experiment(connection, experiment)
            assert found.sample_ratio_p > SAMPLE_RATIO_ALARM
            assert found.exposed.undeclared_arm == 0


def test_sql_draws_the_same_arms_as_python(house: House) -> None:
    from cardinal.experiments.bucketing import bucket_of

    compiled = house.dbt("compile", "-q", "--inline", "{{ experiment_bucket(\"'x'\", 'person_id') }}")
    assert compiled.returncode == 0, compiled.stdout
    rows = house.query(f"select person_id, {compiled.stdout.strip()} from marts.current_person_ids limit 500")
    assert len(rows) > 100
    assert [bucket for _, bucket in rows] == bucket_of("x", [person for person, _ in rows]).tolist()


@pytest.mark.slow
def test_intervals_of_campaigns_cover_what_they_really_changed(grown_house: House) -> None:
    with open_build(grown_house.settings) as connection:
        campaigns = connection.execute(
            f"""
            with truth as ({TRUTH.format(truth=grown_house.settings.truth)}),
            takers as (
                select campaign_id, avg(margin_amount) as margin from marts.fct_campaign_outcomes
                where outcome_value = 1 group by campaign_id
            )
            select true_effect, difference, difference_low, difference_high, treated_count, margin,
                incremental_margin_low_amount, incremental_margin_high_amount
            from truth
            inner join marts.campaign_incrementality using (campaign_id)
            left join takers using (campaign_id)
            """
        ).fetchall()
    covered = [low <= truth <= high for truth, _, low, high, *_ in campaigns]
    print(f"{sum(covered)} of {len(covered)} intervals cover the true effect")
    # Fewer than that come once in a thousand of intervals that cover 95 of 100.
    assert sum(covered) >= stats.binom.ppf(0.001, len(covered), 0.95)
    earned = [
        float(low) <= truth * treated * float(margin) <= float(high)
        for truth, _, _, _, treated, margin, low, high in campaigns
        if margin is not None
    ]
    print(f"{sum(earned)} of {len(earned)} intervals cover the margin that the true effect is worth")
    assert sum(earned) >= stats.binom.ppf(0.001, len(earned), 0.95)
    # All campaigns together: the mean of what was found is near the mean of the truth.
    people = sum(treated for *_, treated, _, _, _ in campaigns)
    found, true = (sum(row[place] * row[4] for row in campaigns) / people for place in (1, 0))
    error = sqrt(sum((row[4] * (row[3] - row[2]) / 3.92) ** 2 for row in campaigns)) / people
    print(f"found {found:.4f}, true {true:.4f}, standard error {error:.4f}")
    assert abs(found - true) < 3 * error
