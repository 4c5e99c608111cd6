"""The batch runs of a period."""

from dataclasses import dataclass

from batch_dashboard.model.batch_runs.records import BatchRun, RunSums
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Page
from batch_dashboard.model.lists.series import colour_slots
from batch_dashboard.views.choice import Choice, csv_url
from batch_dashboard.views.listing import Listing
from batch_dashboard.views.panels.batch_runs.runs_table import RunsTable


@dataclass(frozen=True)
class RunList:
    """A page of the runs, and the sums of the period whatever `text` was searched for.

    `total` is None if the period has no run.
    """

    choice: Choice
    runs: Listing
    table: RunsTable
    total: RunSums | None
    excluded_count: int
    text: str | None
    csv: str


def run_list_panel(
    choice: Choice,
    asked: ListQuery,
    page: Page[BatchRun],
    total: RunSums | None,
    excluded_count: int,
) -> RunList:
    """The requested page."""
    query = choice.shown.query()
    if asked.text:
        query["text"] = asked.text
    runs = Listing(choice.path, query, asked.sort, page, asked.cursor)
    return RunList(
        choice,
        runs,
        RunsTable("runs", "Batch runs", page.rows, colour_slots(choice.ecosystems), runs),
        total,
        excluded_count,
        asked.text,
        csv_url("batch_runs.csv", query),
    )
