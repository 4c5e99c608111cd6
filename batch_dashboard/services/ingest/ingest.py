"""Storing a batch run: the run, its results and their sums, or nothing."""

from dataclasses import dataclass
from datetime import datetime

from batch_dashboard.errors import IdempotencyConflict
from batch_dashboard.model.ingest.payload import NewBatchRun
from batch_dashboard.model.ingest.summaries import RunSummary, summarise
from batch_dashboard.store.access import publishers, tokens
from batch_dashboard.store.engine import Connection, Store
from batch_dashboard.store.failures import truncated_lines
from batch_dashboard.store.ingest import uploads
from batch_dashboard.store.plan import streaks
from batch_dashboard.store.summaries.summaries import SUMMARIES
from batch_dashboard.store.summaries.summary import AddedRun, StoredRun


@dataclass(frozen=True)
class Receipt:
    """The batch run of an upload, and whether it was stored before."""

    batch_run_id: int
    replayed: bool


@dataclass(frozen=True)
class Publication:
    """The CI workflow that uploads a batch run with an identity token."""

    publisher_id: int
    claims: dict[str, str]  # the claims of its token that are stored with the run
    repository_id: str | None


def ingest_batch_run(
    store: Store,
    run: NewBatchRun,
    now: datetime,
    ingest_token_id: int | None = None,
    idempotency_key: str | None = None,
    address: str = "",
    publication: Publication | None = None,
) -> Receipt:
    """Store a batch run in one transaction; the same content again is stored once.

    `address` is that of the client. Raises IdempotencyConflict if the key was used with other
    content, and StoreUnavailable if the database is unavailable or locked for too long; nothing is
    written then.
    """
    # Computed before the write lock is taken, so that other uploads need not wait.
    summary = summarise(run.results, run.started_at, run.truncated_at)
    with store.write() as connection:
        earlier = _find_by_key(connection, run, idempotency_key)
        if earlier is not None:
            return Receipt(earlier, replayed=True)
        receipt = add_batch_run(connection, run, summary, now, ingest_token_id)
        if publication is not None and not receipt.replayed:
            uploads.update_publisher(
                connection, receipt.batch_run_id, publication.publisher_id, publication.claims
            )
            publishers.add_upload(
                connection, publication.publisher_id, publication.repository_id, now
            )
        if idempotency_key:
            uploads.insert_idempotency_key(connection, idempotency_key, receipt.batch_run_id)
        if ingest_token_id is not None:
            note = tokens.update_last_used if receipt.replayed else tokens.add_upload
            note(connection, ingest_token_id, address, now)
    return receipt


def add_batch_run(
    connection: Connection,
    run: NewBatchRun,
    summary: RunSummary,
    now: datetime,
    ingest_token_id: int | None = None,
) -> Receipt:
    """Add a batch run to an open transaction of the writer."""
    earlier = uploads.find_by_digest(connection, run.content_digest)
    if earlier is not None:
        return Receipt(earlier, replayed=True)
    summary.join_groups(truncated_lines.find_targets(connection, summary.failures.names))
    batch_run_id = uploads.insert_run(connection, run, summary, ingest_token_id, now)
    summary.known_failures = streaks.add_run(connection, run.results, summary, run.started_at)
    uploads.insert_results(connection, batch_run_id, run, summary)
    uploads.insert_jobs(connection, batch_run_id, run.jobs)
    stored = StoredRun(
        batch_run_id,
        run.batch_id,
        run.ecosystem,
        run.started_at,
        run.completed_at,
        run.passed,
        run.failed,
        run.truncated_at,
    )
    added = AddedRun(stored, summary, run.ci_job_sums, is_newest=True)
    for kept in SUMMARIES:
        kept.add(connection, added)
    return Receipt(batch_run_id, replayed=False)


def find_stored(
    connection: Connection, run: NewBatchRun, idempotency_key: str | None
) -> int | None:
    """The batch run with the content or the key of this upload; reads only.

    Raises IdempotencyConflict if the key was used with other content.
    """
    by_key = _find_by_key(connection, run, idempotency_key)
    return by_key or uploads.find_by_digest(connection, run.content_digest)


def _find_by_key(connection: Connection, run: NewBatchRun, key: str | None) -> int | None:
    if not key:
        return None
    earlier = uploads.find_by_idempotency_key(connection, key)
    if earlier is None:
        return None
    if earlier.content_digest != run.content_digest:
        raise IdempotencyConflict(
            f"this Idempotency-Key was sent before with other content (batch run {earlier.id}); "
            "use a new key for a new batch run"
        )
    return earlier.id
