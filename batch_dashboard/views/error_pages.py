"""Errors as answers: a kind page for people, RFC 9457 `application/problem+json` for programs.

No answer holds a traceback, SQL or a secret; the log has the request's id to find it by.
"""

import secrets
import traceback
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, json, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from batch_dashboard.errors import (
    BatchDashboardError,
    BodyNotDecodable,
    BodyTooLarge,
    EncodingNotSupported,
    FilterError,
    Forbidden,
    FormUsed,
    IdempotencyConflict,
    InputError,
    IssuerUnavailable,
    NotFound,
    PayloadError,
    Problem,
    QueryError,
    StoreUnavailable,
)
from batch_dashboard.model.text.wording import sentence
from batch_dashboard.views.observing import note_error

RETRY_SECONDS = 5
MAX_LOGGED_FRAMES = 8
STATUS: dict[type[BatchDashboardError], int] = {
    PayloadError: 400,
    BodyNotDecodable: 400,
    FilterError: 400,
    InputError: 400,
    Forbidden: 403,
    NotFound: 404,
    FormUsed: 409,
    BodyTooLarge: 413,
    EncodingNotSupported: 415,
    IdempotencyConflict: 422,
    StoreUnavailable: 503,
    IssuerUnavailable: 503,
}
TITLES = {
    400: "This request cannot be understood",
    401: "Please sign in",
    403: "You do not have access to this page",
    404: "There is nothing here",
    405: "This method is not allowed here",
    409: "This conflicts with an earlier change",
    413: "This is too large",
    415: "This kind of content is not supported",
    421: "This dashboard has another address",
    422: "This cannot be stored",
    429: "Too many requests",
    500: "Something went wrong on our side",
    503: "This is not available at the moment",
}
SENTENCES = {
    400: "A part of the address or of the sent data is not valid.",
    404: "The address may be mistyped, or the page was deleted.",
    405: "This address does not support this kind of request.",
    500: "You did nothing wrong. The error was logged.",
    503: "The server is busy. Nothing was changed; please try again in a moment.",
}


def register(app: Flask) -> None:
    """Answer every error, expected or not."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(BatchDashboardError, _domain_error)
    app.register_error_handler(Exception, _unexpected_error)


def problem(
    status: int,
    title: str,
    detail: str,
    errors: Iterable[Problem] = (),
    headers: Iterable[tuple[str, str]] = (),
) -> Response:
    """An answer as RFC 9457 describes it, with the path and message of every error."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
    }
    listed = [{"path": error.path, "message": error.message} for error in errors]
    if listed:
        body["errors"] = listed
    return Response(
        json.dumps(body) + "\n",
        status,
        headers=list(headers),
        mimetype="application/problem+json",
    )


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < 400:
        return make_response(error.get_response())
    headers = [
        (name, value)
        for name, value in error.get_headers()
        if name in ("Allow", "Retry-After", "WWW-Authenticate")
    ]
    standard = type(error).description
    own = error.description if error.description != standard else None
    return _answer(status, own, headers=headers)


def _domain_error(error: BatchDashboardError) -> Response:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    if status == 500:
        return _unexpected_error(error)
    headers = []
    if status == 503:
        current_app.logger.warning("%s %s: %s", request.method, request.path, error)
        headers = [("Retry-After", str(RETRY_SECONDS))]
    elif isinstance(error, EncodingNotSupported):
        # RFC 7694: which encodings a request may have.
        headers = [("Accept-Encoding", error.supported)]
    problems = error.problems if isinstance(error, PayloadError | QueryError) else ()
    return _answer(status, str(error), problems, headers)


def _unexpected_error(error: Exception) -> Response:
    request_id = secrets.token_hex(6)
    current_app.logger.error(
        "request %s: %s %s: %s", request_id, request.method, request.path, _place(error)
    )
    note_error(request_id, _place(error))
    return _answer(500, f"{SENTENCES[500]} Its id is {request_id}.")


def _place(error: BaseException) -> str:
    """The kind of an error and the lines it passed, innermost first.

    Neither its message nor a traceback: both can hold SQL and what a client sent.
    """
    frames = traceback.extract_tb(error.__traceback__)[-MAX_LOGGED_FRAMES:]
    lines = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames)]
    return " < ".join([type(error).__name__, *lines])


def _answer(
    status: int,
    detail: str | None,
    problems: Iterable[Problem] = (),
    headers: Iterable[tuple[str, str]] = (),
) -> Response:
    title = TITLES.get(status) or HTTPStatus(status).phrase
    explanation = detail or SENTENCES.get(status, "")
    if status == 404 and request.path.startswith("/batch-metrics"):
        explanation = "There is nothing here. Batch runs are sent to POST /batch-metrics."
    if for_programs(request.path):
        return problem(status, HTTPStatus(status).phrase, explanation or title, problems, headers)
    page = render_template(
        "errors/error.html", status=status, title=title, sentence=sentence(explanation)
    )
    return Response(page, status, headers=list(headers), mimetype="text/html")


def for_programs(path: str) -> bool:
    """Whether programs ask at this path, and get errors as RFC 9457 describes them."""
    return path.startswith(("/batch-metrics", "/api/")) or path == "/api"
