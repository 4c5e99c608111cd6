"""Minutes allowed per runner operating system and week. Source: docs/data-model.md, "Budget"."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from batch_dashboard.model.batch_runs.records import DayMinutes, Minutes
from batch_dashboard.model.batch_runs.vocabulary import LINUX, MACOS, RUNNER_OS_NAMES
from batch_dashboard.model.lists.periods import DAY, Period, week_of

DEFAULT_MINUTES = {MACOS: 1_000.0, LINUX: 5_000.0}
SAMPLE_SHARE = 0.80
PAUSE_SHARE = 0.95
FORECAST_DAYS = 28


class EverReported(StrEnum):
    """The minutes that were ever reported of a runner operating system."""

    NEVER = "never"  # no run reported its minutes
    ZEROS = "zeros"  # every run that reported them reported 0
    ABOVE_ZERO = "above zero"


class BudgetState(StrEnum):
    """The advice to CI from the use of a budget."""

    OK = "ok"
    SAMPLE = "sample"
    PAUSE = "pause"


class OwnBudget(NamedTuple):
    """A budget set by an operator, from a Monday on."""

    runner_os: str
    since: date
    minutes: float


class Budgets:
    """The minutes allowed in each UTC week: what operators set, before it the default."""

    def __init__(self, own: Iterable[OwnBudget] = ()) -> None:
        self.own = sorted(own, key=lambda budget: (budget.runner_os, budget.since))

    def of(self, runner_os: str, day: date) -> float:
        """The budget of the week that holds a day."""
        monday = week_of(day).since or day
        found = DEFAULT_MINUTES[runner_os]
        for budget in self.own:
            if budget.runner_os == runner_os and budget.since <= monday:
                found = budget.minutes
        return found

    @property
    def changes(self) -> list[OwnBudget]:
        """Every budget by runner operating system, oldest first; defaults begin on `date.min`."""
        defaults = (OwnBudget(name, date.min, minutes) for name, minutes in DEFAULT_MINUTES.items())
        return sorted([*defaults, *self.own])


DEFAULT_BUDGETS = Budgets()


class BudgetWeek(NamedTuple):
    """The use of the budget of one runner operating system in a week."""

    runner_os: str
    week: Period
    budget_minutes: float
    used: Minutes
    daily_minutes: float  # mean of the 28 days up to the moment, days without runs among them
    forecast_minutes: float  # at the end of the week
    runs_out_on: date | None  # None: not within the week
    ever_reported: str = EverReported.ABOVE_ZERO  # NEVER, ZEROS or ABOVE_ZERO

    @property
    def reported_minutes(self) -> float | None:
        """The reported minutes; None if no run of the week, or no run ever, reported any."""
        if self.ever_reported == EverReported.NEVER:
            return None
        return self.used.value if self.used.runs else 0.0

    @property
    def used_minutes(self) -> float | None:
        """The minutes used; None if they are unknown or only zeros were ever reported."""
        return None if self.ever_reported == EverReported.ZEROS else self.reported_minutes

    @property
    def forecast(self) -> float | None:
        """The forecast; None if the use is unknown or there is nothing to forecast from."""
        is_known = self.daily_minutes and self.used_minutes is not None
        return self.forecast_minutes if is_known else None

    @property
    def why_unknown(self) -> str | None:
        """A sentence that explains why the use of this week is unknown; None if it is known."""
        if self.used_minutes is not None:
            return None
        name = RUNNER_OS_NAMES[self.runner_os]
        if self.ever_reported == EverReported.NEVER:
            return f"No run ever reported {name} minutes."
        if self.ever_reported == EverReported.ZEROS:
            return f"Every run that reported {name} minutes reported 0."
        return f"No run of this week reported {name} minutes."

    @property
    def share(self) -> float:
        """Known minutes used over budget; above 1 when overspent."""
        return self.used.known / self.budget_minutes if self.budget_minutes else 1.0

    @property
    def forecast_share(self) -> float:
        """Forecast over budget."""
        return self.forecast_minutes / self.budget_minutes if self.budget_minutes else 1.0

    @property
    def state(self) -> str:
        """`ok`, from 80 % on `sample`, from 95 % on `pause`."""
        return budget_state(self.used.known, self.budget_minutes)


def budget_state(used_minutes: float, budget_minutes: float) -> str:
    """The state at a share of the budget: `ok`, from 80 % `sample`, from 95 % `pause`."""
    if used_minutes >= PAUSE_SHARE * budget_minutes:
        return BudgetState.PAUSE
    return BudgetState.SAMPLE if used_minutes >= SAMPLE_SHARE * budget_minutes else BudgetState.OK


class BurnUpDay(NamedTuple):
    """One day of a week, for one runner operating system."""

    day: date
    minutes: Minutes | None  # of this day; None: it is still to come
    used: Minutes | None  # from Monday up to this day; None: it is still to come
    used_minutes: float | None  # the same as a number; None: to come, or unknown
    forecast_minutes: float | None  # from today on; None: before, or nothing to forecast from


def burn_up(budget: BudgetWeek, days: Iterable[DayMinutes], now: datetime) -> list[BurnUpDay]:
    """The week of a budget day by day, Monday to Sunday, from the same days it was summed from."""
    of_day = {day.day: day.minutes(budget.runner_os) for day in days}
    today = now.date()
    monday = today - today.weekday() * DAY
    so_far = Minutes(0.0, 0, 0)
    without_runs = 0.0 if budget.ever_reported == EverReported.ABOVE_ZERO else None
    burnt = []
    for day in (monday + index * DAY for index in range(7)):
        forecast = None
        if day >= today and budget.forecast is not None:
            forecast = budget.used.known + budget.daily_minutes * _days_left(now, day)
        if day > today:
            burnt.append(BurnUpDay(day, None, None, None, forecast))
            continue
        minutes = of_day.get(day, Minutes(0.0, 0, 0))
        so_far = Minutes(
            so_far.known + minutes.known,
            so_far.runs + minutes.runs,
            so_far.unknown_runs + minutes.unknown_runs,
        )
        used = so_far.value if so_far.runs else without_runs
        burnt.append(BurnUpDay(day, minutes, so_far, used, forecast))
    return burnt


def budget_week(
    runner_os: str,
    days: Iterable[DayMinutes],
    now: datetime,
    budgets: Budgets = DEFAULT_BUDGETS,
    ever_reported: str = EverReported.ABOVE_ZERO,
) -> BudgetWeek:
    """The use of this week's budget of a runner operating system, from the last 29 days.

    Forecast = used so far + mean daily use of the last 28 days x days left. Both the 28 days and
    the days left are counted to the second, so the forecast does not jump at midnight: of the day
    on which the 28 days began, the part counts that lies within them.
    """
    today = now.date()
    budget = budgets.of(runner_os, today)
    days = sorted(days)
    week = week_of(today)
    this_week = [day for day in days if day.day in week]
    used = Minutes(
        sum(day.minutes(runner_os).known for day in this_week),
        sum(day.runs for day in this_week),
        sum(day.minutes(runner_os).unknown_runs for day in this_week),
    )
    weights = dict.fromkeys((today - ago * DAY for ago in range(FORECAST_DAYS)), 1.0)
    weights[today - FORECAST_DAYS * DAY] = _days_left(now, today)
    recent = sum(day.minutes(runner_os).known * weights.get(day.day, 0.0) for day in days)
    daily = recent / FORECAST_DAYS
    sunday = today + (6 - today.weekday()) * DAY
    return BudgetWeek(
        runner_os,
        week,
        budget,
        used,
        daily,
        used.known + daily * _days_left(now, sunday),
        _day_it_runs_out(runner_os, this_week, used.known, daily, budget, now, sunday),
        ever_reported,
    )


def _days_left(now: datetime, last_day: date) -> float:
    """The number of days from now to the end of a day."""
    return (datetime.combine(last_day + DAY, time(), UTC) - now) / timedelta(days=1)


def _day_it_runs_out(
    runner_os: str,
    this_week: list[DayMinutes],
    used: float,
    daily: float,
    budget: float,
    now: datetime,
    last_day: date,
) -> date | None:
    if used >= budget:
        so_far = 0.0
        for day in this_week:
            so_far += day.minutes(runner_os).known
            if so_far >= budget:
                return day.day
        return now.date()
    if not daily or used + daily * _days_left(now, last_day) < budget:
        return None
    return min(last_day, (now + (budget - used) / daily * timedelta(days=1)).date())
