from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from cardinal.quality.checks import Measured
from cardinal.quality.published import measure_published
from cardinal.quality.rule_book import load_rule_book
from cardinal.settings import Settings
from tests.unit.quality.small_lake import MONDAY, begin, failing, write_marts


@pytest.fixture
def settings(tmp_path: Path):
    return begin(tmp_path)


def show(settings: Settings) -> dict[str, Path]:
    """Let readers see what was built, and return where."""
    seen = {name: settings.home / f"{name}_seen.duckdb" for name in settings.mart_files}
    for name, file in settings.mart_files.items():
        file.rename(seen[name])
    return seen


def measure(settings: Settings, seen: dict[str, Path] | None, **rules: frozenset[str]) -> Measured:
    with duckdb.connect() as connection:
        return measure_published(
            connection, settings.mart_files, seen, settings.project_dir, replace(load_rule_book().published, **rules)
        )


def test_a_first_publication_has_nothing_to_compare_with(settings):
    write_marts(settings)
    measured = measure(settings, None)
    assert failing(measured) == {}
    assert {check.rule for check in measured.checks} == {"personal", "undeclared", "share:response_rate"}
    assert measured.notes == ("readers see nothing yet: there was nothing to compare with",)


def test_the_same_again_meets_everything(settings):
    write_marts(settings)
    seen = show(settings)
    write_marts(settings, number=2)
    measured = measure(settings, seen)
    assert failing(measured) == {}
    rules = {check.name for check in measured.checks}
    assert {"marts.customer_360:as_of_date", "marts.customer_360:filled", "marts.customer_360:total:deposits"} <= rules


def test_a_mart_that_shrinks_is_seen_with_the_keys_it_lost(settings):
    write_marts(settings)
    seen = show(settings)
    write_marts(settings, number=2, offers_rows=70)
    measured = measure(settings, seen)
    assert failing(measured) == {"marts.offers:rows": "critical"}
    check = next(check for check in measured.checks if check.name == "marts.offers:rows")
    assert "anti join" in (check.failing_rows or "")


def test_what_is_due_on_a_day_may_be_nothing_the_next_but_not_gone_as_a_table(settings):
    flows = frozenset({"marts.off*"})
    write_marts(settings)
    seen = show(settings)
    write_marts(settings, number=2, offers_rows=0)
    assert failing(measure(settings, seen)) == {"marts.offers:rows": "critical"}
    assert failing(measure(settings, seen, flows=flows)) == {}
    with duckdb.connect(settings.mart_files["serving"]) as connection:
        connection.execute("delete from cardinal.tables; drop table marts.offers")
    assert failing(measure(settings, seen, flows=flows)) == {"marts.offers:rows": "critical"}


def test_a_key_mart_that_is_empty_is_critical(settings):
    write_marts(settings)
    seen = show(settings)
    write_marts(settings, number=2, persons=0)
    failed = failing(measure(settings, seen))
    assert failed["marts.customer_360:filled"] == "critical"
    assert failed["marts.customer_360:total:customers"] == "critical"


def test_a_mart_that_is_gone_has_lost_all_rows(settings):
    write_marts(settings)
    seen = show(settings)
    write_marts(settings, number=2)
    with duckdb.connect(settings.mart_files["serving"]) as connection:
        connection.execute("delete from cardinal.tables; drop table marts.offers")
    assert failing(measure(settings, seen)) == {"marts.offers:rows": "critical"}


@pytest.mark.parametrize(
    ("balance", "severity"), [("103", None), ("110", "warning"), ("60", "critical"), ("null", "critical")]
)
def test_balances_may_move_only_so_far(settings, balance, severity):
    write_marts(settings)
    seen = show(settings)
    write_marts(settings, number=2, balance=balance)
    assert failing(measure(settings, seen)).get("marts.customer_360:total:deposits") == severity


def test_debts_move_by_their_size(settings):
    """Of a negative sum, five per cent up and down are not the wrong way round."""
    write_marts(settings, balance="-100")
    seen = show(settings)
    write_marts(settings, number=2, balance="-101")
    assert failing(measure(settings, seen)) == {}


def test_time_does_not_go_back(settings):
    write_marts(settings)
    seen = show(settings)
    write_marts(settings, number=2, as_of=MONDAY - timedelta(days=1))
    assert failing(measure(settings, seen)) == {"marts.customer_360:as_of_date": "critical"}


@pytest.mark.parametrize("rate", ["1.2", "-0.1"])
def test_a_share_is_between_nothing_and_all(settings, rate):
    offers = f"'p' || range as person_id, case when range = 3 then {rate} else 0.5 end as response_rate"
    write_marts(settings, offers=offers)
    assert failing(measure(settings, None)) == {"marts.offers:share:response_rate": "critical"}


def test_a_ratio_may_be_more_than_the_whole(settings):
    """A card can be used beyond its limit; that must not hold a publication up."""
    write_marts(
        settings,
        offers="'p' || range as person_id, 0.5 as response_rate, 1.2 as card_utilisation_rate,"
        " -2.5 as conversion_gap_rate, 38.1 as currency_rate",
    )
    assert failing(measure(settings, None)) == {"marts.offers:undeclared": "warning"}


def test_a_personal_column_in_serving_is_critical(settings):
    """It is what the column is declared as that counts, whatever is in it."""
    marts = settings.project_dir / "models" / "marts" / "core" / "marts.yml"
    declared = "{name: response_rate, data_type: double, config: {meta: {pii: none}}}"
    assert declared in marts.read_text()
    marts.write_text(marts.read_text().replace(declared, declared.replace("none", "personal")))
    write_marts(settings)
    assert failing(measure(settings, None)) == {"marts.offers:personal": "critical"}


def test_a_column_that_nobody_declared_is_a_warning(settings):
    write_marts(settings, offers="'p' || range as person_id, 0.5 as response_rate, 1 as shoe_size")
    measured = measure(settings, None)
    assert failing(measured) == {"marts.offers:undeclared": "warning"}
    assert "shoe_size" in [check.found_text for check in measured.checks]
