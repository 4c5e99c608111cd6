"""Minutes allowed per runner operating system and week. Source: docs/data-model.md, "Budget"."""

from collections.abc import Iterable
from datetime import date
from math import ceil
from typing import NamedTuple

from batch_dashboard.model.periods import DAY, Period, last_days, week_of
from batch_dashboard.model.records import DayMinutes, Minutes
from batch_dashboard.model.vocabulary import LINUX, MACOS

DEFAULT_MINUTES = {MACOS: 1_000.0, LINUX: 5_000.0}
SAMPLE_SHARE = 0.80
PAUSE_SHARE = 0.95
FORECAST_DAYS = 28

OK = "ok"
SAMPLE = "sample"
PAUSE = "pause"


class OwnBudget(NamedTuple):
    """What an operator set in place of the default, from a Monday on."""

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


DEFAULT_BUDGETS = Budgets()


class BudgetWeek(NamedTuple):
    """How one runner operating system stands against its budget in the week of a day."""

    runner_os: str
    week: Period
    budget_minutes: float
    used: Minutes
    daily_minutes: float  # mean of the last 28 days, days without runs among them
    forecast_minutes: float  # at the end of the week
    runs_out_on: date | None  # None: not within the week

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
    """What a share of the budget asks for: `ok`, from 80 % on `sample`, from 95 % on `pause`."""
    if used_minutes >= PAUSE_SHARE * budget_minutes:
        return PAUSE
    return SAMPLE if used_minutes >= SAMPLE_SHARE * budget_minutes else OK


class BurnUpDay(NamedTuple):
    """One day of a week, for one runner operating system."""

    day: date
    minutes: Minutes | None  # of this day; None: it is still to come
    used: Minutes | None  # from Monday up to this day; None: it is still to come
    forecast_minutes: float | None  # from today on; None: before, or nothing to forecast from


def burn_up(budget: BudgetWeek, days: Iterable[DayMinutes], today: date) -> list[BurnUpDay]:
    """The week of a budget day by day, Monday to Sunday, from the same days it was summed from."""
    of_day = {day.day: day.minutes(budget.runner_os) for day in days}
    monday = today - today.weekday() * DAY
    so_far = Minutes(0.0, 0, 0)
    burnt = []
    for day in (monday + index * DAY for index in range(7)):
        ahead = (day - today).days
        minutes = None if ahead > 0 else of_day.get(day, Minutes(0.0, 0, 0))
        if minutes is not None:
            so_far = Minutes(
                so_far.known + minutes.known,
                so_far.runs + minutes.runs,
                so_far.unknown_runs + minutes.unknown_runs,
            )
        forecast = None
        if ahead >= 0 and budget.daily_minutes:
            forecast = budget.used.known + ahead * budget.daily_minutes
        burnt.append(BurnUpDay(day, minutes, None if minutes is None else so_far, forecast))
    return burnt


def budget_week(
    runner_os: str, days: Iterable[DayMinutes], today: date, budgets: Budgets = DEFAULT_BUDGETS
) -> BudgetWeek:
    """How a runner operating system stands today, from the days of the last four weeks.

    Forecast = used so far + mean daily use of the last 28 days x days left after today.
    """
    budget = budgets.of(runner_os, today)
    days = sorted(days)
    week = week_of(today)
    this_week = [day for day in days if day.day in week]
    used = Minutes(
        sum(day.minutes(runner_os).known for day in this_week),
        sum(day.runs for day in this_week),
        sum(day.minutes(runner_os).unknown_runs for day in this_week),
    )
    recent = last_days(FORECAST_DAYS, today)
    daily = sum(d.minutes(runner_os).known for d in days if d.day in recent) / FORECAST_DAYS
    sunday = today + (6 - today.weekday()) * DAY
    days_left = (sunday - today).days
    return BudgetWeek(
        runner_os,
        week,
        budget,
        used,
        daily,
        used.known + daily * days_left,
        _day_it_runs_out(runner_os, this_week, used.known, daily, budget, today, sunday),
    )


def _day_it_runs_out(
    runner_os: str,
    this_week: list[DayMinutes],
    used: float,
    daily: float,
    budget: float,
    today: date,
    last_day: date,
) -> date | None:
    if used >= budget:
        so_far = 0.0
        for day in this_week:
            so_far += day.minutes(runner_os).known
            if so_far >= budget:
                return day.day
        return today
    if not daily or used + daily * (last_day - today).days < budget:
        return None
    return min(last_day, today + ceil((budget - used) / daily) * DAY)
