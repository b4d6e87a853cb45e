"""Alerts: what is asked about events, and how much of it a desk finds that looks at one in a thousand."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from cardinal.build import open_build
from cardinal.settings import Settings
from ml.alerts import alert_threshold, alerts_of, compare_recall, recall
from ml.drift import Spread
from ml.folds import split_by_time
from ml.frames import DAYS_SCORED, labelled_frame, newest_frame, realised_frame
from ml.leaks import LeakError, check_knows_no_future
from ml.registry import REPORT, facts_of, load_model
from ml.scoring import score_frame, score_tasks
from ml.task import LABEL, MONTH, Feature, TaskError, TooLittleDataError
from ml.tasks import fraud, task_of
from ml.training import train_task
from tests.unit.ml.small_desk import A_DAY, DAYS, FIRST, FRAUD, books_until, small_desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return small_desk(Path(tmp_path_factory.mktemp("desk")) / "home")


def test_recall_counts_what_one_alert_in_a_thousand_finds() -> None:
    truth = np.zeros(2_000, dtype=bool)
    truth[[0, 1, 2, 3]] = True
    score = np.zeros(2_000)
    score[[0, 9]] = 1.0
    assert recall(score, truth, 1_000) == 0.25
    # Of a hundred equal scores, two are looked at.
    score[:100] = 1.0
    assert recall(score, truth, 1_000) == pytest.approx(0.02)


def test_a_better_score_is_shown_to_be_better() -> None:
    rng = np.random.default_rng(1)
    truth = rng.random(20_000) < 0.001
    scores = {"model": truth + rng.random(20_000), "chance": rng.random(20_000)}
    found = compare_recall(FRAUD, scores, truth, np.arange(20_000) // 10)
    assert found["model"].value > 0.9
    assert found["model over chance"].low > 0.5
    assert found["chance"].low <= found["chance"].value <= found["chance"].high


def test_the_threshold_lets_one_in_a_thousand_through() -> None:
    scores = np.linspace(0, 1, 5_000)
    assert (scores > alert_threshold(scores, 1_000)).sum() == 5
    frame = pl.DataFrame(
        {"card_transaction_id": ["a", "b", "c"], "score": [0.1, 0.9, 0.8], "rank": [9, 1, 5], "decile": 1}
    )
    alerts = alerts_of(FRAUD, frame, 0.5)
    assert alerts.select("event_id", "rank").rows() == [("b", 1), ("c", 2)]


def test_what_was_declined_and_not_reported_is_not_learned_from() -> None:
    with duckdb.connect() as connection:
        labels = connection.execute(
            f"select {fraud.TASK.label} from (values (true, null), (true, date '2024-01-01'), (false, null),"
            " (false, date '2024-01-01')) as rows (is_approved, reported_at),"
            " (select date '2024-01-01' as transaction_date)"
        ).fetchall()
    assert labels == [(False,), (True,), (None,), (True,)]


def test_a_report_counts_within_the_horizon_only() -> None:
    """A charge-back after the horizon would make the months that are long over look worse than the newest."""
    with duckdb.connect() as connection:
        labels = connection.execute(
            f"select {fraud.TASK.label} from (values (timestamp '2024-03-01 23:00'), (timestamp '2024-03-02 00:00'))"
            " as rows (reported_at), (select true as is_approved, date '2024-01-01' as transaction_date)"
        ).fetchall()
    assert FRAUD.horizon_days == (date(2024, 3, 1) - date(2024, 1, 1)).days
    assert labels == [(True,), (False,)]


def test_what_was_declined_is_not_asked_about(desk: Settings) -> None:
    """Nobody learns whose it was: alerts of it would crowd out those on which the model was judged."""
    with open_build(desk) as connection:
        asked = set(newest_frame(connection, FRAUD)["card_transaction_id"])
        last = f"transaction_date > date '{FIRST + timedelta(days=DAYS - 1)}' - {DAYS_SCORED}"
        rows = "from marts.ftr_card_transaction__risk where "
        answered = connection.execute(f"select card_transaction_id {rows} {last} and is_approved").fetchall()
        declined = connection.execute(f"select count(*) {rows} {last} and not is_approved").fetchone()
    assert declined is not None and declined[0] > 0
    assert asked == {number for (number,) in answered}


def test_events_are_split_by_time_with_a_month_between(desk: Settings) -> None:
    with open_build(desk) as connection:
        frame = labelled_frame(connection, FRAUD)
        newest = newest_frame(connection, FRAUD)
    assert frame["card_transaction_id"].is_unique().all()
    assert frame[MONTH].max() == date(2024, 7, 31), (
        "September is the last whole month, and 60 days aren't over after July"
    )
    folds = split_by_time(frame, FRAUD)
    for earlier, later in ((folds.learning, folds.calibration), (folds.calibration, folds.judgement)):
        # What was paid on the last day of a fold may be reported until 60 days later: the next one begins after that.
        assert earlier[MONTH].max() + timedelta(days=60) < later[MONTH].min().replace(day=1)
    assert 0.98 * 31 * A_DAY < len(newest) < 31 * A_DAY, "all but what was declined"


def test_a_lead_of_the_end_of_january_is_learned_from_when_march_is_over(tmp_path: Path) -> None:
    lead = replace(task_of("lead"), features=(Feature("is_paid", "paid"),), baseline=("none", "0"))
    with duckdb.connect() as connection:
        connection.execute(f"create schema marts; create schema intermediate; {books_until(date(2025, 3, 31))}")
        connection.execute(
            "create table marts.ftr_lead__captured as select * from (values"
            " ('a', 'a', date '2025-01-31', date '2025-03-02', true), ('b', 'b', date '2025-02-28', null, true)"
            ") as leads (lead_key, contact_id, captured_date, won_date, is_paid)"
        )
        with pytest.raises(TooLittleDataError, match="no month that ended"):
            labelled_frame(connection, lead)
        connection.execute("insert into marts.ftr_lead__captured values ('c', 'c', date '2025-03-31', null, true)")
        assert labelled_frame(connection, lead).select("lead_key", LABEL).rows() == [("a", True), ("b", False)]


def test_of_too_many_events_whole_cards_are_drawn_with_all_of_their_months(desk: Settings) -> None:
    with open_build(desk) as connection:
        whole = labelled_frame(connection, FRAUD)
        drawn = labelled_frame(connection, FRAUD, 6_000)
        assert 5_900 < len(drawn) <= 6_000 < len(whole)
        assert drawn[MONTH].unique().sort().to_list() == whole[MONTH].unique().sort().to_list()
        cards = drawn["card_token"].unique()
        assert whole.filter(pl.col("card_token").is_in(cards.implode())).equals(drawn)
        assert drawn.equals(labelled_frame(connection, FRAUD, 6_000))
        # By lot: not the first ones by their names.
        assert drawn["card_token"].max() > "k390"  # type: ignore[operator]
        with pytest.raises(TaskError, match=r"fraud: .* rows were drawn, and that is too little") as refused:
            labelled_frame(connection, FRAUD, 500)
    assert not isinstance(refused.value, TooLittleDataError)


def test_what_is_in_work_is_scored_however_old_it_is(desk: Settings) -> None:
    assert task_of("lead").in_work == "is_in_work"
    with open_build(desk) as connection:
        usual = newest_frame(connection, FRAUD)
        more = newest_frame(connection, replace(FRAUD, in_work="card_transaction_id in ('t000007', 't011999')"))
    assert set(more["card_transaction_id"]) == {"t000007", *usual["card_transaction_id"]}
    assert more["card_transaction_id"].is_unique().all()


@pytest.mark.parametrize("day", ["2024-10-27", "2569-11-28"])
def test_events_dated_ahead_of_the_books_move_no_calendar(desk: Settings, tmp_path: Path, day: str) -> None:
    """Thailand writes 2569 for 2026: such an event alone would be scored, under a date that stays the newest."""
    copied = Settings(tmp_path / "home")
    shutil.copytree(desk.home, copied.home)
    with open_build(desk) as connection:
        usual, known = newest_frame(connection, FRAUD), labelled_frame(connection, FRAUD)
    with duckdb.connect(str(copied.mart_files["serving"])) as connection:
        connection.execute(
            f"insert into marts.ftr_card_transaction__risk select * replace ('ahead' as card_transaction_id,"
            f" date '{day}' as transaction_date) from marts.ftr_card_transaction__risk"
            " where card_transaction_id = 't000007'"
        )
    with open_build(copied) as connection:
        assert newest_frame(connection, FRAUD).equals(usual)
        assert newest_frame(connection, replace(FRAUD, in_work="card_transaction_id = 'ahead'")).equals(usual)
        assert labelled_frame(connection, FRAUD).equals(known)


def test_an_event_first_scored_when_it_was_old_shows_no_outcome(desk: Settings) -> None:
    """It had stayed in work until then, and others of its age had come true."""
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute("create schema staging")
        connection.execute(
            "create table staging.stg_ml__alerts as select 'fraud' as task, event_id, date '2024-06-10' as as_of_date,"
            " 'v1' as model_version, 0.5 as probability, scored as _first_ingested_at from (values"
            " ('t006440', timestamp '2024-07-11'), ('t006441', timestamp '2024-07-12')) as said (event_id, scored)"
        )
    try:
        with open_build(desk) as connection:
            assert len(realised_frame(connection, FRAUD)) == 1
    finally:
        with duckdb.connect(str(desk.warehouse)) as connection:
            connection.execute("drop schema staging cascade")


def test_a_feature_of_events_that_knows_the_future_is_refused(desk: Settings) -> None:
    planted = Feature("planted", "", "max(amount) over (partition by card_token)")
    with open_build(desk) as connection:
        check_knows_no_future(connection, FRAUD, date(2024, 5, 31))
        with pytest.raises(LeakError, match="planted would be different"):
            check_knows_no_future(connection, replace(FRAUD, features=(*FRAUD.features, planted)), date(2024, 5, 31))


@pytest.mark.parametrize("expression", ["reported_at is not null", "is_approved"])
def test_what_came_of_an_authorisation_is_no_feature(desk: Settings, expression: str) -> None:
    planted = Feature("planted", "", expression)
    with (
        open_build(desk) as connection,
        pytest.raises(LeakError, match=r"ftr_card_transaction__risk marks as features .*(reported_at|is_approved)"),
    ):
        check_knows_no_future(connection, replace(FRAUD, features=(*FRAUD.features, planted)), date(2024, 5, 31))


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("is_paid", ""),
        ("won_date is not null", "marks as features .*won_date"),
        ("is_in_work", "marks as features .*is_in_work"),
        # The contact is a person where the lead became one.
        ("contact_id = lead_key", "planted would be different"),
    ],
)
def test_what_came_of_a_lead_is_no_feature(expression: str, message: str) -> None:
    lead = replace(task_of("lead"), features=(Feature("planted", "", expression),), baseline=("none", "0"))
    with duckdb.connect() as connection:
        connection.execute(f"create schema marts; create schema intermediate; {books_until(date(2025, 3, 31))}")
        connection.execute(
            "create table marts.ftr_lead__captured as select * from (values"
            " ('a', 'a', date '2025-01-31', null, true, true), ('b', 'p', date '2025-01-31', date '2025-02-02', false,"
            " true)) as leads (lead_key, contact_id, captured_date, won_date, is_in_work, is_paid)"
        )
        with pytest.raises(LeakError, match=message) if message else nullcontext():
            check_knows_no_future(connection, lead, date(2025, 1, 31))


def test_frauds_are_learned_and_their_alerts_come_into_the_lake(desk: Settings) -> None:
    trained = train_task(desk, "fraud")
    assert trained.is_champion
    assert trained.metrics["pr_auc"].low > trained.baseline["pr_auc"].high
    recalls = facts_of(desk, "fraud", trained.version)["alert_recall"]
    assert list(recalls)[:3] == ["model", "a fraud desk's rules", "isolation forest"]
    assert recalls["model"]["low"] <= recalls["model"]["value"] <= recalls["model"]["high"]
    gained = recalls["model"]["value"] - recalls["isolation forest"]["value"]
    assert recalls["model over isolation forest"]["value"] == pytest.approx(gained)
    report = (trained.folder / REPORT).read_text(encoding="utf-8")
    assert "With one alert for 1,000 of them" in report
    assert "<td>isolation forest</td>" in report
    (scored,) = score_tasks(desk)
    assert scored.is_new
    assert scored.as_of_date == FIRST + timedelta(days=DAYS - 1)
    with duckdb.connect() as connection:
        alerts = connection.execute(
            f"select * from read_parquet('{desk.lake}/ml/alerts/ingest_date=2*/*.parquet') order by rank"
        ).pl()
    assert len(alerts) == scored.rows > 0
    threshold = facts_of(desk, "fraud", trained.version)["alert_threshold"]
    assert (alerts["score"].cast(pl.Float64) >= threshold).all()
    assert alerts["reason_1"].str.starts_with("raises: ").all()
    with open_build(desk) as connection:
        reported = connection.execute(
            "select count(*) from marts.ftr_card_transaction__risk where reported_at is not null"
            f" and card_transaction_id in {tuple(alerts['event_id'])}"
        ).fetchall()
    assert reported[0][0] > 0.7 * len(alerts)
    (again,) = score_tasks(desk)
    assert not again.is_new


def test_a_score_is_held_against_what_was_said_in_as_many_digits(desk: Settings, tmp_path: Path) -> None:
    """Of rare events many scores are alike: edges with more digits than scores have put all of those aside."""
    copied = Settings(tmp_path / "home")
    shutil.copytree(desk.home, copied.home)
    trained = train_task(copied, "fraud")
    facts = facts_of(copied, "fraud", trained.version)
    with open_build(copied) as connection:
        calibration = split_by_time(labelled_frame(connection, FRAUD), FRAUD).calibration
    said = score_frame(FRAUD, load_model(copied, "fraud", trained.version), "v", calibration, facts["typical"])["score"]
    kept = {name: tuple(of) if isinstance(of, list) else of for name, of in facts["spreads"]["score"].items()}
    assert tuple(Spread(**kept).shares_of(said)) == kept["shares"]
