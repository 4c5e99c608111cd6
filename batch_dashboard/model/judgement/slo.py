"""The success rate of an ecosystem compared with its target. Source: docs/slo.md."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from batch_dashboard.model.judgement.rates import Interval, wilson_interval
from batch_dashboard.model.lists.periods import DAY, last_days

JUDGED_DAYS = 7
BUDGET_DAYS = 28
MIN_ATTEMPTS = 10
CRITICAL_RATE = 0.5


class SloState(StrEnum):
    """The state of an ecosystem's SLO."""

    MET = "met"
    AT_RISK = "at risk"
    BREACHED = "breached"
    TOO_FEW = "too few attempts"
    NO_TARGET = "no target"


class Attempts(NamedTuple):
    """Recipes that were tried, by how they ended."""

    passed: int
    failed: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.passed + self.failed


NONE = Attempts(0, 0)
DayAttempts = Mapping[date, Attempts]


class Verdict(NamedTuple):
    """The comparison of the attempts of some days with a target."""

    state: SloState
    attempts: Attempts
    target: float | None

    @property
    def rate(self) -> float | None:
        """The success rate, None if nothing was attempted."""
        return self.attempts.passed / self.attempts.total if self.attempts.total else None

    @property
    def interval(self) -> Interval | None:
        """The 95 % Wilson interval of the success rate."""
        return wilson_interval(self.attempts.passed, self.attempts.total)

    @property
    def is_critical(self) -> bool:
        """Whether it is breached and more than half of the attempts failed."""
        return self.state == SloState.BREACHED and (self.rate or 0.0) < CRITICAL_RATE


def judge(attempts: Attempts, target: float | None, min_attempts: int = MIN_ATTEMPTS) -> Verdict:
    """Breached: the interval lies wholly below the target; at risk: only the rate does."""
    if target is None:
        return Verdict(SloState.NO_TARGET, attempts, None)
    if attempts.total < max(min_attempts, 1):
        return Verdict(SloState.TOO_FEW, attempts, target)
    verdict = Verdict(SloState.MET, attempts, target)
    # Whole numbers: a rate of exactly the target is met, whatever its fraction rounds to.
    if attempts.passed >= attempts.total * target - 1e-9:
        return verdict
    interval = verdict.interval
    below = interval is not None and interval.high < target
    return verdict._replace(state=SloState.BREACHED if below else SloState.AT_RISK)


def attempts_of(days: DayAttempts, count: int, last_day: date) -> Attempts:
    """All attempts of the `count` UTC days that end with a day."""
    period = last_days(count, last_day)
    chosen = [attempts for day, attempts in days.items() if day in period]
    return Attempts(sum(row.passed for row in chosen), sum(row.failed for row in chosen))


def judge_day(days: DayAttempts, day: date, target: float | None, min_attempts: int) -> Verdict:
    """The verdict of the week that ends with a day."""
    return judge(attempts_of(days, JUDGED_DAYS, day), target, min_attempts)


def verdict_since(days: DayAttempts, today: date, target: float | None, min_attempts: int) -> date:
    """The day since which the verdict is the same as today, within the last 28 days."""
    state = judge_day(days, today, target, min_attempts).state
    day = today
    while (
        today - day < (BUDGET_DAYS - 1) * DAY
        and judge_day(days, day - DAY, target, min_attempts).state == state
    ):
        day -= DAY
    return day


class ErrorBudget(NamedTuple):
    """The share of the allowed failures that was used in 28 days."""

    attempts: Attempts
    target: float

    @property
    def allowed(self) -> float:
        """The number of attempts that may fail."""
        return self.attempts.total * (1 - self.target)

    @property
    def used_share(self) -> float | None:
        """Failed over allowed; above 1 when overspent, None if nothing was attempted.

        Of a target of 100 % no failure is allowed: one is all of it.
        """
        if not self.attempts.total:
            return None
        if self.allowed < 1e-9:
            return float(self.attempts.failed)
        return self.attempts.failed / self.allowed


def error_budget(days: DayAttempts, last_day: date, target: float | None) -> ErrorBudget | None:
    """The error budget of the 28 days that end with a day; None without a target."""
    if target is None:
        return None
    return ErrorBudget(attempts_of(days, BUDGET_DAYS, last_day), target)


class BudgetDay(NamedTuple):
    """The error budget of the 28 days that end with a day."""

    day: date
    attempts: Attempts
    used_share: float | None  # None: nothing was attempted


def budget_days(days: DayAttempts, today: date, target: float) -> list[BudgetDay]:
    """The error budget on each of the last 28 days, oldest first."""
    found = []
    for day in (today - ago * DAY for ago in range(BUDGET_DAYS - 1, -1, -1)):
        spent = ErrorBudget(attempts_of(days, BUDGET_DAYS, day), target)
        found.append(BudgetDay(day, spent.attempts, spent.used_share))
    return found


class BurnWindow(NamedTuple):
    """A time over which the error budget may be burnt too fast."""

    name: str
    length: timedelta
    budget_share: float  # of the 28 days' budget that may go in this time
    highest_failure_rate: float  # that the threshold may ask for


# Shares are those of the SRE workbook, chapter 5, table 5-8, over 28 days instead of 30.
WINDOWS = (
    BurnWindow("1 h", timedelta(hours=1), 0.02, 0.90),
    BurnWindow("6 h", timedelta(hours=6), 0.05, 0.80),
    BurnWindow("1 d", timedelta(days=1), 0.10, 0.70),
    BurnWindow("3 d", timedelta(days=3), 0.10, 0.60),
)
MIN_RUNS = 2


class WindowRuns(NamedTuple):
    """The runs within one window up to now."""

    runs: int  # with attempts
    attempts: Attempts


class Burn(NamedTuple):
    """The burn rate in one window: at 1, the error budget lasts exactly 28 days."""

    window: BurnWindow
    rate: float | None  # None: too few attempts
    threshold: float
    attempts: Attempts
    is_sure: bool  # the 95 % interval of the failure rate lies above what the target allows

    @property
    def is_over(self) -> bool:
        """Whether this window needs attention, which chance alone cannot cause."""
        return self.rate is not None and self.rate >= self.threshold and self.is_sure


def burn_threshold(window: BurnWindow, target: float) -> float:
    """The burn rate that uses the window's share of the budget, or the highest that can be asked.

    A low target allows so many failures that the customary rate may lie beyond everything
    failing: the threshold never asks for more than the window's highest failure rate.
    """
    customary = window.budget_share * timedelta(days=BUDGET_DAYS) / window.length
    return max(1.0, min(customary, window.highest_failure_rate / (1 - target)))


def burns(runs: Sequence[WindowRuns], target: float | None, min_attempts: int) -> list[Burn]:
    """The burn rate of each of WINDOWS, in their order; `runs` are of the same windows."""
    if target is None or target >= 1:
        return []
    found = []
    for window, ran in zip(WINDOWS, runs, strict=True):
        enough = ran.runs >= MIN_RUNS and ran.attempts.total >= max(min_attempts, 1)
        rate = ran.attempts.failed / ran.attempts.total / (1 - target) if enough else None
        interval = wilson_interval(ran.attempts.failed, ran.attempts.total)
        is_sure = interval is not None and interval.low > 1 - target
        found.append(Burn(window, rate, burn_threshold(window, target), ran.attempts, is_sure))
    return found


def burning(rates: Sequence[Burn]) -> Burn | None:
    """The shortest window that is over its threshold and still burns in the next shorter one.

    A window without enough runs confirms nothing and denies nothing.
    """
    for index, burn in enumerate(rates):
        shorter = rates[index - 1].rate if index else None
        if burn.is_over and (shorter is None or shorter >= 1):
            return burn
    return None
