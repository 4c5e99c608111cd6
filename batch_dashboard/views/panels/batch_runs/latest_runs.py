"""The batch runs that started last."""

from dataclasses import dataclass

from batch_dashboard.model.lists.series import colour_slots
from batch_dashboard.store.batch_runs import batch_runs
from batch_dashboard.views.choice import Choice
from batch_dashboard.views.context import connection
from batch_dashboard.views.panels.batch_runs.runs_table import RunsTable

MAX_RUNS = 10


@dataclass(frozen=True)
class LatestRuns:
    """The latest runs of the period, of `total`, newest first."""

    table: RunsTable
    total: int
    query: dict[str, str]


def latest_runs(choice: Choice, total: int) -> LatestRuns:
    """The latest of the `total` runs of the period shown."""
    runs = batch_runs.fetch_latest(connection(), choice.shown, MAX_RUNS)
    table = RunsTable(
        "latest", "Latest batch runs, newest first", runs, colour_slots(choice.ecosystems)
    )
    return LatestRuns(table, total, choice.shown.query())
