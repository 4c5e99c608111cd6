"""Periods of UTC days, half-open: `since` is in, `until` is not. Weeks start on Monday.

Source: docs/data-model.md, "Days and weeks".
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Period:
    """The days from `since` up to, not including, `until`; None is open on that side."""

    since: date | None
    until: date | None

    @property
    def days(self) -> int | None:
        """The number of days, None if the period is open."""
        if self.since is None or self.until is None:
            return None
        return (self.until - self.since).days

    @property
    def last_day(self) -> date | None:
        """The last day of the period, None if it has no end."""
        return None if self.until is None else self.until - DAY

    def __contains__(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (
            self.until is None or day < self.until
        )


class Step(Enum):
    """The steps of a chart: UTC days, weeks from Monday, calendar months or years."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"

    def start_of(self, day: date) -> date:
        """The first day of the step that holds a day."""
        match self:
            case Step.DAY:
                return day
            case Step.WEEK:
                return day - day.weekday() * DAY
            case Step.MONTH:
                return day.replace(day=1)
            case Step.YEAR:
                return day.replace(month=1, day=1)

    def between(self, first: date, last: date) -> int:
        """The number of steps from the first day of one step to that of another."""
        if self is Step.YEAR:
            return last.year - first.year
        if self is Step.MONTH:
            return 12 * (last.year - first.year) + last.month - first.month
        return (last - first) // (WEEK if self is Step.WEEK else DAY)

    def later(self, start: date, count: int = 1) -> date:
        """The first day of the step that is `count` steps after the one that starts on a day."""
        if self is Step.YEAR:
            return start.replace(year=start.year + count)
        if self is Step.MONTH:
            years, month = divmod(start.month - 1 + count, 12)
            return start.replace(year=start.year + years, month=month + 1)
        return start + count * (WEEK if self is Step.WEEK else DAY)


def last_days(count: int, today: date) -> Period:
    """The `count` days that end with today."""
    return Period(today - (count - 1) * DAY, today + DAY)


def week_of(day: date) -> Period:
    """The week, Monday to Sunday, that holds a day."""
    monday = Step.WEEK.start_of(day)
    return Period(monday, monday + WEEK)
