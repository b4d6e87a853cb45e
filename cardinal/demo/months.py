"""Calendar months as numbers, and days and seconds since 1970 in the bank's local time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

EPOCH = date(1970, 1, 1)
DAY = 86_400
UTC_OFFSET_SECONDS = 7 * 3_600  # The demo bank lives in Bangkok, which keeps no summer time.


def month_number(day: date) -> int:
    """Return the number of the day's month, counted from year 0."""
    return day.year * 12 + day.month - 1


def epoch_day(day: date) -> int:
    """Return the number of days since 1970-01-01."""
    return (day - EPOCH).days


def as_date(day: int) -> date:
    """Return the date of a number of days since 1970-01-01."""
    return EPOCH + timedelta(days=int(day))


@dataclass(frozen=True)
class Month:
    """One calendar month."""

    number: int

    @property
    def first_date(self) -> date:
        """First day of the month."""
        return date(self.number // 12, self.number % 12 + 1, 1)

    @property
    def first_day(self) -> int:
        """First day, as days since 1970."""
        return epoch_day(self.first_date)

    @property
    def days(self) -> int:
        """Length of the month in days."""
        return Month(self.number + 1).first_day - self.first_day

    @property
    def last_day(self) -> int:
        """Last day, as days since 1970."""
        return self.first_day + self.days - 1

    @property
    def first_second(self) -> int:
        """First second, as local seconds since 1970."""
        return self.first_day * DAY

    @property
    def calendar_month(self) -> int:
        """1 for January to 12 for December."""
        return self.number % 12 + 1

    @property
    def label(self) -> str:
        """Year and month, such as 2026-10."""
        return self.first_date.strftime("%Y-%m")
