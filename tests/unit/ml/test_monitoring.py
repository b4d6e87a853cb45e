"""Monitoring: planted drift is an alarm and chance is none, and outcomes are those that anybody can count."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from scipy.stats import binomtest
from typer.testing import CliRunner

from cardinal.cli.main import app
from cardinal.settings import PROJECT_DIR, Settings
from ml import registry
from ml.drift import SHIFTED, spread_of
from ml.monitoring import drift_state, outcome_state, outcomes_of, wilson
from ml.scoring import score_tasks
from tests.unit.ml.conftest import Learned

SEED = 11
SCORED_MONTH = date(2024, 1, 31)
AHEAD = [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]


@pytest.fixture
def home(learned: Learned, tmp_path: Path) -> Settings:
    shutil.copytree(learned.settings.home, tmp_path / "home")
    return Settings(tmp_path / "home")


def delivered(home: Settings, table: str) -> pl.DataFrame:
    return pl.read_parquet(home.lake / "ml" / table / "ingest_date=2*" / "*.parquet")


@pytest.mark.parametrize("rows", [30, 300, 5_000])
def test_people_of_the_same_kind_are_no_drift_however_few(rows: int) -> None:
    print(f"seed {SEED}")
    rng = np.random.default_rng(SEED)
    spread = spread_of(pl.Series(rng.normal(size=4_000)))
    states = [
        drift_state(spread.index_of(pl.Series(rng.normal(size=rows))), spread.chance_of(rows)) for _ in range(400)
    ]
    assert states.count("ok") >= 398
    shifted = pl.Series(rng.normal(1.5, 1, size=rows))
    assert drift_state(spread.index_of(shifted), spread.chance_of(rows)) == "alarm"


def test_a_text_and_a_missing_value_that_were_not_there_are_drift() -> None:
    words, numbers = spread_of(pl.Series(["a", "b"] * 500)), spread_of(pl.Series(np.arange(1_000.0)))
    new, missing = pl.Series(["a", "new"] * 500), pl.Series([None, 1.0] * 500)
    for spread, values in ((words, new), (numbers, missing)):
        assert drift_state(spread.index_of(values), spread.chance_of(1_000)) == "alarm"
        assert spread.shares_of(values)[-1] == 0.5


def test_a_planted_drift_is_an_alarm_of_the_input_it_was_planted_in(home: Settings) -> None:
    assert "deposits" not in score_tasks(home)[0].shifted
    with duckdb.connect(str(home.mart_files["serving"])) as connection:
        connection.execute(
            "update marts.ftr_customer__monthly set deposit_balance_amount = deposit_balance_amount * 20"
            " where month_end_date = (select max(month_end_date) from marts.ftr_customer__monthly)"
        )
    (scored,) = score_tasks(home)
    assert "deposits" in scored.shifted
    newest = delivered(home, "drift").sort("_ingested_at").group_by("subject", maintain_order=True).last()
    found = {row["subject"]: row for row in newest.iter_rows(named=True)}
    planted, score = found["deposit_balance_amount"], found["score"]
    assert planted["state"] == "alarm"
    assert float(planted["stability_index"]) > SHIFTED
    assert score["row_count"] == scored.rows
    assert 1 < score["value_count"] <= scored.rows
    # What was unknown of everybody when it was learned isn't watched.
    assert "card_limit_amount" not in found


def test_the_command_says_what_has_shifted(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDINAL_HOME", str(home.home))
    with duckdb.connect(str(home.mart_files["serving"])) as connection:
        connection.execute(
            "update marts.ftr_customer__monthly set tenure_months = 300 where month_end_date > '2024-04-01'"
        )
    said = CliRunner().invoke(app, ["score"])
    assert said.exit_code == 0, said.output
    (line,) = [line for line in said.stdout.splitlines() if line.startswith("churn: far from those")]
    assert "months as a customer" in line


def say(home: Settings, people: list[str], probability: float, version: str = "v1") -> None:
    """Put down what a champion said of people at the end of January, as the build shows it."""
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create schema if not exists staging")
        connection.execute(
            "create table if not exists staging.stg_ml__scores (task varchar, person_id varchar, as_of_date date,"
            " model_version varchar, probability decimal(18, 6))"
        )
        connection.executemany(
            "insert into staging.stg_ml__scores values ('churn', ?, ?, ?, ?)",
            [[person, SCORED_MONTH, version, probability] for person in people],
        )


def test_outcomes_are_what_a_count_by_hand_gives(home: Settings) -> None:
    with duckdb.connect(str(home.mart_files["serving"]), read_only=True) as connection:
        rows = connection.execute(
            "select person_id, month_end_date, is_lost, is_customer, is_active from marts.fct_customer_months"
        ).fetchall()
    months = {(person, month): facts for person, month, *facts in rows}
    people = sorted({person for person, month in months if month == SCORED_MONTH})
    judged = came = 0
    for person in people:
        _, is_customer, _ = months[person, SCORED_MONTH]
        if not is_customer:
            continue
        left = any(months.get((person, month), [False])[0] for month in AHEAD)
        is_silent = not months.get((person, AHEAD[-1]), [False, False, False])[2]
        judged, came = judged + 1, came + (left or is_silent)
    # One of them had another id in January.
    with duckdb.connect(str(home.mart_files["serving"])) as connection:
        connection.execute("insert into marts.person_id_changes values ('before', 9, ?)", [people[0]])
    say(home, ["before", *people[1:], "nobody"], 0.25)
    say(home, people[:10], 0.5, version="v0")
    score_tasks(home)
    outcomes = delivered(home, "outcomes").filter(pl.col("origin") == "scoring")
    found = {row["model_version"]: row for row in outcomes.iter_rows(named=True)}
    assert set(found) == {"v0", "v1"}
    assert (found["v1"]["judged_count"], found["v1"]["came_count"]) == (judged, came)
    assert 0 < came < judged < len(people)
    assert float(found["v1"]["judged_predicted_rate"]) == 0.25
    assert float(found["v1"]["realised_rate"]) == pytest.approx(came / judged, abs=1e-6)
    assert found["v1"]["month_end_date"] == SCORED_MONTH


def test_a_month_whose_horizon_is_not_over_has_no_outcome(home: Settings) -> None:
    say(home, ["p00001"], 0.5)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("update staging.stg_ml__scores set as_of_date = '2024-02-29'")
    score_tasks(home)
    assert delivered(home, "outcomes")["origin"].unique().to_list() == ["training"]


def test_months_of_training_are_kept_with_the_version_and_delivered(home: Settings, learned: Learned) -> None:
    score_tasks(home)
    trained = delivered(home, "outcomes")
    assert trained["month_end_date"].sort().to_list() == [date(2023, 11, 30), date(2023, 12, 31), date(2024, 1, 31)]
    assert trained["judged_count"].sum() == len(learned.folds.judgement)
    assert trained["came_count"].sum() == learned.folds.judgement["label"].sum()
    assert trained["model_version"].unique().to_list() == [registry.champion(home, "churn")]


def test_the_same_scoring_again_delivers_nothing_new(home: Settings) -> None:
    say(home, [f"p{number:05d}" for number in range(400)], 0.1)
    score_tasks(home)
    before = {table: sorted((home.lake / "ml" / table).rglob("*.parquet")) for table in ("drift", "outcomes")}
    score_tasks(home)
    assert {table: sorted((home.lake / "ml" / table).rglob("*.parquet")) for table in before} == before


def test_intervals_are_wilsons() -> None:
    for came, count in ((0, 40), (1, 40), (30, 200), (40, 40)):
        expected = binomtest(came, count).proportion_ci(method="wilson")
        assert wilson(came / count, count) == pytest.approx((expected.low, expected.high), abs=1e-4)


def test_many_rows_of_few_owners_say_no_more_than_the_owners() -> None:
    def judged(times: int) -> pl.DataFrame:
        came = np.repeat(np.arange(100) < 20, times)
        return outcomes_of(
            pl.DataFrame(
                {
                    "model_version": "v", "month_end_date": SCORED_MONTH, "owner": np.repeat(np.arange(100), times),
                    "probability": 0.2, "label": came,
                }
            )
        )  # fmt: skip

    once, often = judged(1), judged(10)
    ends = ["realised_rate", "realised_low_rate", "realised_high_rate"]
    assert often.select(ends).row(0) == pytest.approx(once.select(ends).row(0))
    assert (once["judged_count"][0], often["judged_count"][0]) == (100, 1_000)


def test_outcomes_are_the_same_in_any_order_of_the_owners() -> None:
    print(f"seed {SEED}")
    rng = np.random.default_rng(SEED)
    owner = rng.integers(0, 100, 300)
    said = pl.DataFrame(
        {
            "model_version": "v", "month_end_date": SCORED_MONTH, "owner": owner, "probability": rng.random(300),
            "label": rng.random(300) < 0.1 + 0.3 * (owner % 3 == 0),
        }
    )  # fmt: skip
    outcomes = {outcomes_of(said.sample(fraction=1.0, shuffle=True, seed=seed)).row(0) for seed in range(20)}
    assert len(outcomes) == 1


@pytest.mark.parametrize(
    ("test", "row", "is_caught"),
    [
        ("holds_no_alarm", {"state": "alarm"}, True),
        ("holds_no_alarm", {"state": "warning"}, False),
        ("holds_no_alarm", {"state": "alarm", "is_newest": False}, False),
        ("scores_differ", {"value_count": 1}, True),
        ("scores_differ", {"value_count": 2}, False),
        ("scores_differ", {"value_count": 1, "subject": "tenure_months"}, False),
        ("scores_differ", {"value_count": 1, "scored_count": 99}, False),
        ("scores_differ", {"value_count": 1, "model_version": "undone"}, False),
    ],
)
def test_the_tests_of_the_marts_catch_what_they_name(test: str, row: dict[str, object], is_caught: bool) -> None:
    text = (PROJECT_DIR / "tests" / "dbt" / "generic" / f"{test}.sql").read_text()
    (query,) = re.findall(r"#}(.*){% endtest", text, re.DOTALL)
    looked_at = {
        "task": "churn", "model_version": "v", "month_end_date": SCORED_MONTH, "subject": "score", "state": "ok",
        "scored_count": 100, "value_count": 9, "is_newest": True,
    }  # fmt: skip
    with duckdb.connect() as connection:
        connection.register("mart", pl.DataFrame(looked_at | row).to_arrow())
        connection.execute(
            "create table champions as select 'churn' as task, 'undone' as model_version, true as is_undone"
        )
        query = query.replace("{{ model }}", "mart").replace("{{ ref('stg_ml__champions') }}", "champions")
        assert bool(connection.execute(query).fetchall()) == is_caught


@pytest.mark.parametrize(
    ("predicted", "low", "high", "expected"),
    [
        (0.10, 0.05, 0.20, "ok"),
        (0.10, 0.11, 0.20, "warning"),
        (0.10, 0.16, 0.20, "alarm"),
        (0.10, 0.05, 0.09, "warning"),
        (0.10, 0.01, 0.06, "alarm"),
        (0.00, 0.01, 0.02, "alarm"),
    ],
)
def test_outcomes_far_from_what_was_said_are_alarms(predicted: float, low: float, high: float, expected: str) -> None:
    assert outcome_state(predicted, low, high) == expected
