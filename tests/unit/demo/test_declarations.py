"""What people of the demo bank declare to own: of some, near the truth, not the truth, and known to them by then."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo.declarations import net_worth
from cardinal.demo.harvest import PERSON
from tests.unit.demo.world import PERSONS, World

DECLARED = "declared_net_worth_amount"


def test_nobody_owns_less_than_lies_here(world: World) -> None:
    worth = net_worth(world.cohort)
    account = world.cohort.tables["account"]
    alone = account["joint"] < 0
    held = np.bincount(account["person"][alone], weights=account["balance"][alone], minlength=PERSONS)
    assert (held > 0).sum() > 1_000
    assert (worth >= held).all()
    assert (worth >= world.cohort.person["wealth"]).all()


def test_half_of_the_customers_declare_and_are_off_by_a_quarter(world: World) -> None:
    last = world.table("core_banking", "customers").sort("updated_at").group_by(PERSON).last()
    known = last.drop_nulls(DECLARED)
    assert 0.4 < known.height / last.height < 0.65
    true = net_worth(world.cohort)[known[PERSON].to_numpy() - 1]
    said = known[DECLARED].to_numpy()
    distance = np.log(np.maximum(said, 1) / true)[true > 100_000]
    # Said months ago, when there was less, and rather too little than too much.
    assert -0.5 < np.median(distance) < 0
    assert 0.15 < np.quantile(np.abs(distance - np.median(distance)), 0.683) < 0.5
    assert (said == np.round(said, -2)).all()
    assert (np.round(true, 2) == said).mean() < 0.01


def test_a_declaration_is_dated_between_the_first_day_as_a_customer_and_the_record(world: World) -> None:
    dated = world.table("core_banking", "customers").drop_nulls(DECLARED)
    assert dated["net_worth_declared_date"].null_count() == 0
    assert (dated["net_worth_declared_date"] >= dated["registered_at"].dt.date()).all()
    # The initial file tells the reviews of the years before, which its rows' own times don't show.
    later = dated.filter(pl.col("updated_at").dt.year() >= 2026)
    assert later.height > 100
    assert (later["net_worth_declared_date"] <= later["updated_at"].dt.date()).all()


def test_some_declare_again_and_investors_in_their_test_too(world: World) -> None:
    customers = world.table("core_banking", "customers").drop_nulls(DECLARED)
    again = customers.group_by("cif_no").agg(pl.col("net_worth_declared_date").n_unique())
    assert (again["net_worth_declared_date"] > 1).sum() > 10
    tests = world.table("wealth", "risk_profiles")
    assert 0.6 < 1 - tests[DECLARED].null_count() / tests.height < 0.9
