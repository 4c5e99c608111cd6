"""People: a browser that signed in by the form, or a name and password with the request."""

from typing import Any

from flask import Response, g, make_response, render_template, request, url_for
from flask_httpauth import HTTPAuth, HTTPBasicAuth, MultiAuth
from werkzeug.datastructures import Authorization, WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from batch_dashboard.errors import Forbidden
from batch_dashboard.services.access import sign_in
from batch_dashboard.store.access.users import User
from batch_dashboard.views.access.guessing import too_many
from batch_dashboard.views.access.principal import Principal
from batch_dashboard.views.addresses import this_page
from batch_dashboard.views.context import client_address, current_time, settings, store
from batch_dashboard.views.error_pages import for_programs

HOW_TO_ASK = "Send a token with the scope read: Authorization: Bearer …"
SESSION_COOKIE = "batch_dashboard_session"
MAX_COOKIE_LENGTH = 500

password = HTTPBasicAuth(realm="Batch Dashboard")


class BrowserAuth(HTTPAuth):  # type: ignore[misc]
    """A browser that signed in with the form; its cookie replaces name and password."""

    def get_auth(self) -> Authorization | None:
        """The credential of the browser, None if it sent none."""
        cookie = request.cookies.get(SESSION_COOKIE, "")
        return Authorization(self.scheme, token=cookie) if cookie else None

    def authenticate(self, auth: Authorization | None, _stored: Any) -> Principal | None:
        """The user of a browser."""
        user = session_user() if auth else None
        return Principal.of_user(user) if user else None


browser = BrowserAuth(scheme="Session", realm="Batch Dashboard")
# The name and password of a script if it sends them, otherwise the browser's cookie.
people = MultiAuth(browser, password)


@password.verify_password
def verify_password(name: str, secret: str) -> Principal | None:
    """The person, None for a wrong name or password."""
    if not name:
        return None
    now = current_time()
    key = settings().secret_key
    try:
        user = sign_in.check_password(store(), key, name, secret, client_address(), now)
    except sign_in.TooManyAttempts as error:
        g.password_wait_seconds = error.wait_seconds
        return None
    return Principal.of_user(user) if user else None


@password.get_user_roles
@browser.get_user_roles
def roles_of(person: Principal) -> list[str]:
    """The roles of a user."""
    return list(person.roles)


@password.error_handler
@browser.error_handler
def refuse_person(status: int) -> Response:
    """Ask browsers by a form and programs by a challenge; state what a viewer may not do."""
    if status == 403:
        raise Forbidden("Only administrators can use this page; you are signed in as a viewer.")
    if "password_wait_seconds" in g:
        return too_many(int(g.password_wait_seconds))
    # The page about the API is for people.
    if for_programs(request.path) and request.endpoint != "api_docs.show":
        raise Unauthorized(HOW_TO_ASK, www_authenticate=WWWAuthenticate("bearer"))
    if not _wants_page():
        response = make_response("Please sign in.\n", 401)
        response.mimetype = "text/plain"
        # Browsers get no such challenge: they would ask by themselves, and never forget the answer.
        response.headers["WWW-Authenticate"] = password.authenticate_header()
        return response
    following = this_page() if request.method == "GET" else url_for("overview.index")
    page = render_template("pages/sign_in/index.html", following=following, errors={}, name="")
    return make_response(page, 401)


def session_user() -> User | None:
    """The user of this browser, None if it is not signed in."""
    cookie = request.cookies.get(SESSION_COOKIE, "")
    if not cookie or len(cookie) > MAX_COOKIE_LENGTH:
        return None
    if "session_user" not in g:
        g.session_user = sign_in.find_user(store(), settings().secret_key, cookie, current_time())
    found: User | None = g.session_user
    return found


def _wants_page() -> bool:
    """Whether a browser asks, for a page."""
    return any(kind == "text/html" for kind, _quality in request.accept_mimetypes)
