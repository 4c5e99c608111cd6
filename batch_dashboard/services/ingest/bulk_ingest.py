"""Storing many batch runs like uploads, several in one transaction."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from batch_dashboard.model.ingest.payload import NewBatchRun
from batch_dashboard.model.ingest.summaries import RunSummary, summarise
from batch_dashboard.services.ingest.ingest import add_batch_run
from batch_dashboard.store.engine import Store

# Small enough that uploads hardly wait for a transaction, large enough to be fast.
RESULTS_PER_TRANSACTION = 5_000
RUNS_PER_TRANSACTION = 200


@dataclass
class StoredRuns:
    """The numbers of new and of known batch runs; known ones are not stored twice."""

    stored_runs: int = 0
    stored_results: int = 0
    known_runs: int = 0


def ingest_batch_runs(
    store: Store,
    runs: Iterable[NewBatchRun],
    now: datetime,
    report: StoredRuns,
    on_stored: Callable[[int], None] = lambda _results: None,
) -> None:
    """Store batch runs; updates `report`, and calls `on_stored` with numbers of new results.

    Committed runs stay if it ends early. Raises StoreUnavailable.
    """
    waiting: list[tuple[NewBatchRun, RunSummary]] = []
    results = 0
    for run in runs:
        waiting.append((run, summarise(run.results, run.started_at, run.truncated_at)))
        results += len(run.results)
        if results >= RESULTS_PER_TRANSACTION or len(waiting) >= RUNS_PER_TRANSACTION:
            _commit(store, waiting, now, report)
            on_stored(results)
            waiting, results = [], 0
    if waiting:
        _commit(store, waiting, now, report)
        on_stored(results)


def _commit(
    store: Store, runs: list[tuple[NewBatchRun, RunSummary]], now: datetime, report: StoredRuns
) -> None:
    with store.write() as connection:
        receipts = [add_batch_run(connection, run, summary, now) for run, summary in runs]
    for receipt, (run, _summary) in zip(receipts, runs, strict=True):
        if receipt.replayed:
            report.known_runs += 1
        else:
            report.stored_runs += 1
            report.stored_results += len(run.results)
