"""Slow down who guesses tokens or passwords."""

import os
import time
from pathlib import Path

from flask import Flask, Response, current_app, g, make_response, request
from werkzeug.exceptions import TooManyRequests

from batch_dashboard.services.access.throttle import Throttle
from batch_dashboard.views.context import client_address
from batch_dashboard.views.error_pages import for_programs

# The folder that gunicorn.conf.py makes for what its worker processes count together.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def register(app: Flask) -> None:
    """Count bad tokens by address."""
    shared = os.environ.get(SHARED_FOLDER)
    app.extensions["throttle"] = Throttle(Path(shared, "bad-tokens") if shared else None)


def count_bad_token() -> None:
    """Count a bad token of this request's address; `seconds_to_wait` follows from that count."""
    g.seconds_to_wait = _throttle().add_failure(client_address(), time.time())


def seconds_to_wait() -> float:
    """The seconds until another token of this address is checked, or 0."""
    if "seconds_to_wait" not in g:
        g.seconds_to_wait = _throttle().seconds_to_wait(client_address(), time.time())
    wait: float = g.seconds_to_wait
    return wait


def too_many(wait_seconds: int) -> Response:
    """429, in the form of the path: RFC 9457 for programs, else a line of text."""
    sentence = "Too many failed attempts; wait and try again."
    if for_programs(request.path):
        raise TooManyRequests(sentence, retry_after=wait_seconds)
    response = make_response(f"{sentence}\n", 429)
    response.mimetype = "text/plain"
    response.headers["Retry-After"] = str(wait_seconds)
    return response


def _throttle() -> Throttle:
    throttle: Throttle = current_app.extensions["throttle"]
    return throttle
