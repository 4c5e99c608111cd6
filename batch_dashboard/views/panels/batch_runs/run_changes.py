"""One batch run compared with the one before it."""

from dataclasses import dataclass

from batch_dashboard.model.batch_runs.comparison import Comparison
from batch_dashboard.model.batch_runs.records import BatchRun
from batch_dashboard.views.panels.batch_runs.changes import (
    ChangeCounts,
    ChangesTable,
    change_counts,
)

# Larger runs are compared on a page of their own.
MAX_COMPARED = 2_000


@dataclass(frozen=True)
class RunChanges:
    """The changes since the previous run of the ecosystem; None: there is none.

    `compared` is None if the runs are not compared here, as they are large or one is excluded.
    """

    run: BatchRun
    previous: BatchRun | None
    is_excluded: bool
    compared: Comparison | None
    counts: ChangeCounts | None
    table: ChangesTable | None

    @property
    def is_partial(self) -> bool:
        """Whether one of the runs lists fewer results than it counts."""
        runs = [run for run in (self.previous, self.run) if run]
        return any(run.result_count < run.outcomes for run in runs)


def is_compared(run: BatchRun, previous: BatchRun | None, is_excluded: bool) -> bool:
    """Whether a run is compared with its previous one on its own page."""
    if previous is None or is_excluded:
        return False
    return max(previous.result_count, run.result_count) <= MAX_COMPARED


def run_changes(
    run: BatchRun, previous: BatchRun | None, is_excluded: bool, compared: Comparison | None
) -> RunChanges:
    """The comparison of a run with its previous one."""
    if previous is None or compared is None:
        return RunChanges(run, previous, is_excluded, None, None, None)
    caption = "Recipes that changed since the previous run"
    return RunChanges(
        run,
        previous,
        is_excluded,
        compared,
        change_counts(compared, previous.id, run.id),
        ChangesTable(caption, compared.recipes, run.ecosystem),
    )
