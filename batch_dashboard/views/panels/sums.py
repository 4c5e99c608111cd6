"""The numbers that several panels of a page are made of."""

from batch_dashboard.model.batch_runs.records import RunSums
from batch_dashboard.store.batch_runs import ecosystem_days
from batch_dashboard.views.choice import Choice
from batch_dashboard.views.context import connection


def fetch_sums(choice: Choice) -> list[RunSums]:
    """The selected runs, summed by the steps of the chart."""
    return ecosystem_days.fetch_steps(connection(), choice.shown, choice.step)
