"""Personas: planted groups are found, named and found again; noise is not used; the same data say the same."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from cardinal.settings import Settings
from ml import registry
from ml.persona_names import THEMES, describe
from ml.personas import (
    LEAST_GROUP,
    NAME,
    assign_personas,
    customers,
    find_personas,
    nearest,
    part,
    version_of,
)
from ml.task import SmallFoldError, TaskError
from ml.training import code_version

SEED = 5
MONTH = date(2026, 9, 30)
# What the people of each planted group do: funds, loans, policies, revolving months, card, debit card, logins.
PLANTED = {
    "Investors": (2, 0, 0, 0, 100, 900, 1),
    "Borrowers": (0, 1, 0, 0, 100, 900, 1),
    "Insured": (0, 0, 1, 0, 100, 900, 1),
    "Revolvers": (0, 0, 0, 11, 600, 400, 1),
    "Digital users": (0, 0, 0, 0, 100, 900, 9),
    "Account holders": (0, 0, 0, 0, 50, 950, 0),
}


def bank(home: Path, rows: pl.DataFrame) -> Settings:
    """Write the feature mart of a bank whose last whole month has these people."""
    home.mkdir(parents=True, exist_ok=True)
    settings = Settings(home)
    duckdb.connect(str(settings.warehouse)).close()
    with duckdb.connect(str(settings.mart_files["serving"])) as connection:
        connection.register("people", rows.to_arrow())
        connection.execute("""
            create schema marts;
            create table marts.ftr_customer__monthly as
            select
                *, last_day(date '2026-09-01') as month_end_date, last_day(date '2026-09-01') as as_of_date,
                0 as mortgage_count, 0 as auto_loan_count, 0 as cash_3m_amount, 0 as bill_3m_amount,
                0 as web_login_3m_count
            from people
            union all by name
            -- A month under way, and somebody who holds nothing any more: neither counts.
            select
                person_id, 0 as product_count, month_end_date, as_of_date
            from (values
                ('p0', date '2026-10-31', date '2026-10-12'), ('left', date '2026-09-30', date '2026-09-30')
            ) as others (person_id, month_end_date, as_of_date);
        """)
    return settings


def people(planted: list[tuple[int, ...]], noise: float) -> pl.DataFrame:
    print(f"seed {SEED}")
    rng = np.random.default_rng(SEED)
    columns = np.array(planted, dtype=float).T
    blurred = [
        np.maximum(column + rng.normal(0, noise * max(column.max(), 1) / 3, len(planted)), 0) for column in columns
    ]
    names = (
        "fund_count", "loan_count", "policy_count", "revolving_month_12m_count", "card_spend_3m_amount",
        "debit_card_spend_3m_amount", "app_login_3m_count",
    )  # fmt: skip
    counted = dict(zip(names, blurred, strict=True))
    for name in names[:3]:
        counted[name] = np.round(counted[name])
    return pl.DataFrame({"person_id": [f"p{n:05d}" for n in range(len(planted))], "product_count": 1, **counted})


@pytest.fixture(scope="module")
def sorted_bank(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    planted = [row for row in PLANTED.values() for _ in range(90)]
    return bank(tmp_path_factory.mktemp("personas") / "home", people(planted, noise=0.25))


def test_planted_groups_are_found_and_named(sorted_bank: Settings) -> None:
    found = find_personas(sorted_bank)
    assert found.is_champion
    assert found.agreement.low > 0.8
    assert found.as_of_date == MONTH
    assert sum(persona.people for persona in found.personas) == 90 * len(PLANTED)
    names = {persona.name for persona in found.personas}
    assert len(names) == len(found.personas) in range(5, 9)
    assert {"Investors", "Borrowers", "Insured", "Revolvers", "Digital users"} <= names
    told = next(persona.description for persona in found.personas if persona.name == "Investors")
    assert told.startswith("100% hold funds (all: 17%)")


def test_everybody_is_assigned_once_and_again_changes_nothing(sorted_bank: Settings) -> None:
    version = find_personas(sorted_bank).version
    page = sorted_bank.registry / NAME / version / registry.REPORT
    before = page.read_bytes()
    assert find_personas(sorted_bank).version == version
    assert page.read_bytes() == before
    first, second = assign_personas(sorted_bank), assign_personas(sorted_bank)
    assert (first.is_new, second.is_new) == (True, False)
    assert sum(first.people.values()) == 90 * len(PLANTED)
    rows = duckdb.sql(f"from read_parquet('{sorted_bank.lake}/ml/personas/*/*.parquet')").pl()
    assert rows["person_id"].n_unique() == len(rows) == 90 * len(PLANTED)
    assert rows["clearness_rate"].is_between(0, 1).all()
    by_group = rows.sort("person_id")["persona"].to_list()
    for number, name in enumerate(["Investors", "Borrowers", "Insured"]):
        assert by_group[90 * number : 90 * number + 90].count(name) > 80


def test_other_code_is_another_version(sorted_bank: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may number the groups otherwise, and a name would meet the wrong people."""
    frame = customers(sorted_bank)
    version = version_of(frame)
    assert find_personas(sorted_bank).version == version
    assert registry.facts_of(sorted_bank, NAME, version)["code_version"] == code_version()
    monkeypatch.setattr("ml.personas.code_version", lambda: "other")
    assert version_of(frame) != version


def test_new_people_and_unknown_values_find_their_place(sorted_bank: Settings) -> None:
    version = find_personas(sorted_bank).version
    model = registry.load_model(sorted_bank, NAME, version)
    names = [persona["name"] for persona in registry.facts_of(sorted_bank, NAME, version)["personas"]]
    new = pl.DataFrame({theme.name: [1.0 if theme.name == "invests" else None] for theme in THEMES}).cast(pl.Float64)
    groups, clearness = nearest(model, new)
    assert [names[group] for group in groups] == ["Investors"]
    assert 0 <= clearness[0] <= 1


def test_groups_that_other_samples_do_not_find_are_not_used(tmp_path: Path) -> None:
    print(f"seed {SEED}")
    rng = np.random.default_rng(SEED)
    size = 450
    rows = people([(0, 0, 0, 0, 0, 0, 0)] * size, noise=0).with_columns(
        pl.Series(name, rng.uniform(0, most, size))
        for name, most in (
            ("revolving_month_12m_count", 12),
            ("card_spend_3m_amount", 500),
            ("debit_card_spend_3m_amount", 500),
            ("app_login_3m_count", 9),
        )
    )
    settings = bank(tmp_path / "home", rows)
    found = find_personas(settings)
    assert found.agreement.low < 0.8
    assert not found.is_champion
    with pytest.raises(TaskError, match="no personas are in use: run `cardinal personas find`"):
        assign_personas(settings)


def test_nobody_is_a_group_of_their_own(tmp_path: Path) -> None:
    """Not by refunds above what was spent, which make no share, nor by being unlike everybody else."""
    planted = people([row for row in PLANTED.values() for _ in range(90)] + [(2, 1, 1, 12, 900, 0, 9)] * 9, noise=0.1)
    refunded = pl.col("person_id") == "p00007"
    rows = planted.with_columns(
        card_spend_3m_amount=pl.when(refunded).then(-2_500.0).otherwise("card_spend_3m_amount"),
        debit_card_spend_3m_amount=pl.when(refunded).then(100.0).otherwise("debit_card_spend_3m_amount"),
    )
    settings = bank(tmp_path / "home", rows)
    assert customers(settings)["pays_by_card"].is_between(0, 1).all()
    found = find_personas(settings)
    assert found.is_champion
    assert min(persona.people for persona in found.personas) >= LEAST_GROUP
    with pytest.raises(SmallFoldError, match="would tell of persons"):
        part(np.repeat(np.eye(6), [445, 1, 1, 1, 1, 1], axis=0))


def test_groups_that_are_just_as_stable_as_they_must_be_are_not_used_either(
    sorted_bank: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The registry wants an interval that lies above the border: so does what asks it."""
    settings = bank(tmp_path / "home", people([row for row in PLANTED.values() for _ in range(90)], noise=0.25))
    monkeypatch.setattr("ml.personas.LEAST_AGREEMENT", find_personas(sorted_bank).agreement.low)
    assert not find_personas(settings).is_champion


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    few = bank(tmp_path / "few", people([PLANTED["Insured"]] * 20, noise=0.1))
    with pytest.raises(TaskError, match="20 customers are too few to part, 400 are needed"):
        find_personas(few)
    empty = Settings(tmp_path / "empty")
    empty.home.mkdir()
    duckdb.connect(str(empty.warehouse)).close()
    with pytest.raises(TaskError, match=r"marts\.ftr_customer__monthly isn't there: run `dbt build`"):
        customers(empty)


def test_no_two_personas_share_a_name() -> None:
    x = np.zeros((60, len(THEMES)))
    x[:20, 0] = 1.0
    names = [persona.name for persona in describe(x, np.repeat(np.arange(6), 10))]
    assert len(set(names)) == 6
    assert names[0] == "Investors"
    assert names[2] == "Account holders"
