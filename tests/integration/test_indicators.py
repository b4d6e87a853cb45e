"""Indicators against the truth of the demo bank: calibrated, and right where they claim to know."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from cardinal.build import open_build
from cardinal.demo.bank import generate_bank
from cardinal.ingestion.run import ingest
from ml.calibration import expected_calibration_error
from tests.integration.house import House

INDICATORS = {"age", "foreigner", "income", "married", "wealth"}
# What most people own isn't known to the bank, and nothing tells it surely enough: half of them have no band.
COVERAGE = {"wealth": 0.5}
# Each person and indicator beside the true band; people of whom two are one record's person are left out.
TRUTH = """
    with owners as (
        select records.person_id, min(truth.true_person) as true_person
        from marts.person_records as records
        inner join read_parquet('{truth}/records.parquet') as truth
            on records.source = truth.source
            and records.table_name = truth.table_name
            and records.record_id = truth.record_id
        where records.table_name = 'customers'
        group by records.person_id
        having count(distinct truth.true_person) = 1
    )
    select
        indicators.indicator,
        indicators.method,
        indicators.band,
        indicators.probability,
        indicators.person_id,
        case indicators.indicator
            when 'married' then if(persons.marital_status = 'married', 'married', 'not married')
            when 'foreigner' then if(persons.nationality = 'TH', 'domestic', 'foreign')
            when 'age' then (
                select groups.age_group from seeds.age_groups as groups
                where date_sub('year', persons.date_of_birth, indicators.as_of_date)
                    between groups.from_age and groups.to_age
            )
            when 'income' then (
                select max_by(bands.band, bands.from_amount) from seeds.income_bands as bands
                where bands.currency_code = 'THB' and bands.from_amount <= persons.income
            )
            when 'wealth' then (
                select max_by(bands.band, bands.from_amount) from seeds.wealth_bands as bands
                where bands.currency_code = 'THB' and bands.from_amount <= persons.wealth
            )
        end as true_band
    from marts.customer_indicators as indicators
    inner join owners on indicators.person_id = owners.person_id
    inner join read_parquet('{truth}/persons.parquet') as persons on owners.true_person = persons.true_person
"""


def against_truth(house: House) -> list[tuple]:
    with open_build(house.settings) as connection:
        return connection.execute(TRUTH.format(truth=house.settings.truth)).fetchall()


def share_right(rows: list[tuple]) -> float:
    named = [row for row in rows if row[2] != "unknown"]
    return sum(row[2] == row[-1] for row in named) / len(named)


def test_each_customer_has_each_indicator_and_a_small_bank_does_not_guess(house: House) -> None:
    persons = house.query("select count(*) from marts.customer_360")[0][0]
    counts = dict(house.query("select indicator, count(*) from marts.customer_indicators group by indicator"))
    assert counts == dict.fromkeys(INDICATORS, persons)
    guessed = house.query("select count(*) from marts.customer_indicators where method = 'inferred'")[0][0]
    learned = house.query("select count(*) from marts.indicator_quality")[0][0]
    assert guessed == learned == 0
    rows = against_truth(house)
    for indicator in ("age", "foreigner", "married"):
        assert share_right([row for row in rows if row[0] == indicator]) > 0.9, indicator


def test_lifetime_value_holds_together(house: House) -> None:
    wrong = house.query("""
        select count(*) from marts.customer_lifetime_value
        where value_12m_amount not between value_12m_low_amount and value_12m_high_amount
            or survival_12m_rate not between 0 and 1
            or expected_months not between 0 and 12
            or has_closed and value_12m_amount != 0
            or expected_purchase_days not between 0 and 366
    """)
    assert wrong == [(0,)]
    people, buyers = house.query(
        "select count(*), count(expected_spend_12m_amount) from marts.customer_lifetime_value"
    )[0]
    assert people > 150
    assert buyers > 30


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> House:
    built = House(tmp_path_factory.mktemp("large"))
    generate_bank(built.settings, persons=3_000, months=12, seed=7, until=date(2026, 10, 31))
    ingest(built.settings)
    built.run()
    return built


@pytest.mark.slow
def test_what_is_inferred_is_calibrated_by_the_banks_own_knowledge(large: House) -> None:
    quality = large.query("select indicator, method, any_value(expected_calibration_error), any_value(known_count)"
                          " from marts.indicator_quality group by indicator, method order by all")  # fmt: skip
    print(quality)
    assert {(indicator, method) for indicator, method, _, _ in quality} == {
        ("age", "inferred"), ("foreigner", "inferred"), ("income", "declared"), ("income", "inferred"),
        ("married", "inferred"), ("wealth", "inferred"),
    }  # fmt: skip
    assert [row for row in quality if row[2] > 0.05] == []


@pytest.mark.slow
def test_indicators_are_calibrated_and_right_by_the_truth(large: House) -> None:
    rows = against_truth(large)
    for indicator in sorted(INDICATORS):
        mine = [row for row in rows if row[0] == indicator]
        coverage = sum(row[2] != "unknown" for row in mine) / len(mine)
        print(f"{indicator}: {len(mine)} people, band for {coverage:.3f}, right {share_right(mine):.3f}")
        assert share_right(mine) >= 0.85, indicator
        assert coverage > COVERAGE.get(indicator, 0.75), indicator
    for indicator, yes in (("married", "married"), ("foreigner", "foreign")):
        mine = [row for row in rows if row[0] == indicator and row[3] is not None]
        probability = np.array([row[3] for row in mine], dtype=np.float64)
        error = expected_calibration_error(probability, np.array([row[-1] == yes for row in mine]))
        print(f"{indicator}: expected calibration error {error:.4f}")
        assert error <= 0.05, indicator
        inferred = [row for row in mine if row[1] == "inferred"]
        assert share_right(inferred) >= 0.85, indicator


@pytest.mark.slow
def test_bands_of_wealth_come_true_as_often_as_they_say(large: House) -> None:
    """Of those who declare nothing, whom nothing was learned from; bands too unsure to be named count too."""
    true_bands = {row[4]: row[-1] for row in against_truth(large) if row[0] == "wealth"}
    scores = large.query(
        "select person_id, band, probability from intermediate.int_indicators__wealth_scores where is_true is null"
    )
    known = [(probability, band == true_bands[person]) for person, band, probability in scores if person in true_bands]
    probability, is_right = (np.array(column) for column in zip(*known, strict=True))
    error = expected_calibration_error(probability, is_right)
    print(f"wealth inferred: {len(known)} people, right {is_right.mean():.3f}, expected calibration error {error:.4f}")
    assert error <= 0.05
    inferred = [row for row in against_truth(large) if row[:2] == ("wealth", "inferred")]
    print(f"wealth inferred: right {share_right(inferred):.3f} of {sum(row[2] != 'unknown' for row in inferred)}")
    assert share_right(inferred) >= 0.85
