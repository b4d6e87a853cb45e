"""Money of the demo bank adds up: postings, statements, points, the other sides of transfers, reversals, holders."""

from __future__ import annotations

import numpy as np
import polars as pl

from tests.unit.demo.world import START, World


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
