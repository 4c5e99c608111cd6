"""Two batch runs side by side, and what became of their recipes."""

from dataclasses import dataclass

from batch_dashboard.model.batch_runs.comparison import SENTENCES, Change, Comparison
from batch_dashboard.model.batch_runs.records import BatchRun
from batch_dashboard.views.choice import csv_url
from batch_dashboard.views.listing import Listing
from batch_dashboard.views.panels.batch_runs.changes import (
    ChangeCounts,
    ChangesTable,
    change_counts,
)


@dataclass(frozen=True)
class ComparedRuns:
    """The two runs, the earlier one first."""

    runs: tuple[BatchRun, BatchRun]
    csv: str


def compared_runs(before: BatchRun, after: BatchRun) -> ComparedRuns:
    """Two runs side by side."""
    query = {"before": before.id, "after": after.id}
    return ComparedRuns((before, after), csv_url("compared_runs.csv", query))


@dataclass(frozen=True)
class ChangeList:
    """A page of the recipes that changed in one way, or the first `named` of each change.

    `partial` are the runs that list fewer results than they count.
    """

    compared: Comparison
    counts: ChangeCounts
    recipes: Listing
    table: ChangesTable
    partial: list[BatchRun]
    sentence: str | None
    named: int
    csv: str


def change_list(
    runs: tuple[BatchRun, BatchRun],
    compared: Comparison,
    change: str | None,
    recipes: Listing,
    named: int,
) -> ChangeList:
    """The requested changes of two runs; without a `change`, all of them."""
    before, after = runs
    query: dict[str, str | int] = {"before": before.id, "after": after.id}
    if change:
        query["change"] = change
    return ChangeList(
        compared,
        change_counts(compared, before.id, after.id, change),
        recipes,
        ChangesTable("Recipes before and after", recipes.page.rows, after.ecosystem),
        [run for run in runs if run.result_count < run.outcomes],
        SENTENCES[Change(change)] if change else None,
        named,
        csv_url("comparison.csv", query),
    )
