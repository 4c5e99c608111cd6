"""Observations of requests for operators: time, slow statements, errors."""

import time

from flask import Flask, Response, current_app, g, has_request_context, request

from batch_dashboard.errors import StoreUnavailable
from batch_dashboard.services.administration import metrics
from batch_dashboard.store.administration import system
from batch_dashboard.store.engine import Store
from batch_dashboard.views.context import current_time, store

# An operator can do something about statements that take longer.
SLOW_SECONDS = 0.25
MAX_PER_REQUEST = 5
MAX_STATEMENT_LENGTH = 2_000
# Noting something must not make a request wait for a busy database.
NOTE_WAIT_SECONDS = 0.2


def register(app: Flask) -> None:
    """Time every request and every statement."""
    own: Store = app.extensions["store"]
    own.on_write_lock = metrics.database_wait_seconds.observe
    own.on_statement = _note_statement
    app.before_request(_begin)
    app.after_request(_observe)
    app.teardown_request(_write_slow)


def note_error(request_id: str, place: str) -> None:
    """Store a response 500 for the system page; without the database, only the log has it."""
    try:
        with store().write(NOTE_WAIT_SECONDS) as connection:
            endpoint = request.endpoint or "none"
            system.add_error(
                connection, current_time(), request_id, request.method, endpoint, place
            )
    except StoreUnavailable:
        pass
    except Exception:
        current_app.logger.warning("the error of request %s could not be noted", request_id)


def _begin() -> None:
    g.began = time.perf_counter()


def _observe(response: Response) -> Response:
    began = g.pop("began", None)
    if began is not None:
        endpoint = request.endpoint or "none"
        seconds = time.perf_counter() - began
        metrics.request_seconds.labels(endpoint, str(response.status_code)).observe(seconds)
    return response


def _note_statement(statement: str, seconds: float) -> None:
    if seconds < SLOW_SECONDS or not has_request_context():
        return
    noted: list[tuple[str, int]] = g.setdefault("slow_statements", [])
    if len(noted) < MAX_PER_REQUEST:
        noted.append((" ".join(statement.split())[:MAX_STATEMENT_LENGTH], round(seconds * 1000)))


def _write_slow(_error: BaseException | None) -> None:
    noted: list[tuple[str, int]] = g.pop("slow_statements", [])
    if not noted:
        return
    try:
        with store().write(NOTE_WAIT_SECONDS) as connection:
            for statement, milliseconds in noted:
                system.add_slow_query(
                    connection, current_time(), request.endpoint or "none", milliseconds, statement
                )
    except StoreUnavailable:
        pass  # slow again, it is noted then
