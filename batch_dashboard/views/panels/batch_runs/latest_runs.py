"""The batch runs that started last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from batch_dashboard.model.batch_runs.records import BatchRun
from batch_dashboard.model.lists.series import colour_slots
from batch_dashboard.store.batch_runs import batch_runs
from batch_dashboard.views.choice import Choice
from batch_dashboard.views.context import connection

MAX_RUNS = 10


@dataclass(frozen=True)
class LatestRuns:
    """The latest runs of the period, of `total`, newest first."""

    runs: Sequence[BatchRun]
    total: int
    slots: Mapping[str, int]
    query: dict[str, str]


def latest_runs(choice: Choice, total: int) -> LatestRuns:
    """The latest of the `total` runs of the period shown."""
    return LatestRuns(
        batch_runs.fetch_latest(connection(), choice.shown, MAX_RUNS),
        total,
        colour_slots(choice.ecosystems),
        choice.shown.query(),
    )
