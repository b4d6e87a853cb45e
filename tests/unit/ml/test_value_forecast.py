"""Values of twelve months: intervals hold what they say, a planted cause is found, and nothing is used unproven."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr
from typer.testing import CliRunner

from cardinal.build import open_build
from cardinal.cli.main import app
from cardinal.settings import Settings
from ml import registry
from ml.frames import labelled_frame
from ml.registry import RegistryError, promote
from ml.task import LABEL, MONTH, PERSON, SmallFoldError, TaskError, TooLittleDataError
from ml.tasks.value import PAST, TASK
from ml.value_forecast import forecast_values, learn_values, part
from ml.value_model import conformal_width, is_covered, rank_correlation

SEED = 3
FIRST_DAYS = [date(2022 + number // 12, number % 12 + 1, 1) for number in range(40)]
MONTHS = 16

MARTS = """
    create schema marts;
    create table marts.ftr_customer__monthly as
    select
        person_id, last_day(first_day) as month_end_date, last_day(first_day) as as_of_date, deposit, {features},
        cast(deposit as decimal(18, 2)) as deposit_balance_amount
    from months;
    create table marts.fct_customer_months as
    select person_id, last_day(first_day) as month_end_date, true as is_customer, true as is_complete from months;
    create table marts.customer_profit_monthly as
    select person_id, last_day(first_day) as month_end_date, 'savings' as product_code, earned as margin_amount
    from months
    union all
    select person_id, last_day(first_day), 'card', 1.00 from months;
    create table marts.person_id_changes as
    select person_id, 1 as change_no, person_id as current_person_id from months group by person_id;
    create table marts.customer_360 as
    select person_id, 40 as age_years, if(person_id < 'p0200', 'female', 'male') as gender, 'TH' as nationality
    from months group by person_id;
"""


def bank(home: Path, is_caused: bool, people: int = 700, count: int = MONTHS) -> Settings:
    """Write the marts of a bank that earns by today's deposits, which often change; or by what nobody sees."""
    print(f"seed {SEED}")
    rng = np.random.default_rng(SEED)
    deposit = np.outer(rng.lognormal(7, 1.5, people), np.ones(count))
    for person, month in enumerate(rng.integers(0, count, people)):
        deposit[person, month:] *= rng.choice([0.05, 1.0, 20.0])
    hidden = rng.lognormal(3, 1, people)[:, None]
    earned = (deposit * 0.01 if is_caused else hidden) * rng.normal(1, 0.5, deposit.shape)
    months = pl.DataFrame(
        {
            "person_id": np.repeat([f"p{number:04d}" for number in range(people)], count),
            "first_day": FIRST_DAYS[:count] * people,
            "deposit": deposit.ravel().round(2),
            "earned": earned.ravel().round(2),
        }
    )
    columns = {word for feature in TASK.features for word in ([feature.name] if not feature.expression else [])}
    others = columns | {"card_spend_amount"}
    home.mkdir(parents=True)
    settings = Settings(home)
    duckdb.connect(str(settings.warehouse)).close()
    with duckdb.connect(str(settings.mart_files["serving"])) as connection:
        connection.register("months", months.to_arrow())
        connection.execute(
            MARTS.format(
                features=", ".join(
                    f"{int(name == 'product_count')} as {name}" for name in sorted(others - {"deposit_balance_amount"})
                )
            )
        )
    return settings


@pytest.fixture(scope="module")
def caused(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return bank(tmp_path_factory.mktemp("values") / "home", is_caused=True)


def test_the_label_is_what_a_sum_by_hand_gives(caused: Settings) -> None:
    with open_build(caused) as connection:
        frame = labelled_frame(connection, TASK)
        rows = connection.execute(
            "select person_id, month_end_date, cast(sum(margin_amount) as double) from marts.customer_profit_monthly"
            " where person_id in ('p0003', 'p0300') group by all"
        ).fetchall()
        past = connection.execute(PAST).pl()
    earned = {(person, month): amount for person, month, amount in rows}
    ends = sorted({month for _, month in earned})
    assert frame[MONTH].unique().sort().to_list() == ends[:4], "of the fifth month, the twelfth after it isn't there"
    for person in ("p0003", "p0300"):
        for number in (0, 3):
            (label,) = frame.filter((pl.col(PERSON) == person) & (pl.col(MONTH) == ends[number]))[LABEL]
            assert label == pytest.approx(sum(earned[person, month] for month in ends[number + 1 : number + 13]))
        (six, three) = past.filter((pl.col(PERSON) == person) & (pl.col(MONTH) == ends[9])).select(
            "last 6 months", "last 3 months"
        ).row(0)  # fmt: skip
        assert six == pytest.approx(2 * sum(earned[person, month] for month in ends[4:10]))
        assert three == pytest.approx(4 * sum(earned[person, month] for month in ends[7:10]))


def test_a_planted_cause_is_found_and_the_interval_holds_what_it_says(caused: Settings) -> None:
    learned = learn_values(caused)
    assert learned.parted_by == "people"
    assert learned.is_champion
    assert learned.gains["last 6 months"].low > 0
    assert learned.coverage.low <= 0.8 <= learned.coverage.high
    page = caused.registry / TASK.name / learned.version / registry.REPORT
    before = page.read_bytes()
    assert b"It becomes champion and forecasts." in before
    assert learn_values(caused).version == learned.version
    assert page.read_bytes() == before
    facts = registry.facts_of(caused, TASK.name, learned.version)
    assert facts["parted_by"] == "people"
    forecast, again = forecast_values(caused), forecast_values(caused)
    assert (forecast.people, forecast.is_new, again.is_new) == (700, True, False)
    rows = pl.read_parquet(caused.lake / "ml" / "values" / "ingest_date=2*" / "*.parquet")
    assert rows[PERSON].n_unique() == len(rows) == 700
    assert rows.filter(
        (pl.col("low_amount") > pl.col("value_amount")) | (pl.col("value_amount") > pl.col("high_amount"))
    ).is_empty()
    with open_build(caused) as connection:
        deposits = connection.execute(
            "select person_id, deposit from marts.ftr_customer__monthly where month_end_date = '2023-04-30'"
        ).pl()
    joined = rows.join(deposits, on=PERSON)
    assert spearmanr(joined["value_amount"].cast(pl.Float64), joined["deposit"])[0] > 0.95


def test_people_who_differ_from_those_it_was_measured_on_are_told(caused: Settings, tmp_path: Path) -> None:
    shutil.copytree(caused.home, tmp_path / "home")
    home = Settings(tmp_path / "home")
    learn_values(home)
    with duckdb.connect(str(home.mart_files["serving"])) as connection:
        connection.execute("update marts.ftr_customer__monthly set deposit_balance_amount = 1e9, deposit = 1e9")
    forecast = forecast_values(home)
    assert {"what the model says", TASK.words_of("deposit_balance_amount")} <= set(forecast.shifted)
    drift = pl.read_parquet(home.lake / "ml" / "drift" / "ingest_date=2*" / "*.parquet")
    assert set(drift["task"]) == {"value"}
    assert set(drift.filter(pl.col("state") == "alarm")["words"]) == set(forecast.shifted)


def test_what_is_not_shown_to_be_better_does_not_forecast(tmp_path: Path) -> None:
    blind = bank(tmp_path / "home", is_caused=False)
    learned = learn_values(blind)
    assert not learned.is_champion
    assert learned.gains["last 6 months"].low <= 0
    with pytest.raises(TaskError, match="nothing forecasts values yet: run `cardinal value learn`"):
        forecast_values(blind)


def test_a_champion_of_some_people_is_held_against_what_comes_on_the_others(tmp_path: Path) -> None:
    """With months enough all people are judged; but that champion learned from three fifths of them, in those years."""
    home = bank(tmp_path / "home", is_caused=True, count=len(FIRST_DAYS))
    whole = home.mart_files["serving"].read_bytes()
    with duckdb.connect(str(home.mart_files["serving"])) as connection:
        for table in ("ftr_customer__monthly", "fct_customer_months", "customer_profit_monthly"):
            connection.execute(f"delete from marts.{table} where month_end_date > '{FIRST_DAYS[25]}'")
    first = learn_values(home)
    assert (first.is_champion, first.parted_by) == (True, "people")
    with open_build(home) as connection:
        taught = set(part(labelled_frame(connection, TASK))[0].learning[PERSON])
    home.mart_files["serving"].write_bytes(whole)
    second = learn_values(home)
    assert (second.rival, second.parted_by) == (first.version, "time")
    with open_build(home) as connection:
        judged = part(labelled_frame(connection, TASK))[0].judgement
    assert 0 < second.rows["judgement"] == judged[PERSON].is_in(list(taught)).not_().sum() < len(judged)


def test_intervals_that_hold_too_little_are_not_promoted_by_hand_either(
    caused: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = Settings(tmp_path / "home")
    shutil.copytree(caused.home, copied.home, ignore=shutil.ignore_patterns("registry"))
    monkeypatch.setattr("ml.value_forecast.COVERED", 1.01)
    learned = learn_values(copied)
    assert learned.gains[learned.rival].low > 0
    assert not learned.is_champion
    with pytest.raises(RegistryError, match=r"has intervals that hold [\d.]+% of what came, not 101%"):
        promote(copied, "value", learned.version, by_hand=True)


def test_the_commands_say_how_it_was_judged(caused: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDINAL_HOME", str(caused.home))
    said = CliRunner().invoke(app, ["value", "learn"])
    assert said.exit_code == 0, said.output
    assert "better than last 6 months" in said.stdout
    assert "Months are too few to be parted by time (37 are needed)" in said.stdout
    assert "700 people" in CliRunner().invoke(app, ["value", "forecast"]).stdout


def known(months: int, people: int) -> pl.DataFrame:
    """Return a labelled frame of so many months and people."""
    ends = pl.Series(FIRST_DAYS[:months]).dt.month_end()
    return pl.DataFrame({MONTH: ends}).join(
        pl.DataFrame({PERSON: [f"p{number}" for number in range(people)]}), how="cross"
    ).with_columns(pl.lit(1.0).alias(LABEL))  # fmt: skip


def test_with_months_enough_a_year_lies_between_the_folds() -> None:
    folds, parted_by = part(known(27, 120))
    assert parted_by == "time"
    for earlier, later in ((folds.learning, folds.calibration), (folds.calibration, folds.judgement)):
        assert (later[MONTH].min() - earlier[MONTH].max()).days >= 365  # type: ignore[operator]


def test_with_fewer_months_nobody_is_in_two_folds_and_stays_in_theirs() -> None:
    folds, parted_by = part(known(12, 700))
    assert parted_by == "people"
    people = [set(rows[PERSON]) for rows in vars(folds).values()]
    assert sum(map(len, people)) == len(set.union(*people)) == 700
    assert folds.judgement[MONTH].n_unique() == 3
    later, _ = part(known(14, 900))
    assert all(before <= set(rows[PERSON]) for before, rows in zip(people, vars(later).values(), strict=True))


def test_too_few_people_are_refused() -> None:
    with pytest.raises(TaskError, match=r"value: .* people in a fold are too few, 100 are needed"):
        part(known(12, 200))
    with pytest.raises(SmallFoldError):
        part(known(12, 400))
    with pytest.raises(TooLittleDataError) as lost:
        part(known(12, 200))
    assert not isinstance(lost.value, SmallFoldError)


@pytest.mark.parametrize("reach", [0.2, 3.0])
def test_an_interval_too_narrow_is_drawn_out_and_one_too_wide_drawn_in(reach: float) -> None:
    print(f"seed {SEED}")
    rng = np.random.default_rng(SEED)
    seen, new = rng.normal(size=4_000), rng.normal(size=40_000)
    width = conformal_width(np.full(4_000, -reach), np.full(4_000, reach), seen)
    assert (width > 0) == (reach < 1)
    assert is_covered(new, -reach - width, reach + width).mean() == pytest.approx(0.8, abs=0.02)
    # Of nine, the eighth: one more, the tenth, is as likely to fall between any two.
    assert conformal_width(np.zeros(9), np.zeros(9), np.arange(1.0, 10.0)) == 8.0


def test_rank_correlation_is_spearmans() -> None:
    rng = np.random.default_rng(SEED)
    score, truth = rng.integers(0, 9, 500).astype(float), rng.normal(size=500)
    truth += score / 3
    assert rank_correlation(score, truth) == pytest.approx(float(spearmanr(score, truth)[0]))
    assert rank_correlation(np.zeros(500), truth) == 0.0
