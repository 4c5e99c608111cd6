"""The cost of this week so far."""

from collections.abc import Sequence
from dataclasses import dataclass

from batch_dashboard.model.lists.periods import week_of
from batch_dashboard.model.spending.budget import BudgetWeek
from batch_dashboard.model.spending.prices import cost_of_days
from batch_dashboard.store.batch_runs import ecosystem_days
from batch_dashboard.store.spending import spending_rules
from batch_dashboard.views.choice import Choice
from batch_dashboard.views.context import connection


@dataclass(frozen=True)
class WeekCost:
    """The cost at list price of all ecosystems in US dollars, whatever is chosen."""

    dollars: float | None  # None: unknown
    budgets: Sequence[BudgetWeek]

    @property
    def why_unknown(self) -> list[str]:
        """Why the minutes of each runner OS are unknown, where they are."""
        return [budget.why_unknown for budget in self.budgets if budget.why_unknown]

    @property
    def is_partial(self) -> bool:
        """Whether some minutes are unknown, so that the cost is that of the known ones."""
        return bool(self.why_unknown) or any(b.used.unknown_runs for b in self.budgets)


def week_cost(choice: Choice, budgets: Sequence[BudgetWeek]) -> WeekCost:
    """The cost of the week that the clock is in."""
    conn = connection()
    days = ecosystem_days.fetch_day_minutes(conn, week_of(choice.today))
    cost = cost_of_days(days, spending_rules.fetch_prices(conn))
    # Without any known cost it is 0 only where all minutes are known.
    is_known = cost > 0 or all(budget.used_minutes is not None for budget in budgets)
    return WeekCost(cost if is_known else None, budgets)
