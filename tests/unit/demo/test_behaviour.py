"""People of the demo bank behave: what happens to them shows in what the bank sees, in the right direction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from cardinal.contracts import load_contracts
from cardinal.demo.cohort import Cohort
from cardinal.demo.harvest import TRUTH, TableKey
from cardinal.demo.months import Month
from cardinal.demo.simulation import begin_cohort, simulate_month
from cardinal.settings import PROJECT_DIR

PERSONS, MONTHS, START = 3_000, 10, 2026 * 12


@dataclass(frozen=True)
class World:
    """A simulated cohort and everything that happened, before any error is planted."""

    cohort: Cohort
    frames: dict[TableKey, pl.DataFrame]

    def table(self, source: str, name: str) -> pl.DataFrame:
        return self.frames[source, name]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    seed = 21
    print(f"seed {seed}")
    contracts = load_contracts(PROJECT_DIR)
    cohort = begin_cohort(seed, 0, 1, PERSONS, START)
    months = [simulate_month(cohort, Month(START + n), contracts) for n in range(MONTHS)]
    keys = {key for frames in months for key in frames}
    yield World(cohort, {key: pl.concat([frames[key] for frames in months if key in frames]) for key in keys})


def _month_number(column: str) -> pl.Expr:
    return pl.col(column).dt.year().cast(pl.Int64) * 12 + pl.col(column).dt.month() - 1


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


def test_closed_accounts_end_empty(world: World) -> None:
    closed = world.table("core_banking", "accounts").filter(pl.col("account_status") == "closed")["account_no"]
    last = (
        world.table("core_banking", "account_transactions")
        .filter(pl.col("account_no").is_in(closed.implode()))
        .group_by("account_no")
        .agg(pl.col("balance_after_amount").sort_by("booked_at").last())
    )
    assert last.height > 30
    assert last["balance_after_amount"].abs().max() < 0.005  # type: ignore[operator]


def test_postings_explain_every_balance(world: World) -> None:
    postings = (
        world.table("core_banking", "account_transactions")
        .with_columns(signed=pl.when(pl.col("direction") == "credit").then("amount").otherwise(-pl.col("amount")))
        .group_by("account_no")
        .agg(pl.col("signed").sum(), pl.col("balance_after_amount").min())
    )
    balances = world.table("core_banking", "account_balances").sort("balance_date")
    first = balances.group_by("account_no").first()
    last = balances.group_by("account_no").last()
    later = world.table("core_banking", "account_transactions").join(first, on="account_no")
    moved = (
        later.filter(pl.col("booked_at").dt.date() > pl.col("balance_date"))
        .with_columns(signed=pl.when(pl.col("direction") == "credit").then("amount").otherwise(-pl.col("amount")))
        .join(last.select("account_no", until=pl.col("balance_date")), on="account_no")
        .filter(pl.col("booked_at").dt.date() <= pl.col("until"))
        .group_by("account_no")
        .agg(pl.col("signed").sum())
    )
    both = first.join(last, on="account_no", suffix="_last").join(moved, on="account_no", how="left")
    gap = both["ledger_balance_amount"] + both["signed"].fill_null(0) - both["ledger_balance_amount_last"]
    assert gap.abs().max() < 0.01  # type: ignore[operator]
    assert postings["balance_after_amount"].min() > -0.01  # type: ignore[operator]


def test_statements_add_up_and_follow_each_other(world: World) -> None:
    statements = world.table("cards", "card_statements").sort("card_token", "statement_date")
    parts = ("purchases_amount", "cash_advance_amount", "fees_amount", "interest_amount")
    total = statements["opening_balance_amount"] - statements["repayments_amount"]
    for part in parts:
        total = total + statements[part]
    assert (total - statements["closing_balance_amount"]).abs().max() < 0.02  # type: ignore[operator]
    following = statements.with_columns(
        previous=pl.col("closing_balance_amount").shift().over("card_token")
    ).drop_nulls("previous")  # fmt: skip
    assert (following["previous"] - following["opening_balance_amount"]).abs().max() < 0.02  # type: ignore[operator]


def test_points_move_from_statement_to_statement(world: World) -> None:
    statements = (
        world.table("cards", "card_statements")
        .sort("card_token", "statement_date")
        .with_columns(
            before=pl.col("points_balance").shift().over("card_token"),
            after=pl.col("statement_date").shift().over("card_token"),
        )
    )
    movements = world.table("cards", "point_movements").select(
        "card_token", "points", day=pl.col("moved_at").dt.date(), kind="movement_type"
    )
    following = statements.drop_nulls("before")
    moved = (
        following.join(movements, on="card_token")
        .filter(pl.col("day").is_between(pl.col("after"), pl.col("statement_date"), closed="right"))
        .group_by("card_statement_id")
        .agg(pl.col("points").sum(), (pl.col("kind") == "redeem").any())
    )
    both = following.join(moved, on="card_statement_id", how="left").with_columns(pl.col("points").fill_null(0))
    assert both["kind"].sum() > 100, "hardly any redemption is put to the test"
    assert both.filter(pl.col("points_balance") != pl.col("before") + pl.col("points")).height == 0
    assert statements["points_balance"].min() >= 0  # type: ignore[operator]


def test_postings_explain_every_statement(world: World) -> None:
    """Charges of a card and its supplementary cards, by the day of posting, make its next statement."""
    cards = world.table("cards", "credit_cards").sort("updated_at")
    charges = (
        world.table("cards", "card_transactions")
        .filter(pl.col("_new") & pl.col("is_approved"))
        .sort("authorised_at")
        .join_asof(
            cards.select("card_token", "primary_card_token", authorised_at="updated_at"),
            on="authorised_at",
            by="card_token",
            check_sortedness=False,  # both sides are sorted above; Polars can't see it within groups
        )
        .with_columns(
            line=pl.coalesce("primary_card_token", "card_token"),
            signed=pl.when(pl.col("transaction_type").is_in(["refund", "repayment"]))
            .then(-pl.col("amount"))
            .otherwise("amount"),
        )
    )
    replaced = cards.filter(pl.col("card_status") == "blocked")["card_token"]
    lines = charges.group_by("card_token").agg(pl.col("primary_card_token").drop_nulls().n_unique().alias("lines"))
    assert lines.filter(pl.col("lines") > 1).height > 0, "no supplementary card followed a replaced one"
    assert len(replaced) > 10
    statements = (
        world.table("cards", "card_statements")
        .sort("card_token", "statement_date")
        .with_columns(after=pl.col("statement_date").shift().over("card_token"))
        .drop_nulls("after")
    )
    moved = (
        statements.join(charges, left_on="card_token", right_on="line")
        .filter(pl.col("posted_date").is_between(pl.col("after"), pl.col("statement_date"), closed="right"))
        .group_by("card_statement_id")
        .agg(pl.col("signed").sum())
    )
    both = statements.join(moved, on="card_statement_id", how="left")
    gap = both["opening_balance_amount"] + both["signed"].fill_null(0) - both["closing_balance_amount"]
    assert both["signed"].count() > 5_000
    assert gap.abs().max() < 0.02  # type: ignore[operator]


def test_own_transfers_and_those_between_customers_have_two_legs(world: World) -> None:
    postings = world.table("core_banking", "account_transactions")
    accounts = world.table("core_banking", "accounts").select("account_no", "_person").unique()
    inside = (
        postings.join(accounts, left_on="counterparty_account_no", right_on="account_no", suffix="_other")
        .filter(pl.col("reversal_of_id").is_null())
        .select(
            "account_no", "counterparty_account_no", "direction", "amount", "transaction_type",
            "counterparty_bank_code", own=pl.col("_person") == pl.col("_person_other"),
        )
    )  # fmt: skip
    kinds = dict(inside.group_by("own").len().iter_rows())
    assert kinds[True] > 1_000
    assert kinds[False] > 1_000
    assert inside["counterparty_bank_code"].null_count() == inside.height
    assert set(inside["transaction_type"]) == {"transfer_in", "transfer_out"}
    out = inside.filter(pl.col("direction") == "debit").select("account_no", "counterparty_account_no", "amount")
    into = inside.filter(pl.col("direction") == "credit").select("counterparty_account_no", "account_no", "amount")
    assert sorted(out.rows()) == sorted(into.rows())


def test_other_sides_keep_their_accounts(world: World) -> None:
    postings = world.table("core_banking", "account_transactions").with_columns(
        elsewhere=pl.col("counterparty_account_no").str.starts_with("0").fill_null(False)
    )
    assert postings["counterparty_account_no"].drop_nulls().str.len_chars().max() == 12
    salaries = postings.filter(pl.col("transaction_type") == "salary")
    employers = salaries.group_by("counterparty_name").agg(
        pl.col("counterparty_account_no").n_unique(), pl.col("counterparty_account_no").null_count().alias("nulls")
    )
    assert employers.height > 10
    assert employers["counterparty_account_no"].max() == 1
    assert employers["nulls"].sum() == 0
    assert salaries["counterparty_account_no"].n_unique() == employers.height
    # An account elsewhere belongs to one name at one bank.
    held = postings.filter("elsewhere").group_by("counterparty_account_no").agg(
        pl.col("counterparty_name").n_unique(), pl.col("counterparty_bank_code").n_unique(), pl.len()
    )  # fmt: skip
    assert held["counterparty_name"].max() == 1
    assert held["counterparty_bank_code"].max() == 1
    assert held.filter(pl.col("len") > 3).height > 1_000, "hardly anybody is paid again"
    transfers = postings.filter(pl.col("transaction_type").str.starts_with("transfer")).drop_nulls(
        "counterparty_bank_code"
    )
    assert 0.8 < transfers["elsewhere"].mean() < 0.99  # type: ignore[operator]


def test_pensions_say_that_they_are(world: World) -> None:
    pensions = world.table("core_banking", "account_transactions").filter(pl.col("description") == "PENSION")
    assert set(pensions["counterparty_name"]) == {"กรมบัญชีกลาง"}
    assert pensions["counterparty_account_no"].n_unique() == 1
    transfers = world.table("core_banking", "account_transactions").filter(
        pl.col("transaction_type").is_in(["transfer_in", "transfer_out"])
    )
    assert "Cardinal Bank" not in set(transfers["counterparty_name"])
    assert transfers.filter((pl.col("channel") == "system") & pl.col("reversal_of_id").is_null()).height == (
        pensions.filter(pl.col("reversal_of_id").is_null()).height
    )


def test_reversals_book_back_what_they_name(world: World) -> None:
    postings = world.table("core_banking", "account_transactions")
    assert postings["account_transaction_id"].is_unique().all()
    reversals = postings.drop_nulls("reversal_of_id")
    both = reversals.join(postings, left_on="reversal_of_id", right_on="account_transaction_id", suffix="_first")
    assert both.height == reversals.height > 30
    assert {"fee", "transfer_out"} == set(reversals["transaction_type"])
    for name in ("account_no", "amount", "transaction_type", "counterparty_name"):
        assert both[name].equals(both[f"{name}_first"]), name
    assert (both["direction"] == "credit").all()
    assert (both["direction_first"] == "debit").all()
    days = (both["value_date"] - both["value_date_first"]).dt.total_days()
    assert days.min() >= 1  # type: ignore[operator]
    assert days.max() <= 9  # type: ignore[operator]
    assert reversals["reversal_of_id"].is_unique().all()


def test_holders_come_and_go(world: World) -> None:
    holders = world.table("core_banking", "account_holders")
    assert holders["since_date"].null_count() == 0
    ended = holders.drop_nulls("until_date")
    assert {"joint", "authorised"} == set(ended["holder_role"])
    assert (ended["until_date"] >= ended["since_date"]).all()
    assert not ended["_new"].any()
    key = ["account_no", "cif_no", "holder_role", "since_date"]
    first = holders.filter("_new").select(key)
    assert first.select("account_no", "cif_no").is_unique().all()
    assert ended.join(first, on=key, how="anti").height == 0, "a right ends that never began"
    assert holders.filter((pl.col("holder_role") == "owner") & pl.col("until_date").is_not_null()).height == 0
    divorced = np.flatnonzero(world.cohort.person["divorce"] >= START) + 1
    owners = holders.filter((pl.col("holder_role") == "owner") & pl.col("_person").is_in(divorced))["account_no"]
    joint = holders.filter((pl.col("holder_role") == "joint") & pl.col("_new"))
    left = ended.filter(pl.col("holder_role") == "joint")["account_no"]
    shares = joint.group_by(pl.col("account_no").is_in(owners.implode()).alias("parted")).agg(
        pl.col("account_no").is_in(left.implode()).mean()
    )
    rate = dict(shares.iter_rows())
    print(shares)
    assert rate[True] > rate[False]


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
