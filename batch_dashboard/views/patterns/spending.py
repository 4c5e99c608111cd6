"""Panels about minutes and cost, as patterns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from batch_dashboard.model.batch_runs.records import DayMinutes, Minutes, RunSums
from batch_dashboard.model.batch_runs.vocabulary import LINUX, MACOS, RUNNER_OS
from batch_dashboard.model.catalogue.spending import ECOSYSTEM_SPENDING
from batch_dashboard.model.lists.pagination import Cursor
from batch_dashboard.model.lists.periods import Step, week_of
from batch_dashboard.model.lists.series import Buckets, buckets
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.model.plan.ledger import Outcome, Savings
from batch_dashboard.model.plan.ledger_sums import LedgerPart
from batch_dashboard.model.spending.budget import DEFAULT_BUDGETS, BudgetWeek, EverReported
from batch_dashboard.model.spending.ci_job_sums import JobTimes, StepTimes, StepWaits
from batch_dashboard.model.spending.prices import DEFAULT_PRICES, cost_of_sums
from batch_dashboard.model.spending.spending import spending
from batch_dashboard.views.choice import Choice
from batch_dashboard.views.panels.spending.burn_up_chart import BurnUpChart, burn_up_chart
from batch_dashboard.views.panels.spending.cost_chart import CostChart, cost_chart
from batch_dashboard.views.panels.spending.ecosystem_minutes_chart import (
    EcosystemMinutesChart,
    ecosystem_minutes_chart,
)
from batch_dashboard.views.panels.spending.job_minutes import JobMinutes, job_minutes
from batch_dashboard.views.panels.spending.ledger import Ledger, ledger
from batch_dashboard.views.panels.spending.minutes_chart import MinutesChart, minutes_chart
from batch_dashboard.views.panels.spending.price_table import PriceTable, price_table
from batch_dashboard.views.panels.spending.queue_waits_chart import (
    QueueWaitsChart,
    queue_waits_chart,
)
from batch_dashboard.views.panels.spending.spending_table import SpendingTable, spending_table
from batch_dashboard.views.panels.spending.step_choice import StepChoice, step_choice
from batch_dashboard.views.panels.spending.week_cost import WeekCost
from batch_dashboard.views.patterns.values import choice_at, weekly_sums


@dataclass(frozen=True)
class SpendingPatterns:
    """Each panel filled, with unknown minutes, and empty."""

    budgets: Sequence[BudgetWeek]
    costs: Sequence[WeekCost]
    buckets: Sequence[StepChoice]
    burn_up: Sequence[BurnUpChart]
    minutes: Sequence[MinutesChart]
    by_ecosystem: Sequence[EcosystemMinutesChart]
    tables: Sequence[SpendingTable]
    ledgers: Sequence[Ledger]
    jobs: Sequence[JobMinutes]
    waits: Sequence[QueueWaitsChart]
    cost: Sequence[CostChart]
    prices: PriceTable


def budget(now: datetime, used: float, unknown_runs: int = 0, runs: int = 4) -> BudgetWeek:
    """A week of 1,000 macOS minutes."""
    minutes = Minutes(used, runs, unknown_runs)
    return BudgetWeek(MACOS, week_of(now.date()), 1_000, minutes, used / 7, used * 1.4, None)


def spending_patterns(now: datetime) -> SpendingPatterns:
    """The panels at a moment."""
    choice, today = choice_at(now), now.date()
    budgets = [budget(now, *used) for used in ((0, 0, 0), (400,), (820, 1), (1_200,), (0, 4))]
    states = [weekly_sums(today), weekly_sums(today, unknown=1), weekly_sums(today, unknown=4), []]
    through = [buckets(sums, choice.shown.period, Step.WEEK, today) for sums in states]
    tables = [_table(choice, sums) for sums in states]
    tables.append(_table(choice, [], Cursor((0.0, "npm"))))
    return SpendingPatterns(
        budgets,
        [
            WeekCost(63.18, budgets[1:2]),
            WeekCost(8.0, budgets[2:3]),
            WeekCost(None, budgets[4:]),
        ],
        [
            step_choice(choice, tables[0].ecosystems, Step.WEEK, None),
            step_choice(choice, tables[0].ecosystems, Step.MONTH, "day"),
        ],
        _burn_up(choice),
        [
            minutes_chart(choice, steps_, sums, DEFAULT_BUDGETS)
            for steps_, sums in zip(through, states, strict=True)
        ],
        [
            ecosystem_minutes_chart(choice, steps_, sums, spending(sums))
            for steps_, sums in zip(through, states, strict=True)
        ],
        tables,
        [ledger(choice, parts, DEFAULT_PRICES) for parts in (_ledger(today), [])],
        [job_minutes(choice, Step.WEEK, times, DEFAULT_PRICES) for times in (_times(today), [])],
        [
            queue_waits_chart(choice, through[0], _waits(through[0]), {MACOS: 600}),
            queue_waits_chart(choice, through[0], [], {}),
        ],
        [
            cost_chart(choice, steps_, sums, DEFAULT_PRICES)
            for steps_, sums in zip(through, states, strict=True)
        ],
        price_table(DEFAULT_PRICES),
    )


def _table(choice: Choice, sums: list[RunSums], cursor: Cursor | None = None) -> SpendingTable:
    sort, _ = Sort.parse({}, ECOSYSTEM_SPENDING.sorts)
    return spending_table(choice, spending(sums), cost_of_sums(sums), sort, cursor, {})


def _burn_up(choice: Choice) -> list[BurnUpChart]:
    """A week with use, one whose Linux minutes are unknown, and one without a batch run."""
    days = [
        DayMinutes(choice.today - timedelta(days=ago), 4, 90.0, 400.0, 1, 0) for ago in range(20)
    ]
    without_linux = [day._replace(linux_minutes=0.0, linux_unknown_runs=4) for day in days]
    used = dict.fromkeys(RUNNER_OS, EverReported.ABOVE_ZERO)
    return [
        burn_up_chart(choice, days, used, DEFAULT_BUDGETS),
        burn_up_chart(choice, without_linux, {**used, LINUX: EverReported.NEVER}, DEFAULT_BUDGETS),
        burn_up_chart(choice, [], used, DEFAULT_BUDGETS),
    ]


def _ledger(today: date) -> list[LedgerPart]:
    """Known and unknown durations, unknown ones only, and nothing avoided."""
    return [
        LedgerPart(
            today,
            "homebrew",
            84,
            2_100,
            Savings(620, 20, 60, 90_000_000, 40_000_000, 48_000_000),
            Outcome(Savings(3, 0, 0, 400_000, 400_000, 0), 2, 36_000),
        ),
        LedgerPart(today, "npm", 12, 300, Savings(40, 40, 40), Outcome()),
        LedgerPart(today, "cargo", 12, 300, Savings(), Outcome()),
    ]


def _times(today: date) -> list[StepTimes]:
    """Jobs that ended, jobs of which none did, and jobs without a list price."""
    return [
        StepTimes(today, "macos", JobTimes(12, 1, 9_000, 160)),
        StepTimes(today, "linux", JobTimes(2, 2, 0, 0)),
        StepTimes(today, "windows", JobTimes(3, 0, 600, 12)),
    ]


def _waits(through: Buckets) -> list[StepWaits]:
    """Waits of every second bucket."""
    return [
        StepWaits(start, runner_os, 9, seconds, 9 * seconds)
        for start in through.starts[::2]
        for runner_os, seconds in (("macos", 80), ("linux", 4))
    ]
