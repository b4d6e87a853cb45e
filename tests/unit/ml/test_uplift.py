"""Uplift: who is changed is found where anybody is, said with reasons, and nothing is found where nobody is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from cardinal.build import open_build
from cardinal.cli.main import app
from cardinal.settings import Settings
from ml import registry
from ml.qini import qini
from ml.task import TaskError, TooLittleDataError
from ml.uplift import LearnedUplift, choose_learner, learn_uplift, score_uplift, trial_of
from ml.uplift_frames import asked, member_frame, split_members
from ml.uplift_learners import LEARNERS, fit_uplift, numbers, uplift_contributions, uplifts
from ml.uplift_tasks import UPLIFT_TASKS
from tests.unit.ml.uplift_bank import EFFECTS, LEFT_ALONE, group_of, uplift_bank

PRODUCT = UPLIFT_TASKS["product"]


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return uplift_bank(tmp_path_factory.mktemp("uplift") / "home")


@pytest.fixture(scope="module")
def learned(bank: Settings) -> LearnedUplift:
    return learn_uplift(bank, "product")


def test_every_learner_finds_the_planted_effects(bank: Settings) -> None:
    with open_build(bank) as connection:
        folds = split_members(member_frame(connection, PRODUCT), PRODUCT)
    models, group = fit_uplift(PRODUCT, folds.learning), group_of(folds.judgement["app_login_3m_count"].to_numpy())
    truth = np.array(EFFECTS)[group]
    best = qini(truth, trial_of(folds.judgement))
    for name in LEARNERS:
        said = uplifts(PRODUCT, models[name], folds.judgement)
        assert np.corrcoef(said, truth)[0, 1] > 0.85, name
        assert qini(said, trial_of(folds.judgement)) > 0.8 * best, name
        means = [float(said[group == number].mean()) for number in range(len(EFFECTS))]
        assert means == pytest.approx(list(EFFECTS), abs=0.15), name


def test_the_best_one_is_used_and_beats_lot(bank: Settings, learned: LearnedUplift) -> None:
    assert learned.is_champion
    assert learned.qini[learned.learner].low > 0
    assert learned.effect.low < sum(np.array(EFFECTS) * [4 / 14, 7 / 14, 3 / 14]) < learned.effect.high
    with open_build(bank) as connection:
        folds = split_members(member_frame(connection, PRODUCT), PRODUCT)
    assert learned.learner == choose_learner(PRODUCT, folds)[0]
    report = (bank.registry / "uplift_product" / learned.version / "report.html").read_text()
    assert "Better than a draw by lot" in report
    assert "May not be used for" in report


def test_a_response_model_is_beaten_where_those_answer_who_would_have_bought_anyway(tmp_path: Path) -> None:
    """The usual ones take it unasked: whoever goes by answers writes to them first, and changes nobody."""
    sure = learn_uplift(uplift_bank(tmp_path / "home", left_alone=(0.1, 0.9, 0.3)), "product")
    assert sure.is_champion
    assert sure.over_response.low > 0
    assert sure.qini["response model"].value < 0.5 * sure.qini[sure.learner].value


def test_outcomes_of_a_fold_are_known_before_the_next_is_drawn(bank: Settings) -> None:
    with open_build(bank) as connection:
        folds = split_members(member_frame(connection, PRODUCT), PRODUCT)
    for earlier, later in ((folds.learning, folds.calibration), (folds.calibration, folds.judgement)):
        assert (later["assigned_date"].min() - earlier["assigned_date"].max()).days >= PRODUCT.horizon_days


def test_of_too_many_members_whole_people_are_drawn_with_all_of_their_campaigns(bank: Settings) -> None:
    with open_build(bank) as connection:
        whole = member_frame(connection, PRODUCT)
        drawn = member_frame(connection, PRODUCT, 2_000)
        assert 1_980 < len(drawn) <= 2_000 < len(whole)
        assert set(drawn["campaign_id"]) == set(whole["campaign_id"])
        people = drawn["person_id"].unique()
        assert len(whole.filter(pl.col("person_id").is_in(people.implode()))) == len(drawn)
        assert people.max() > "p00290"  # type: ignore[operator]
        with pytest.raises(TaskError, match=r"uplift_product: .* rows were drawn, and that is too little") as refused:
            member_frame(connection, PRODUCT, 50)
    assert not isinstance(refused.value, TooLittleDataError)


def test_where_nobody_is_changed_nothing_scores(tmp_path: Path) -> None:
    settings = uplift_bank(tmp_path / "home", permuted=True)
    found = learn_uplift(settings, "product")
    figure = found.qini[found.learner]
    assert figure.low < 0 < figure.high
    assert not found.is_champion
    objection = registry.facts_of(settings, "uplift_product", found.version)["objection"]
    assert objection == "is not shown to be better than a draw by lot"
    with pytest.raises(TaskError, match="has no champion: run `cardinal uplift learn product`"):
        score_uplift(settings, ["product"])
    assert score_uplift(settings) == []


def test_everybody_is_scored_once_a_product_and_again_changes_nothing(bank: Settings, learned: LearnedUplift) -> None:
    assert learn_uplift(bank, "product").version == learned.version
    (first,), (second,) = score_uplift(bank), score_uplift(bank)
    assert (first.is_new, second.is_new) == (True, False)
    rows = duckdb.sql(f"from read_parquet('{bank.lake}/ml/uplifts/*/*.parquet')").pl()
    assert len(rows) == first.rows == 300 * rows["product_code"].n_unique()
    one = rows.filter(rows["product_code"] == "P0").sort("rank")
    assert one["rank"].to_list() == list(range(1, 301))
    assert one["uplift"].is_sorted(descending=True)
    assert one["decile"].value_counts()["count"].to_list() == [30] * 10
    assert one["as_of_date"].unique().to_list() == [date(2025, 4, 30)]
    assert float(one["left_alone_outcome"].cast(float).mean()) == pytest.approx(LEFT_ALONE, abs=0.08)
    assert all("logins in the app" in reason for reason in one.head(30)["reason_1"])
    assert all(reason.startswith("raises") for reason in one.head(30)["reason_1"])
    assert all(reason.startswith("lowers") for reason in one.tail(30)["reason_1"])


def test_who_holds_the_product_is_not_told_of_it(tmp_path: Path, bank: Settings, learned: LearnedUplift) -> None:
    from ml.uplift_frames import newest_members

    with duckdb.connect(str(bank.mart_files["serving"]), read_only=True) as kept, open_build(bank) as connection:
        before = newest_members(connection, PRODUCT)
        assert kept.sql("select count(*) from marts.customer_products where is_open").fetchone() == (0,)
    import shutil

    shutil.copytree(bank.home, tmp_path / "home")
    settings = Settings(tmp_path / "home")
    with duckdb.connect(str(settings.mart_files["serving"])) as connection:
        connection.execute("insert into marts.customer_products values ('p00005', 'k', 'P0', date '2020-01-01', true)")
    with open_build(settings) as connection:
        after = newest_members(connection, PRODUCT)
    lost = before.join(after, on=["person_id", "product_code"], how="anti")
    assert lost.select("person_id", "product_code").rows() == [("p00005", "P0")]


def test_contributions_add_up_to_the_uplift(bank: Settings) -> None:
    with open_build(bank) as connection:
        folds = split_members(member_frame(connection, PRODUCT), PRODUCT)
    some = folds.judgement.head(50)
    for name, model in fit_uplift(PRODUCT, folds.learning).items():
        added = uplift_contributions(model, numbers(PRODUCT, model, some)[1])
        rest = uplifts(PRODUCT, model, some) - added.sum(axis=1)
        assert np.allclose(rest, rest[0], atol=1e-9), name


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    few = uplift_bank(tmp_path / "few", people=20)
    with pytest.raises(TaskError, match=r"uplift_product: of the \d+ members for \w+, \d+ were reached for"):
        learn_uplift(few, "product")
    with pytest.raises(TaskError, match="no retention campaign with a control group was over 120 days before"):
        with duckdb.connect(str(few.mart_files["serving"])) as connection:
            connection.execute(
                "create table marts.fct_customer_months"
                " (person_id varchar, month_end_date date, is_lost boolean, is_active boolean)"
            )
        learn_uplift(few, "retention")
    with pytest.raises(TaskError, match="there is no kind of campaign 'nonsense': there are product, retention"):
        learn_uplift(few, "nonsense")


def test_the_words_of_the_command_line(bank: Settings, learned: LearnedUplift, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDINAL_HOME", str(bank.home))
    said = CliRunner().invoke(app, ["uplift", "learn", "product"])
    assert said.exit_code == 0, said.output
    assert "better than a draw by lot. It scores from now on." in said.stdout
    assert "Next: dbt build" in CliRunner().invoke(app, ["uplift", "score"]).stdout
    assert CliRunner().invoke(app, ["uplift", "learn", "retention"]).exit_code == 1
    undone = CliRunner().invoke(app, ["uplift", "undo", "product"])
    assert "product: nothing scores from now on." in undone.stdout
    registry.promote(bank, "uplift_product", learned.version)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("product", {"early": 0, "first": 1, "last": 1, "late": 0, "other": 0}),
        ("spending", {"early": 0, "first": 0, "last": 30, "late": 0, "other": 70}),
    ],
)
def test_outcomes_at_the_edges_of_the_horizon(kind: str, expected: dict[str, float]) -> None:
    with duckdb.connect() as connection:
        connection.execute("""
            create schema marts;
            create table marts.fct_campaign_members as
            select 'C' as campaign_id, person_id, 'fund' as product_code, date '2024-03-01' as assigned_date
            from (values ('early'), ('first'), ('last'), ('late'), ('other')) as people (person_id);
            create table marts.customer_products as
            select * from (values
                ('early', 'k1', 'fund', date '2024-02-29'), ('first', 'k2', 'fund', date '2024-03-01'),
                ('last', 'k3', 'fund', date '2024-04-30'), ('late', 'k4', 'fund', date '2024-05-01'),
                ('other', 'k5', 'card', date '2024-03-02')
            ) as products (person_id, contract_id, product_code, opened_date);
            create table marts.fct_transactions as
            select * from (values
                ('early', 'credit_card', 'purchase', date '2024-02-29', 50, false),
                ('first', 'credit_card', 'purchase', date '2024-03-01', 50, false),
                ('last', 'credit_card', 'purchase', date '2024-03-31', 40, false),
                ('last', 'credit_card', 'refund', date '2024-03-31', 10, true),
                ('late', 'credit_card', 'purchase', date '2024-04-01', 50, false),
                ('other', 'credit_card', 'purchase', date '2024-03-02', 70, false),
                ('other', 'deposit', 'bill_payment', date '2024-03-02', 90, false),
                ('other', 'credit_card', 'fee', date '2024-03-02', 90, false)
            ) as spent (person_id, ledger, transaction_type, transaction_date, amount, is_refund);
        """)
        found = dict(connection.execute(f"select person_id, label from ({UPLIFT_TASKS[kind].label})").fetchall())
    assert found == expected


@pytest.mark.parametrize(
    ("months", "stayed"),
    [
        ({4: (False, True)}, 1),
        ({1: (False, True), 4: (False, False)}, 0),  # silent in the fourth month
        ({2: (True, False)}, 0),  # left
        ({4: (False, True), 5: (True, False)}, 1),  # left after the horizon
        ({}, 0),
    ],
)
def test_staying_is_moving_money_in_the_fourth_month(months: dict[int, tuple[bool, bool]], stayed: int) -> None:
    with duckdb.connect() as connection:
        connection.execute("""
            create schema marts;
            create table marts.fct_campaign_members as
            select 'C' as campaign_id, 'p' as person_id, date '2024-01-31' as known_month_end_date;
            create table marts.fct_customer_months
            (person_id varchar, month_end_date date, is_lost boolean, is_active boolean);
        """)
        for month, (is_lost, is_active) in months.items():
            connection.execute(
                "insert into marts.fct_customer_months values"
                " ('p', last_day(cast(date '2024-01-31' + to_months($month::integer) as date)), $lost, $active)",
                {"month": month, "lost": is_lost, "active": is_active},
            )
        found = connection.execute(f"select label from ({UPLIFT_TASKS['retention'].label})").fetchall()
    assert found == [(stayed,)]


def test_the_mart_is_asked_for_nothing_of_the_campaign() -> None:
    assert {"product_code", "channel"} & set(PRODUCT.names) == {"product_code", "channel"}
    assert not {"product_code", "channel"} & set(asked(PRODUCT).names)
