from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from cardinal.quality.deliveries import comparable_days
from cardinal.quality.rule_book import History
from tests.unit.quality.small_lake import MONDAY, begin, deliver, deliver_weeks, failing, measure


@pytest.fixture
def settings(tmp_path: Path):
    return begin(tmp_path)


def test_a_day_like_the_others_meets_everything(settings):
    day = deliver_weeks(settings)
    deliver(settings, day)
    measured = measure(settings)
    assert measured.batch == str(day)
    assert failing(measured) == {}
    rules = {check.rule for check in measured.checks}
    assert {"rows", "freshness", "empty:note", "new:channel", "drift:channel", "drift:amount"} <= rules


def test_an_empty_lake_has_nothing_to_fail(settings):
    deliver(settings, date(1970, 1, 1), rows=0)
    measured = measure(settings)
    assert measured.checks == ()
    assert measured.notes == ("nothing has arrived in the lake yet",)


def test_a_lake_without_history_says_that_it_compared_nothing(settings):
    deliver(settings, MONDAY)
    deliver(settings, MONDAY + timedelta(days=1), rows=3)
    measured = measure(settings)
    assert {check.rule for check in measured.checks} == {"freshness"}
    assert any("0 earlier deliveries" in note for note in measured.notes)


@pytest.mark.parametrize(
    ("rows", "severity"), [(200, "critical"), (260, "warning"), (350, None), (900, "warning"), (2100, "critical")]
)
def test_rows_are_held_against_the_days_before(settings, rows, severity):
    """Half a day's rows once went through unseen, because every row of it was sound."""
    deliver(settings, deliver_weeks(settings), rows=rows)
    assert failing(measure(settings)).get("shop.sales:rows") == severity


def test_of_a_day_that_is_not_over_few_rows_are_no_loss_but_many_are_too_many(settings):
    """What is looked at every hour has a tenth of a day's rows in the morning."""
    day = deliver_weeks(settings)
    deliver(settings, day, rows=40)
    assert failing(measure(settings, is_over=False)) == {}
    assert failing(measure(settings)) == {"shop.sales:rows": "critical"}
    deliver(settings, day, rows=2100)
    assert failing(measure(settings, is_over=False)) == {"shop.sales:rows": "critical"}


def test_a_weekday_is_held_against_its_own_kind(settings):
    """Sundays have a tenth of the rows: no Sunday is a failure for that, but a Monday would be."""
    for number in range(28):
        day = MONDAY + timedelta(days=number)
        deliver(settings, day, rows=40 if day.weekday() == 6 else 400)
    assert "shop.sales:rows" not in failing(measure(settings))
    deliver(settings, MONDAY + timedelta(days=28), rows=40)
    assert failing(measure(settings))["shop.sales:rows"] == "critical"


def test_a_table_that_comes_no_more_is_missed_on_the_first_day(settings):
    day = deliver_weeks(settings)
    deliver(settings, day, table="refunds")
    assert failing(measure(settings)) == {"shop.sales:rows": "critical"}


def test_small_numbers_may_waver(settings):
    for number in range(28):
        deliver(settings, MONDAY + timedelta(days=number), rows=6)
    deliver(settings, MONDAY + timedelta(days=28), rows=1)
    assert failing(measure(settings)) == {}


@pytest.mark.parametrize(("days", "severity"), [(1, None), (3, "warning"), (7, "critical")])
def test_freshness_is_what_the_contract_says(settings, days, severity):
    day = deliver_weeks(settings)
    deliver(settings, day)
    as_of = datetime.combine(day, datetime.min.time()) + timedelta(days=days, hours=3)
    assert failing(measure(settings, as_of)).get("shop.sales:freshness") == severity


def test_a_table_whose_contract_promises_nothing_is_never_late(settings):
    deliver(settings, deliver_weeks(settings) - timedelta(days=20), table="refunds")
    assert not [check for check in measure(settings).checks if check.name == "shop.refunds:freshness"]


def test_as_of_looks_at_the_lake_of_that_day(settings):
    day = deliver_weeks(settings)
    deliver(settings, day, rows=10)
    assert failing(measure(settings, datetime.combine(day - timedelta(days=1), datetime.max.time()))) == {}


def test_an_empty_column_is_critical_and_its_rows_are_found(settings):
    deliver(settings, deliver_weeks(settings), note="null")
    assert failing(measure(settings)) == {"shop.sales:empty:note": "critical"}


def test_deletes_say_nothing_but_their_key(settings):
    day = deliver_weeks(settings)
    deliver(settings, day)
    deliver(settings, day, rows=300, note="null", channel="null", amount="null", change_type="'delete'")
    assert failing(measure(settings)) == {}


def test_a_new_value_is_named(settings):
    channel = (
        "case range % 10 when 0 then 'kiosk' when 1 then 'app' when 2 then 'app' when 3 then 'web' else 'shop' end"
    )
    deliver(settings, deliver_weeks(settings), channel=channel)
    measured = measure(settings)
    assert failing(measured) == {"shop.sales:new:channel": "warning"}
    assert "'kiosk' in 10.0 %" in next(check.found_text for check in measured.checks if check.rule == "new:channel")


def test_shares_that_move_are_seen(settings):
    deliver(settings, deliver_weeks(settings), channel="'web'")
    assert failing(measure(settings)) == {"shop.sales:drift:channel": "critical"}


@pytest.mark.parametrize("amount", ["(range * 37 % 1000) * 10", "50"])
def test_numbers_of_another_size_or_all_the_same_are_seen(settings, amount):
    """A source once sent cents as whole units."""
    deliver(settings, deliver_weeks(settings), amount=amount)
    measured = measure(settings)
    assert failing(measured) == {"shop.sales:drift:amount": "critical"}
    found = next(check.found_text for check in measured.checks if check.rule == "drift:amount")
    assert "range" in found
    assert ">" not in found, "ends of ranges may be single persons' amounts"


def test_only_deliveries_of_like_length_are_compared():
    history = History(days=28, deliveries=4, fewest=3)
    months = [date(2026, month, 1) for month in range(1, 7)]
    assert comparable_days(months, months[-1], history) == months[1:-1]
    days = [date(2026, 6, 2), date(2026, 6, 3)]
    assert comparable_days([*months, *days], days[-1], history) == days[:1]
    assert comparable_days([*months, *days], days[0], history) == []
    assert comparable_days(months[:1], months[0], history) == []
