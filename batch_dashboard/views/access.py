"""Who is asking: bearer tokens for programs, name and password for people."""

import hmac
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask, Response, current_app, make_response, request
from flask_httpauth import HTTPBasicAuth, HTTPTokenAuth

from batch_dashboard.model.throttle import Throttle
from batch_dashboard.services.access import check_password, hash_token
from batch_dashboard.store import tokens
from batch_dashboard.views.connection import connection, settings

MAX_TOKEN_LENGTH = 500
# What answers without sign-in even where pages are closed: programs, and what a sign-in needs.
OPEN_ENDPOINTS = {
    "ingest.receive",
    "ingest.preflight",
    "decision.show",
    "decision.index",
    "health.live",
    "health.ready",
    "static",
}

bearer = HTTPTokenAuth(scheme="Bearer")
people = HTTPBasicAuth(realm="Batch Dashboard")


@dataclass(frozen=True)
class TokenHolder:
    """A program that showed a token in force; no id: the token of the environment."""

    ingest_token_id: int | None


@bearer.verify_token
def verify_token(token: str) -> TokenHolder | None:
    """The holder of a token in force, else None.

    A right token is never made to wait: its neighbours behind the same address may be guessing,
    and 192 random bits cannot be guessed.
    """
    if token and len(token) <= MAX_TOKEN_LENGTH:
        expected = settings().ingest_token
        if expected and hmac.compare_digest(expected.encode(), token.encode()):
            return TokenHolder(None)
        token_hash = hash_token(settings().secret_key, token)
        found = tokens.find_in_force(connection(), token_hash, datetime.now(UTC))
        if found is not None:
            return TokenHolder(found)
    _throttle().add_failure(_client(), time.monotonic())
    return None


@bearer.error_handler
def refuse_token(_status: int) -> Response:
    """401 as clients know it, or 429 when this address has failed too often."""
    wait = _throttle().seconds_to_wait(_client(), time.monotonic())
    if wait:
        return _too_many(wait)
    response = make_response("Unauthorized", 401)
    response.mimetype = "text/plain"
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


@people.verify_password
def verify_password(name: str, password: str) -> str | None:
    """The user's name when the password is right and the address may still try."""
    if not name or _throttle().seconds_to_wait(_client(), time.monotonic()):
        return None
    if check_password(connection(), name, password):
        return name
    _throttle().add_failure(_client(), time.monotonic())
    return None


@people.error_handler
def refuse_password(status: int) -> Response:
    """Ask for a name and password, or to wait when this address has failed too often."""
    wait = _throttle().seconds_to_wait(_client(), time.monotonic())
    if wait:
        return _too_many(wait)
    response = make_response("Please sign in.\n", status)
    response.mimetype = "text/plain"
    return response


def register(app: Flask) -> None:
    """Ask for a sign-in before every page and export where the pages are not public."""
    app.extensions["throttle"] = Throttle()
    signed_in = people.login_required(lambda: None)

    @app.before_request
    def ask() -> Response | None:
        if settings().public or request.endpoint in OPEN_ENDPOINTS:
            return None
        answer: Response | None = signed_in()
        return answer


def _throttle() -> Throttle:
    throttle: Throttle = current_app.extensions["throttle"]
    return throttle


def _client() -> str:
    return request.remote_addr or ""


def _too_many(wait: float) -> Response:
    response = make_response("Too many failed attempts; wait and try again.\n", 429)
    response.mimetype = "text/plain"
    response.headers["Retry-After"] = str(int(wait) + 1)
    return response
