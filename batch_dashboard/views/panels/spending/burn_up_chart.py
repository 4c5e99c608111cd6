"""The minutes of this week against their budgets, day by day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from batch_dashboard.figures.burn_up import burn_up_figure
from batch_dashboard.figures.sentences import burn_up_sentence
from batch_dashboard.model.batch_runs.records import DayMinutes
from batch_dashboard.model.batch_runs.vocabulary import RUNNER_OS
from batch_dashboard.model.lists.periods import Period, week_of
from batch_dashboard.model.spending.budget import Budgets, BurnUpDay, budget_week, burn_up
from batch_dashboard.views.charts import Chart
from batch_dashboard.views.choice import Choice, csv_url


@dataclass(frozen=True)
class BurnUpChart:
    """The chart, and the days of the week, each for macOS and for Linux."""

    chart: Chart
    week: Period
    days: Sequence[tuple[BurnUpDay, ...]]


def burn_up_chart(
    choice: Choice, days: Sequence[DayMinutes], ever: Mapping[str, str], rules: Budgets
) -> BurnUpChart:
    """This week from the `days` of the last four, over all ecosystems whatever is chosen.

    `ever` states for each runner OS whether minutes were ever reported.
    """
    budgets = [
        budget_week(runner_os, days, choice.now, rules, ever[runner_os]) for runner_os in RUNNER_OS
    ]
    burnt = {budget.runner_os: burn_up(budget, days, choice.now) for budget in budgets}
    week = week_of(choice.today)
    sentence = burn_up_sentence(budgets)
    if choice.shown.ecosystem:
        sentence += " Budgets and this week’s minutes cover all ecosystems."
    chart = Chart(
        "burn-up",
        "This week and its budget",
        f"minutes added up, week from {week.since}",
        sentence,
        burn_up_figure(budgets, burnt),
        csv_url("burn_up.csv", {}),
    )
    rows = list(zip(*(burnt[runner_os] for runner_os in RUNNER_OS), strict=True))
    return BurnUpChart(chart, week, rows)
