"""Storing the demo data, through the same checks and sums as an upload."""

from collections.abc import Callable, Iterator
from datetime import datetime

from batch_dashboard.model.demo.demo import demo_payloads
from batch_dashboard.model.ingest.payload import NewBatchRun, check_payload
from batch_dashboard.model.ingest.upload_times import parse_time
from batch_dashboard.services.ingest.bulk_ingest import StoredRuns, ingest_batch_runs
from batch_dashboard.store.batch_runs import batch_runs
from batch_dashboard.store.engine import Store


def has_batch_runs(store: Store) -> bool:
    """Whether any batch run is stored."""
    with store.read() as connection:
        return bool(batch_runs.fetch_ecosystems(connection))


def store_demo(
    store: Store, results: int, seed: int, now: datetime, on_progress: Callable[[int], None]
) -> StoredRuns:
    """Store two years of generated batch runs; `on_progress` gets numbers of new results.

    Runs of today that would end later are left out. Raises StoreUnavailable.
    """
    report = StoredRuns()
    ingest_batch_runs(store, _ended_runs(results, seed, now), now, report, on_progress)
    return report


def _ended_runs(results: int, seed: int, now: datetime) -> Iterator[NewBatchRun]:
    for payload in demo_payloads(results, seed, now.date()):
        if parse_time(payload.get("completed_at", payload["started_at"])) <= now:
            yield check_payload(payload, now)
