"""`POST /batch-metrics`: where CI sends its batch runs. Source: docs/ingest-api.md."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request, url_for

from batch_dashboard.errors import PayloadError, Problem, StoreUnavailable
from batch_dashboard.model.access.tokens import Scope
from batch_dashboard.model.ingest.complaints import shown
from batch_dashboard.model.ingest.payload import NewBatchRun, parse_payload
from batch_dashboard.services.access.identity_tokens import Identity
from batch_dashboard.services.administration import metrics
from batch_dashboard.services.administration.metrics import UploadOutcome
from batch_dashboard.services.ingest.ingest import Publication, find_stored, ingest_batch_run
from batch_dashboard.services.ingest.upload_summary import UploadSummary, find_upload_summary
from batch_dashboard.store.times import utc_text
from batch_dashboard.views.access import INGEST_PATH, bearer, current_program
from batch_dashboard.views.context import (
    client_address,
    connection,
    current_time,
    release,
    settings,
    shorter_statements,
    store,
)
from batch_dashboard.views.request_body import RequestBody

MAX_KEY_LENGTH = 255
# The run is stored already: no statement of its summary keeps the client waiting for longer.
SUMMARY_SECONDS = 2.0
NOT_SHOWN = {"jobs", "results", "content_digest", "warnings", "ignored_fields"}

blueprint = Blueprint("ingest", __name__)

# One large body at a time is decoded in each process: its memory has a bound, and small uploads
# share the interpreter with one large one at most.
_large_turn = threading.Semaphore()


@blueprint.post(INGEST_PATH, provide_automatic_options=False)
@blueprint.post(f"{INGEST_PATH}/", provide_automatic_options=False)
@bearer.login_required(role=Scope.INGEST)
def receive() -> tuple[Response, int]:
    """Store a batch run."""
    now = current_time()
    key = _idempotency_key()
    release()
    with RequestBody(settings().max_body_bytes) as body, _turn(body):
        run = parse_payload(body.decode(), now)
        program = current_program()
        program.require(run.ecosystem, *dict.fromkeys(run.results.ecosystem))
        if _is_asked("dry_run"):
            return _would_store(run, key), 200
        receipt = ingest_batch_run(
            store(),
            run,
            now,
            program.ingest_token_id,
            key,
            client_address(),
            _publication(program.identity),
        )
    g.results_stored = len(run.results)
    answer: dict[str, Any] = {
        "batch_run_id": receipt.batch_run_id,
        "url": url_for("batch_runs.show", batch_run_id=receipt.batch_run_id, _external=True),
        "warnings": run.warnings,
    }
    if _is_asked("summary") and (summary := _summary(receipt.batch_run_id)):
        answer["summary"] = summary._asdict()
    response = jsonify(answer)
    if receipt.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response, 201


def _is_asked(name: str) -> bool:
    return request.args.get(name, "0") not in ("", "0", "false")


def _summary(batch_run_id: int) -> UploadSummary | None:
    """The summary of a run that is stored; None if it cannot be had soon."""
    try:
        with shorter_statements(SUMMARY_SECONDS):
            return find_upload_summary(connection(), batch_run_id, current_time().date())
    except StoreUnavailable as error:
        current_app.logger.warning("batch run %d has no summary: %s", batch_run_id, error)
        return None


def _publication(identity: Identity | None) -> Publication | None:
    if identity is None:
        return None
    publisher, claims = identity.publisher, identity.claims
    return Publication(publisher.id, publisher.recorded(claims), publisher.repository_id_in(claims))


@blueprint.route(INGEST_PATH, methods=["OPTIONS"])
@blueprint.route(f"{INGEST_PATH}/", methods=["OPTIONS"])
def preflight() -> tuple[str, int, dict[str, str]]:
    """Tell a browser what it may send."""
    return (
        "",
        204,
        {
            "Access-Control-Allow-Methods": "POST, OPTIONS",
            "Access-Control-Allow-Headers": (
                "Authorization, Content-Type, Content-Encoding, Idempotency-Key"
            ),
            "Access-Control-Max-Age": "86400",
        },
    )


OUTCOMES = {
    200: UploadOutcome.DRY_RUN,
    201: UploadOutcome.STORED,
    400: UploadOutcome.REFUSED,
    401: UploadOutcome.UNAUTHORIZED,
    403: UploadOutcome.UNAUTHORIZED,
    413: UploadOutcome.TOO_LARGE,
    415: UploadOutcome.REFUSED,
    422: UploadOutcome.REFUSED,
    429: UploadOutcome.UNAUTHORIZED,
    503: UploadOutcome.UNAVAILABLE,
}


@blueprint.after_app_request
def count_upload(response: Response) -> Response:
    """Count what became of an upload."""
    if request.endpoint == "ingest.receive":
        outcome = OUTCOMES.get(response.status_code, UploadOutcome.FAILED)
        if outcome == UploadOutcome.STORED and "Idempotent-Replayed" in response.headers:
            outcome = UploadOutcome.REPLAYED
        metrics.uploads.labels(outcome).inc()
        if outcome == UploadOutcome.STORED:
            metrics.results_stored.inc(g.results_stored)
    return response


@blueprint.after_app_request
def allow_any_origin(response: Response) -> Response:
    """Every answer of this path and of those that begin with it may be read by any page."""
    if request.path.startswith(INGEST_PATH):
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "Idempotent-Replayed, Retry-After"
    return response


def _would_store(run: NewBatchRun, key: str | None) -> Response:
    fields = {name: value for name, value in vars(run).items() if name not in NOT_SHOWN}
    jobs = [_shown(job._asdict()) for job in run.jobs]
    return jsonify(
        dry_run=True,
        batch_run={**_shown(fields), "jobs": jobs, "result_count": len(run.results)},
        stored_as=find_stored(connection(), run, key),
        warnings=run.warnings,
    )


def _shown(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: utc_text(value) if isinstance(value, datetime) else value
        for name, value in fields.items()
    }


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= MAX_KEY_LENGTH and key.isprintable()):
        raise PayloadError(
            [
                Problem(
                    "Idempotency-Key",
                    f"Idempotency-Key must be 1 to {MAX_KEY_LENGTH} printable characters, "
                    f"not {shown(key)} ({len(key):,} characters)",
                )
            ]
        )
    return key


@contextmanager
def _turn(body: RequestBody) -> Iterator[None]:
    if not body.is_large:
        yield
        return
    if not _large_turn.acquire(timeout=settings().database_wait_seconds):
        raise StoreUnavailable("large uploads are waiting already; nothing was stored, try again")
    try:
        yield
    finally:
        _large_turn.release()
