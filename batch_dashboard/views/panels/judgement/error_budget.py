"""The use of an ecosystem's error budget."""

from collections.abc import Sequence
from dataclasses import dataclass

from batch_dashboard.figures.error_budget import error_budget_figure
from batch_dashboard.figures.sentences import error_budget_sentence
from batch_dashboard.figures.style import ecosystem_colour
from batch_dashboard.model.judgement.ecosystem_health import EcosystemHealth
from batch_dashboard.model.judgement.slo import BUDGET_DAYS, BudgetDay, budget_days
from batch_dashboard.model.lists.periods import last_days
from batch_dashboard.model.lists.series import colour_slots
from batch_dashboard.store.judgement.ecosystem_health import fetch_days
from batch_dashboard.views.charts import Chart
from batch_dashboard.views.choice import Choice, csv_url
from batch_dashboard.views.context import connection


@dataclass(frozen=True)
class ErrorBudgetChart:
    """The chart, its days newest first, and how fast the budget is burnt now."""

    chart: Chart
    days: Sequence[BudgetDay]
    health: EcosystemHealth


def error_budget_chart(choice: Choice, health: EcosystemHealth) -> ErrorBudgetChart | None:
    """The error budget of the last days, None for an ecosystem without a target."""
    target = health.facts.rule.target
    if target is None:
        return None
    period = last_days(2 * BUDGET_DAYS - 1, choice.today)
    attempts = fetch_days(connection(), period, health.ecosystem, choice.today)
    days = budget_days(attempts.get(health.ecosystem, {}), choice.today, target)
    return chart_of_days(choice, health, days)


def chart_of_days(
    choice: Choice, health: EcosystemHealth, days: list[BudgetDay]
) -> ErrorBudgetChart:
    """The chart of error budgets, which are given oldest first."""
    slot = colour_slots(choice.ecosystems).get(health.ecosystem, 0)
    chart = Chart(
        "error-budget",
        "Error budget",
        f"% used, {BUDGET_DAYS} days up to each day",
        error_budget_sentence(health),
        error_budget_figure(days, ecosystem_colour(slot)),
        csv_url("error_budgets.csv", {"ecosystem": health.ecosystem}),
    )
    return ErrorBudgetChart(chart, days[::-1], health)
