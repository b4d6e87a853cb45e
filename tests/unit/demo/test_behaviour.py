"""People of the demo bank behave: what happens to them shows in what the bank sees, in the right direction."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from cardinal.contracts import load_contracts
from cardinal.demo.harvest import TRUTH
from cardinal.demo.months import Month
from cardinal.demo.simulation import begin_cohort, simulate_month
from cardinal.settings import PROJECT_DIR
from tests.unit.demo.world import MONTHS, PERSONS, START, World


def test_salaries_follow_true_income(world: World) -> None:
    income = pl.DataFrame({"_person": 1 + np.arange(PERSONS), "income": world.cohort.person["income"]})
    salaries = world.table("core_banking", "account_transactions").filter(pl.col("transaction_type") == "salary")
    seen = salaries.group_by("_person").agg(pl.col("amount").median()).join(income, on="_person")
    assert seen.height > 500
    assert seen.select(pl.corr(pl.col("amount").log(), pl.col("income").log())).item() > 0.85


def test_activity_of_leavers_fades_before_they_go(world: World) -> None:
    churn = world.cohort.person["churn_month"]
    gone = np.flatnonzero((churn > START + 3) & (churn < START + MONTHS))
    assert len(gone) > 40
    when = pl.DataFrame({"_person": gone + 1, "churn": churn[gone]})
    events = (
        world.table("cards", "card_transactions")
        .filter(pl.col("transaction_type") == "purchase")
        .with_columns(
            month=pl.col("authorised_at").dt.year().cast(pl.Int64) * 12 + pl.col("authorised_at").dt.month() - 1
        )
        .join(when, on="_person")
        .with_columns(left=pl.col("churn") - pl.col("month"))
    )
    counts = dict(events.group_by("left").len().iter_rows())
    assert counts.get(1, 0) < 0.5 * counts[4]
    assert not any(left < 0 for left in counts)


def test_houses_and_cars_are_searched_for_before_they_are_bought(world: World) -> None:
    events = world.table("digital", "events").filter(pl.col("event_name") == "search")
    for event, topic in (("house", "home"), ("car", "car")):
        soon = world.cohort.person[event]
        who = np.flatnonzero((soon >= START) & (soon < START + MONTHS)) + 1
        share = (
            events.group_by(pl.col("_person").is_in(who)).agg((pl.col("content_group") == topic).mean()).sort("_person")
        )
        others, buyers = share["content_group"]
        assert buyers > 1.5 * others


def test_loans_answer_to_life(world: World) -> None:
    loans = world.table("lending", "loans").filter(pl.col("loan_status") == "applied")
    buyers = set((np.flatnonzero(world.cohort.person["house"] >= START) + 1).tolist())
    mortgages = loans.filter(pl.col("product_code") == "ln_mortgage")["_person"]
    assert len(mortgages) > 3
    assert sum(person in buyers for person in mortgages) / len(mortgages) > 0.5


def test_fraud_can_be_recognised(world: World) -> None:
    fraud = world.table(TRUTH, "fraud_episodes").filter(pl.col("source") == "cards")
    transactions = world.table("cards", "card_transactions").filter(pl.col("_new"))
    joined = fraud.join(transactions, left_on="record_id", right_on="card_transaction_id")
    assert joined.height == fraud.height > 30
    by_kind = {kind[0]: frame for kind, frame in joined.group_by("fraud_kind")}
    testing = (
        by_kind["card_testing"].sort("authorised_at").group_by("fraud_episode_id", maintain_order=True).agg("amount")
    )
    for amounts in testing["amount"]:
        assert min(amounts) < 61 < 5_000 < max(amounts)
        assert amounts[0] < 61
    assert (by_kind["foreign_ecommerce"]["merchant_country_code"] != "TH").all()
    assert "cash_advance" in set(by_kind["stolen_card"]["transaction_type"])
    disputed = set(world.table("cards", "card_transactions").filter("is_disputed")["card_transaction_id"])
    reported = fraud.drop_nulls("reported_date").join(
        transactions.filter("is_approved"), left_on="record_id", right_on="card_transaction_id", how="semi"
    )  # fmt: skip
    assert set(reported["record_id"]) <= disputed


def test_arrears_follow_lost_jobs(world: World) -> None:
    instalments = world.table("lending", "loan_repayments").filter(pl.col("_new"))
    jobless = np.flatnonzero(world.cohort.person["job_loss"] >= START) + 1
    unpaid = (
        instalments.group_by(pl.col("_person").is_in(jobless)).agg(pl.col("paid_at").is_null().mean()).sort("_person")
    )
    settled, troubled = unpaid["paid_at"]
    assert troubled > 2 * settled


def test_shared_devices_are_used_by_several_people(world: World) -> None:
    sessions = world.table(TRUTH, "device_sessions")
    users = sessions.group_by("user_pseudo_id", "is_shared").agg(pl.col("true_person").n_unique())
    assert users.filter("is_shared")["true_person"].max() > 1  # type: ignore[operator]
    assert (users.filter(~pl.col("is_shared"))["true_person"] == 1).all()


def test_people_browse_before_they_log_in(world: World) -> None:
    events = world.table("digital", "events")
    seen = events.group_by("user_pseudo_id").agg(
        pl.col("user_id").is_null().any(), logged=pl.col("user_id").is_not_null().any()
    )
    assert seen.filter("logged").height > 300
    assert seen.filter(~pl.col("logged")).height > 300
    assert seen.filter("logged")["user_id"].all()


def test_strangers_become_customers_over_leads(world: World) -> None:
    won = world.table("crm", "lead_outcomes").filter(pl.col("outcome") == "won")
    assert won.height > 10
    assert won["cif_no"].null_count() == 0
    newcomers = np.flatnonzero(world.cohort.person["customer_month"] >= START) + 1
    assert won.filter(pl.col("_person").is_in(newcomers)).height > 0


def test_recycled_phones_belong_to_two_people(world: World) -> None:
    phones = world.cohort.tables["freed_phone"]["phone"]
    assert (phones == 0).sum() > 0, "no number was given out again"


@pytest.mark.slow
def test_campaigns_change_people_as_the_truth_says() -> None:
    seed = 5
    print(f"seed {seed}")
    contracts = load_contracts(PROJECT_DIR)
    cohort = begin_cohort(seed, 0, 1, 40_000, START)
    effects = pl.concat(
        [simulate_month(cohort, Month(START + n), contracts)[TRUTH, "treatment_effects"] for n in range(3)]
    )
    taken = effects.filter(pl.col("outcome") == "product_taken")
    rate = dict(taken.group_by("arm").agg(pl.col("has_converted").mean()).iter_rows())
    expected = taken["true_effect"].mean()
    assert rate["treatment"] - rate["control"] == pytest.approx(expected, rel=0.35)
    strong = taken.filter(pl.col("true_effect") > 0.03).group_by("arm").agg(pl.col("has_converted").mean())
    weak = taken.filter(pl.col("true_effect") < 0.002).group_by("arm").agg(pl.col("has_converted").mean())
    gain = [dict(frame.iter_rows()) for frame in (strong, weak)]
    assert gain[0]["treatment"] - gain[0]["control"] > 0.02
    assert abs(gain[1]["treatment"] - gain[1]["control"]) < 0.005
    assert taken.filter(pl.col("true_effect") < 0).height > 0
    leads = effects.filter((pl.col("effect_kind") == "experiment") & (pl.col("true_effect") > 0.5))
    asked = dict(leads.group_by("arm").agg(pl.col("has_converted").mean()).iter_rows())
    assert asked["treatment"] > 1.2 * asked["control"]
