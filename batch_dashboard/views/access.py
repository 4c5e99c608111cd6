"""Who is asking: bearer tokens for programs, a session or name and password for people."""

import hmac
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import (
    Flask,
    Response,
    current_app,
    g,
    make_response,
    render_template,
    request,
    url_for,
)
from flask_httpauth import HTTPAuth, HTTPBasicAuth, HTTPTokenAuth, MultiAuth
from werkzeug.datastructures import Authorization, WWWAuthenticate
from werkzeug.exceptions import TooManyRequests, Unauthorized

from batch_dashboard.errors import Forbidden, IdentityRejected, StoreUnavailable
from batch_dashboard.model.wording import CONTROL_CHARACTER
from batch_dashboard.services import identity_tokens, sign_in, tokens
from batch_dashboard.services.identity_tokens import Identity, KeyCache
from batch_dashboard.services.throttle import Throttle
from batch_dashboard.services.users import ADMINISTRATOR
from batch_dashboard.store import publishers as publisher_store
from batch_dashboard.store import tokens as token_store
from batch_dashboard.store.users import User
from batch_dashboard.views.addresses import this_page
from batch_dashboard.views.context import connection, current_time, release, settings, store
from batch_dashboard.views.error_pages import for_programs

MAX_TOKEN_LENGTH = 500
# The folder that gunicorn.conf.py makes for what its worker processes count together.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# Where a missing or wrong token is answered in the one form that clients know.
INGEST_PATH = "/batch-metrics"
SESSION_COOKIE = "batch_dashboard_session"
# What answers without sign-in even where pages are closed: programs, and what a sign-in needs.
OPEN_ENDPOINTS = {
    "ingest.receive",
    "ingest.preflight",
    "decision.show",
    "decision.index",
    "client.latest",
    "client.pinned",
    "health.live",
    "health.ready",
    "metrics.show",
    "sign_in.form",
    "sign_in.enter",
    "static",
    "asset",
    "favicon",
}
# What a token for reading opens where pages are closed.
READ_ENDPOINTS = {"exports.download", "incidents.feed", "badges.show"}
# Pages that change things, and all that belongs to them.
ADMIN_BLUEPRINTS = "admin_"

bearer = HTTPTokenAuth(scheme="Bearer")
password = HTTPBasicAuth(realm="Batch Dashboard")


class BrowserAuth(HTTPAuth):  # type: ignore[misc]
    """A browser that signed in by the form: its cookie stands for name and password."""

    def get_auth(self) -> Authorization | None:
        """What the browser showed, None when it showed nothing."""
        cookie = request.cookies.get(SESSION_COOKIE, "")
        return Authorization(self.scheme, token=cookie) if cookie else None

    def authenticate(self, auth: Authorization | None, _stored: Any) -> User | None:
        """Whose browser it is."""
        return session_user() if auth else None


browser = BrowserAuth(scheme="Session", realm="Batch Dashboard")
# A script's name and password are looked at when it sends them, else the browser's cookie.
people = MultiAuth(browser, password)


@dataclass(frozen=True)
class TokenHolder:
    """A program that showed a token in force; no id: the token of the environment."""

    ingest_token_id: int | None
    scopes: tuple[str, ...] = tokens.SCOPES
    ecosystems: tuple[str, ...] | None = None  # None: every one
    noted: bool = True  # whether it is noted already that it was used just now
    identity: Identity | None = None  # of the workflow that showed an identity token

    def require(self, *ecosystems: str) -> None:
        """Raises Forbidden for the first ecosystem this token is not for."""
        if self.ecosystems is None:
            return
        for ecosystem in ecosystems:
            if ecosystem not in self.ecosystems:
                raise Forbidden(
                    f"this token is limited to {', '.join(self.ecosystems)}; "
                    f"it may not be used for {ecosystem}"
                )


@bearer.verify_token
def verify_token(token: str) -> TokenHolder | None:
    """The holder of a token in force, else None.

    A right token is never made to wait: its neighbours behind the same address may be guessing,
    and 192 random bits cannot be guessed.
    """
    if identity_tokens.looks_like_identity_token(token):
        return _workflow(token)
    if token and len(token) <= MAX_TOKEN_LENGTH:
        expected = settings().ingest_token
        if expected and hmac.compare_digest(expected.encode(), token.encode()):
            return TokenHolder(None)
        token_hash = tokens.hash_token(settings().secret_key, token)
        now = current_time()
        found = token_store.find_in_force(connection(), token_hash, now)
        if found is not None:
            last, step = found.last_used_at, token_store.LAST_USED_STEP
            g.token_scopes = found.scopes
            return TokenHolder(
                found.id,
                tuple(found.scopes.split()),
                None if found.ecosystems is None else tuple(found.ecosystems),
                last is not None and now - last < step,
            )
    count_bad_token()
    return None


def _workflow(token: str) -> TokenHolder | None:
    """The CI workflow whose identity token this is, None when it is not accepted.

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
        count_bad_token()
        return None
    publisher = identity.publisher
    g.token_scopes = " ".join(publisher.scopes)
    return TokenHolder(None, publisher.scopes, publisher.ecosystems, identity=identity)


@bearer.get_user_roles
def scopes_of(holder: TokenHolder) -> list[str]:
    """What a token is for."""
    return list(holder.scopes)


@bearer.error_handler
def refuse_token(status: int) -> Response:
    """401 as clients know it, 403 for another scope, 429 when this address failed too often."""
    if status == 403:
        raise Forbidden(f"this token is for {g.token_scopes} only")
    # A request without a token is not counted, but waits as those with a bad one do.
    wait = g.get("seconds_to_wait")
    if wait is None:
        wait = _throttle().seconds_to_wait(client_address(), time.time())
    if wait:
        return _too_many(int(wait) + 1)
    if not request.path.startswith(INGEST_PATH) and for_programs(request.path):
        raise Unauthorized(
            "Send a token of the scope read: Authorization: Bearer …",
            www_authenticate=WWWAuthenticate("bearer"),
        )
    response = make_response("Unauthorized", 401)
    response.mimetype = "text/plain"
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def count_bad_token() -> None:
    """Count a bad token of this request's address; `refuse_token` answers by that count."""
    g.seconds_to_wait = _throttle().add_failure(client_address(), time.time())


@password.verify_password
def verify_password(name: str, secret: str) -> User | None:
    """The user, None for a wrong name or password."""
    if not name:
        return None
    now = current_time()
    key = settings().secret_key
    try:
        return sign_in.check_password(store(), key, name, secret, client_address(), now)
    except sign_in.TooManyAttempts as error:
        g.seconds_to_wait = error.wait_seconds
        return None


@password.get_user_roles
@browser.get_user_roles
def role_of(user: User) -> str:
    """What a user may do."""
    return user.role


@password.error_handler
@browser.error_handler
def refuse_person(status: int) -> Response:
    """Ask browsers by a form and programs by a challenge; say what a viewer may not do."""
    if status == 403:
        raise Forbidden("This is for administrators; you are signed in as a viewer.")
    if "seconds_to_wait" in g:
        return _too_many(int(g.seconds_to_wait))
    if not wants_page():
        response = make_response("Please sign in.\n", 401)
        response.mimetype = "text/plain"
        # Browsers are not told of it: they would ask by themselves, and never forget the answer.
        response.headers["WWW-Authenticate"] = password.authenticate_header()
        return response
    following = this_page() if request.method == "GET" else url_for("overview.index")
    page = render_template("pages/sign_in/index.html", following=following, errors={}, name="")
    return make_response(page, 401)


def wants_page() -> bool:
    """Whether a browser asks, for a page."""
    return any(kind == "text/html" for kind, _quality in request.accept_mimetypes)


def session_user() -> User | None:
    """Whose browser this is, None when nobody is signed in there."""
    cookie = request.cookies.get(SESSION_COOKIE, "")
    if not cookie or len(cookie) > MAX_TOKEN_LENGTH:
        return None
    if "session_user" not in g:
        g.session_user = sign_in.find_user(store(), settings().secret_key, cookie, current_time())
    found: User | None = g.session_user
    return found


def current_user() -> User | None:
    """The user of this request, None on a public page that nobody signed in for."""
    user: User | None = g.get("flask_httpauth_user")
    return user if isinstance(user, User) else session_user()


def client_address() -> str:
    """From where the request comes; what a header says of it is believed of set proxies only."""
    return request.remote_addr or ""


def require_reading(*ecosystems: str | None) -> None:
    """Hold a token to the ecosystems it is for. Raises Forbidden; None stands for all of them."""
    holder = g.get("flask_httpauth_user")
    if not isinstance(holder, TokenHolder):
        return
    _note_use(holder)
    if holder.ecosystems is not None and None in ecosystems:
        raise Forbidden(f"this token is limited to {', '.join(holder.ecosystems)}; ask for one")
    holder.require(*filter(None, ecosystems))


def is_limited() -> bool:
    """Whether this request shows a token that is limited to some ecosystems."""
    holder = g.get("flask_httpauth_user")
    return isinstance(holder, TokenHolder) and holder.ecosystems is not None


def require_reading_all(subject: str) -> None:
    """Raises Forbidden for a limited token: a subject cannot be told for some ecosystems alone."""
    if is_limited():
        raise Forbidden(f"{subject} is about all ecosystems together, and this token is limited")


def register(app: Flask) -> None:
    """Ask for a sign-in before every page that needs one, whatever its view says."""
    shared = os.environ.get(SHARED_FOLDER)
    app.extensions["issuer_keys"] = KeyCache()
    app.extensions["throttle"] = Throttle(Path(shared, "bad-tokens") if shared else None)
    as_reader = bearer.login_required(role=tokens.READ)(lambda: None)
    as_viewer = people.login_required()(lambda: None)
    as_administrator = people.login_required(role=ADMINISTRATOR)(lambda: None)

    @app.before_request
    def ask() -> Response | None:
        endpoint = request.endpoint or ""
        answer: Response | None = None
        if endpoint.startswith(ADMIN_BLUEPRINTS):
            answer = as_administrator()
        elif endpoint.startswith("account."):
            answer = as_viewer()
        elif not endpoint and for_programs(request.path):
            pass  # nothing is there, which programs are told as such
        elif not settings().public and endpoint not in OPEN_ENDPOINTS:
            shows_token = request.headers.get("Authorization", "").startswith("Bearer ")
            if shows_token and endpoint in READ_ENDPOINTS:
                answer = as_reader()
                if answer is None:
                    require_reading(_ecosystem_shown())
            else:
                answer = as_viewer()
        return answer

    @app.after_request
    def keep_private(response: Response) -> Response:
        if (request.endpoint or "").startswith((ADMIN_BLUEPRINTS, "account.", "sign_in.")):
            response.cache_control.no_store = True
        elif not settings().public and request.endpoint not in OPEN_ENDPOINTS:
            # What was seen while signed in is not to be had by going back.
            response.cache_control.no_store = True
        return response

    app.jinja_env.globals["current_user"] = _shown_user


def _ecosystem_shown() -> str | None:
    """The one ecosystem that an address for reading is about, None where it is about all."""
    if request.endpoint == "exports.download":
        return request.args.get("ecosystem") or None
    return (request.view_args or {}).get("ecosystem")


def _shown_user() -> User | None:
    """Who is signed in, for a page's head; a page that says the database is away has none."""
    try:
        return current_user()
    except StoreUnavailable:
        return None


def _note_use(holder: TokenHolder) -> None:
    """Note that a token was used to read; uploads note it with what they store."""
    if holder.noted or holder.ingest_token_id is None:
        return
    try:
        with store().write(sign_in.NOTE_WAIT_SECONDS) as writing:
            token_store.update_last_used(
                writing, holder.ingest_token_id, client_address(), current_time()
            )
    except StoreUnavailable:
        pass  # noted at the next use


def _throttle() -> Throttle:
    throttle: Throttle = current_app.extensions["throttle"]
    return throttle


def _too_many(wait_seconds: int) -> Response:
    sentence = "Too many failed attempts; wait and try again."
    if for_programs(request.path):
        raise TooManyRequests(sentence, retry_after=wait_seconds)
    response = make_response(f"{sentence}\n", 429)
    response.mimetype = "text/plain"
    response.headers["Retry-After"] = str(wait_seconds)
    return response
