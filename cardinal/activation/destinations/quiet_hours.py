"""Quiet hours: when nobody is disturbed, by the clock of the person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

# The fields that tell them.
QUIET_HOURS = ("time_zone", "quiet_from_hour", "quiet_to_hour")


class HoursError(Exception):
    """A row's hours or its time zone can't be read; the text shows no value."""


def is_quiet(fields: Mapping[str, Any], moment: datetime) -> bool:
    """Whether a row must wait, by its `time_zone`, `quiet_from_hour` and `quiet_to_hour` (over midnight too).

    A row without them never waits. Of several zones, with commas between, any makes it wait: it is quiet from the
    earliest start to the latest end. `moment` knows its time zone.

    Raises:
        HoursError: What the row says of them is none.
    """
    begins, ends, zones = (fields.get(name) for name in ("quiet_from_hour", "quiet_to_hour", "time_zone"))
    if begins is None or ends is None or zones is None:
        return False
    try:
        hours = [moment.astimezone(ZoneInfo(zone)).hour for zone in str(zones).split(",")]
        first, last = int(begins), int(ends)
    except (KeyError, OSError, TypeError, ValueError):
        raise HoursError("time_zone or the quiet hours can't be read") from None
    return any(first <= hour < last if first <= last else hour >= first or hour < last for hour in hours)
