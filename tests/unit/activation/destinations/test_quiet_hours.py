"""Quiet hours by the clock of the person."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cardinal.activation.destinations.quiet_hours import HoursError, is_quiet

BANGKOK = {"time_zone": "Asia/Bangkok"}


@pytest.mark.parametrize(
    ("begins", "ends", "utc_hour", "expected"),
    [
        (21, 8, 13, False),  # 20 o'clock in Bangkok
        (21, 8, 14, True),
        (21, 8, 0, True),  # 7 o'clock
        (21, 8, 1, False),
        (0, 6, 18, True),  # 1 o'clock
        (0, 6, 23, False),
        (0, 0, 17, False),
        (None, None, 17, False),
    ],
)
def test_hours_are_of_the_persons_day(begins: int | None, ends: int | None, utc_hour: int, expected: bool) -> None:
    fields = {**BANGKOK, "quiet_from_hour": begins, "quiet_to_hour": ends}
    assert is_quiet(fields, datetime(2026, 10, 31, utc_hour, 30, tzinfo=UTC)) is expected


@pytest.mark.parametrize(
    ("utc_hour", "expected"),
    [
        (22, False),  # 17 o'clock in New York, 12 in Honolulu
        (1, True),  # 20 o'clock in New York
        (16, True),  # 11 o'clock in New York, 6 in Honolulu
        (19, False),  # 9 o'clock in Honolulu
    ],
)
def test_of_a_country_with_several_zones_all_are_left_in_peace(utc_hour: int, expected: bool) -> None:
    fields = {"time_zone": "America/New_York,Pacific/Honolulu", "quiet_from_hour": 20, "quiet_to_hour": 9}
    assert is_quiet(fields, datetime(2026, 1, 31, utc_hour, 30, tzinfo=UTC)) is expected


def test_a_zone_that_is_none_is_told_though_another_is_one() -> None:
    fields = {"time_zone": "Asia/Bangkok,Asia/Nowhere", "quiet_from_hour": 21, "quiet_to_hour": 8}
    with pytest.raises(HoursError):
        is_quiet(fields, datetime(2026, 1, 31, 15, 30, tzinfo=UTC))
