"""Storing the demo data, through the same checks and sums as an upload."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from batch_dashboard.model.demo import demo_payloads
from batch_dashboard.model.payload import NewBatchRun, check_payload, parse_time
from batch_dashboard.model.summaries import RunSummary, summarise
from batch_dashboard.services.imports import RESULTS_PER_TRANSACTION, RUNS_PER_TRANSACTION
from batch_dashboard.services.ingest import add_batch_run
from batch_dashboard.store import batch_runs
from batch_dashboard.store.engine import Store


@dataclass
class DemoReport:
    """What was stored of the demo data; what was there already does not count."""

    stored_runs: int = 0
    stored_results: int = 0
    known_runs: int = 0


def has_batch_runs(store: Store) -> bool:
    """Whether any batch run is stored."""
    with store.read() as connection:
        return bool(batch_runs.fetch_ecosystems(connection))


def store_demo(
    store: Store, results: int, seed: int, now: datetime, on_progress: Callable[[int], None]
) -> DemoReport:
    """Store two years of made-up batch runs up to now; `on_progress` gets how many results more.

    Runs of today that would end later are left out. Raises StoreUnavailable.
    """
    report = DemoReport()
    waiting: list[tuple[NewBatchRun, RunSummary]] = []
    number_of_results = 0
    for run in _ended_runs(results, seed, now):
        waiting.append((run, summarise(run.results)))
        number_of_results += len(run.results)
        if number_of_results >= RESULTS_PER_TRANSACTION or len(waiting) >= RUNS_PER_TRANSACTION:
            _store(store, waiting, now, report)
            on_progress(number_of_results)
            waiting, number_of_results = [], 0
    _store(store, waiting, now, report)
    on_progress(number_of_results)
    return report


def _ended_runs(results: int, seed: int, now: datetime) -> Iterator[NewBatchRun]:
    for payload in demo_payloads(results, seed, now.date()):
        if parse_time(payload.get("completed_at", payload["started_at"])) <= now:
            yield check_payload(payload, now)


def _store(
    store: Store, runs: list[tuple[NewBatchRun, RunSummary]], now: datetime, report: DemoReport
) -> None:
    if not runs:
        return
    with store.write() as connection:
        receipts = [add_batch_run(connection, run, summary, now) for run, summary in runs]
    for receipt, (run, _summary) in zip(receipts, runs, strict=True):
        if receipt.replayed:
            report.known_runs += 1
        else:
            report.stored_runs += 1
            report.stored_results += len(run.results)
