"""The interface of each stored sum of batch runs and results."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from batch_dashboard.model.administration.pruning import PrunedSums
from batch_dashboard.model.ingest.summaries import RunSummary
from batch_dashboard.model.spending.ci_job_sums import JobSums


class StoredRun(NamedTuple):
    """The part of a batch run that decides its place in the summaries."""

    id: int
    batch_id: str
    ecosystem: str
    started_at: datetime
    completed_at: datetime | None  # None: unknown
    passed: int
    failed: int
    truncated_at: int | None  # of its messages


class AddedRun(NamedTuple):
    """A batch run that was stored with its results and CI jobs, and their sums."""

    run: StoredRun
    summary: RunSummary
    jobs: JobSums
    is_newest: bool  # False: an excluded run that was restored


@dataclass(frozen=True)
class Summary:
    """One kind of sums, with a function for each event that by default does nothing.

    After any events in any order, its rows are those that `rebuild` would write; `count_drift`
    checks this. Every function runs within the transaction of the event.
    """

    # A run was stored with its results.
    add: Callable[[Connection, AddedRun], None] = lambda _connection, _added: None
    # A run is deleted with its results, in the body of the context.
    removing: Callable[[Connection, StoredRun], AbstractContextManager[None]] = (
        lambda _connection, _run: nullcontext()
    )
    # All sums are computed again.
    rebuild: Callable[[Connection], None] = lambda _connection: None
    # A new version of the program may sum by other rules, though the rows did not change.
    upgrade: Callable[[Connection], None] = lambda _connection: None
    # The number of rows that differ from the sums of runs and results, by table.
    count_drift: Callable[[Connection], dict[str, int]] = lambda _connection: {}
    # Retention is about to delete results, which permanently add this to the sums.
    prune: Callable[[Connection, PrunedSums], None] = lambda _connection, _sums: None
    # Retention deletes all runs of an ecosystem and UTC day, in the body of the context.
    pruning_day: Callable[[Connection, str, date], AbstractContextManager[None]] = (
        lambda _connection, _ecosystem, _day: nullcontext()
    )
