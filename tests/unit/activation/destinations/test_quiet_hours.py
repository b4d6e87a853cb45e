"""Quiet hours by the clock of the person."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cardinal.activation.destinations.quiet_hours import is_quiet

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
