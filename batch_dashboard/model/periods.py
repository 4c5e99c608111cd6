"""Periods of UTC days, half-open: `since` is in, `until` is not. Weeks start on Monday.

Source: docs/data-model.md, "Days and weeks".
"""

from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Period:
    """The days from `since` up to, not including, `until`; None is open on that side."""

    since: date | None
    until: date | None

    @property
    def days(self) -> int | None:
        """How many days it holds, None when it is open."""
        if self.since is None or self.until is None:
            return None
        return (self.until - self.since).days

    @property
    def last_day(self) -> date | None:
        """The last day it holds, None when it has no end."""
        return None if self.until is None else self.until - DAY

    def __contains__(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (
            self.until is None or day < self.until
        )


def last_days(count: int, today: date) -> Period:
    """The `count` days that end with today."""
    return Period(today - (count - 1) * DAY, today + DAY)


def week_of(day: date) -> Period:
    """The week, Monday to Sunday, that holds a day."""
    return Period(monday(day), monday(day) + WEEK)


def monday(day: date) -> date:
    """The first day of the week that holds a day."""
    return day - day.weekday() * DAY
