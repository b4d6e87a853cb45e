"""Look-alikes: the like are found among strangers, a seed drawn by lot finds nobody, and few are told from nobody."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from cardinal.cli.main import app
from cardinal.settings import Settings
from ml import registry
from ml.lookalike import Lookalikes, learn, lift_figure, rank_lookalikes
from ml.lookalike_pool import LEAST, SEED, SHARED_BY_MANY, interests_of, read_pool, shared_by_many, with_interests
from ml.task import TaskError

RANDOM_STATE = 4
CUSTOMERS, STRANGERS = 500, 2_000


def pool_of() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a pool of customers and strangers of whom one in four is like the segment, and who that is."""
    print(f"seed {RANDOM_STATE}")
    rng = np.random.default_rng(RANDOM_STATE)
    size = CUSTOMERS + STRANGERS
    like = rng.random(size) < 0.25
    # The like follow funds (350) and travel (606), and are better off; what they have in common, others have too.
    held = {
        "350": rng.random(size) < np.where(like, 0.8, 0.2),
        "606": rng.random(size) < np.where(like, 0.6, 0.3),
        "719": rng.random(size) < 0.4,
        "999": np.arange(size) < 5,
    }
    codes = ["|".join(code for code, has in held.items() if has[row]) for row in range(size)]
    known = np.arange(size) < CUSTOMERS
    pool = pl.DataFrame(
        {
            "audience_profile_id": [f"a{row:05d}" for row in range(size)],
            # Each customer has two profiles.
            "person_id": [f"p{row // 2:05d}" if known[row] else None for row in range(size)],
            "is_known": known,
            "province": rng.choice(["north", "south", "hamlet"], size, p=[0.5, 0.495, 0.005]),
            "affluence_band": np.where(rng.random(size) < np.where(like, 0.7, 0.3), "high", "mid"),
            # Customers differ from strangers in what has nothing to do with the segment.
            "device_operating_system": np.where(rng.random(size) < np.where(known, 0.8, 0.3), "iOS", "Android"),
            "interest_codes": codes,
        }
    )
    return pool, pool.select("audience_profile_id", "person_id", like=pl.Series(like))


def bank(home: Path, members: list[str], pool: pl.DataFrame) -> Settings:
    """Write the marts of a bank whose segment `keen` has these members."""
    home.mkdir(parents=True)
    settings = Settings(home)
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("create schema intermediate")
        connection.execute("create table intermediate.int_customer__as_of as select date '2026-09-30' as as_of_date")
    with duckdb.connect(str(settings.mart_files["serving"])) as connection:
        connection.register("pool", pool.to_arrow())
        connection.register("members", pl.DataFrame({"person_id": members}, schema={"person_id": pl.String}).to_arrow())
        connection.execute("create schema marts; create schema segments")
        connection.execute("create table marts.audience_profiles as from pool")
        connection.execute("create table segments.segment_membership as select 'keen' as segment, * from members")
    return settings


@pytest.fixture(scope="module")
def truth() -> pl.DataFrame:
    return pool_of()[1]


@pytest.fixture(scope="module")
def keen(tmp_path_factory: pytest.TempPathFactory, truth: pl.DataFrame) -> Settings:
    # Of a person with two profiles, the first decides.
    customers = truth.drop_nulls("person_id").group_by("person_id", maintain_order=True).first()
    members = customers.filter("like")["person_id"].to_list()
    pool, _ = pool_of()
    return bank(tmp_path_factory.mktemp("lookalike") / "home", members, pool)


@pytest.fixture(scope="module")
def found(keen: Settings) -> Lookalikes:
    return rank_lookalikes(keen, "keen")


def delivered(settings: Settings, table: str) -> pl.DataFrame:
    return duckdb.sql(f"from read_parquet('{settings.lake}/ml/{table}/*/*.parquet')").pl()


def test_the_like_are_first_and_the_lift_says_how_much(keen: Settings, found: Lookalikes, truth: pl.DataFrame) -> None:
    assert found.is_used
    rows = delivered(keen, "lookalikes").join(truth, on="audience_profile_id").sort("rank")
    top = {rate: rows.head(round(rate * len(rows)))["like"].mean() / rows["like"].mean() for rate in (0.1, 0.3)}
    by_rate = {reach.rate: reach for reach in found.reaches}
    for rate, really in top.items():
        assert really > 1.5
        # Half of the seeds' second profiles are like nobody, so that seeds say less than the truth.
        assert 1 < by_rate[rate].lift.low < really
        assert by_rate[rate].expected_lift == pytest.approx(really, rel=0.6)
    assert by_rate[1.0].lift.value == pytest.approx(1)
    lifts = [reach.expected_lift for reach in found.reaches]
    assert lifts == sorted(lifts, reverse=True)


def test_being_known_is_not_taken_for_being_like(keen: Settings, found: Lookalikes) -> None:
    pool, _ = pool_of()
    rows = delivered(keen, "lookalikes").join(pool, on="audience_profile_id").sort("rank")
    is_known_kind = rows["device_operating_system"] == "iOS"
    assert is_known_kind.head(len(rows) // 10).mean() == pytest.approx(is_known_kind.mean(), abs=0.15)


def test_a_seed_drawn_by_lot_finds_nobody(truth: pl.DataFrame, tmp_path: Path) -> None:
    pool, _ = pool_of()
    people = pool["person_id"].drop_nulls().unique(maintain_order=True).to_list()
    rng = np.random.default_rng(RANDOM_STATE)
    ready = with_interests(shared_by_many(pool))
    draws = []
    for _ in range(8):
        members = rng.permutation(people)[:100].tolist()
        drawn = ready.filter("is_known").with_columns(is_seed=pl.col("person_id").is_in(members))
        draws.append((lift_figure(learn(drawn)[1], 0.1), members))
    assert np.mean([lift.value for lift, _ in draws]) == pytest.approx(1.0, abs=0.15)
    # Of eight intervals of 95 %, one may miss it.
    within = [members for lift, members in draws if lift.low < 1 < lift.high]
    assert len(within) >= 7
    settings = bank(tmp_path / "home", within[0], pool)
    assert not rank_lookalikes(settings, "keen").is_used
    assert not (settings.lake / "ml").exists()


def test_profiles_of_strangers_are_delivered_once(keen: Settings, found: Lookalikes) -> None:
    again = rank_lookalikes(keen, "keen")
    assert (again.version, again.is_new) == (found.version, False)
    rows = delivered(keen, "lookalikes").sort("rank")
    assert len(rows) == rows["audience_profile_id"].n_unique() == found.profiles <= STRANGERS
    assert rows["audience_profile_id"].min() >= f"a{CUSTOMERS:05d}"
    assert rows["likeness_rate"].is_sorted(descending=True)
    assert rows["as_of_date"].unique().to_list() == [date(2026, 9, 30)]
    curve = delivered(keen, "lookalike_reaches").sort("reach_rate")
    assert curve["profile_count"].min() >= LEAST
    # An audience is all profiles up to a step: exactly as many as the curve says.
    for rate, count in curve.select("reach_rate", "profile_count").iter_rows():
        assert (rows["reach_rate"] <= rate).sum() == count
    assert curve["seed_count"].unique().to_list() == [found.seeds]


def test_what_few_share_is_taken_away() -> None:
    pool, _ = pool_of()
    ready = with_interests(shared_by_many(pool))
    assert "hamlet" not in ready["province"]
    assert interests_of(ready) == ["interest_350", "interest_606", "interest_719"]
    assert ready.group_by(SHARED_BY_MANY).len()["len"].min() >= LEAST
    # A combination that stays rare is left out, and takes nobody else along.
    odd = pool.head(3).with_columns(device_operating_system=pl.lit("other"), affluence_band=pl.lit("odd"))
    ids = odd.with_columns(audience_profile_id=pl.lit("x") + pl.col("audience_profile_id"))
    assert len(shared_by_many(pl.concat([pool, ids]))) == len(shared_by_many(pool))


def test_too_few_seeds_are_refused(tmp_path: Path) -> None:
    pool, _ = pool_of()
    members = pool["person_id"].drop_nulls().unique(maintain_order=True).head(LEAST - 1).to_list()
    settings = bank(tmp_path / "home", members, pool)
    with pytest.raises(TaskError, match=r"keen: of its people 49 are in the pool, beside 201 others .* 50 of each"):
        rank_lookalikes(settings, "keen")
    with pytest.raises(TaskError, match="there is no segment 'rich' with members: there are keen"):
        rank_lookalikes(settings, "rich")
    empty = Settings(tmp_path / "empty")
    empty.home.mkdir()
    duckdb.connect(str(empty.warehouse)).close()
    with pytest.raises(TaskError, match="run `dbt build`"):
        rank_lookalikes(empty, "keen")


def test_neither_gender_nor_age_is_read(keen: Settings) -> None:
    """A pool that brought them would still be ranked without."""
    pool, _ = read_pool(keen, "keen")
    assert set(pool.columns) - set(interests_of(pool)) == {
        "audience_profile_id", "person_id", "is_known", SEED, *SHARED_BY_MANY
    }  # fmt: skip


def test_the_words_of_the_command_line(keen: Settings, found: Lookalikes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDINAL_HOME", str(keen.home))
    said = CliRunner().invoke(app, ["lookalike", "keen"])
    assert said.exit_code == 0, said.output
    assert "Better than a draw by lot, as before. Next: dbt build" in said.stdout
    report = (keen.registry / "lookalike_keen" / found.version / registry.REPORT).read_text()
    assert "Better than a draw by lot" in report
    assert "interest_350" in report
