"""Programs: a token of this dashboard, or the identity token of a CI workflow."""

import hmac

from flask import Response, current_app, g, make_response, request
from flask_httpauth import HTTPTokenAuth
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from batch_dashboard.errors import Forbidden, IdentityRejected, StoreUnavailable
from batch_dashboard.model.text.wording import CONTROL_CHARACTER
from batch_dashboard.services.access import identity_tokens, sign_in, tokens
from batch_dashboard.services.access.identity_tokens import KeyCache
from batch_dashboard.store.access import publishers as publisher_store
from batch_dashboard.store.access import tokens as token_store
from batch_dashboard.views.access.current import current_principal
from batch_dashboard.views.access.guessing import count_bad_token, seconds_to_wait, too_many
from batch_dashboard.views.access.people import HOW_TO_ASK
from batch_dashboard.views.access.principal import Program
from batch_dashboard.views.context import (
    client_address,
    connection,
    current_time,
    release,
    settings,
    store,
)
from batch_dashboard.views.error_pages import for_programs

MAX_TOKEN_LENGTH = 500
# Where a missing or wrong token is answered in the one form that clients know.
INGEST_PATH = "/batch-metrics"

bearer = HTTPTokenAuth(scheme="Bearer")


@bearer.verify_token
def verify_token(token: str) -> Program | None:
    """The program whose token this is, None for one that is not valid.

    A right token is never made to wait: its neighbours behind the same address may be guessing,
    and 192 random bits cannot be guessed.
    """
    if identity_tokens.looks_like_identity_token(token):
        program = _workflow(token)
    elif token and len(token) <= MAX_TOKEN_LENGTH:
        program = _token_holder(token)
    else:
        program = None
    if program is None:
        count_bad_token()
    g.shown_program = program
    return program


def _token_holder(token: str) -> Program | None:
    expected = settings().ingest_token
    if expected and hmac.compare_digest(expected.encode(), token.encode()):
        return Program()
    now = current_time()
    token_hash = tokens.hash_token(settings().secret_key, token)
    found = token_store.find_in_force(connection(), token_hash, now)
    if found is None:
        return None
    last = found.last_used_at
    return Program(
        roles=tuple(found.scopes.split()),
        ecosystems=None if found.ecosystems is None else tuple(found.ecosystems),
        ingest_token_id=found.id,
        is_use_noted=last is not None and now - last < token_store.LAST_USED_STEP,
    )


def _workflow(token: str) -> Program | None:
    """The CI workflow of an identity token, None if the token is not accepted.

    Raises IssuerUnavailable when that cannot be found out.
    """
    cache: KeyCache = current_app.extensions["issuer_keys"]
    publishers = publisher_store.fetch_in_force(connection())
    # Fetching keys can take seconds, for which no connection should be kept.
    release()
    try:
        identity = identity_tokens.check_identity(store(), cache, token, publishers, settings().url)
    except IdentityRejected as error:
        current_app.logger.warning(
            "identity token from %s rejected: %s",
            client_address(),
            CONTROL_CHARACTER.sub(" ", str(error)),
        )
        return None
    publisher = identity.publisher
    return Program(roles=publisher.scopes, ecosystems=publisher.ecosystems, identity=identity)


@bearer.get_user_roles
def scopes_of(program: Program) -> list[str]:
    """The scopes of a token."""
    return list(program.roles)


@bearer.error_handler
def refuse_token(status: int) -> Response:
    """401 as clients know it, 403 for another scope, 429 when this address failed too often."""
    if status == 403:
        raise Forbidden(f"this token is for {' '.join(g.shown_program.roles)} only")
    # A request without a token is not counted, but waits as those with a bad one do.
    if wait := seconds_to_wait():
        return too_many(int(wait) + 1)
    if not request.path.startswith(INGEST_PATH) and for_programs(request.path):
        raise Unauthorized(HOW_TO_ASK, www_authenticate=WWWAuthenticate("bearer"))
    response = make_response("Unauthorized", 401)
    response.mimetype = "text/plain"
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def current_program() -> Program:
    """The program of this request, in a view for which `bearer` requires a token."""
    program: Program = bearer.current_user()
    return program


def require_reading(*ecosystems: str | None) -> None:
    """Store that a token was used to read, and limit it to its ecosystems.

    None stands for all ecosystems. Raises Forbidden.
    """
    principal = current_principal()
    if isinstance(principal, Program):
        _note_use(principal)
    if None in ecosystems:
        principal.require_one()
    principal.require(*filter(None, ecosystems))


def _note_use(program: Program) -> None:
    """Store that a token was used to read; uploads store this with their run."""
    if program.is_use_noted or program.ingest_token_id is None:
        return
    try:
        with store().write(sign_in.NOTE_WAIT_SECONDS) as writing:
            token_store.update_last_used(
                writing, program.ingest_token_id, client_address(), current_time()
            )
    except StoreUnavailable:
        pass  # noted at the next use
