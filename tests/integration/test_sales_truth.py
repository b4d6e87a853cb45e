"""Leads, upsell and values on a grown demo bank: what is said of them, against what came of them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from cardinal.build import open_build
from ml.folds import split_by_time
from ml.frames import labelled_frame
from ml.model import margins, probabilities
from ml.registry import load_model, version_names
from ml.task import LABEL, MONTH, PERSON, SmallFoldError
from ml.tasks import TASKS
from ml.tasks.value import TASK as VALUE
from ml.training import Trained, train_task
from ml.value_forecast import learn_values, part
from ml.value_model import values_of
from tests.integration.house import House

pytestmark = pytest.mark.slow

# Of three thousand people too few take a further loan to learn from.
UPSELL, TOO_SELDOM = ["upsell_limit", "upsell_card"], "upsell_loan"
# What the CRM wrote of leads, straight from its files.
WRITTEN = """
    select
        captures.lead_key, captures.captured_at,
        min(outcomes.occurred_at) filter (where outcomes.outcome = 'won') as won_at,
        min(outcomes.occurred_at) filter (where outcomes.outcome = 'contacted') as contacted_at
    from marts.fct_leads as captures
    inner join read_parquet('{lake}/crm/lead_outcomes/*/*.parquet') as outcomes
        on captures.lead_source = outcomes.lead_source and captures.lead_id = outcomes.lead_id
    group by captures.lead_key, captures.captured_at
"""
# What a person earned the bank in the twelve months after a month end.
EARNED = """
    select months.person_id, months.month_end_date, sum(coalesce(profit.margin_amount, 0))::double as earned
    from rows_judged as months
    left join marts.customer_profit_monthly as profit
        on months.person_id = profit.person_id
        and profit.month_end_date > months.month_end_date
        and profit.month_end_date <= last_day(cast(months.month_end_date + interval 12 month as date))
    group by months.person_id, months.month_end_date
"""


def judged(house: House, trained: Trained) -> pl.DataFrame:
    """Return the rows of the last fold, with what the version says of them; the likeliest first."""
    task = TASKS[trained.task]
    with open_build(house.settings) as connection:
        rows = split_by_time(labelled_frame(connection, task), task).judgement
    model = load_model(house.settings, task.name, trained.version)
    margin = margins(task, model, rows)
    said = rows.with_columns(margin=pl.Series(margin), probability=pl.Series(probabilities(model, margin)))
    return said.sort("margin", descending=True, maintain_order=True)


def share(rows: pl.DataFrame) -> float:
    return float(np.mean(rows[LABEL].to_numpy()))


def check_champion(trained: Trained) -> None:
    """Who isn't shown to be better than the baseline scores nobody."""
    gain = trained.rival["difference"]
    model, baseline = trained.metrics["pr_auc"], trained.baseline["pr_auc"]
    print(
        f"{trained.task}: PR-AUC {model.value:.3f} ({model.low:.3f} to {model.high:.3f}) beside {baseline.value:.3f},"
        f" by {gain['value']:.3f} ({gain['low']:.3f} to {gain['high']:.3f}),"
        f" lift {trained.metrics['lift_10'].value:.1f}, calibration error {trained.metrics['ece'].value:.3f}"
    )
    assert trained.is_champion == (gain["low"] > 0)


def test_leads_are_judged_by_what_the_crm_wrote(grown_house: House) -> None:
    trained = train_task(grown_house.settings, "lead")
    check_champion(trained)
    rows = judged(grown_house, trained)
    with open_build(grown_house.settings) as connection:
        written = connection.execute(WRITTEN.format(lake=grown_house.settings.lake)).pl()
        hours = connection.execute("select lead_key, contact_hours from marts.leads where contact_hours >= 0").pl()
    told = rows.join(written, on="lead_key", how="left", maintain_order="left")
    within = (told["won_at"].dt.convert_time_zone("Asia/Bangkok").dt.date() - told["captured_date"]).dt.total_days()
    assert (within <= 30).fill_null(False).to_list() == rows[LABEL].cast(pl.Boolean).to_list()
    # Only some lift is there to be found: leads are won by chance once they can be afforded.
    first = told.head(round(len(told) / 10))
    assert share(first) / share(told) == pytest.approx(trained.metrics["lift_10"].value, rel=0.05)
    assert trained.metrics["ece"].value <= 0.1
    spoken_to = written.join(hours, on="lead_key").drop_nulls("contacted_at")
    assert len(spoken_to) > 100
    taken = (spoken_to["contacted_at"] - spoken_to["captured_at"]).dt.total_minutes() / 60
    # Touches that were merged into one lead count from the first.
    assert float(np.mean(np.abs((taken - spoken_to["contact_hours"]).to_numpy()) < 1)) > 0.8


@pytest.mark.parametrize("name", UPSELL)
def test_a_sales_team_finds_as_many_as_the_report_says(grown_house: House, name: str) -> None:
    trained = train_task(grown_house.settings, name)
    check_champion(trained)
    rows = judged(grown_house, trained)
    reached = rows.head(max(1, round(len(rows) * TASKS[name].capacity)))
    precision = trained.metrics["precision_at_capacity"]
    print(f"of the {len(reached)} asked first {share(reached):.3f} take it, of all {share(rows):.3f}")
    assert share(reached) == pytest.approx(precision.value, abs=2 / len(reached))
    assert precision.low <= precision.value <= precision.high
    assert trained.metrics["ece"].value <= 0.03


def test_what_too_few_take_is_not_learned(grown_house: House) -> None:
    with pytest.raises(SmallFoldError, match=f"{TOO_SELDOM}: .* 20 of each answer are the least"):
        train_task(grown_house.settings, TOO_SELDOM)
    assert version_names(grown_house.settings, TOO_SELDOM) == []
    assert {TOO_SELDOM, *UPSELL} == {name for name in TASKS if name.startswith("upsell_")}


def test_values_lie_in_their_intervals_and_in_the_order_that_is_told(grown_house: House) -> None:
    learned = learn_values(grown_house.settings)
    with open_build(grown_house.settings) as connection:
        rows = part(labelled_frame(connection, VALUE))[0].judgement
        connection.register("rows_judged", rows.select(PERSON, MONTH).to_arrow())
        earned = connection.execute(EARNED).pl()
    value, low, high = values_of(VALUE, load_model(grown_house.settings, VALUE.name, learned.version), rows)
    came = rows.join(earned, on=[PERSON, MONTH], how="left", maintain_order="left")["earned"].to_numpy()
    inside = np.mean((came >= low - 0.01) & (came <= high + 0.01))
    order = spearmanr(value, came).statistic
    print(f"{len(rows)} rows by {learned.parted_by}: {inside:.3f} inside, rank correlation {order:.3f}")
    assert inside == pytest.approx(learned.coverage.value, abs=0.005)
    assert order == pytest.approx(learned.correlation["model"].value, abs=0.005)
    assert learned.coverage.high >= 0.8
    assert order > 0.7
    assert learned.is_champion == (learned.gains[learned.rival].low > 0)
